import Media
import Primitives
import RTC

/// Sends one picture of a participant in one codec, from a clip.
///
/// Two hands steer it: the server says which qualities anybody wants (dynacast), the participant's own congestion
/// control what it can afford. A layer is sent while both agree.
protocol VideoSender: AnyObject {
    /// Index of the section in the peer connection.
    var section: Int { get }
    /// When the next frame is due.
    var deadline: Instant? { get }
    /// Bit rate of each layer when it is sent, lowest first.
    var bitrates: [Int] { get }
    /// The layers that are being sent now, one bit each, the lowest in the lowest bit.
    var sentLayers: UInt8 { get }

    /// Turns the source on; every layer starts with a key frame.
    func start(now: Instant)

    /// Turns the source off.
    func stop()

    /// Takes note of the qualities that somebody wants: bit 0 low, 1 medium, 2 high.
    func setWanted(_ qualities: UInt8, now: Instant)

    /// Sends as many layers, from the lowest on, as `layers` says; a layer that comes back starts with a key frame.
    func setAffordable(_ layers: Int, now: Instant)

    /// Answers a key-frame request for a layer, at most every 300 ms.
    func requestKeyFrame(layer: Int, now: Instant)

    /// Sends every frame that is due by `now`; returns how late the latest of them was.
    func tick(
        peer: PeerConnection, payloadType: UInt8, wallClock: WallClockOrigin, now: Instant,
        into outbox: inout Outbox
    ) -> Interval

    /// Sends a packet again that the server missed.
    func retransmit(
        _ request: Retransmission, peer: PeerConnection, wallClock: WallClockOrigin, now: Instant,
        into outbox: inout Outbox)
}

extension VideoSender {
    /// Sends as many layers as fit into a bit rate, and at least the lowest.
    func setBudget(_ bitrate: Int, now: Instant) {
        var sum = 0
        var count = 0
        for layer in bitrates {
            sum += layer
            guard sum <= bitrate else { break }
            count += 1
        }
        setAffordable(max(1, count), now: now)
    }
}

/// libwebrtc answers key-frame requests at most this often (`kMinKeyFrameSendInterval`).
let keyFrameAnswerInterval = Interval.milliseconds(300)
