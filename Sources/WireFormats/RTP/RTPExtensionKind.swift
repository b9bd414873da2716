/// The header extensions that we understand, in the order of their slots in `HeaderExtensionMap`.
public enum RTPExtensionKind: UInt8, Sendable, CaseIterable {
    /// The media section the packet belongs to (RFC 9143 section 15).
    case mid
    /// The simulcast layer the packet belongs to (RFC 8852 section 3.1).
    case rid
    /// The simulcast layer that a retransmission repairs (RFC 8852 section 3.2).
    case repairedRid
    /// The level of the audio in the packet (RFC 6464).
    case audioLevel
    /// When the packet left its sender, modulo 64 s.
    case absoluteSendTime
    /// The transport-wide sequence number that congestion control feedback refers to.
    case transportSequenceNumber
    /// When the content was captured, by the capturer's clock.
    case absoluteCaptureTime
    /// How frames depend on each other (AV1 RTP specification, appendix A).
    case dependencyDescriptor
    /// How long the receiver should delay playout.
    case playoutDelay

    /// The URI that names the extension in SDP `extmap` lines.
    public var uri: String {
        switch self {
        case .mid: "urn:ietf:params:rtp-hdrext:sdes:mid"
        case .rid: "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
        case .repairedRid: "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
        case .audioLevel: "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
        case .absoluteSendTime: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
        case .transportSequenceNumber:
            "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
        case .absoluteCaptureTime: "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
        case .dependencyDescriptor:
            "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
        case .playoutDelay: "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
        }
    }

    /// The extension that `uri` names; nil if we do not know it.
    public init?(uri: some StringProtocol) {
        guard let kind = Self.allCases.first(where: { $0.uri == uri }) else { return nil }
        self = kind
    }
}

/// Which extension has which id in one media section, as SDP negotiated it (RFC 8285 section 5).
public struct HeaderExtensionMap: Sendable, Hashable {
    /// The id of each kind by its raw value; 0 = not negotiated.
    private var ids = SIMD16<UInt8>()

    /// Makes a map without extensions.
    public init() {}

    /// The id of `kind`, 1...255; nil if it was not negotiated.
    public subscript(kind: RTPExtensionKind) -> UInt8? {
        get {
            let id = ids[Int(kind.rawValue)]
            return id == 0 ? nil : id
        }
        set { ids[Int(kind.rawValue)] = newValue ?? 0 }
    }

    /// Adds the extension that `uri` names.
    ///
    /// - Returns: False if we do not know the URI or if the id is 0, which only padding has.
    @discardableResult
    public mutating func add(uri: some StringProtocol, id: UInt8) -> Bool {
        guard id != 0, let kind = RTPExtensionKind(uri: uri) else { return false }
        self[kind] = id
        return true
    }

    /// The extension that has `id`; nil if none has.
    public func kind(of id: UInt8) -> RTPExtensionKind? {
        guard id != 0 else { return nil }
        for slot in 0..<ids.scalarCount where ids[slot] == id {
            return RTPExtensionKind(rawValue: UInt8(slot))
        }
        return nil
    }
}
