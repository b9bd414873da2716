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
    /// What each layer takes of the path, headers included, lowest first.
    var rates: [Bitrate] { get }
    /// The layers that would be sent if everything could be afforded, one bit each.
    var wantedLayers: UInt8 { get }
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

    /// Sends a packet that the pacer lets go.
    func send(
        _ packet: PacedPacket, peer: PeerConnection, wallClock: WallClockOrigin, now: Instant,
        into outbox: inout Outbox)

    /// Sends a packet again that the server missed.
    func retransmit(
        _ request: Retransmission, peer: PeerConnection, wallClock: WallClockOrigin, now: Instant,
        into outbox: inout Outbox)
}

/// libwebrtc answers key-frame requests at most this often (`kMinKeyFrameSendInterval`).
let keyFrameAnswerInterval = Interval.milliseconds(300)

extension VideoLayer {
    /// What every packet has besides its piece of the frame: IPv4, UDP, RTP with its extensions, descriptors, and the
    /// authentication tag.
    private static let headerByteCount = 70

    /// What the layer takes of the path, headers included.
    var rate: Bitrate {
        let packets = (0..<frameCount).reduce(0) { $0 + frame($1).packetCount }
        let headers = packets * Self.headerByteCount * 8 * framesPerSecond / max(1, frameCount)
        return .bitsPerSecond(Double(averageBitrate + headers))
    }

    /// About how long the payloads of a frame's packets are.
    func payloadByteCount(ofFrame number: Int) -> Int {
        frame(number).count / frame(number).packetCount + Self.descriptorSize
    }
}
