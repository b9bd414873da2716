import Primitives
import RTC
import Scenario
import WireFormats

/// Which ways a participant may try, and what its access network lets through.
struct PathPolicy {
    /// Whether it sends by UDP straight to the server.
    var usesUDP: Bool
    /// Whether it connects by TCP straight to the server.
    var usesTCP: Bool
    /// How it reaches TURN servers; empty if it asks none.
    var relays: Set<TURNTransport>
    /// What its network swallows.
    let firewall: Firewall
    /// Which IP versions it has.
    private let versions: IPVersions

    /// The policy of an access network; without one everything is tried and everything passes.
    init(_ network: AccessNetwork?) {
        let path = network?.path ?? .any
        usesUDP = path == .any || path == .udp
        usesTCP = path == .any || path == .tcp
        switch path {
        case .any, .relay: relays = [.udp, .tcp, .tls]
        case .udp, .tcp: relays = []
        case .turnUDP: relays = [.udp]
        case .turnTCP: relays = [.tcp]
        case .turnTLS: relays = [.tls]
        }
        firewall = network?.firewall ?? .open
        versions = network?.ip ?? .any
    }

    /// Only relays, because the server says so; a path that excludes them stays as it is.
    mutating func forceRelay() {
        guard !relays.isEmpty else { return }
        usesUDP = false
        usesTCP = false
    }

    /// Whether addresses of this version are used at all.
    func uses(_ family: SocketAddress.Family) -> Bool {
        switch versions {
        case .any: true
        case .v4: family == .v4
        case .v6: family == .v6
        }
    }

    /// Whether a candidate of the server is of any use.
    func uses(_ candidate: ICECandidate) -> Bool {
        guard uses(candidate.address.family) else { return false }
        return candidate.transport == .udp || usesTCP
    }

    /// Whether the network swallows UDP.
    var losesUDP: Bool { firewall != .open }

    /// Whether the network swallows connections without TLS.
    var losesPlainTCP: Bool { firewall == .onlyTLS }

    /// libwebrtc's local preference of an address: a network of unknown kind, IPv6 above IPv4.
    static func preference(of family: SocketAddress.Family) -> UInt16 { family == .v6 ? 0x7f28 : 0x7f1e }
}
