import Primitives
import WireFormats

// Requests of clients (RFC 8656 sections 7.2, 8.2, 10.2 and 12.2) and their data (sections 11.2 and 12.6).
extension TURNServer {
    /// Why a request is refused.
    private struct Refusal: Error {
        var code: Int
        var reason: StaticString
    }

    func answerBinding(_ request: borrowing STUNMessage, _ client: Client, into outbox: inout Outbox) {
        let id = request.transactionID
        outbox.append(from: client.socket, to: client.address) { buffer in
            var writer = STUNWriter(buffer, .success, transactionID: id)
            writer.writeMappedAddress(client.address)
            writer.writeFingerprint()
            return writer.count
        }
    }

    mutating func answer(
        _ request: borrowing STUNMessage, _ client: Client, now: Instant, into outbox: inout Outbox
    ) {
        guard let text = request.usernameText, request.hasIntegrity else {
            return challenge(
                request, STUNErrorCode.unauthenticated, "Unauthorized", client, now: now, into: &outbox)
        }
        guard request.value(of: .nonce).map({ isFresh($0, now: now) }) ?? false else {
            return challenge(
                request, STUNErrorCode.staleNonce, "Stale Nonce", client, now: now, into: &outbox)
        }
        guard let password = configuration.password(text, now) else {
            return challenge(
                request, STUNErrorCode.unauthenticated, "Unauthorized", client, now: now, into: &outbox)
        }
        let key = STUNLongTermKey.make(
            username: text, realm: Array(configuration.realm.utf8), password: password)
        guard request.isAuthentic(key: key) else {
            return challenge(
                request, STUNErrorCode.unauthenticated, "Unauthorized", client, now: now, into: &outbox)
        }
        do throws(Refusal) {
            guard !request.hasUnknownRequiredAttribute else {
                throw Refusal(code: STUNErrorCode.unknownAttribute, reason: "Unknown Attribute")
            }
            switch request.method {
            case .allocate: try allocate(request, client, username: text, key: key, now: now, into: &outbox)
            case .refresh: try refresh(request, client, username: text, key: key, now: now, into: &outbox)
            case .createPermission:
                try createPermission(request, client, username: text, key: key, now: now, into: &outbox)
            case .channelBind:
                try bindChannel(request, client, username: text, key: key, now: now, into: &outbox)
            default: throw Refusal(code: STUNErrorCode.badRequest, reason: "Bad Request")
            }
        } catch {
            refuse(request, error, client, key: key, into: &outbox)
        }
    }

    // MARK: The requests

    private mutating func allocate(
        _ request: borrowing STUNMessage, _ client: Client, username: String, key: [UInt8], now: Instant,
        into outbox: inout Outbox
    ) throws(Refusal) {
        if let index = indexOfClient[client] {
            guard allocations[index].transactionID == request.transactionID else {
                throw Refusal(code: STUNErrorCode.allocationMismatch, reason: "Allocation Mismatch")
            }
            return grant(allocations[index], request, key: key, now: now, into: &outbox)
        }
        if configuration.alternate != nil {
            throw Refusal(code: STUNErrorCode.tryAlternate, reason: "Try Alternate")
        }
        if let code = configuration.refusal { throw Refusal(code: code, reason: "Refused on Purpose") }
        guard request.word(of: .requestedTransport).map({ $0 >> 24 == 17 }) ?? false else {
            throw Refusal(code: STUNErrorCode.unsupportedTransport, reason: "Unsupported Transport Protocol")
        }
        guard allocations.count(where: { $0.username == username }) < configuration.quota else {
            throw Refusal(code: STUNErrorCode.quotaReached, reason: "Allocation Quota Reached")
        }
        let relay: (socket: Int32, local: SocketAddress)
        do throws(DatagramSocketError) {
            relay = try sockets.openSocket(owner: owner, toward: client.address.with(port: 9))
        } catch {
            throw Refusal(code: STUNErrorCode.insufficientCapacity, reason: "Insufficient Capacity")
        }
        let allocation = Allocation(
            client: client, username: username, relay: relay.socket, relayed: relay.local,
            expiresAt: now + lifetime(wanted: request), transactionID: request.transactionID)
        add(allocation)
        grant(allocation, request, key: key, now: now, into: &outbox)
    }

