/// The protocols that share one UDP flow, told apart by their first bytes.
public enum DatagramKind: Sendable, Hashable {
    /// A STUN message: first byte 0...3.
    case stun
    /// A DTLS record: first byte 20...63.
    case dtls
    /// An RTP or SRTP packet: first byte 128...191, payload type outside 64...95.
    case rtp
    /// An RTCP or SRTCP packet: first byte 128...191, payload type 64...95.
    case rtcp
    /// A TURN ChannelData message: first byte 64...79.
    case turnChannel
    /// Nothing that WebRTC carries, or too short to tell.
    case unknown

    /// Looks at the first two bytes only (RFC 7983 section 7 and, for RTCP, RFC 5761 section 4).
    @inlinable
    public static func classify(_ bytes: UnsafeRawBufferPointer) -> DatagramKind {
        guard let first = bytes.first else { return .unknown }
        switch first {
        case 0...3: return .stun
        case 20...63: return .dtls
        case 64...79: return .turnChannel
        case 128...191:
            guard bytes.count >= 2 else { return .unknown }
            let payloadType = bytes[1] & 0x7f
            return 64...95 ~= payloadType ? .rtcp : .rtp
        default: return .unknown
        }
    }
}
