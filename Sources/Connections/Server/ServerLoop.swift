import NIOCore
import Visio

/// All connections of the embedded server; touched on its event loop alone.
final class ServerLoop {
    /// How often accepted WebSockets get a ping frame, as LiveKit's do.
    static let pingInterval = TimeAmount.seconds(10)

    private let onEvent: @Sendable (ServerCarrierEvent) -> Void
    /// Number of the next request; never used twice.
    private var nextNumber: UInt64 = 1
    /// Requests that wait for their answer.
    private var exchanges: [UInt64: ServerExchange] = [:]
    /// Open WebSockets.
    private var sessions: [UInt64: WebSocketSession] = [:]

    init(onEvent: @escaping @Sendable (ServerCarrierEvent) -> Void) { self.onEvent = onEvent }

    func report(_ event: ServerCarrierEvent) { onEvent(event) }

    /// Numbers a request.
    func begin(_ exchange: ServerExchange) -> UInt64 {
        defer { nextNumber += 1 }
        exchanges[nextNumber] = exchange
        return nextNumber
    }

    /// The peer left before its request was answered.
    func exchangeLost(_ number: UInt64, wasUpgrade: Bool) {
        exchanges[number] = nil
        if wasUpgrade { onEvent(.closed(connection: number)) }
    }

    /// Commands about peers that are gone are dropped: the machine may not know yet.
    func perform(_ command: ServerCarrierCommand) {
        switch command {
        case .respond(let number, let response), .rejectUpgrade(let number, let response):
            exchanges.removeValue(forKey: number)?.respond(response)
        case .acceptUpgrade(let number): accept(number)
        case .sendBinary(let number, let bytes): sessions[number]?.send(bytes)
        case .close(let number, let code): sessions[number]?.close(code: code)
        case .drop(let number): sessions[number]?.abandon()
        }
    }

    private func accept(_ number: UInt64) {
        guard let exchange = exchanges.removeValue(forKey: number) else { return }
        let session = WebSocketSession(isServer: true, pingInterval: Self.pingInterval) { [weak self] news in
            self?.receive(news, from: number)
        }
        sessions[number] = session
        do {
            try exchange.acceptUpgrade(session)
        } catch {
            // The pipeline of a connection that closed meanwhile takes no handlers.
            sessions[number] = nil
            onEvent(.closed(connection: number))
        }
    }

    private func receive(_ news: WebSocketNews, from number: UInt64) {
        switch news {
        case .binary(let bytes): onEvent(.binary(connection: number, bytes))
        case .text(let text): onEvent(.text(connection: number, text))
        case .closed, .failed:
            if sessions.removeValue(forKey: number) != nil { onEvent(.closed(connection: number)) }
        }
    }
}
