import Primitives

/// One encoding of a published track as it arrives at the server.
final class UplinkLayer {
    /// 0 low, 1 medium, 2 high; always 0 for audio.
    let quality: Int
    /// Index of the stream in the publisher's peer connection.
    let stream: Int
    /// When its last packet came.
    private(set) var lastPacket: Instant
    /// Extended number of its newest packet.
    private(set) var newestSequence: Int64 = .min
    /// RTP timestamp of that packet.
    private var newestTimestamp: UInt32?
    /// From its last frame but one to its last, by their timestamps.
    private(set) var frameInterval = Interval.zero
    /// Recent payloads.
    var cache: PacketCache

    /// A layer that has just been seen.
    init(quality: Int, stream: Int, now: Instant, isVideo: Bool) {
        self.quality = quality
        self.stream = stream
        lastPacket = now
        cache = PacketCache(capacity: isVideo ? 512 : 256)
    }

    /// Notes a packet and returns whether it is the newest so far.
    func note(sequence: Int64, timestamp: UInt32, now: Instant) -> Bool {
        lastPacket = now
        guard sequence > newestSequence else { return false }
        newestSequence = sequence
        if let newestTimestamp, newestTimestamp != timestamp {
            // 90 kHz; further apart than that, frames have no rate.
            let ticks = timestamp &- newestTimestamp
            frameInterval = ticks < 90_000 ? .nanoseconds(Int64(ticks) * 100_000 / 9) : .zero
        }
        newestTimestamp = timestamp
        return true
    }

    /// The highest temporal layer, of three, that has no more pictures per second than wanted; 0 wants all.
    func temporalLayer(forFrameRate rate: Int) -> Int {
        guard rate > 0, frameInterval > .zero else { return 2 }
        let full = 1 / frameInterval.seconds
        return (0...2).first { full / Double(4 >> $0) >= 0.9 * Double(rate) } ?? 2
    }

    /// A layer that sent nothing for this long is taken as stopped.
    static let activity = Interval.milliseconds(1500)

    /// Whether packets came lately.
    func isActive(at now: Instant) -> Bool { now - lastPacket < Self.activity }
}
