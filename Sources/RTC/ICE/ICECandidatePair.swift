import Primitives
import WireFormats

/// A local candidate with the socket that reaches the network through it.
struct ICELocalCandidate {
    /// The socket of a TCP candidate before there is a connection.
    static let unconnected = Int32.min

    /// What the peer is told.
    var candidate: ICECandidate
    /// The socket to send from, as the host numbered it; below zero for a relay.
    var socket: Int32
    /// Number of the foundation among our own.
    var foundation: Int

    /// PRIORITY of checks: what the peer should think of our address if it is new to it (RFC 8445 section 7.1.1).
    var peerReflexivePriority: UInt32 {
        let preference = ICECandidateType.peerReflexive.preference(
            over: candidate.transport, candidate.tcpType)
        return candidate.priority & 0x00ff_ffff | preference << 24
    }

    /// Whether nothing can be sent before something else is done: a connection, a permission.
    var needsOpening: Bool { candidate.transport == .tcp || candidate.type == .relayed }
}

/// A remote candidate.
struct ICERemoteCandidate {
    /// What the peer told, or what a check taught.
    var candidate: ICECandidate
    /// Number of the foundation among the peer's.
    var foundation: Int
}

/// A local and a remote candidate that may reach each other (RFC 8445 section 6.1.2).
struct ICECandidatePair {
    /// States of RFC 8445 section 6.1.2.6, and one before them.
    enum State {
        /// Waits for its connection or for its relay's permission.
        case closed
        case frozen
        case waiting
        case inProgress
        case succeeded
        case failed
    }

    /// The local candidate.
    var local: ICELocalCandidate
    /// The remote candidate.
    var remote: ICERemoteCandidate
    /// The order in which pairs are tried.
    var priority: UInt64 = 0
    /// How far the check of this pair is.
    var state: State = .frozen
    /// Whether the check in progress had to be sent again.
    var isOverdue = false
    /// Whether the next check is to carry USE-CANDIDATE (we are controlling).
    var isNominating = false
    /// Whether the peer nominated the pair before we had checked it (we are controlled).
    var isNominatedByPeer = false
    /// Our address as the peer saw it in the last successful check.
    var mappedAddress: SocketAddress?

    /// Whether this is the pair of `socket` and `remote`.
    func connects(_ socket: Int32, _ address: SocketAddress) -> Bool {
        local.socket == socket && remote.candidate.address == address
    }

    /// Whether both pairs have equal foundations, so that one probably works if the other does.
    func sharesFoundation(with other: ICECandidatePair) -> Bool {
        local.foundation == other.local.foundation && remote.foundation == other.remote.foundation
    }

    /// The pair priority of RFC 8445 section 6.1.2.3.
    static func priority(local: UInt32, remote: UInt32, role: ICERole) -> UInt64 {
        let controlling = UInt64(role == .controlling ? local : remote)
        let controlled = UInt64(role == .controlling ? remote : local)
        return min(controlling, controlled) << 32 + 2 * max(controlling, controlled)
            + (controlling > controlled ? 1 : 0)
    }
}

/// A Binding request of ours that may still be answered.
struct ICETransaction {
    /// What the request was for.
    enum Purpose {
        case check
        case consent
    }

    /// Identifies the response.
    var id: STUNTransactionID
    /// What the request was for.
    var purpose: Purpose
    /// The socket it left by.
    var socket: Int32
    /// Where it went.
    var remote: SocketAddress
    /// Which start or restart of the agent it belongs to.
    var generation: Int
    /// The role it claimed.
    var role: ICERole
    /// Whether it carried USE-CANDIDATE.
    var isNominating: Bool
    /// When it was first sent.
    var sentAt: Instant
    /// How often it was sent.
    var transmissions = 1
    /// When to send it again, or give up; nil if a newer check took its place or it is for consent.
    var retryAt: Instant?
    /// The timeout that follows the next transmission.
    var timeout: Interval
    /// When it is forgotten for good.
    var expiresAt: Instant
}

/// The nominated way to the peer and the consent to use it (RFC 7675).
struct ICEPath {
    /// What the user of the agent is told.
    var pair: ICESelectedPair
    /// Priority of the candidate pair.
    var priority: UInt64
    /// The local candidate's PRIORITY for checks.
    var checkPriority: UInt32
    /// USERNAME of our requests.
    var username: [UInt8]
    /// Password of the peer, which protects our requests and its responses.
    var remoteKey: [UInt8]
    /// Which start or restart of the agent found it.
    var generation: Int
    /// When the peer last proved to be there.
    var lastHeardAt: Instant
    /// When the next consent check is due; nil for agents that send none.
    var nextConsentAt: Instant?
}
