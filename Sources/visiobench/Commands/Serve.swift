public import ArgumentParser
import Dispatch
import EmbeddedVisio
import Foundation
import Host
import Primitives
import RTC
import Scenario
import Visio

/// Runs the embedded Visio alone, on loopback.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the embedded Visio alone: Meet's API, LiveKit's signalling and an SFU, on loopback.",
        discussion: """
            The key and secret come from LIVEKIT_API_KEY and LIVEKIT_API_SECRET, or are devkey and secret, as in \
            `livekit-server --dev`.

            Examples:
              visiobench serve --port 8080
              visiobench serve --delay 100 --loss 0.02
              visiobench serve --freeze-at 10 --freeze-for 2
              visiobench serve --json        # tells its addresses as one line of JSON
            """)

    @Option(help: "HTTP and WebSocket port, 0 for any free one.")
    var port = 8080

    @Option(help: "UDP and TCP port for media, 0 for any free one.")
    var mediaPort: UInt16 = 0

    @Option(help: ArgumentHelp("Hold every datagram to participants back by this long.", valueName: "ms"))
    var delay = 0.0

    @Option(help: ArgumentHelp("Lose this share of forwarded media packets.", valueName: "0...1"))
    var loss = 0.0

    @Option(
        help: ArgumentHelp(
            "Lose these packets of every forwarded stream, counted from 1.", valueName: "n,n,…"))
    var lossList: String?

    @Option(help: ArgumentHelp("Let every camera stand still from this second on.", valueName: "s"))
    var freezeAt: Double?

    @Option(help: ArgumentHelp("How long a camera stands still.", valueName: "s"))
    var freezeFor = 2.0

    @Option(help: ArgumentHelp("Refuse more participants than this, all rooms together.", valueName: "n"))
    var capacity = 0

    @Option(help: ArgumentHelp("Refuse more participants than this in one room.", valueName: "n"))
    var roomCapacity = 0

    @Option(help: ArgumentHelp("Forward at most this many media packets per second.", valueName: "n"))
    var packetsPerSecond = 0

    @Option(help: ArgumentHelp("Fall silent for good after this long.", valueName: "s"))
    var silentAfter: Double?

    @Option(help: "Speak only this one of LiveKit's signalling modes: single or dual; auto for both.")
    var signalling = SignallingMode.auto

    @Option(
        help: ArgumentHelp("Cut all WebSockets after this long, and again after that.", valueName: "s,s,…"))
    var cutAfter: String?

    @Option(help: ArgumentHelp("Send everybody away after this long.", valueName: "s"))
    var leaveAfter: Double?

    @Option(help: "What to tell them to do then: resume, reconnect or disconnect.")
    var leaveAction = LeaveAction.reconnect

    @Option(help: ArgumentHelp("Restart the media server after this long.", valueName: "s"))
    var restartAfter: Double?

    @Option(help: ArgumentHelp("How long the media server is down then.", valueName: "s"))
    var restartFor = 3.0

    @Option(help: ArgumentHelp("Hear and say nothing on open WebSockets after this long.", valueName: "s"))
    var deafAfter: Double?

    @Option(help: ArgumentHelp("How long that lasts.", valueName: "s"))
    var deafFor = 60.0

    @Option(help: ArgumentHelp("Let no datagram pass after this long.", valueName: "s"))
    var blackoutAfter: Double?

    @Option(help: ArgumentHelp("How long that lasts.", valueName: "s"))
    var blackoutFor = 20.0

    @Option(help: "Draw ids and deliberate loss from this seed.")
    var seed: UInt64 = 0

    @Option(
        help: ArgumentHelp(
            "Offer these ways in: udp, tcp, ipv6 (both over IPv6 too), turn (over UDP, TCP and TLS).",
            valueName: "way,…"))
    var ways = "udp,tcp"

    @Option(help: "Announce this way and let nothing pass on it: udp.")
    var blocked: BlockedWay?

    @Option(
        help: ArgumentHelp(
            "Tell participants of this STUN or TURN server; its user and password come from TURN_USER and TURN_PASSWORD.",
            valueName: "url"))
    var turn: [String] = []

    @Flag(help: "Be an ICE-lite agent, as many deployments are.")
    var iceLite = false

    @Flag(help: "Tell the addresses as one line of JSON.")
    var json = false

    func validate() throws {
        guard (0...1).contains(loss) else {
            throw ValidationError("--loss \(loss): expected a share from 0 to 1")
        }
        guard delay >= 0, delay <= 10_000 else {
            throw ValidationError("--delay \(delay): expected 0 to 10000 ms")
        }
    }

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let key = environment["LIVEKIT_API_KEY"] ?? "devkey"
        let secret = environment["LIVEKIT_API_SECRET"] ?? "secret"
        var options = EmbeddedServer.Options(credentials: AccessToken.Credentials(key: key, secret: secret))
        options.port = port
        options.mediaPort = mediaPort
        options.seed = seed
        options.isICELite = iceLite
        options.iceServers = try turn.map { url in
            guard ICEServerURL(url) != nil else {
                throw ValidationError(
                    "--turn \"\(url)\": expected a URL such as turn:127.0.0.1:3478?transport=udp")
            }
            var server = LiveKitICEServer()
            server.urls = [url]
            server.username = environment["TURN_USER"] ?? ""
            server.credential = environment["TURN_PASSWORD"] ?? ""
            return server
        }
        options.ownsProcess = true
        options.behaviour = try behaviour()
        let server: EmbeddedServer
        do throws(HostError) { server = try EmbeddedServer(options) } catch {
            throw Failure(1, error.description)
        }
        announce(server, key: key, isDevelopmentKey: environment["LIVEKIT_API_SECRET"] == nil)
        let stop = DispatchSemaphore(value: 0)
        let signals = SignalTrap { stop.signal() }
        stop.wait()
        signals.cancel()
        let statistics = server.statistics
        server.stop()
        if !json {
            Terminal.line(
                "served \(statistics.joins) joins, \(statistics.packetsIn) packets in, "
                    + "\(statistics.packetsForwarded) forwarded")
        }
    }

    private func behaviour() throws -> EmbeddedConfiguration.Behaviour {
        var behaviour = EmbeddedConfiguration.Behaviour()
        behaviour.addedDelay = .milliseconds(delay)
        behaviour.ways = try ways.split(separator: ",").map { text in
            guard let way = EmbeddedWay(rawValue: String(text)) else {
                let known = EmbeddedWay.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--ways: \"\(text)\" is no way in; expected some of \(known)")
            }
            return way
        }
        guard behaviour.ways.contains(where: { $0 == .udp || $0 == .tcp }) else {
            throw ValidationError("--ways \(ways): expected udp or tcp among them")
        }
        behaviour.blocksUDP = blocked == .udp
        behaviour.lossRate = loss
        for text in (lossList ?? "").split(separator: ",") {
            guard let number = UInt64(text), number > 0 else {
                throw ValidationError("--loss-list: \"\(text)\" is no packet number; expected 1 or more")
            }
            behaviour.lossNumbers.append(number)
        }
        if let freezeAt {
            behaviour.frozenSender = .init(
                first: .seconds(freezeAt), every: .seconds(1 << 30), duration: .seconds(freezeFor))
        }
        behaviour.maximumParticipants = capacity
        behaviour.maximumPerRoom = roomCapacity
        behaviour.maximumForwardedPerSecond = packetsPerSecond
        behaviour.silentFrom = silentAfter.map { Instant.seconds($0) }
        behaviour.signalling = signalling
        for text in (cutAfter ?? "").split(separator: ",") {
            guard let seconds = Double(text), seconds >= 0 else {
                throw ValidationError("--cut-after: \"\(text)\" is no number of seconds")
            }
            behaviour.cuts.append(.seconds(seconds))
        }
        if let leaveAfter {
            behaviour.leaves = [.init(at: .seconds(leaveAfter), action: leaveAction)]
        }
        behaviour.outage = restartAfter.map { Self.span(from: $0, for: restartFor) }
        behaviour.blackout = blackoutAfter.map { Self.span(from: $0, for: blackoutFor) }
        behaviour.deafness = deafAfter.map { Self.span(from: $0, for: deafFor) }
        return behaviour
    }

    private static func span(from start: Double, for length: Double) -> TimeSpan {
        TimeSpan(start: .seconds(start), end: .seconds(start + length))
    }

    private func announce(_ server: EmbeddedServer, key: String, isDevelopmentKey: Bool) {
        let livekit = "ws" + server.url.dropFirst("http".count)
        if json {
            let secret = isDevelopmentKey ? #","secret":"secret""# : ""  // a real secret is never printed
            Terminal.line(
                #"{"meet":"\#(server.url)","livekit":"\#(livekit)","media":"\#(server.doors.first?.address.description ?? "")","key":"\#(key)"\#(secret)}"#
            )
        } else {
            Terminal.line("Meet     \(server.url)")
            Terminal.line("LiveKit  \(livekit)   key \(key)")
            for door in server.doors {
                let way = door.way.padding(toLength: 8, withPad: " ", startingAt: 0)
                Terminal.line("media    \(way) \(door.address)")
            }
            Terminal.line("metrics  \(server.url)/metrics")
            Terminal.line("Ctrl-C ends it")
        }
    }
}

extension SignallingMode: ExpressibleByArgument {}
extension LeaveAction: ExpressibleByArgument {}
extension BlockedWay: ExpressibleByArgument {}
