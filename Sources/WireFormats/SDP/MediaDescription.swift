/// One m-section of a session description, as far as WebRTC uses it (RFC 8829).
public struct MediaDescription: Hashable, Sendable {
    /// The media token of the m-line.
    public var media: String
    /// The port; 0 rejects the section.
    public var port: UInt16
    /// The transport protocol, such as `UDP/TLS/RTP/SAVPF`.
    public var protocolName: String
    /// The formats of the m-line in order of preference: payload types, or `webrtc-datachannel`.
    public var formats: [String]
    /// `a=mid`, RFC 5888; empty when absent.
    public var mid = ""
    /// Who may send.
    public var direction: MediaDirection = .sendReceive
    /// ICE and DTLS attributes of the section itself.
    public var transport = TransportDescription()
    /// Whether RTP and RTCP share one port, RFC 5761.
    public var multiplexesRTCP = false
    /// Whether RTCP may be reduced in size, RFC 5506.
    public var reducesRTCP = false
    /// Whether the section exists only inside the bundle, RFC 9143 section 6.
    public var isBundleOnly = false
    /// Header extensions in the order of the text.
    public var extensions: [HeaderExtensionDescription] = []
    /// Codecs, in the order of the m-line's formats.
    public var codecs: [CodecDescription] = []
    /// Track identities.
    public var msids: [MediaStreamIdentification] = []
    /// Declared sources in the order of their first appearance.
    public var sources: [SourceDescription] = []
    /// Groups of sources.
    public var sourceGroups: [SourceGroup] = []
    /// RTP streams by identifier.
    public var rids: [RestrictionIdentifier] = []
    /// The rids of `a=simulcast:send`, the first alternative of each, without pause marks (RFC 8853).
    public var simulcastSend: [String] = []
    /// The rids of `a=simulcast:recv`.
    public var simulcastReceive: [String] = []
    /// ICE candidates as written, each starting with `candidate:`.
    public var candidates: [String] = []
    /// Whether `a=end-of-candidates` was said.
    public var endsCandidates = false
    /// The SCTP port, RFC 8841 section 5.
    public var sctpPort: UInt16?
    /// The largest data channel message the author accepts, RFC 8841 section 6.
    public var maximumMessageSize: Int?

    /// Starts a section with an m-line and no attributes.
    public init(media: String, port: UInt16 = 9, protocolName: String, formats: [String] = []) {
        self.media = media
        self.port = port
        self.protocolName = protocolName
        self.formats = formats
    }

    /// What the section carries.
    public var kind: MediaKind { MediaKind(token: media) }

    /// Whether the section is refused or was stopped.
    public var isRejected: Bool { port == 0 && !isBundleOnly }

    /// The codec with the given payload type.
    public func codec(_ payloadType: UInt8) -> CodecDescription? {
        codecs.first { $0.payloadType == payloadType }
    }

    /// The payload type of retransmissions for `payloadType`.
    public func retransmissionPayloadType(for payloadType: UInt8) -> UInt8? {
        codecs.first { $0.associatedPayloadType == payloadType }?.payloadType
    }
}
