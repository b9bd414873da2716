import Primitives
import RTC
import Visio

/// Failures in words that a reader of the report understands without the source.
enum FailureText {
    static func of(_ failure: MeetFailure) -> String {
        let call =
            switch failure.stage {
            case .configuration: "GET config/"
            case .room: "GET rooms/"
            case .user: "GET users/me/"
            case .login: "login"
            case .creation: "POST rooms/"
            case .lobby: "lobby"
            case .action: "Meet"
            case .applicationToken: "POST application/token/"
            case .applicationRoom: "POST external-api rooms/"
            }
        return "\(call): \(reason(failure.reason))"
    }

    static func code(of failure: MeetFailure) -> Int? {
        switch failure.reason {
        case .unauthorized: 401
        case .forbidden: 403
        case .notFound: 404
        case .throttled: 429
        case .unavailable: 503
        case .rejected(let status, _), .html(let status), .unreadable(let status): status
        case .identityProvider(_, let status): status
        case .badAddress, .carrier, .timedOut, .lobbyRequired, .denied, .expired, .misdirected,
            .badCredentials,
            .noLoginForm, .noSession:
            nil
        }
    }

    private static func reason(_ reason: MeetFailure.Reason) -> String {
        switch reason {
        case .badAddress: "the address is not usable"
        case .carrier(let failure): of(failure)
        case .timedOut: "no answer in time"
        case .unauthorized(let text): "401 not authenticated\(detail(text))"
        case .forbidden(let text): "403 forbidden\(detail(text))"
        case .notFound(let text): "404 not found\(detail(text))"
        case .throttled(let wait): "429 throttled\(wait.map { ", retry after \(Int($0.seconds)) s" } ?? "")"
        case .unavailable(let wait):
            "503 unavailable\(wait.map { ", retry after \(Int($0.seconds)) s" } ?? "")"
        case .rejected(let status, let text): "\(status)\(detail(text))"
        case .html(let status): "\(status) with an HTML page instead of JSON"
        case .unreadable(let status): "\(status) with an unreadable answer"
        case .lobbyRequired: "the room has a lobby; nobody let the participant in"
        case .denied: "somebody in the room said no"
        case .expired: "nobody opened within \(Int(MeetClient.lobbyPatience.seconds)) s"
        case .misdirected: "a redirect led nowhere"
        case .badCredentials(let host): "\(host) did not accept the account"
        case .noLoginForm(let host): "\(host) showed no form to log in with"
        case .identityProvider(let host, let status): "\(host) answered \(status)"
        case .noSession: "no session: Meet knows nobody by these cookies"
        }
    }

    private static func detail(_ text: String) -> String { text.isEmpty ? "" : ": \(text)" }

    static func of(_ failure: CarrierFailure) -> String {
        switch failure {
        case .unreachable(let text): "unreachable\(detail(text))"
        case .tls(let text): "TLS failed\(detail(text))"
        case .timedOut: "timed out"
        case .forbidden(let text): "not in the scenario's allow block\(detail(text))"
        case .protocolError(let text): "broken protocol\(detail(text))"
        }
    }

    static func of(_ failure: SignalFailure) -> (text: String, code: Int?) {
        switch failure {
        case .badAddress: ("LiveKit's address is not usable", nil)
        case .refused(let status, let body): ("refused with \(status)\(detail(body))", status)
        case .carrier(let failure): (of(failure), nil)
        case .openTimedOut: ("the WebSocket did not open in time", nil)
        case .firstFrameTimedOut: ("no join response in time", nil)
        case .unexpectedFirstFrame: ("the first message was no join response", nil)
        case .pingTimedOut: ("no answer to pings: signalling went silent", nil)
        case .connectionLost(let code): ("the WebSocket was closed with \(code)", Int(code))
        }
    }

    /// Why a session ended, in words and by LiveKit's own name.
    static func of(_ reason: LiveKitDisconnectReason) -> String {
        switch reason {
        case .unknownReason: "no reason given (UNKNOWN_REASON)"
        case .clientInitiated: "it says that we left (CLIENT_INITIATED)"
        case .duplicateIdentity: "another session of the same identity took over (DUPLICATE_IDENTITY)"
        case .serverShutdown: "the server shuts down (SERVER_SHUTDOWN)"
        case .participantRemoved: "a moderator removed the participant (PARTICIPANT_REMOVED)"
        case .roomDeleted: "the room was deleted (ROOM_DELETED)"
        case .stateMismatch: "the session is unknown to it (STATE_MISMATCH)"
        case .joinFailure: "the join did not succeed (JOIN_FAILURE)"
        case .migration: "the room moves to another node (MIGRATION)"
        case .signalClose: "signalling was closed (SIGNAL_CLOSE)"
        case .roomClosed: "the room was closed (ROOM_CLOSED)"
        case .userUnavailable: "the callee is unavailable (USER_UNAVAILABLE)"
        case .userRejected: "the callee rejected the call (USER_REJECTED)"
        case .sipTrunkFailure: "the telephone trunk failed (SIP_TRUNK_FAILURE)"
        case .connectionTimeout: "it heard nothing of us (CONNECTION_TIMEOUT)"
        case .mediaFailure: "media failed (MEDIA_FAILURE)"
        case .agentError: "an agent failed (AGENT_ERROR)"
        case .UNRECOGNIZED(let number): "reason \(number), which this version does not know"
        }
    }

    static func of(_ error: DatagramSocketError) -> String {
        switch error {
        case .tooManyFiles: "no UDP socket: too many open files (raise `ulimit -n`)"
        case .system(let number): "no UDP socket: system error \(number)"
        }
    }

    static func of(_ error: NegotiationError) -> String {
        "the server's answer does not fit our offer (\(error))"
    }
}
