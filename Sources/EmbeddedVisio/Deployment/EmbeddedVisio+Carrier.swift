public import Primitives
public import Visio

/// What comes in by HTTP and WebSocket.
extension EmbeddedVisio {
    /// Takes one event from the HTTP and WebSocket carriers.
    public func receive(_ event: ServerCarrierEvent, now: Instant) {
        self.now = now
        guard !isSilent else { return }
        switch event {
        case .request(let exchange, let message):
            commands.append(.respond(exchange: exchange, respond(to: message)))
        case .upgradeRequested(let exchange, let message):
            admit(message, exchange: exchange)
        case .binary(let connection, let bytes):
            guard let session = listener(on: connection) else { return }
            statistics.signalsReceived += 1
            guard let request = try? LiveKitSignalRequest(decoding: bytes) else {
                statistics.malformedSignals += 1
                return
            }
            handle(request, of: session)
        case .text(let connection, let text):
            guard let session = listener(on: connection) else { return }
            statistics.signalsReceived += 1
            guard let request = try? LiveKitSignalRequest(decodingJSON: text) else {
                statistics.malformedSignals += 1
                return
            }
            handle(request, of: session)
        case .closed(let connection):
            signallingClosed(connection)
        }
    }

    /// The session whose WebSocket said something, unless the server is deaf to it.
    private func listener(on connection: UInt64) -> Session? {
        guard let session = sessionOfConnection[connection] else { return nil }
        return isDeaf(since: session.connectedAt) ? nil : session
    }
}
