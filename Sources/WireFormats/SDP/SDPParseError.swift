/// Why a text is no session description that we can use.
public enum SDPParseError: Error, Hashable, Sendable {
    /// Longer than `SessionDescription.maximumByteCount`.
    case tooLarge
    /// The first line is not `v=0`.
    case unsupportedVersion
    /// A line is not of the form `<letter>=<value>`; its number, counted from 1.
    case malformedLine(Int)
    /// The origin line is missing or incomplete.
    case malformedOrigin
    /// An m-line is incomplete; its number among the lines, counted from 1.
    case malformedMediaLine(Int)
    /// More m-sections than `SessionDescription.maximumSectionCount`.
    case tooManySections
    /// An attribute that we depend on is malformed; its line number, counted from 1.
    case malformedAttribute(Int)
}
