import Primitives

/// A remote stream: one encoding of one remote track.
public struct InboundStream {
    /// Index of the section in `PeerConnection.sections`.
    public internal(set) var section: Int
    /// Index of the encoding in the section's `remoteRIDs`; 0 without simulcast.
    public internal(set) var layer: Int
    /// The synchronisation source of its packets.
    public let ssrc: UInt32
    /// The synchronisation source of its retransmissions, once known.
    public internal(set) var rtxSSRC: UInt32?
    /// What its first packet carried; audio may switch between Opus and RED.
    public let codec: Codec
    /// Order, loss, repair and jitter.
    public let receiver: ReceiveStream
    /// Whether the section still carries this stream; the statistics of one that ended stay.
    public internal(set) var isActive = true
    /// Key frames that we asked for.
    public internal(set) var keyFrameRequestCount = 0
    /// Retransmission packets that held no packet: padding.
    public internal(set) var paddingRepairCount = 0

    /// Whether picture loss indications were negotiated.
    let usesPLI: Bool
    /// Whether the sender listens to what we say we can take.
    let usesBitrateEstimate: Bool
    /// When its last packet was taken into account for that.
    var estimatedAt: Instant?
    /// When we last asked for a key frame.
    var lastKeyFrameRequestAt: Instant?
    /// Whether the next feedback is to ask for a key frame.
    var wantsKeyFrame = false
    /// Packets on the stream's own SSRC when it was last reported.
    var reportedPacketCount = 0

    init(
        section: Int, layer: Int, ssrc: UInt32, rtxSSRC: UInt32?, codec: NegotiatedCodec
    ) {
        self.section = section
        self.layer = layer
        self.ssrc = ssrc
        self.rtxSSRC = rtxSSRC
        self.codec = codec.codec
        usesPLI = codec.usesPLI
        usesBitrateEstimate = codec.usesBitrateEstimate
        receiver = ReceiveStream(
            ssrc: ssrc, clockRate: codec.clockRate,
            policy: RetransmissionPolicy(requestsRetransmission: codec.usesNACK))
    }
}
