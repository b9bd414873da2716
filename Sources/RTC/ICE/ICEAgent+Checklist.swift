import Primitives
import WireFormats

// Which pairs there are, which is checked next, and which is used (RFC 8445 sections 6.1 and 8.1).
extension ICEAgent {
    /// Adds a remote candidate and its pairs; tells whether there was room.
    @discardableResult
    mutating func addRemote(_ candidate: ICECandidate, foundation known: Int? = nil) -> Bool {
        guard let remote = remember(candidate, foundation: known) else { return false }
        for local in locals { addPair(local, remote) }
        return true
    }

    /// Keeps a remote candidate; nil if there was no room.
    mutating func remember(_ candidate: ICECandidate, foundation known: Int? = nil) -> ICERemoteCandidate? {
        guard remotes.count < Self.maximumRemoteCandidates else {
            statistics.ignoredCandidates += 1
            return nil
        }
        let foundation = known ?? (remotes.map(\.foundation).max() ?? 0) + 1
        let remote = ICERemoteCandidate(candidate: candidate, foundation: foundation)
        remotes.append(remote)
        return remote
    }

    /// Adds the pair of two candidates if they can talk to each other.
    mutating func addPair(_ local: ICELocalCandidate, _ remote: ICERemoteCandidate) {
        guard local.candidate.address.family == remote.candidate.address.family,
            local.candidate.transport == remote.candidate.transport,
            local.candidate.transport == .udp
                || local.candidate.tcpType == .active && remote.candidate.tcpType == .passive
        else { return }
        append(local, remote)
    }

    /// Adds a pair whatever it is made of.
    mutating func append(_ local: ICELocalCandidate, _ remote: ICERemoteCandidate) {
        guard pairs.count < Self.maximumPairs else {
            statistics.ignoredCandidates += 1
            return
        }
        var pair = ICECandidatePair(local: local, remote: remote)
        pair.priority = ICECandidatePair.priority(
            local: local.candidate.priority, remote: remote.candidate.priority, role: role)
        if local.needsOpening, !acceptedStreams.contains(where: { $0.socket == local.socket }) {
            pair.state = .closed
            let address = remote.candidate.address
            wishes.append(
                local.candidate.transport == .tcp
                    ? .connection(to: address) : .permission(socket: local.socket, peer: address))
        } else if pairs.contains(where: { $0.state == .succeeded && $0.sharesFoundation(with: pair) }) {
            pair.state = .waiting
        }
        pairs.append(pair)
    }

    func pairIndex(_ socket: Int32, _ remote: SocketAddress) -> Int? {
        pairs.firstIndex { $0.connects(socket, remote) }
    }

    mutating func recomputePriorities() {
        for index in pairs.indices {
            pairs[index].priority = ICECandidatePair.priority(
                local: pairs[index].local.candidate.priority, remote: pairs[index].remote.candidate.priority,
                role: role)
        }
    }

    /// Takes a role; nominations made in the other one are void.
    mutating func become(_ newRole: ICERole) {
        guard newRole != role else { return }
        role = newRole
        for index in pairs.indices {
            pairs[index].isNominating = false
            pairs[index].isNominatedByPeer = false
        }
        recomputePriorities()
    }

    /// Puts a pair at the end of the triggered-check queue (RFC 8445 section 7.3.1.4).
    mutating func trigger(_ index: Int) {
        pairs[index].state = .waiting
        let key = (pairs[index].local.socket, pairs[index].remote.candidate.address)
        if !triggered.contains(where: { $0 == key }) { triggered.append(key) }
    }

    /// Whether a frozen pair may be tried: nothing of its foundation is on its way.
    ///
    /// RFC 8445 section 6.1.4.2 would wait until the check on its way has failed, which takes 39.5 s; here one
    /// that had to be retransmitted holds nobody back.
    private func mayThaw(_ pair: ICECandidatePair) -> Bool {
        !pairs.contains {
            $0.sharesFoundation(with: pair)
                && ($0.state == .waiting || $0.state == .inProgress && !$0.isOverdue)
        }
    }

