/// Equipment impairment of Opus on the wideband E-model: our own versioned table, because G.113 lists no Opus row.
///
/// Table `opus-131-pesq-v1`: libopus 1.3.1, 20 ms, mono, VBR, Bernoulli loss 0-20 %, PESQ-WB on natural speech,
/// normalised on eight reference conditions with published Ie. Uncertainty ± 6 R; provisional.
public struct OpusImpairment: Sendable, Hashable {
    /// The name of the table, stored with every run so that scores of different tables are never compared.
    public static let tableName = "opus-131-pesq-v1"
    /// How wrong R may be because of the table, one standard deviation, in R.
    public static let uncertaintyRating = 6.0

    /// Ie,WB in R.
    public var equipment: Double
    /// Bpl in percent.
    public var lossRobustness: Double

    /// The row nearest to `bitrate` (bit/s).
    ///
    /// RED needs the row without FEC and the loss left after RED.
    public init(bitrate: Int, inbandFEC: Bool) {
        let rows = inbandFEC ? Self.withFEC : Self.withoutFEC
        let nearest = rows.min { abs($0.bitrate - bitrate) < abs($1.bitrate - bitrate) } ?? rows[0]
        equipment = nearest.equipment
        lossRobustness = nearest.lossRobustness
    }

    private typealias Row = (bitrate: Int, equipment: Double, lossRobustness: Double)

    private static let withoutFEC: [Row] = [
        (12_000, 22.1, 8.0), (16_000, 20.6, 8.1), (24_000, 11.2, 7.1), (32_000, 9.3, 7.0), (48_000, 3.7, 6.1),
    ]

    private static let withFEC: [Row] = [(16_000, 23.4, 8.6), (24_000, 24.2, 42.8), (32_000, 18.8, 44.0)]
}
