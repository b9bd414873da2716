public import WireFormats

/// Why a remote description could not be applied; nothing of it was taken over then.
public enum NegotiationError: Error, Hashable, Sendable {
    /// The text is no session description.
    case malformed(SDPParseError)
    /// The answer has another number of sections than the offer, or an offer lost some.
    case sectionCountMismatch(expected: Int, found: Int)
    /// A section that is in use changed its mid or kind.
    case sectionMismatch(index: Int)
    /// Two sections have one mid, or one has none.
    case ambiguousMID(index: Int)
    /// No section is usable.
    case nothingAccepted
    /// ICE user name fragment or password is missing or has an illegal length (RFC 8839 section 5.4).
    case invalidICECredentials
    /// There is no SHA-256 certificate fingerprint.
    case missingFingerprint
    /// The DTLS roles do not fit together (RFC 8842 section 5).
    case invalidSetup
    /// A section is outside the one BUNDLE group: there is one transport only.
    case notBundled(index: Int)
    /// An answer came although no offer waits, or an offer came to the side that offers.
    case wrongState
}
