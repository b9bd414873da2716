public import Primitives
import WireFormats

/// Finds a pair of addresses that reaches the peer and keeps the consent to use it (RFC 8445, RFC 7675).
///
/// One agent serves one flow: one component, everything multiplexed. Its candidates are UDP sockets of the host, TCP
/// connections to and from it (RFC 6544), and relays. A pair over TCP or a relay is closed until its owner has opened
/// it: `nextWish` says what is missing. Call `start` once both credentials are set; from then on `receive` every STUN
/// datagram and `tick` at `deadline`. A full agent works against full and lite peers, a lite agent answers only.
///
/// A controlling agent nominates once, regularly: the first valid pair at once if nothing better is still being
/// tried, or the peer is lite and the pair goes straight over UDP, otherwise after `ICETiming.nominationDelay`. A
/// controlled one follows nominations and moves to a later one unless its pair is worse and the present one alive.
public struct ICEAgent {
    /// Most remote candidates that are kept.
    static let maximumRemoteCandidates = 32
    /// Most pairs that are kept (RFC 8445 section 6.1.2.5).
    static let maximumPairs = 100
    /// Most of our requests that wait for an answer at one time.
    static let maximumTransactions = 128

    /// Our credentials, for SDP; new ones after a restart.
    public internal(set) var localCredentials: ICECredentials
    /// The peer's credentials, if it has told them since the last restart.
    public internal(set) var remoteCredentials: ICECredentials?
    /// Whether we nominate; may change when both agents claimed one role.
    public internal(set) var role: ICERole
    /// Whether we answer checks but send none.
    public let isLite: Bool
    /// Whether the peer answers checks but sends none.
    public internal(set) var isRemoteLite = false
    /// How far the agent is.
    public internal(set) var state = ICEState.new
    /// The latest round-trip time that a check or consent check measured on the selected pair.
    public internal(set) var roundTripTime: Interval?
    /// When `tick` is due next; nil if only a call can change anything.
    public internal(set) var deadline: Instant?
    /// What was counted so far.
    public internal(set) var statistics = ICEStatistics()

    /// How long to wait for what.
    let timing: ICETiming
    /// Transaction identifiers, tie-breakers, credentials and the variation of consent intervals.
    var generator: SeededGenerator
    /// Decides role conflicts (RFC 8445 section 7.3.1.1).
    var tieBreaker: UInt64
    /// Password bytes of `localCredentials`.
    var localKey: [UInt8]
    /// "fragment:" of `localCredentials`, as requests to us begin their USERNAME.
    var localUsernamePrefix: [UInt8]
    /// Password bytes of `remoteCredentials`.
    var remoteKey: [UInt8]?
    /// USERNAME of our requests.
    var username: [UInt8] = []
    /// Key and username prefix from before a restart: the peer may use the old path until the new one is found.
    var previous: (key: [UInt8], prefix: [UInt8])?
    /// Counts starts and restarts, so that answers to older requests are known as such.
    var generation = 0
    /// Our candidates.
    var locals: [ICELocalCandidate] = []
    /// The peer's candidates.
    var remotes: [ICERemoteCandidate] = []
    /// The checklist.
    var pairs: [ICECandidatePair] = []
    /// Pairs to be checked before all others: socket and remote address (RFC 8445 section 6.1.4.1).
    var triggered: [(socket: Int32, remote: SocketAddress)] = []
    /// Streams that peers opened to our passive candidate.
    var acceptedStreams: [ICELocalCandidate] = []
    /// Addresses of ours that are told but not paired: their base is (RFC 8445 section 6.1.2.4).
    var reflexives: [ICECandidate] = []
    /// What closed pairs wait for and the owner was not told yet.
    var wishes: [ICEWish] = []
    /// Requests that may still be answered.
    var transactions: [ICETransaction] = []
    /// Whether a pair was selected since the last restart, so that ordinary checks have ended.
    var isConcluded = false
    /// When the first pair became valid since the last restart.
    var firstValidAt: Instant?
    /// Earliest time for the next new check.
    var nextCheckAt = Instant.zero
    /// When checking began; nil before the first `start` or tick that follows.
    var checkingSince: Instant?
    /// The selected pair, and what keeps it alive.
    var path: ICEPath?

    /// Makes an agent with fresh credentials.
    ///
    /// - Parameters:
    ///   - role: The offerer is controlling (RFC 8445 section 6.1.1); whether a side is lite overrules it.
    ///   - isLite: Whether to answer checks only.
    ///   - generator: The only source of chance.
    ///   - timing: How long to wait for what.
    public init(role: ICERole, isLite: Bool, generator: SeededGenerator, timing: ICETiming = ICETiming()) {
        self.role = role
        self.isLite = isLite
        self.timing = timing
        self.generator = generator
        tieBreaker = self.generator.next()
        localCredentials = ICECredentials(using: &self.generator)
        localKey = Array(localCredentials.password.utf8)
        localUsernamePrefix = Array("\(localCredentials.ufrag):".utf8)
    }

    /// The pair that application data takes; after a restart the old one until a new one is found.
    public var selectedPair: ICESelectedPair? { path?.pair }

    /// Our candidates, for SDP.
    public var localCandidates: [ICECandidate] { locals.map(\.candidate) + reflexives }

