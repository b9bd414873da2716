public import Primitives

/// The transport protocol of a candidate.
public enum ICETransport: Sendable, Hashable {
    /// UDP.
    case udp
    /// TCP (RFC 6544).
    case tcp
}

/// Who opens the connection of a TCP candidate (RFC 6544 section 4.5).
public enum ICETCPType: String, Sendable, Hashable {
    /// Opens connections.
    case active
    /// Accepts connections.
    case passive
    /// Both at once.
    case simultaneousOpen = "so"
}

/// How an address became a candidate (RFC 8445 section 5.1.1).
public enum ICECandidateType: String, Sendable, Hashable {
    /// An address of the agent's own host.
    case host
    /// The host's address as a STUN server sees it.
    case serverReflexive = "srflx"
    /// An address learnt from a connectivity check.
    case peerReflexive = "prflx"
    /// An address on a TURN server.
    case relayed = "relay"

    /// The preference that RFC 8445 section 5.1.2.2 recommends.
    public var preference: UInt32 {
        switch self {
        case .host: 126
        case .peerReflexive: 110
        case .serverReflexive: 100
        case .relayed: 0
        }
    }

    /// The preference of a TCP candidate: libwebrtc's for who connects (`ICE_TYPE_PREFERENCE_HOST_TCP` and
    /// `…_PRFLX_TCP`), pion's for who listens, 27 less than over UDP.
    func preference(over transport: ICETransport, _ tcpType: ICETCPType?) -> UInt32 {
        guard transport == .tcp else { return preference }
        switch self {
        case .host: return tcpType == .passive ? 99 : 90
        case .peerReflexive: return tcpType == .passive ? 83 : 80
        case .serverReflexive: return 73
        case .relayed: return 0
        }
    }
}

/// An address at which an agent may be reached.
public struct ICECandidate: Sendable, Hashable {
    /// Equal for candidates of one type, base and protocol (RFC 8445 section 5.1.1.3).
    public var foundation: String
    /// 1 for RTP, or all of a multiplexed flow; 2 for RTCP.
    public var component: Int
    /// The transport protocol.
    public var transport: ICETransport
    /// How much the agent prefers this candidate.
    public var priority: UInt32
    /// Where it is.
    public var address: SocketAddress
    /// How it was learnt.
    public var type: ICECandidateType
    /// Who connects, for TCP.
    public var tcpType: ICETCPType?

    /// Makes a candidate from its parts.
    public init(
        foundation: String, component: Int = 1, transport: ICETransport = .udp, priority: UInt32,
        address: SocketAddress, type: ICECandidateType, tcpType: ICETCPType? = nil
    ) {
        self.foundation = foundation
        self.component = component
        self.transport = transport
        self.priority = priority
        self.address = address
        self.type = type
        self.tcpType = tcpType
    }

    /// The priority formula of RFC 8445 section 5.1.2.1.
    public static func priority(type: ICECandidateType, localPreference: UInt16, component: Int = 1) -> UInt32
    {
        priority(preference: type.preference, localPreference: localPreference, component: component)
    }

    /// The same with a type preference that RFC 8445 does not know, such as those of relays by their transport.
    static func priority(preference: UInt32, localPreference: UInt16, component: Int = 1) -> UInt32 {
        preference << 24 | UInt32(localPreference) << 8 | UInt32(256 - min(max(component, 1), 256))
    }
}

extension ICECandidate {
    /// Reads a candidate attribute (RFC 8839 section 5.1), with or without `a=`; nil if it is malformed.
    ///
    /// Host names, among them the `.local` ones that browsers use to hide addresses, give nil: a machine resolves
    /// no names. Related addresses and extensions other than `tcptype` are skipped.
    public init?(sdp line: some StringProtocol) {
        var text = Substring(line)
        if text.hasPrefix("a=") { text = text.dropFirst(2) }
        guard text.hasPrefix("candidate:") else { return nil }
        let fields = text.dropFirst("candidate:".count).split(whereSeparator: { $0.isWhitespace })
        guard fields.count >= 8, 1...32 ~= fields[0].utf8.count, fields[6] == "typ",
            let component = Int(fields[1]), 1...256 ~= component,
            let priority = UInt32(fields[3]), let port = UInt16(fields[5]),
            let address = SocketAddress(host: fields[4], port: port),
            let type = ICECandidateType(rawValue: String(fields[7]))
        else { return nil }
        let transport: ICETransport
        switch fields[2].lowercased() {
        case "udp": transport = .udp
        case "tcp": transport = .tcp
        default: return nil
        }
        var tcpType: ICETCPType?
        for index in stride(from: 8, to: fields.count - 1, by: 2) where fields[index] == "tcptype" {
            tcpType = ICETCPType(rawValue: String(fields[index + 1]))
        }
        self.init(
            foundation: String(fields[0]), component: component, transport: transport, priority: priority,
            address: address, type: type, tcpType: tcpType)
    }

    /// The candidate attribute without `a=`, as SDP and trickled candidates carry it.
    public var sdp: String {
        let name = transport == .udp ? "udp" : "tcp"
        var text = "candidate:\(foundation) \(component) \(name) \(priority) \(address.host) \(address.port)"
        text += " typ \(type.rawValue)"
        if type != .host {
            // RFC 8839 section 5.1 wants a related address; this one reveals nothing.
            text += address.family == .v4 ? " raddr 0.0.0.0 rport 0" : " raddr :: rport 0"
        }
        if let tcpType { text += " tcptype \(tcpType.rawValue)" }
        return text
    }
}