    /// The pair to check next, without taking it from the queue.
    private func nextPair() -> Int? {
        for key in triggered {
            if let index = pairIndex(key.socket, key.remote), pairs[index].state == .waiting { return index }
        }
        guard !isConcluded else { return nil }
        var best: Int?
        for index in pairs.indices where pairs[index].state == .waiting {
            if best.map({ pairs[$0].priority < pairs[index].priority }) ?? true { best = index }
        }
        if let best { return best }
        for index in pairs.indices where pairs[index].state == .frozen && mayThaw(pairs[index]) {
            if best.map({ pairs[$0].priority < pairs[index].priority }) ?? true { best = index }
        }
        return best
    }

    /// Whether a new check would be sent if pacing allowed it.
    var hasCheckToSend: Bool { remoteKey != nil && nextPair() != nil }

    /// Sends the next new check if pacing allows one.
    mutating func sendDueChecks(now: Instant, into outbox: inout Outbox) {
        guard remoteKey != nil, now >= nextCheckAt, let index = nextPair() else { return }
        nextCheckAt = now + timing.pacing
        let socket = pairs[index].local.socket
        let remote = pairs[index].remote.candidate.address
        triggered.removeAll { $0.socket == socket && $0.remote == remote }
        stopRetransmitting(socket, remote)  // A late answer to an earlier check still counts.
        pairs[index].state = .inProgress
        pairs[index].isOverdue = false
        let active = pairs.count { $0.state == .waiting || $0.state == .inProgress }
        let timeout = max(timing.initialTimeout, timing.pacing * active)
        let transaction = ICETransaction(
            id: STUNTransactionID(using: &generator), purpose: .check, socket: socket, remote: remote,
            generation: generation, role: role,
            isNominating: pairs[index].isNominating && role == .controlling, sentAt: now,
            retryAt: now + timeout, timeout: timeout * 2,
            expiresAt: now + timeout * ((1 << (timing.maximumTransmissions - 1)) + timing.finalWaitFactor))
        remember(transaction)
        statistics.checksSent += 1
        send(transaction, priority: pairs[index].local.peerReflexivePriority, into: &outbox)
    }

    /// Ends the retransmissions of earlier checks of a pair, because a newer one or an answer made them needless.
    mutating func stopRetransmitting(_ socket: Int32, _ remote: SocketAddress) {
        for index in transactions.indices
        where transactions[index].socket == socket && transactions[index].remote == remote {
            transactions[index].retryAt = nil
        }
    }

    mutating func remember(_ transaction: ICETransaction) {
        if transactions.count >= Self.maximumTransactions { transactions.removeFirst() }
        transactions.append(transaction)
    }

    /// Sends unanswered checks again, ever more slowly, and gives up in the end (RFC 8489 section 6.2.1).
    mutating func retransmit(now: Instant, into outbox: inout Outbox) {
        transactions.removeAll { $0.expiresAt <= now }
        for index in transactions.indices {
            guard let retryAt = transactions[index].retryAt, retryAt <= now else { continue }
            let transaction = transactions[index]
            guard let pair = pairIndex(transaction.socket, transaction.remote),
                transaction.transmissions < timing.maximumTransmissions
            else {
                transactions[index].retryAt = nil
                if let pair = pairIndex(transaction.socket, transaction.remote) { fail(pair) }
                continue
            }
            pairs[pair].isOverdue = true
            transactions[index].transmissions += 1
            let isLast = transactions[index].transmissions == timing.maximumTransmissions
            // Doubled at each transmission: 2^(Rc-1) initial timeouts before the last, then Rm of them.
            let initial = transaction.timeout / (1 << transaction.transmissions)
            transactions[index].retryAt =
                now + (isLast ? initial * timing.finalWaitFactor : transaction.timeout)
            transactions[index].timeout = transaction.timeout * 2
            statistics.retransmissionsSent += 1
            send(transaction, priority: pairs[pair].local.peerReflexivePriority, into: &outbox)
        }
    }

