public import Primitives
import WireFormats

/// A stream we send: one encoding of one of our tracks.
public struct OutboundStream {
    /// Index of the section in `PeerConnection.sections`.
    public let section: Int
    /// Index of the encoding in the track's `layers`.
    public let layer: Int
    /// The synchronisation source of its packets.
    public let ssrc: UInt32
    /// Numbers, counts and the history for retransmissions.
    public let sender: SendStream
    /// Whether the section still carries this stream; the statistics of one that ended stay.
    public internal(set) var isActive = true
    /// Key frames that the peer asked for.
    public internal(set) var keyFrameRequestCount = 0
    /// When the last packet was sent, retransmissions left out.
    public internal(set) var lastSentAt: Instant?

    /// The canonical name in our source descriptions.
    let canonicalName: [UInt8]
    /// The section's mid, for packets that the peer could not assign otherwise; nil when sources are
    /// declared.
    let mid: RTPIdentifier?
    /// The encoding's rid, in simulcast.
    let rid: RTPIdentifier?
    /// The payload types that have one for their retransmissions.
    private let repairs: [(payloadType: UInt8, rtx: UInt8)]
    /// Whether the peer reported about the stream, so that it knows where it belongs.
    var isIdentified = false
    /// Whether the peer reported about the retransmissions.
    var isRTXIdentified = false
    /// Packets sent when the last sender report was made.
    var reportedPacketCount = 0
    /// The number of the last full intra request, which repeats until answered (RFC 5104 section 4.3.1.2).
    var lastIntraRequest: UInt8?

    /// How many packets can be sent again: what the genuine server keeps.
    static let videoHistory = 512
    /// How many audio packets can be sent again, if audio is repaired at all.
    static let audioHistory = 256

    init(
        section: Int, layer: Int, agreed: MediaSection, track: OutgoingTrack, canonicalName: String,
        declaresSources: Bool, generator: inout SeededGenerator
    ) {
        let encoding = track.layers[layer]
        self.section = section
        self.layer = layer
        ssrc = encoding.ssrc
        self.canonicalName = Array(canonicalName.utf8)
        mid = declaresSources ? nil : RTPIdentifier(agreed.mid)
        rid = encoding.rid.flatMap { RTPIdentifier($0) }
        repairs = agreed.codecs.compactMap { codec in codec.rtxPayloadType.map { (codec.payloadType, $0) } }
        let hasRTX = !repairs.isEmpty
        let isRepaired = agreed.codecs.contains(where: \.usesNACK)
        sender = SendStream(
            ssrc: encoding.ssrc, retransmissionSSRC: hasRTX ? encoding.rtxSSRC : nil,
            clockRate: agreed.codecs.first?.clockRate ?? 90_000,
            historyCapacity: isRepaired ? (track.kind == .video ? Self.videoHistory : Self.audioHistory) : 1,
            generator: &generator)
    }

    /// A payload type of retransmissions, whatever they repeat.
    var anyRTXPayloadType: UInt8? { repairs.first?.rtx }

    /// The payload type of retransmissions of packets with `payloadType`.
    func rtxPayloadType(for payloadType: UInt8) -> UInt8? {
        for repair in repairs where repair.payloadType == payloadType { return repair.rtx }
        return nil
    }
}

/// What all packets of one section that we send in share.
struct OutboundSection {
    /// Index of the track's first layer in `sendStreams`; the others follow.
    var firstStream: Int
    /// How many layers there are.
    var layerCount: Int
    /// One bit for each layer that the peer takes.
    var acceptedLayers: UInt64 = 0
    /// Writes headers with the section's extension ids.
    var header: RTPHeaderWriter
    /// Whether packets carry transport-wide numbers.
    var usesTransportFeedback: Bool
    /// Whether packets leave at the pacer's rate.
    var isPaced: Bool

    /// Most layers of one track.
    static let maximumLayerCount = 64
}
