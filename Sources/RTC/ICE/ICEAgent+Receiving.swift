import Primitives
import WireFormats

// What the peer's requests and responses lead to (RFC 8445 sections 7.2.5 and 7.3).
extension ICEAgent {
    mutating func receiveRequest(
        _ message: borrowing STUNMessage, on socket: Int32, from source: SocketAddress, now: Instant,
        into outbox: inout Outbox
    ) {
        guard let named = message.usernameBytes, message.hasIntegrity else {
            statistics.unauthenticMessages += 1
            let code = STUNErrorCode.badRequest
            return refuse(message, code, "Bad Request", key: nil, on: socket, to: source, into: &outbox)
        }
        let isCurrent = named.starts(with: localUsernamePrefix)
        let key: [UInt8]
        if isCurrent {
            key = localKey
        } else if let previous, named.starts(with: previous.prefix) {
            key = previous.key
        } else {
            statistics.foreignRequests += 1
            let code = STUNErrorCode.unauthenticated
            return refuse(message, code, "Unauthenticated", key: nil, on: socket, to: source, into: &outbox)
        }
        guard message.isAuthentic(key: key) else {
            statistics.unauthenticMessages += 1
            let code = STUNErrorCode.unauthenticated
            return refuse(message, code, "Unauthenticated", key: nil, on: socket, to: source, into: &outbox)
        }
        statistics.requestsReceived += 1
        guard !message.hasUnknownRequiredAttribute else {
            let code = STUNErrorCode.unknownAttribute
            return refuse(message, code, "Unknown Attribute", key: key, on: socket, to: source, into: &outbox)
        }
        guard isCurrent else {
            return accept(message, key: key, on: socket, from: source, into: &outbox)
        }
        guard resolveRoleConflict(message) else {
            statistics.roleConflicts += 1
            let code = STUNErrorCode.roleConflict
            return refuse(message, code, "Role Conflict", key: key, on: socket, to: source, into: &outbox)
        }
        accept(message, key: key, on: socket, from: source, into: &outbox)
        learn(source, on: socket, priority: message.priority)
        guard let index = pairIndex(socket, source) else { return }
        if isLite {
            if message.usesCandidate { select(index, now: now) }
            if let path, pairs[index].connects(path.pair.socket, path.pair.remote) { hear(now: now) }
        } else {
            react(to: index, isNominated: message.usesCandidate && role == .controlled, now: now)
        }
    }

    /// Triggers a check of the pair a request came by, and follows a nomination (RFC 8445 sections 7.3.1.4, 7.3.1.5).
    private mutating func react(to index: Int, isNominated: Bool, now: Instant) {
        if pairs[index].state == .succeeded {
            if isNominated { select(index, now: now) }
            return
        }
        if isNominated { pairs[index].isNominatedByPeer = true }
        if isNominated || !isConcluded { trigger(index) }
    }

    /// Changes role where both agents claim one and the peer's claim is stronger; false if the peer must change.
    private mutating func resolveRoleConflict(_ message: borrowing STUNMessage) -> Bool {
        if isLite { return message.controlledTieBreaker == nil }
        switch role {
        case .controlling:
            guard let theirs = message.controllingTieBreaker else { return true }
            if tieBreaker >= theirs { return false }
            statistics.roleConflicts += 1
            become(.controlled)
        case .controlled:
            guard let theirs = message.controlledTieBreaker else { return true }
            if tieBreaker < theirs { return false }
            statistics.roleConflicts += 1
            become(.controlling)
        }
        return true
    }

    /// Adds a peer-reflexive candidate if `source` is new (RFC 8445 section 7.3.1.3).
    private mutating func learn(_ source: SocketAddress, on socket: Int32, priority: UInt32?) {
        guard pairIndex(socket, source) == nil else { return }
        let stream = acceptedStreams.first { $0.socket == socket }
        var candidate = ICECandidate(
            foundation: "prflx\(statistics.peerReflexiveCandidates)",
            priority: priority ?? ICECandidate.priority(type: .peerReflexive, localPreference: 0),
            address: source, type: .peerReflexive)
        if let stream {
            // A connection is a pair by itself; no other socket of ours reaches its far end.
            candidate.transport = .tcp
            candidate.tcpType = .active
            guard let remote = remember(candidate) else { return }
            statistics.peerReflexiveCandidates += 1
            return append(stream, remote)
        }
        guard !remotes.contains(where: { $0.candidate.isSame(as: candidate) }) else { return }
        if addRemote(candidate) { statistics.peerReflexiveCandidates += 1 }
    }

