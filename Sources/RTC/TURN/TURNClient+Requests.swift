import Primitives
import WireFormats

// Requests to the server, and what its answers mean (RFC 8656 sections 7, 8, 10 and 12).
extension TURNClient {
    /// UDP, as REQUESTED-TRANSPORT names it: the protocol's number in the first byte (RFC 8656 section 18.8).
    private static let requestsUDP = UInt32(17) << 24

    /// Sends a new request.
    mutating func request(
        _ request: TURNTransaction.Request, nonceCount: Int = 0, now: Instant, into outbox: inout Outbox
    ) {
        let isStream = configuration.transport.isStream
        let first = isStream ? timing.streamTimeout : timing.initialTimeout
        let transaction = TURNTransaction(
            id: STUNTransactionID(using: &generator), request: request, isAuthenticated: key != nil,
            nonceCount: nonceCount, retryAt: now + first, timeout: timing.initialTimeout * 2)
        transactions.append(transaction)
        send(transaction, into: &outbox)
    }

    private func send(_ transaction: TURNTransaction, into outbox: inout Outbox) {
        outbox.append(from: socket, to: configuration.server) { buffer in
            var writer = STUNWriter(
                buffer, .request, method(of: transaction.request), transactionID: transaction.id)
            switch transaction.request {
            case .allocate:
                writer.write(.requestedTransport, Self.requestsUDP)
            case .refresh(let isFarewell):
                if isFarewell { writer.write(.lifetime, 0) }
            case .createPermission(let peer):
                writer.writeXORAddress(.xorPeerAddress, peer)
            case .channelBind(let peer):
                guard case .requested(let channel) = channel(of: peer) else { return 0 }
                writer.write(.channelNumber, UInt32(channel) << 16)
                writer.writeXORAddress(.xorPeerAddress, peer)
            }
            if let key, let credentials = configuration.credentials {
                writer.writeUsername(Array(credentials.username.utf8))
                writer.write(.realm, bytes: realm)
                writer.write(.nonce, bytes: nonce)
                writer.writeIntegrity(key: key)
            }
            writer.writeFingerprint()
            return writer.count
        }
    }

    private func method(of request: TURNTransaction.Request) -> STUNMethod {
        switch request {
        case .allocate: .allocate
        case .refresh: .refresh
        case .createPermission: .createPermission
        case .channelBind: .channelBind
        }
    }

    /// The channel of a peer as requests name it, whether it is bound already or not.
    private func channel(of peer: SocketAddress) -> TURNPeer.Channel {
        switch peers.first(where: { $0.address == peer })?.channel {
        case .requested(let number), .bound(let number): .requested(number)
        case .unbound, nil: .unbound
        }
    }

    /// Sends unanswered requests again, ever more slowly, and gives up in the end; streams lose nothing.
    mutating func retransmit(now: Instant, into outbox: inout Outbox) {
        for index in transactions.indices.reversed() where transactions[index].retryAt <= now {
            let limit = configuration.transport.isStream ? 1 : timing.maximumTransmissions
            guard transactions[index].transmissions < limit else {
                let request = transactions.remove(at: index).request
                settle(request, failure: .noAnswer)
                guard state != .ended else { return }
                continue
            }
            transactions[index].transmissions += 1
            let isLast = transactions[index].transmissions == limit
            transactions[index].retryAt =
                now + (isLast ? timing.initialTimeout * timing.finalWaitFactor : transactions[index].timeout)
            transactions[index].timeout = transactions[index].timeout * 2
            send(transactions[index], into: &outbox)
        }
    }

    /// Takes a response of the server.
    mutating func receiveResponse(
        _ message: borrowing STUNMessage, now: Instant, into outbox: inout Outbox
    ) {
        let id = message.transactionID
        guard let index = transactions.firstIndex(where: { $0.id == id }),
            method(of: transactions[index].request) == message.method
        else { return }
        if message.messageClass == .success {
            // Who knows the key signs; anything else may be forged and is no answer (RFC 8489 section 9.2.5).
            if let key, transactions[index].isAuthenticated, !message.isAuthentic(key: key) { return }
            accept(message, of: transactions.remove(at: index).request, now: now)
        } else {
            refuse(message, transactions.remove(at: index), now: now, into: &outbox)
        }
    }

