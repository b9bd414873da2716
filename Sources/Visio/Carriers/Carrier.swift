public import Primitives

/// What a participant's machine wants from its carrier.
///
/// One participant has at most one WebSocket at a time: opening a second one abandons the first without an event.
public enum CarrierCommand: Hashable, Sendable {
    /// Sends an HTTP request; its answer carries the same `id`.
    case request(id: Int, HTTPRequestMessage)
    /// Looks up the addresses of a host that a server named, if it may be contacted.
    case resolve(host: String)
    /// Opens a WebSocket to a `ws` or `wss` URL.
    case openWebSocket(url: String, headers: [HTTPMessageHeader])
    /// Sends one binary message.
    case sendBinary([UInt8])
    /// Starts the closing handshake (RFC 6455 section 7).
    case closeWebSocket(code: UInt16)
}

/// What a carrier tells a participant's machine.
public enum CarrierEvent: Hashable, Sendable {
    /// The whole answer to a request, whatever its status.
    case response(id: Int, HTTPResponseMessage)
    /// A request that got no answer.
    case requestFailed(id: Int, CarrierFailure)
    /// The addresses of a host, in the order of the resolver; at least one.
    case resolved(host: String, [SocketAddress])
    /// A host without address, or one that may not be contacted.
    case notResolved(host: String, CarrierFailure)
    /// The WebSocket handshake succeeded.
    case webSocketOpened
    /// The server answered the handshake with something else than 101.
    case webSocketRefused(status: Int, body: String)
    /// The WebSocket could not be opened, or broke without a closing handshake for a reason we know.
    case webSocketFailed(CarrierFailure)
    /// One binary message arrived.
    case binary([UInt8])
    /// The WebSocket is gone; 1006 if the connection dropped without a close frame (RFC 6455 section 7.1.5).
    case webSocketClosed(code: UInt16)
}

/// Why a carrier could not do what it was told.
public enum CarrierFailure: Error, Hashable, Sendable {
    /// The name did not resolve or nobody listens there.
    case unreachable(String)
    /// The TLS handshake failed, mostly because the certificate is not trusted.
    case tls(String)
    /// No answer in time.
    case timedOut
    /// The host is not in the list of hosts that this run may load.
    case forbidden(String)
    /// The peer broke HTTP or WebSocket rules.
    case protocolError(String)
}

/// What the embedded server's carrier tells its machine.
public enum ServerCarrierEvent: Hashable, Sendable {
    /// A whole request arrived; answer it by `ServerCarrierCommand.respond` with the same exchange.
    case request(exchange: UInt64, HTTPRequestMessage)
    /// A WebSocket handshake arrived; accept or reject it.
    case upgradeRequested(exchange: UInt64, HTTPRequestMessage)
    /// One binary message arrived on an accepted WebSocket.
    case binary(connection: UInt64, [UInt8])
    /// One text message arrived on an accepted WebSocket.
    case text(connection: UInt64, String)
    /// An accepted WebSocket is gone, whoever closed it, or the peer left before its handshake was answered.
    case closed(connection: UInt64)
}

/// What the embedded server's machine wants from its carrier.
public enum ServerCarrierCommand: Hashable, Sendable {
    /// Answers a request.
    case respond(exchange: UInt64, HTTPResponseMessage)
    /// Accepts a WebSocket; the connection has the number of the exchange.
    case acceptUpgrade(exchange: UInt64)
    /// Answers a WebSocket handshake with a plain response.
    case rejectUpgrade(exchange: UInt64, HTTPResponseMessage)
    /// Sends one binary message.
    case sendBinary(connection: UInt64, [UInt8])
    /// Sends a close frame after everything sent before, then closes.
    case close(connection: UInt64, code: UInt16)
    /// Cuts the connection without a close frame.
    case drop(connection: UInt64)
}