    private func grant(
        _ allocation: Allocation, _ request: borrowing STUNMessage, key: [UInt8], now: Instant,
        into outbox: inout Outbox
    ) {
        respond(request, to: allocation.client, key: key, into: &outbox) { writer in
            writer.writeXORAddress(.xorRelayedAddress, allocation.relayed)
            writer.writeMappedAddress(allocation.client.address)
            writer.write(.lifetime, UInt32((allocation.expiresAt - now).seconds))
        }
    }

    private mutating func refresh(
        _ request: borrowing STUNMessage, _ client: Client, username: String, key: [UInt8], now: Instant,
        into outbox: inout Outbox
    ) throws(Refusal) {
        let isFarewell = request.word(of: .lifetime) == 0
        guard let index = indexOfClient[client] else {
            guard isFarewell else {
                throw Refusal(code: STUNErrorCode.allocationMismatch, reason: "Allocation Mismatch")
            }
            return respond(request, to: client, key: key, into: &outbox) { $0.write(.lifetime, 0) }
        }
        guard allocations[index].username == username else {
            throw Refusal(code: STUNErrorCode.wrongCredentials, reason: "Wrong Credentials")
        }
        let lifetime = isFarewell ? .zero : lifetime(wanted: request)
        if isFarewell {
            remove(index)
        } else {
            allocations[index].expiresAt = now + lifetime
            updateDeadline()
        }
        respond(request, to: client, key: key, into: &outbox) {
            $0.write(.lifetime, UInt32(lifetime.seconds))
        }
    }

    private mutating func createPermission(
        _ request: borrowing STUNMessage, _ client: Client, username: String, key: [UInt8], now: Instant,
        into outbox: inout Outbox
    ) throws(Refusal) {
        let (index, peer) = try allowance(request, client, username: username)
        guard allocations[index].permit(peer, until: now + configuration.permissionLifetime) else {
            throw Refusal(code: STUNErrorCode.insufficientCapacity, reason: "Insufficient Capacity")
        }
        respond(request, to: client, key: key, into: &outbox) { _ in }
    }

    private mutating func bindChannel(
        _ request: borrowing STUNMessage, _ client: Client, username: String, key: [UInt8], now: Instant,
        into outbox: inout Outbox
    ) throws(Refusal) {
        let (index, peer) = try allowance(request, client, username: username)
        guard let number = request.channelNumber, ChannelData.channels.contains(number) else {
            throw Refusal(code: STUNErrorCode.badRequest, reason: "Bad Request")
        }
        let isTaken = allocations[index].channels.contains { channel in
            channel.until > now && (channel.number == number) != (channel.peer == peer)
        }
        guard !isTaken, allocations[index].permit(peer, until: now + configuration.permissionLifetime) else {
            throw Refusal(code: STUNErrorCode.badRequest, reason: "Bad Request")
        }
        allocations[index].channels.removeAll { $0.number == number || $0.until <= now }
        allocations[index].channels.append((number, peer, now + configuration.channelLifetime))
        respond(request, to: client, key: key, into: &outbox) { _ in }
    }

    /// The relay and the peer that a request is about.
    private func allowance(
        _ request: borrowing STUNMessage, _ client: Client, username: String
    ) throws(Refusal) -> (index: Int, peer: SocketAddress) {
        guard let index = indexOfClient[client] else {
            throw Refusal(code: STUNErrorCode.allocationMismatch, reason: "Allocation Mismatch")
        }
        guard allocations[index].username == username else {
            throw Refusal(code: STUNErrorCode.wrongCredentials, reason: "Wrong Credentials")
        }
        guard let peer = request.xorAddress(of: .xorPeerAddress) else {
            throw Refusal(code: STUNErrorCode.badRequest, reason: "Bad Request")
        }
        guard peer.family == allocations[index].relayed.family, configuration.permitsPeer(peer) else {
            throw Refusal(code: STUNErrorCode.forbidden, reason: "Forbidden")
        }
        return (index, peer)
    }

    private func lifetime(wanted request: borrowing STUNMessage) -> Interval {
        // RFC 8656 section 7.2: at least the default, at most an hour.
        let wanted = Interval.seconds(Int64(request.word(of: .lifetime) ?? 0))
        return max(configuration.lifetime, min(wanted, .seconds(3600)))
    }

    // MARK: Data

    mutating func receiveChannelData(
        _ message: UnsafeRawBufferPointer, from client: Client, now: Instant, into outbox: inout Outbox
    ) {
        guard let index = indexOfClient[client], let data = ChannelData(message.bytes), data.count > 0,
            let channel = allocations[index].channels.first(where: { $0.number == data.channel }),
            channel.until > now
        else {
            statistics.strays += 1
            return
        }
        let head = ChannelData.headerSize
        send(
            UnsafeRawBufferPointer(rebasing: message[head..<head + data.count]), index, channel.peer, &outbox)
    }

