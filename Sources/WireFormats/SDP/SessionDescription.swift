/// A session description (RFC 8866) with the attributes WebRTC uses; what it does not know it drops.
///
/// Reading is forgiving where peers differ and strict where a mistake would make us send nonsense. Writing
/// gives one fixed order of lines, so that equal descriptions give equal texts.
public struct SessionDescription: Hashable, Sendable {
    /// Longest text that is read: a description of a thousand sections fits.
    public static let maximumByteCount = 8 << 20
    /// Most m-sections that are read.
    public static let maximumSectionCount = 2048

    /// The session id of the origin line, RFC 8829 section 5.2.1.
    public var sessionID: UInt64
    /// The session version of the origin line; grows with every new description.
    public var sessionVersion: UInt64
    /// The mids of the BUNDLE group (RFC 9143), in order; empty without one.
    public var bundle: [String] = []
    /// Whether the author is an ICE-lite agent, RFC 8839 section 5.3.
    public var isICELite = false
    /// Whether one- and two-byte header extensions may mix, RFC 8285 section 6.
    public var allowsMixedExtensions = false
    /// The value of `a=msid-semantic`, if any.
    public var msidSemantic: String?
    /// Session-level ICE and DTLS attributes, which are defaults for the sections.
    public var transport = TransportDescription()
    /// The m-sections.
    public var sections: [MediaDescription] = []

    /// Starts a description without sections.
    public init(sessionID: UInt64, sessionVersion: UInt64) {
        self.sessionID = sessionID
        self.sessionVersion = sessionVersion
    }

    /// The transport attributes that hold for a section, session-level defaults included.
    public func transport(of section: MediaDescription) -> TransportDescription {
        section.transport.defaulting(to: transport)
    }
}
