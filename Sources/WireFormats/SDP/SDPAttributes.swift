/// A certificate's digest, `a=fingerprint` (RFC 8122 section 5).
public struct CertificateFingerprint: Hashable, Sendable {
    /// The hash function, in lower case: `sha-256`.
    public var algorithm: String
    /// The digest.
    public var bytes: [UInt8]

    /// Describes a digest.
    public init(algorithm: String = "sha-256", bytes: [UInt8]) {
        self.algorithm = algorithm
        self.bytes = bytes
    }
}

/// The attributes of a transport: ICE credentials and the DTLS certificate.
public struct TransportDescription: Hashable, Sendable {
    /// `a=ice-ufrag`, RFC 8839 section 5.4.
    public var iceUserFragment: String?
    /// `a=ice-pwd`, RFC 8839 section 5.4.
    public var icePassword: String?
    /// The tags of `a=ice-options`.
    public var iceOptions: [String] = []
    /// The certificate's digest; of several the first SHA-256 one.
    public var fingerprint: CertificateFingerprint?
    /// `a=setup`.
    public var setup: DTLSSetup?

    /// Starts without any attribute.
    public init() {}

    /// The same with what is missing taken from `session`, whose attributes are defaults (RFC 8866 section
    /// 5.13).
    public func defaulting(to session: TransportDescription) -> TransportDescription {
        var merged = self
        if merged.iceUserFragment == nil { merged.iceUserFragment = session.iceUserFragment }
        if merged.icePassword == nil { merged.icePassword = session.icePassword }
        if merged.iceOptions.isEmpty { merged.iceOptions = session.iceOptions }
        if merged.fingerprint == nil { merged.fingerprint = session.fingerprint }
        if merged.setup == nil { merged.setup = session.setup }
        return merged
    }
}

/// A codec of a section: `a=rtpmap` with its `a=fmtp` and `a=rtcp-fb`.
public struct CodecDescription: Hashable, Sendable {
    /// The RTP payload type.
    public var payloadType: UInt8
    /// The encoding name as written.
    public var name: String
    /// Timestamp ticks per second.
    public var clockRate: UInt32
    /// Audio channels, when written.
    public var channelCount: UInt8?
    /// The value of `a=fmtp`, empty when absent.
    public var parameters: String
    /// The feedback kinds, such as `nack pli`, including those for `*`.
    public var feedback: [String]

    /// Describes a codec.
    public init(
        payloadType: UInt8, name: String, clockRate: UInt32, channelCount: UInt8? = nil,
        parameters: String = "",
        feedback: [String] = []
    ) {
        self.payloadType = payloadType
        self.name = name
        self.clockRate = clockRate
        self.channelCount = channelCount
        self.parameters = parameters
        self.feedback = feedback
    }

    /// The value of one `;`-separated parameter of `a=fmtp`, compared without regard to case.
    public func parameter(_ name: String) -> String? {
        for item in parameters.utf8.split(separator: UInt8(ascii: ";")) {
            let (key, value) = Substring(item).trimmed.splitOnce(at: UInt8(ascii: "="))
            if key.lowercased() == name, let value { return String(value) }
        }
        return nil
    }

    /// The payload type that this one retransmits (RFC 4588 section 8.1), if it is `rtx`.
    public var associatedPayloadType: UInt8? {
        guard name.lowercased() == "rtx" else { return nil }
        return parameter("apt").flatMap { UInt8($0) }
    }
}

/// A header extension of a section, `a=extmap` (RFC 8285 section 5).
public struct HeaderExtensionDescription: Hashable, Sendable {
    /// The local identifier on the wire.
    public var id: UInt8
    /// Who may send it; nil for the section's own direction.
    public var direction: MediaDirection?
    /// What it means.
    public var uri: String

    /// Describes a header extension.
    public init(id: UInt8, uri: String, direction: MediaDirection? = nil) {
        self.id = id
        self.uri = uri
        self.direction = direction
    }
}

/// A track's identity, `a=msid` (RFC 8830).
public struct MediaStreamIdentification: Hashable, Sendable {
    /// The stream token; `-` for none.
    public var stream: String
    /// The track token, when written.
    public var track: String?

    /// Describes an identity.
    public init(stream: String, track: String?) {
        self.stream = stream
        self.track = track
    }
}

/// A declared source, `a=ssrc` (RFC 5576 section 4.1).
public struct SourceDescription: Hashable, Sendable {
    /// The synchronisation source.
    public var ssrc: UInt32
    /// Its canonical name.
    public var cname: String?
    /// Its track, in the form before RFC 8830.
    public var msid: MediaStreamIdentification?

    /// Describes a source.
    public init(ssrc: UInt32, cname: String? = nil, msid: MediaStreamIdentification? = nil) {
        self.ssrc = ssrc
        self.cname = cname
        self.msid = msid
    }
}

/// Sources that belong together, `a=ssrc-group` (RFC 5576 section 4.2).
public struct SourceGroup: Hashable, Sendable {
    /// How: `FID` pairs a source with its retransmissions.
    public var semantics: String
    /// The sources.
    public var sources: [UInt32]

    /// Describes a group.
    public init(semantics: String, sources: [UInt32]) {
        self.semantics = semantics
        self.sources = sources
    }
}

/// An RTP stream of a section, `a=rid` (RFC 8851).
public struct RestrictionIdentifier: Hashable, Sendable {
    /// Who sends the stream.
    public enum Direction: String, Hashable, Sendable {
        /// The author of the description.
        case send
        /// The other side.
        case receive = "recv"
    }

    /// The identifier.
    public var id: String
    /// Who sends.
    public var direction: Direction

    /// Describes an RTP stream.
    public init(id: String, direction: Direction) {
        self.id = id
        self.direction = direction
    }
}