    mutating func forward(
        _ indication: borrowing STUNMessage, _ client: Client, now: Instant, into outbox: inout Outbox
    ) {
        guard let index = indexOfClient[client], let peer = indication.xorAddress(of: .xorPeerAddress),
            let data = indication.attribute(.data), data.count > 0,
            allocations[index].permits(peer, now: now),
            configuration.permitsPeer(peer)
        else {
            statistics.strays += 1
            return
        }
        let payload = indication.bytes.extracting(data.valueOffset..<data.valueOffset + data.count)
        payload.withUnsafeBytes { send($0, index, peer, &outbox) }
    }

    private mutating func send(
        _ payload: UnsafeRawBufferPointer, _ index: Int, _ peer: SocketAddress, _ outbox: inout Outbox
    ) {
        statistics.datagramsOut += 1
        outbox.append(from: allocations[index].relay, to: peer) { buffer in
            guard payload.count <= buffer.count else { return 0 }
            buffer.copyMemory(from: payload)
            return payload.count
        }
    }

    // MARK: Answers

    private func respond(
        _ request: borrowing STUNMessage, to client: Client, key: [UInt8], into outbox: inout Outbox,
        _ body: (inout STUNWriter) -> Void
    ) {
        let (id, method) = (request.transactionID, request.method)
        outbox.append(from: client.socket, to: client.address) { buffer in
            var writer = STUNWriter(buffer, .success, method, transactionID: id)
            body(&writer)
            writer.writeIntegrity(key: key)
            writer.writeFingerprint()
            return writer.count
        }
    }

    private mutating func refuse(
        _ request: borrowing STUNMessage, _ refusal: Refusal, _ client: Client, key: [UInt8],
        into outbox: inout Outbox
    ) {
        statistics.refusals += 1
        let (id, method, bytes) = (request.transactionID, request.method, request.bytes)
        outbox.append(from: client.socket, to: client.address) { buffer in
            var writer = STUNWriter(buffer, .failure, method, transactionID: id)
            writer.writeErrorCode(refusal.code, reason: refusal.reason)
            if refusal.code == STUNErrorCode.unknownAttribute { writer.writeUnknownAttributes(of: bytes) }
            if refusal.code == STUNErrorCode.tryAlternate, let alternate = configuration.alternate {
                writer.writeAddress(.alternateServer, alternate)
            }
            writer.writeIntegrity(key: key)
            writer.writeFingerprint()
            return writer.count
        }
    }

    /// Asks for credentials, or for a fresh nonce (RFC 8489 section 9.2.4).
    private mutating func challenge(
        _ request: borrowing STUNMessage, _ code: Int, _ reason: StaticString, _ client: Client, now: Instant,
        into outbox: inout Outbox
    ) {
        if request.hasIntegrity { statistics.refusals += 1 }
        let (id, method, nonce) = (request.transactionID, request.method, makeNonce(now: now))
        outbox.append(from: client.socket, to: client.address) { buffer in
            var writer = STUNWriter(buffer, .failure, method, transactionID: id)
            writer.writeErrorCode(code, reason: reason)
            writer.write(.realm, bytes: Array(configuration.realm.utf8))
            writer.write(.nonce, bytes: nonce)
            writer.writeFingerprint()
            return writer.count
        }
    }

    /// A nonce that tells its own age: the time and a signature of it, so that nothing need be remembered.
    private func makeNonce(now: Instant) -> [UInt8] {
        let time = String(now.nanoseconds, radix: 16)
        return Array("\(time)-\(HMAC.sha1(Array(time.utf8), key: nonceKey).hexadecimal)".utf8)
    }

    private func isFresh(_ nonce: [UInt8], now: Instant) -> Bool {
        let parts = nonce.split(separator: UInt8(ascii: "-"))
        guard parts.count == 2, let text = String(validating: parts[0], as: UTF8.self),
            let nanoseconds = Int64(text, radix: 16),
            Array(HMAC.sha1(Array(parts[0]), key: nonceKey).hexadecimal.utf8) == Array(parts[1])
        else { return false }
        return now - Instant(nanoseconds: nanoseconds) <= configuration.nonceLifetime
    }
}

extension STUNMessage {
    /// USERNAME as text; nil if there is none, or it is no text.
    fileprivate var usernameText: String? {
        guard let bytes = value(of: .username) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
