import Primitives

/// One encoding of a published track as it arrives at the server.
final class UplinkLayer {
    /// 0 low, 1 medium, 2 high; always 0 for audio.
    let quality: Int
    /// Index of the stream in the publisher's peer connection.
    var stream: Int
    /// When its last packet came.
    var lastPacket: Instant
    /// RTP timestamp of its newest frame.
    var lastTimestamp: UInt32 = 0
    /// Recent payloads.
    var cache: PacketCache

    /// A layer that has just been seen.
    init(quality: Int, stream: Int, now: Instant, isVideo: Bool) {
        self.quality = quality
        self.stream = stream
        lastPacket = now
        cache = PacketCache(capacity: isVideo ? 512 : 256)
    }

    /// A layer that sent nothing for this long is taken as stopped.
    static let activity = Interval.milliseconds(1500)

    /// Whether packets came lately.
    func isActive(at now: Instant) -> Bool { now - lastPacket < Self.activity }
}
