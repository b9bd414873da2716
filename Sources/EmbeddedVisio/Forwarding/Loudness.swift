/// How loud a microphone was in one observation window of 400 ms, from the levels in its packets (RFC 6464).
struct Loudness {
    /// Packets louder than this (−35 dBov) count as speech, as in LiveKit's defaults.
    private static let activeLevel: UInt8 = 35
    /// Share of the window's 20 packets that must be speech.
    private static let activeShare = 0.4
    private static let packetsPerWindow = 20.0

    private var activePackets = 0.0
    private var loudest: UInt8 = 127
    /// The level last told: 0...1 in steps of 1/8.
    var told: Float = 0

    /// Adds one packet's level in −dBov.
    mutating func add(level: UInt8) {
        guard level <= Self.activeLevel else { return }
        activePackets += 1
        loudest = min(loudest, level)
    }

    /// Ends the window and returns its level, 0 when nobody spoke.
    mutating func close() -> Float {
        defer {
            activePackets = 0
            loudest = 127
        }
        guard activePackets / Self.packetsPerWindow >= Self.activeShare else { return 0 }
        // LiveKit quantises to eighths; a level of 0 dBov is 1.
        let linear = 1 - Float(loudest) / 127
        return (linear * 8).rounded(.up) / 8
    }
}