    /// The peer's candidates, told or learnt.
    public var remoteCandidates: [ICECandidate] { remotes.map(\.candidate) }

    /// Drops the candidate of `socket`, and with it the selected pair if that used it; the socket may be closed.
    public mutating func removeLocalCandidate(socket: Int32) {
        locals.removeAll { $0.socket == socket }
        acceptedStreams.removeAll { $0.socket == socket }
        pairs.removeAll { $0.local.socket == socket }
        triggered.removeAll { $0.socket == socket }
        transactions.removeAll { $0.socket == socket }
        if path?.pair.socket == socket { losePath() }
        updateDeadline()
    }

    /// Tells the peer's credentials, and whether it is lite.
    ///
    /// Telling the same again changes nothing. Other credentials than before mean that the peer restarted: where
    /// we restart too, as an answer must (RFC 8445 section 9), call `restart` first.
    public mutating func setRemote(credentials: ICECredentials, isLite isRemoteLite: Bool) {
        self.isRemoteLite = isRemoteLite
        if isLite != isRemoteLite { become(isRemoteLite ? .controlling : .controlled) }
        if credentials != remoteCredentials {
            if remoteCredentials != nil {
                forgetPeer()
                if state != .new { state = .checking }
            }
            remoteCredentials = credentials
            remoteKey = Array(credentials.password.utf8)
            username = Array("\(credentials.ufrag):\(localCredentials.ufrag)".utf8)
        }
        updateDeadline()
    }

    /// Adds a candidate that the peer told; what cannot be paired is ignored: RTCP's component, port 0, and TCP
    /// candidates that do not listen.
    public mutating func addRemoteCandidate(_ candidate: ICECandidate) {
        guard candidate.component == 1, candidate.address.port != 0,
            candidate.transport == .udp || candidate.tcpType == .passive
        else { return }
        if let index = remotes.firstIndex(where: { $0.candidate.isSame(as: candidate) }) {
            // A check was faster than signalling: now the candidate's true nature is known.
            guard remotes[index].candidate.type == .peerReflexive else { return }
            remotes[index].candidate = candidate
            for pair in pairs.indices where pairs[pair].remote.candidate.isSame(as: candidate) {
                pairs[pair].remote.candidate = candidate
            }
            recomputePriorities()
        } else {
            let known = remotes.first { $0.candidate.foundation == candidate.foundation }
            addRemote(candidate, foundation: known?.foundation)
        }
        updateDeadline()
    }

    /// Begins to look for a pair.
    public mutating func start(now: Instant) {
        guard state == .new else { return }
        state = isConcluded ? .connected : .checking  // A lite agent may have been nominated already.
        checkingSince = now
        nextCheckAt = now
        updateDeadline()
    }

    /// Begins again with new credentials (RFC 8445 section 9); our candidates stay, the peer's are forgotten.
    ///
    /// The selected pair, if any, remains in use until a new one is found.
    public mutating func restart(now: Instant) {
        previous = (localKey, localUsernamePrefix)
        localCredentials = ICECredentials(using: &generator)
        localKey = Array(localCredentials.password.utf8)
        localUsernamePrefix = Array("\(localCredentials.ufrag):".utf8)
        forgetPeer()
        state = .checking
        checkingSince = now
        nextCheckAt = now
        updateDeadline()
    }

    /// Does what is due: checks, retransmissions, nomination, consent, and changes of state.
    public mutating func tick(now: Instant, into outbox: inout Outbox) {
        guard state != .new, state != .failed else { return }
        updateLiveness(now: now)
        guard state != .failed else { return updateDeadline() }
        if isLite {
            selectWithoutChecks(now: now)
        } else {
            retransmit(now: now, into: &outbox)
            nominate(now: now)
            sendDueChecks(now: now, into: &outbox)
            sendConsentCheck(now: now, into: &outbox)
        }
        updateDeadline()
    }

    /// Takes a STUN datagram that arrived on `socket`.
    public mutating func receive(
        _ stun: UnsafeRawBufferPointer, on socket: Int32, from source: SocketAddress, now: Instant,
        into outbox: inout Outbox
    ) {
        guard state != .failed else { return }
        do {
            let message = try STUNMessage(stun.bytes)
            guard message.method == .binding else {
                statistics.malformedMessages += 1
                return
            }
            switch message.messageClass {
            case .request: receiveRequest(message, on: socket, from: source, now: now, into: &outbox)
            case .success, .failure: receiveResponse(message, on: socket, from: source, now: now)
            case .indication: break  // Keeps NAT bindings open and means nothing else (RFC 8445 section 11).
            }
        } catch {
            statistics.malformedMessages += 1
            return
        }
        if state != .new, !isLite { sendDueChecks(now: now, into: &outbox) }
        updateDeadline()
    }

    /// Forgets all that belongs to the peer's old credentials, except the path in use.
    private mutating func forgetPeer() {
        statistics.restarts += 1
        generation += 1
        remoteCredentials = nil
        remoteKey = nil
        username = []
        remotes = []
        pairs = []
        triggered = []
        wishes = []
        transactions.removeAll { $0.purpose == .check }
        isConcluded = false
        firstValidAt = nil
        checkingSince = nil
    }
}
