import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import Visio

extension CarrierFailure {
    /// Sorts an error of the network libraries into ours.
    init(_ error: any Error) {
        switch error {
        case let failure as CarrierFailure: self = failure
        case let error as NIOConnectionError: self = Self.connection(error)
        case let error as ChannelError: self = Self.channel(error)
        case let error as HTTPClientError: self = Self.client(error)
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: self = .tls(String(describing: error))
        case let error as IOError: self = .unreachable(error.description)
        case is NIOWebSocketError, is HTTPParserError, is NIOHTTPClientUpgradeError:
            self = .protocolError(String(describing: error))
        default: self = .protocolError(String(describing: error))
        }
    }

    private static func connection(_ error: NIOConnectionError) -> CarrierFailure {
        let tries = error.connectionErrors.map(\.error)
        if tries.contains(where: { CarrierFailure($0) == .timedOut }) { return .timedOut }
        let reason = tries.first.map { String(describing: $0) } ?? "the name does not resolve"
        return .unreachable("\(error.host):\(error.port): \(reason)")
    }

    private static func channel(_ error: ChannelError) -> CarrierFailure {
        if case .connectTimeout = error { return .timedOut }
        return .unreachable(String(describing: error))
    }

    private static func client(_ error: HTTPClientError) -> CarrierFailure {
        switch error {
        case .connectTimeout, .readTimeout, .writeTimeout, .deadlineExceeded, .getConnectionFromPoolTimeout:
            .timedOut
        case .tlsHandshakeTimeout: .tls("the handshake took too long")
        case .remoteConnectionClosed: .unreachable("the connection closed before the answer")
        default: .protocolError(error.shortDescription)
        }
    }
}
