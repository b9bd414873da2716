public import WireFormats

/// A track that we send, as its section will describe it.
public struct OutgoingTrack: Hashable, Sendable {
    /// What kind of codec carries the track.
    public enum TrackCodec: Hashable, Sendable {
        /// Opus, wrapped in redundancy (RFC 2198) when the peer agrees.
        case opus(red: Bool)
        /// VP8.
        case vp8
        /// VP9, with its layers in one stream.
        case vp9
    }

    /// Audio or video.
    public var kind: MediaKind
    /// The stream token of `a=msid` (RFC 8830): `-` for none, `PA_…|TR_…` for LiveKit's downlink.
    public var streamID: String
    /// The track token of `a=msid`: LiveKit's client id of the track on the uplink.
    public var trackID: String
    /// How the track is encoded.
    public var codec: TrackCodec
    /// The encodings, in the order `send` numbers them; more than one means simulcast.
    public var layers: [OutgoingLayer]

    /// Describes a track.
    public init(
        kind: MediaKind, streamID: String, trackID: String, codec: TrackCodec, layers: [OutgoingLayer]
    ) {
        precondition(!layers.isEmpty, "a track has at least one encoding")
        self.kind = kind
        self.streamID = streamID
        self.trackID = trackID
        self.codec = codec
        self.layers = layers
    }
}

/// One encoding of a track: a stream of RTP packets of its own.
public struct OutgoingLayer: Hashable, Sendable {
    /// The RTP stream id (RFC 8851) in simulcast; nil when the track has one encoding.
    public var rid: String?
    /// The synchronisation source of the packets.
    public var ssrc: UInt32
    /// The synchronisation source of the retransmissions; nil to repair on `ssrc` itself.
    public var rtxSSRC: UInt32?

    /// Describes an encoding.
    public init(rid: String? = nil, ssrc: UInt32, rtxSSRC: UInt32?) {
        self.rid = rid
        self.ssrc = ssrc
        self.rtxSSRC = rtxSSRC
    }
}
