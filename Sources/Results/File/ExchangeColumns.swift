import Probe

/// The columns of `exchange`, in one place for creating, writing and reading.
enum ExchangeColumns {
    static let all: [CountColumns.Column<ExchangeCounts>] = [
        CountColumns.Column(name: "packets_received", path: \.packetsReceived),
        CountColumns.Column(name: "repairs_received", path: \.repairsReceived),
        CountColumns.Column(name: "padding_received", path: \.paddingReceived),
        CountColumns.Column(name: "padding_sent", path: \.paddingSent),
        CountColumns.Column(name: "packets_requested", path: \.packetsRequested),
        CountColumns.Column(name: "requests_received", path: \.requestsReceived),
        CountColumns.Column(name: "key_frames_requested", path: \.keyFramesRequested),
        CountColumns.Column(name: "signals_sent", path: \.signalsSent),
        CountColumns.Column(name: "signals_received", path: \.signalsReceived),
        CountColumns.Column(name: "data_sent", path: \.dataSent),
        CountColumns.Column(name: "data_received", path: \.dataReceived),
    ]

    static var names: [String] { all.map(\.name) }
}
