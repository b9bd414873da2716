public import Media
public import Primitives
public import RTC
public import Visio

/// Everything a shard of participants needs from its host, as values and pure calls.
public struct ShardEnvironment {
    /// How participants get their key to LiveKit.
    public enum Entrance: Sendable {
        /// Through Meet at this base URL, as the page does.
        case meet(baseURL: String)
        /// Straight to LiveKit, with tokens signed by the operator's key.
        case liveKit(url: String, credentials: AccessToken.Credentials)
    }

    /// The way in.
    public var entrance: Entrance
    /// Accounts and sessions of those who log in.
    public var signIn = SignInMaterial()
    /// Rooms that were made before the run.
    public var prepared = PreparedRooms()
    /// Where those who act leave word for those who notice.
    public var ledger: any ActionLedger = PlainLedger()
    /// Whether guests' pages look for a session at the identity provider.
    public var triesSilentLogin = false
    /// The run's wall clock.
    public var wallClock: WallClockOrigin
    /// The clips everybody sends.
    public var clips: ClipLibrary
    /// UDP sockets, real or simulated.
    public var sockets: any DatagramSockets
    /// TCP connections, real or simulated.
    public var streams: any StreamSockets
    /// An address in the direction of the deployment, to choose local addresses by.
    public var direction: SocketAddress?
    /// Whether media may be sent to an address: loopback, or what the scenario allows.
    public var permitsMedia: (SocketAddress) -> Bool
    /// Makes the DTLS end of one participant.
    public var makeHandshake: (SeededGenerator) -> any SecureHandshake

    /// Collects an environment.
    public init(
        entrance: Entrance, wallClock: WallClockOrigin, clips: ClipLibrary, sockets: any DatagramSockets,
        streams: any StreamSockets, direction: SocketAddress? = nil,
        permitsMedia: @escaping (SocketAddress) -> Bool,
        makeHandshake: @escaping (SeededGenerator) -> any SecureHandshake
    ) {
        self.entrance = entrance
        self.wallClock = wallClock
        self.clips = clips
        self.sockets = sockets
        self.streams = streams
        self.direction = direction
        self.permitsMedia = permitsMedia
        self.makeHandshake = makeHandshake
    }
}