    /// Marks a pair as not working, so that another one may be nominated.
    mutating func fail(_ index: Int) {
        pairs[index].state = .failed
        pairs[index].isNominating = false
    }

    /// Writes the Binding request of a transaction.
    private func send(_ transaction: ICETransaction, priority: UInt32, into outbox: inout Outbox) {
        guard let remoteKey else { return }
        outbox.append(from: transaction.socket, to: transaction.remote) { buffer in
            compose(transaction, username: username, key: remoteKey, priority: priority, into: buffer)
        }
    }

    func compose(
        _ transaction: ICETransaction, username: [UInt8], key: [UInt8], priority: UInt32,
        into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        var writer = STUNWriter(buffer, .request, transactionID: transaction.id)
        writer.writeUsername(username)
        writer.writePriority(priority)
        writer.writeRole(isControlling: transaction.role == .controlling, tieBreaker: tieBreaker)
        if transaction.isNominating { writer.writeUseCandidate() }
        writer.writeIntegrity(key: key)
        writer.writeFingerprint()
        return writer.count
    }

    /// When a valid pair will be nominated although a better one is still being tried.
    var nominationAt: Instant? {
        guard role == .controlling, !isLite, !isConcluded, let firstValidAt,
            !pairs.contains(where: \.isNominating), pairs.contains(where: { $0.state == .succeeded })
        else { return nil }
        return firstValidAt + timing.nominationDelay
    }

    /// As the controlling agent, nominates the best valid pair once it is good enough (RFC 8445 section 8.1.1).
    mutating func nominate(now: Instant) {
        guard let nominationAt else { return }
        var best: Int?
        for index in pairs.indices where pairs[index].state == .succeeded {
            if best.map({ pairs[$0].priority < pairs[index].priority }) ?? true { best = index }
        }
        guard let best else { return }
        let hasBetterPending = pairs.contains {
            $0.priority > pairs[best].priority && $0.state != .succeeded && $0.state != .failed
        }
        // A lite peer takes any pair at once, but who has UDP shall not end up on TCP or a relay by a lost race.
        let isStraight =
            pairs[best].local.candidate.transport == .udp && pairs[best].local.candidate.type != .relayed
        guard isRemoteLite && isStraight || !hasBetterPending || now >= nominationAt else { return }
        pairs[best].isNominating = true
        pairs[best].state = .waiting
        triggered.insert((pairs[best].local.socket, pairs[best].remote.candidate.address), at: 0)
    }

    /// Uses a pair that was nominated, unless it is worse than a living one that was nominated before.
    mutating func select(_ index: Int, now: Instant) {
        let pair = pairs[index]
        let remote = pair.remote.candidate
        if let path, path.generation == generation {
            let isSame = pair.connects(path.pair.socket, path.pair.remote)
            guard !isSame, pair.priority >= path.priority || state != .connected else { return }
        }
        path = ICEPath(
            pair: ICESelectedPair(
                socket: pair.local.socket, remote: remote.address,
                local: pair.mappedAddress ?? pair.local.candidate.address, remoteType: remote.type,
                localType: pair.local.candidate.type, transport: pair.local.candidate.transport),
            priority: pair.priority, checkPriority: pair.local.peerReflexivePriority, username: username,
            remoteKey: remoteKey ?? [], generation: generation, lastHeardAt: now,
            nextConsentAt: isLite ? nil : now + consentInterval())
        if state != .new { state = .connected }
        isConcluded = true
        previous = nil
        triggered = []
        for index in transactions.indices { transactions[index].retryAt = nil }
    }

    /// Where both agents are lite nobody checks: the best pair is used as it is (RFC 8445 section 8.2).
    mutating func selectWithoutChecks(now: Instant) {
        guard isRemoteLite, !isConcluded, remoteCredentials != nil else { return }
        let best = pairs.indices.max { pairs[$0].priority < pairs[$1].priority }
        if let best { select(best, now: now) }
    }
}
