import COpus

/// A libopus encoder for 48 kHz mono speech in 20 ms packets, as browsers use it for a microphone.
public final class OpusEncoder {
    /// What an encoder is asked to produce.
    public struct Configuration: Hashable, Sendable {
        /// Target bit rate in bit/s.
        public var bitrate: Int
        /// Effort, 0 to 10.
        public var complexity: Int
        /// Whether silence is left out (discontinuous transmission).
        public var isDiscontinuous: Bool
        /// Whether packets carry a coarse copy of the packet before them (RFC 6716 section 2.1.7).
        public var hasForwardErrorCorrection: Bool
        /// The loss the encoder should prepare for, in percent.
        public var expectedLossPercent: Int

        /// Makes a configuration.
        public init(
            bitrate: Int, complexity: Int = 9, isDiscontinuous: Bool = false,
            hasForwardErrorCorrection: Bool = false, expectedLossPercent: Int = 0
        ) {
            self.bitrate = bitrate
            self.complexity = complexity
            self.isDiscontinuous = isDiscontinuous
            self.hasForwardErrorCorrection = hasForwardErrorCorrection
            self.expectedLossPercent = expectedLossPercent
        }
    }

    /// Samples in one 20 ms packet at 48 kHz.
    public static let samplesPerPacket = 960
    /// Samples per second.
    public static let sampleRate = 48_000
    /// Largest packet the encoder may write.
    public static let maximumPacketSize = 1275

    private let encoder: OpaquePointer

    /// Opens an encoder.
    public init(_ configuration: Configuration) throws(CodecError) {
        var code: Int32 = 0
        let opened = opus_encoder_create(Int32(Self.sampleRate), 1, OPUS_APPLICATION_VOIP, &code)
        guard let opened, code == OPUS_OK else {
            throw CodecError(library: .opus, operation: .open, code: code)
        }
        encoder = opened
        try Self.check(copus_encoder_set_bitrate(opened, Int32(configuration.bitrate)))
        try Self.check(copus_encoder_set_complexity(opened, Int32(configuration.complexity)))
        try Self.check(copus_encoder_set_dtx(opened, configuration.isDiscontinuous ? 1 : 0))
        try Self.check(copus_encoder_set_inband_fec(opened, configuration.hasForwardErrorCorrection ? 1 : 0))
        try Self.check(copus_encoder_set_expected_loss(opened, Int32(configuration.expectedLossPercent)))
    }

    deinit { opus_encoder_destroy(encoder) }

    /// Compresses 960 samples.
    ///
    /// - Returns: the packet's length; 1 or 2 when discontinuous transmission leaves the packet out.
    public func encode(
        _ samples: UnsafeBufferPointer<Int16>, into packet: UnsafeMutableRawBufferPointer
    ) throws(CodecError) -> Int {
        precondition(samples.count == Self.samplesPerPacket, "a packet holds 960 samples")
        guard let input = samples.baseAddress, let output = packet.baseAddress else {
            throw CodecError(library: .opus, operation: .encode, code: OPUS_BUFFER_TOO_SMALL)
        }
        let count = opus_encode(
            encoder, input, Int32(samples.count), output.assumingMemoryBound(to: UInt8.self),
            Int32(clamping: packet.count))
        guard count > 0 else { throw CodecError(library: .opus, operation: .encode, code: count) }
        return Int(count)
    }

    /// How many samples the decoded sound lags behind the input.
    public var lookahead: Int {
        var samples: Int32 = 0
        _ = copus_encoder_get_lookahead(encoder, &samples)
        return Int(samples)
    }

    /// The library's version, part of a clip's cache key.
    public static var libraryVersion: String { String(cString: opus_get_version_string()) }

    private static func check(_ code: Int32) throws(CodecError) {
        guard code == OPUS_OK else { throw CodecError(library: .opus, operation: .configure, code: code) }
    }
}