    private mutating func accept(
        _ message: borrowing STUNMessage, of request: TURNTransaction.Request, now: Instant
    ) {
        switch request {
        case .allocate:
            guard let relayed = message.xorAddress(of: .xorRelayedAddress),
                let mapped = message.mappedAddress, let lifetime = message.word(of: .lifetime), lifetime > 0
            else { return fail(.malformed("an allocation without address or lifetime")) }
            state = .allocated
            relayedAddress = relayed
            refreshAt = now + timing.refreshDelay(of: .seconds(Int64(lifetime)))
            events.append(.allocated(relayed: relayed, mapped: mapped))
        case .refresh:
            guard let lifetime = message.word(of: .lifetime), lifetime > 0 else {
                return fail(
                    .refused(code: STUNErrorCode.allocationMismatch, reason: "the relay was taken back"))
            }
            refreshAt = now + timing.refreshDelay(of: .seconds(Int64(lifetime)))
        case .createPermission(let peer):
            grant(peer, now: now)
        case .channelBind(let peer):
            guard let index = peers.firstIndex(where: { $0.address == peer }) else { return }
            if case .requested(let channel) = channel(of: peer) { peers[index].channel = .bound(channel) }
            peers[index].channelRefreshAt = now + timing.refreshDelay(of: timing.channelLifetime)
        }
    }

    private mutating func grant(_ peer: SocketAddress, now: Instant) {
        for index in peers.indices where peers[index].address.with(port: 0) == peer.with(port: 0) {
            if peers[index].permission != .granted {
                peers[index].permission = .granted
                events.append(.permitted(peers[index].address))
            }
            if peers[index].address == peer {
                peers[index].permissionRefreshAt =
                    now + timing.refreshDelay(of: timing.permissionLifetime)
            }
        }
    }

    private mutating func refuse(
        _ message: borrowing STUNMessage, _ transaction: TURNTransaction, now: Instant,
        into outbox: inout Outbox
    ) {
        let code = message.errorCode ?? 0
        switch code {
        case STUNErrorCode.unauthenticated where !transaction.isAuthenticated:
            guard let credentials = configuration.credentials, let realm = message.value(of: .realm),
                let nonce = message.value(of: .nonce)
            else { return settle(transaction.request, failure: .unauthorized) }
            self.realm = realm
            self.nonce = nonce
            key = STUNLongTermKey.make(
                username: credentials.username, realm: realm, password: credentials.password)
            request(transaction.request, now: now, into: &outbox)
        case STUNErrorCode.staleNonce where transaction.nonceCount < Self.maximumNonces:
            guard let nonce = message.value(of: .nonce) else {
                return settle(transaction.request, failure: .malformed("a stale nonce and no new one"))
            }
            self.nonce = nonce
            if let realm = message.value(of: .realm), realm != self.realm,
                let credentials = configuration.credentials
            {
                self.realm = realm
                key = STUNLongTermKey.make(
                    username: credentials.username, realm: realm, password: credentials.password)
            }
            request(transaction.request, nonceCount: transaction.nonceCount + 1, now: now, into: &outbox)
        case STUNErrorCode.unauthenticated, STUNErrorCode.wrongCredentials:
            settle(transaction.request, failure: .unauthorized)
        case STUNErrorCode.tryAlternate where transaction.request == .allocate:
            guard let server = message.address(of: .alternateServer), server.port != 0 else {
                return fail(.malformed("an alternate server without address"))
            }
            events.append(.redirected(server))
            end()
        default:
            settle(transaction.request, failure: .refused(code: code, reason: message.errorReason ?? ""))
        }
    }

    /// Draws the consequence of a request that failed.
    private mutating func settle(_ request: TURNTransaction.Request, failure: TURNFailure) {
        switch request {
        case .allocate, .refresh: fail(failure)
        case .createPermission(let peer):
            // The server forgot the relay: nothing goes through it any more (RFC 8656 section 5).
            if case .refused(code: STUNErrorCode.allocationMismatch, _) = failure { return fail(failure) }
            for index in peers.indices where peers[index].address.with(port: 0) == peer.with(port: 0) {
                peers[index].permission = .denied
                events.append(.denied(peers[index].address, failure))
            }
        case .channelBind(let peer):
            // Indications still work; the next datagram does not try again.
            guard let index = peers.firstIndex(where: { $0.address == peer }) else { return }
            if case .bound = peers[index].channel { peers[index].channel = .unbound }
        }
    }
}
