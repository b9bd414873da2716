import Connections
import Cryptography
import Dispatch
public import EmbeddedVisio
public import Primitives
import RTC
import Reactor
import Synchronization
public import Visio

/// An embedded Visio on real sockets: one reactor thread for media, one network loop for HTTP and WebSockets.
public final class EmbeddedServer: Sendable {
    /// How to start a server.
    public struct Options: Sendable {
        /// HTTP port on loopback, 0 for any.
        public var port = 0
        /// Port of media over UDP and TCP on loopback, 0 for any.
        public var mediaPort: UInt16 = 0
        /// API key and secret.
        public var credentials: AccessToken.Credentials
        /// How Meet is set up.
        public var meet = MeetOptions()
        /// Deliberate faults and limits.
        public var behaviour = EmbeddedConfiguration.Behaviour()
        /// STUN and TURN servers of others that participants are told.
        public var iceServers: [LiveKitICEServer] = []
        /// Whether to be an ICE-lite agent.
        public var isICELite = false
        /// Whether the whole process is the server, so that what it uses is the server's.
        public var ownsProcess = false
        /// Source of ids and deliberate loss.
        public var seed: UInt64 = 0

        /// Options with the given key.
        public init(credentials: AccessToken.Credentials) { self.credentials = credentials }
    }

    /// Base URL of Meet and of LiveKit's signalling.
    public let url: String
    /// Where media goes, by every way that is offered: `udp`, `tcp`, `turn-udp`, `turn-tcp`, `turn-tls`, and addresses.
    public let doors: [(way: String, address: SocketAddress)]
    private let carrier: ServerCarrier
    private let thread: ReactorThread<EmbeddedWork>
    private let shared: SharedStatistics

    /// Starts to serve.
    public init(_ options: Options) throws(HostError) {
        let events = Inlet<ServerCarrierEvent>()
        do throws(ServerCarrier.StartError) {
            carrier = try ServerCarrier(port: options.port) { events.put($0) }
        } catch {
            throw .cannotServe("port \(options.port): \(error)")
        }
        url = "http://127.0.0.1:\(carrier.port)"
        let clock = MonotonicClock()
        var configuration = EmbeddedConfiguration(
            credentials: options.credentials, publicURL: url, wallClock: clock.wallClock)
        configuration.behaviour = options.behaviour
        configuration.meet = options.meet
        configuration.iceServers = options.iceServers
        configuration.isICELite = options.isICELite
        let commands = Inlet<ServerCarrierCommand>()
        let started = Inlet<Result<EmbeddedWork.Doors, DatagramSocketError>>()
        let shared = SharedStatistics()
        self.shared = shared
        let context: DTLSContext
        let tls: TLSContext
        do throws(DTLSError) {
            context = try DTLSContext()
            tls = try TLSContext(selfSignedServer: ())
        } catch {
            throw .cryptography(String(describing: error))
        }
        let mediaPort = options.mediaPort
        let seed = options.seed
        let ownsProcess = options.ownsProcess
        do throws(SystemError) {
            thread = try ReactorThread(ReactorConfiguration(name: "visio-server"), clock: clock) {
                EmbeddedWork(
                    configuration: configuration, generator: SeededGenerator(seed: seed).fork("server"),
                    mediaPort: mediaPort, makeHandshake: { context.makeHandshake() },
                    makeSecurity: { tls.makeServer() }, carrier: commands,
                    started: started, statistics: shared, ownsProcess: ownsProcess)
            }
        } catch {
            throw .system(String(describing: error))
        }
        let address = Mutex<Result<EmbeddedWork.Doors, DatagramSocketError>?>(nil)
        let isStarted = DispatchSemaphore(value: 0)
        started.connect { result in
            address.withLock { $0 = result }
            isStarted.signal()
        }
        isStarted.wait()
        switch address.withLock({ $0 }) {
        case .success(let bound): doors = bound
        case .failure(let error): throw .cannotServe("media port \(mediaPort): \(error)")
        case nil: throw .cannotServe("media port \(mediaPort)")
        }
        let thread = thread
        let carrier = carrier
        commands.connect { carrier.submit($0) }
        events.connect { thread.mailbox.post($0) }
    }

    /// What the server counted so far.
    public var statistics: EmbeddedStatistics { shared.get() }

    /// Stops to serve; blocks until its threads are gone.
    public func stop() {
        carrier.shutdown()
        thread.stop()
    }
}