    mutating func receiveResponse(
        _ message: borrowing STUNMessage, on socket: Int32, from source: SocketAddress, now: Instant
    ) {
        let id = message.transactionID
        guard let index = transactions.firstIndex(where: { $0.id == id }) else {
            statistics.strayResponses += 1
            return
        }
        let transaction = transactions[index]
        let key = transaction.purpose == .consent ? path?.remoteKey : remoteKey
        guard let key, message.isAuthentic(key: key) else {
            statistics.unauthenticMessages += 1
            return
        }
        transactions.remove(at: index)
        guard source == transaction.remote, socket == transaction.socket else {
            // Not symmetric: the pair cannot be trusted (RFC 8445 section 7.2.5.2.1).
            statistics.strayResponses += 1
            if let pair = pairIndex(transaction.socket, transaction.remote) { fail(pair) }
            return
        }
        if message.messageClass == .failure {
            receiveError(message.errorCode, of: transaction)
        } else {
            receiveSuccess(message.mappedAddress, of: transaction, now: now)
        }
    }

    private mutating func receiveError(_ code: Int?, of transaction: ICETransaction) {
        statistics.errorResponsesReceived += 1
        let pair = pairIndex(transaction.socket, transaction.remote)
        if code == STUNErrorCode.roleConflict {
            statistics.roleConflicts += 1
            if role == transaction.role, !isRemoteLite {
                become(role.opposite)
                tieBreaker = generator.next()
            }
            if let pair, pairs[pair].state == .inProgress { trigger(pair) }
        } else if let pair, transaction.purpose == .check {
            fail(pair)
        }
    }

    private mutating func receiveSuccess(
        _ mapped: SocketAddress?, of transaction: ICETransaction, now: Instant
    ) {
        statistics.responsesReceived += 1
        measure(transaction, now: now)
        if let path, path.generation == transaction.generation, path.pair.socket == transaction.socket,
            path.pair.remote == transaction.remote
        {
            hear(now: now)
        }
        guard transaction.purpose == .check, let index = pairIndex(transaction.socket, transaction.remote)
        else { return }
        pairs[index].mappedAddress = mapped
        firstValidAt = firstValidAt ?? now
        for other in pairs.indices where pairs[other].state == .frozen {
            if pairs[other].sharesFoundation(with: pairs[index]) { pairs[other].state = .waiting }
        }
        // Nothing new where the nominating check is still to come.
        if pairs[index].isNominating, !transaction.isNominating { return }
        pairs[index].state = .succeeded
        stopRetransmitting(transaction.socket, transaction.remote)
        triggered.removeAll { $0.socket == transaction.socket && $0.remote == transaction.remote }
        if transaction.isNominating, role == .controlling {
            select(index, now: now)
        } else if pairs[index].isNominatedByPeer {
            select(index, now: now)
        } else {
            nominate(now: now)
        }
    }

    /// Takes a round-trip time, unless a retransmission makes it ambiguous (Karn's rule).
    private mutating func measure(_ transaction: ICETransaction, now: Instant) {
        guard transaction.transmissions == 1 else { return }
        let elapsed = now - transaction.sentAt
        statistics.totalRoundTripTime += elapsed
        statistics.roundTripTimes += 1
        guard let path else {
            roundTripTime = elapsed
            return
        }
        if path.pair.socket == transaction.socket, path.pair.remote == transaction.remote {
            roundTripTime = elapsed
        }
    }

    private mutating func accept(
        _ request: borrowing STUNMessage, key: [UInt8], on socket: Int32, from source: SocketAddress,
        into outbox: inout Outbox
    ) {
        statistics.responsesSent += 1
        let id = request.transactionID
        outbox.append(from: socket, to: source) { buffer in
            var writer = STUNWriter(buffer, .success, transactionID: id)
            writer.writeMappedAddress(source)
            writer.writeIntegrity(key: key)
            writer.writeFingerprint()
            return writer.count
        }
    }

    /// Answers with an error; with `key` if the request was authentic.
    private mutating func refuse(
        _ request: borrowing STUNMessage, _ code: Int, _ reason: StaticString, key: [UInt8]?,
        on socket: Int32, to source: SocketAddress, into outbox: inout Outbox
    ) {
        statistics.errorResponsesSent += 1
        let id = request.transactionID
        let bytes = request.bytes
        outbox.append(from: socket, to: source) { buffer in
            var writer = STUNWriter(buffer, .failure, transactionID: id)
            writer.writeErrorCode(code, reason: reason)
            if code == STUNErrorCode.unknownAttribute { writer.writeUnknownAttributes(of: bytes) }
            if let key { writer.writeIntegrity(key: key) }
            writer.writeFingerprint()
            return writer.count
        }
    }
}

extension RawSpan {
    /// Whether the first bytes are `prefix`.
    fileprivate func starts(with prefix: [UInt8]) -> Bool {
        withUnsafeBytes { $0.starts(with: prefix) }
    }
}
