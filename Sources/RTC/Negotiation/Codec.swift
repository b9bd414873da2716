public import WireFormats

/// The codecs that a section of a session description may name, as far as we tell them apart.
public enum Codec: UInt8, Hashable, Sendable, CaseIterable {
    /// Opus, RFC 7587.
    case opus
    /// Redundant audio around Opus, RFC 2198.
    case red
    /// VP8, RFC 7741.
    case vp8
    /// VP9, RFC 9628.
    case vp9
    /// H.264, RFC 6184.
    case h264
    /// AV1, the AOMedia RTP specification.
    case av1
    /// H.265, RFC 7798.
    case h265
    /// Anything else.
    case other

    /// The codec that a section of a description names; `other` for what we do not know.
    public init(_ description: CodecDescription) {
        self =
            switch (description.name.lowercased(), description.clockRate) {
            case ("opus", 48_000): .opus
            case ("red", 48_000): .red
            case ("vp8", 90_000): .vp8
            case ("vp9", 90_000): .vp9
            case ("h264", 90_000): .h264
            case ("av1", 90_000): .av1
            case ("h265", 90_000): .h265
            default: .other
            }
    }
}

/// One codec of a section with the numbers negotiated for it.
public struct NegotiatedCodec: Hashable, Sendable {
    /// What is encoded.
    public var codec: Codec
    /// The payload type of its packets.
    public var payloadType: UInt8
    /// The payload type of its retransmissions (RFC 4588), if there is one.
    public var rtxPayloadType: UInt8?
    /// RTP timestamp ticks per second.
    public var clockRate: UInt32
    /// Whether generic NACK (RFC 4585 section 6.2.1) was negotiated.
    public var usesNACK: Bool
    /// Whether picture loss indications (RFC 4585 section 6.3.1) were negotiated.
    public var usesPLI: Bool
    /// Whether transport-wide feedback was negotiated.
    public var usesTransportFeedback: Bool
    /// Whether the receiver's estimate of what it can take (REMB) was negotiated.
    public var usesBitrateEstimate: Bool
}

extension NegotiatedCodec {
    /// Takes a codec as an answer lists it, together with its retransmission format in the same section.
    init(_ description: CodecDescription, in section: MediaDescription) {
        self.init(
            codec: Codec(description), payloadType: description.payloadType,
            rtxPayloadType: section.retransmissionPayloadType(for: description.payloadType),
            clockRate: description.clockRate, usesNACK: description.feedback.contains("nack"),
            usesPLI: description.feedback.contains("nack pli"),
            usesTransportFeedback: description.feedback.contains("transport-cc"),
            usesBitrateEstimate: description.feedback.contains("goog-remb"))
    }
}
