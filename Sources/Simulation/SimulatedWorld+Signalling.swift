import Primitives
import Visio

// HTTP and WebSockets between participants and the server.
extension SimulatedWorld {
    func carry(_ command: CarrierCommand, of participant: Int) {
        let at = now + network.signallingDelay
        switch command {
        case .request(let id, let message):
            let exchange = takeExchange()
            requestOfExchange[exchange] = (participant, id)
            queue.schedule(.serverCarrier(.request(exchange: exchange, Self.local(message))), at: at)
        case .resolve(let host):
            // The only hosts of this world are the server's.
            let addresses = SocketAddress(host: host, port: 0).map { [$0] } ?? [.loopback(port: 0)]
            queue.schedule(
                .participantCarrier(.resolved(host: host, addresses), participant: participant), at: at)
        case .openWebSocket(let url, let headers):
            let exchange = takeExchange()
            participantOfConnection[exchange] = participant
            connectionOfParticipant[participant] = exchange
            let message = HTTPRequestMessage(method: "GET", url: url, headers: headers)
            queue.schedule(.serverCarrier(.upgradeRequested(exchange: exchange, Self.local(message))), at: at)
        case .sendBinary(let bytes):
            guard let connection = connectionOfParticipant[participant] else { return }
            onSignal?(participant, true, bytes)
            queue.schedule(.serverCarrier(.binary(connection: connection, bytes)), at: at)
        case .closeWebSocket(let code):
            guard let connection = connectionOfParticipant[participant] else { return }
            queue.schedule(.serverCarrier(.closed(connection: connection)), at: at)
            queue.schedule(.socket(.webSocketClosed(code: code), connection: connection), at: at)
        }
    }

    func forget(_ connection: UInt64) {
        guard let participant = participantOfConnection.removeValue(forKey: connection) else { return }
        if connectionOfParticipant[participant] == connection { connectionOfParticipant[participant] = nil }
    }

    func carry(_ command: ServerCarrierCommand) {
        let at = now + network.signallingDelay
        switch command {
        case .respond(let exchange, let message):
            guard let (participant, id) = requestOfExchange.removeValue(forKey: exchange) else { return }
            queue.schedule(.participantCarrier(.response(id: id, message), participant: participant), at: at)
        case .acceptUpgrade(let exchange):
            queue.schedule(.socket(.webSocketOpened, connection: exchange), at: at)
        case .rejectUpgrade(let exchange, let message):
            let body = String(decoding: message.body, as: UTF8.self)
            queue.schedule(
                .socket(.webSocketRefused(status: message.status, body: body), connection: exchange), at: at)
        case .sendBinary(let connection, let bytes):
            if let participant = participantOfConnection[connection] { onSignal?(participant, false, bytes) }
            queue.schedule(.socket(.binary(bytes), connection: connection), at: at)
            if network.babble > 0, hostility.chance(network.babble) {
                queue.schedule(.socket(.binary(makeBabble()), connection: connection), at: at)
            }
        case .close(let connection, let code):
            queue.schedule(.socket(.webSocketClosed(code: code), connection: connection), at: at)
        case .drop(let connection):
            queue.schedule(.socket(.webSocketClosed(code: 1006), connection: connection), at: at)
        }
    }

    private func takeExchange() -> UInt64 {
        defer { nextExchange += 1 }
        return nextExchange
    }

    /// A frame that makes no sense, in one of three ways.
    private func makeBabble() -> [UInt8] {
        switch hostility.next() % 3 {
        case 0: return hostility.bytes(Int(hostility.next() % 60) + 1)
        // Field 200 of a response, which no version has, with an empty message in it.
        case 1: return [0xc2, 0x0c, 0x00]
        default:
            var leave = LiveKitLeaveRequest()
            leave.action = LiveKitLeaveRequest.Action(rawValue: 77) ?? .disconnect
            leave.reason = LiveKitDisconnectReason(rawValue: 99) ?? .unknownReason
            return LiveKitSignalResponse(.leave(leave)).encoded()
        }
    }

    /// A server sees paths, not whole addresses.
    static func local(_ message: HTTPRequestMessage) -> HTTPRequestMessage {
        var message = message
        message.url = CarrierURL(message.url)?.target ?? message.url
        return message
    }
}
