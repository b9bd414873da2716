public import WireFormats

/// What both sides agreed about one m-section.
public struct MediaSection: Hashable, Sendable {
    /// The media identification, RFC 5888.
    public var mid: String
    /// Audio, video or application (the data channels).
    public var kind: MediaKind
    /// What the other side last said it does: a genuine LiveKit says `sendOnly` for unused sections too.
    public var remoteDirection: MediaDirection = .inactive
    /// What our own description last said.
    public var localDirection: MediaDirection = .inactive
    /// The msid of the remote track, if one was named.
    public var remoteTrack: RemoteTrack?
    /// The remote sources that were declared by `a=ssrc`, in the order of the description.
    public var remoteSources: [RemoteSource] = []
    /// The RTP stream ids that the remote side sends (`a=rid:… send`), in the order of `a=simulcast`.
    public var remoteRIDs: [String] = []
    /// The RTP stream ids that the remote side takes from us.
    public var acceptedRIDs: [String] = []
    /// The codecs both sides can handle, the preferred one first; empty until an answer exists.
    public var codecs: [NegotiatedCodec] = []
    /// The ids of the header extensions both sides agreed on.
    public var extensions = HeaderExtensionMap()
    /// The track we send here.
    public var outgoingTrack: OutgoingTrack?
    /// Whether the section was rejected (port 0), by either side.
    public var isRejected = false

    /// Starts a section of which nothing is known yet.
    public init(mid: String, kind: MediaKind) {
        self.mid = mid
        self.kind = kind
    }

    /// Whether an answering side may attach a track: media that the peer wants, and nothing attached yet.
    public var isFreeForSending: Bool {
        // A section in which the peer sent by rid stays the peer's, even if it now only listens.
        (kind == .audio || kind == .video) && !isRejected && outgoingTrack == nil && remoteDirection.receives
            && remoteRIDs.isEmpty
    }

    /// What is agreed about a codec of the section.
    public func codec(_ codec: Codec) -> NegotiatedCodec? { codecs.first { $0.codec == codec } }

    /// What is agreed about a payload type of the section.
    public func codec(payloadType: UInt8) -> NegotiatedCodec? {
        codecs.first { $0.payloadType == payloadType }
    }

    /// Whether the peer takes a layer of our track: without simulcast there is one, and it is taken.
    func accepts(_ layer: OutgoingLayer) -> Bool {
        guard let rid = layer.rid else { return true }
        return acceptedRIDs.contains(rid)
    }
}

/// The identity of a remote track, `a=msid` (RFC 8830).
public struct RemoteTrack: Hashable, Sendable {
    /// The stream token; LiveKit writes `PA_…|TR_…`.
    public var streamID: String
    /// The track token.
    public var trackID: String

    /// Describes a track.
    public init(streamID: String, trackID: String) {
        self.streamID = streamID
        self.trackID = trackID
    }
}

/// One declared remote source of a section.
public struct RemoteSource: Hashable, Sendable {
    /// The synchronisation source.
    public var ssrc: UInt32
    /// The source of its retransmissions, from `a=ssrc-group:FID`.
    public var rtxSSRC: UInt32?

    /// Describes a source.
    public init(ssrc: UInt32, rtxSSRC: UInt32? = nil) {
        self.ssrc = ssrc
        self.rtxSSRC = rtxSSRC
    }
}
