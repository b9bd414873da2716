import RTC
import WireFormats

/// What a peer connection carried, counted the way LiveKit counts: packets of every kind of one direction together.
struct MediaTotals {
    /// Counts of one direction: in from publishers, or out to subscribers.
    struct Flow {
        /// RTP packets, padding included; of what comes in retransmissions too.
        var packets = 0
        /// Payload bytes of these.
        var bytes = 0
        /// Packets sent again; of what comes in they are among `packets`.
        var resent = 0
        /// Payload bytes of these.
        var resentBytes = 0
        /// Packets asked for again, by us of publishers or by subscribers of us.
        var requested = 0
        /// Key frames asked for, likewise.
        var keyFrames = 0
        /// Packets of sound that are lost: in by our own count, out by the subscribers' reports.
        var lostAudio = 0
        /// Packets of pictures that are lost, likewise.
        var lostVideo = 0

        static func += (left: inout Flow, right: Flow) {
            left.packets += right.packets
            left.bytes += right.bytes
            left.resent += right.resent
            left.resentBytes += right.resentBytes
            left.requested += right.requested
            left.keyFrames += right.keyFrames
            left.lostAudio += right.lostAudio
            left.lostVideo += right.lostVideo
        }
    }

    var incoming = Flow()
    var outgoing = Flow()

    init() {}

    /// Everything that a peer connection carried so far.
    init(_ peer: PeerConnection) {
        for stream in peer.receiveStreams {
            let statistics = stream.receiver.statistics
            incoming.packets +=
                statistics.packetCount + statistics.repairPacketCount + stream.paddingRepairCount
            incoming.bytes += statistics.payloadByteCount + statistics.repairPayloadByteCount
            incoming.requested += statistics.requestedCount
            incoming.keyFrames += stream.keyFrameRequestCount
            let loss = statistics.loss
            let lost = loss.lostBeforeRepair - loss.repaired - loss.lateRecovered
            if Self.isVideo(stream.section, of: peer) {
                incoming.lostVideo += lost
            } else {
                incoming.lostAudio += lost
            }
        }
        for stream in peer.sendStreams {
            let statistics = stream.sender.statistics
            outgoing.packets += statistics.packetCount
            outgoing.bytes += statistics.payloadByteCount
            outgoing.resent += statistics.resentPacketCount
            outgoing.resentBytes += statistics.resentPayloadByteCount
            outgoing.requested += statistics.requestedCount
            outgoing.keyFrames += stream.keyFrameRequestCount
            let lost = max(0, Int(stream.sender.lastReport?.block.cumulativeLost ?? 0))
            if Self.isVideo(stream.section, of: peer) {
                outgoing.lostVideo += lost
            } else {
                outgoing.lostAudio += lost
            }
        }
    }

    static func += (left: inout MediaTotals, right: MediaTotals) {
        left.incoming += right.incoming
        left.outgoing += right.outgoing
    }

    private static func isVideo(_ section: Int, of peer: PeerConnection) -> Bool {
        peer.sections.indices.contains(section) && peer.sections[section].kind == .video
    }
}

/// How long packets took through the server, in LiveKit's buckets.
struct ForwardingTimes {
    /// Upper bounds in nanoseconds, as in LiveKit's `livekit_forward_latency_ns`.
    static let bounds: [Int64] = [
        50_000, 100_000, 250_000, 500_000, 1_000_000, 2_000_000, 3_000_000, 5_000_000, 10_000_000, 20_000_000,
    ]

    /// Packets in each bucket, the last one without bound.
    private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    /// All times together.
    private(set) var sum: Int64 = 0

    mutating func add(nanoseconds: Int64) {
        var index = 0
        while index < Self.bounds.count, nanoseconds > Self.bounds[index] { index += 1 }
        counts[index] += 1
        sum &+= nanoseconds
    }
}
