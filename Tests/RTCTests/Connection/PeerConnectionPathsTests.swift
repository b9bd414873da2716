import Primitives
import RTC
import Testing

/// Whole connections over every way there is, and from one way to the next.
@Suite struct PeerConnectionPathsTests {
    private let sound: [UInt8] = [9, 8, 7, 6, 5]

    private func problems(_ world: PathWorld) -> [String] {
        world.clientEvents.compactMap { if case .path(.failed(let text)) = $0 { text } else { nil } }
    }

    private func failures(_ world: PathWorld) -> [String] {
        world.clientEvents.compactMap { if case .failed(let text) = $0 { text } else { nil } }
    }

    @Test func udpIsPreferredToEverything() throws {
        let world = PathWorld()
        world.offerUDP()
        world.offerTCP()
        world.askForRelay(over: .udp)
        world.addMicrophone()
        try world.connect()
        #expect(world.client.isConnected && world.server.isConnected)
        #expect(world.client.mediaPath == .udp)
        #expect(world.speak(sound))
        #expect(world.media == [sound])
        // The others were tried, as a browser does, and are given up when they stay unused.
        #expect(world.openedStreams == 1)
        #expect(world.relayCount == 1)
        world.run(for: .seconds(31))
        #expect(world.clientEvents.contains { if case .path(.streamUnneeded) = $0 { true } else { false } })
        #expect(world.relayCount == 0)
        #expect(world.client.isConnected)
    }

    @Test(arguments: [false, true])
    func withoutUDPThereIsTCP(isICELite: Bool) throws {
        let world = PathWorld(isICELite: isICELite)
        world.carriesUDP = false
        world.offerUDP()
        world.offerTCP()
        world.askForRelay(over: .tls)
        world.addMicrophone()
        try world.connect()
        #expect(world.client.isConnected && world.server.isConnected)
        #expect(world.client.mediaPath == .tcp)
        #expect(world.server.mediaPath == .tcp)
        #expect(world.speak(sound))
        #expect(world.media == [sound])
    }

    @Test(arguments: TURNTransport.allCases, [false, true])
    func withoutEitherThereAreRelays(transport: TURNTransport, isICELite: Bool) throws {
        let world = PathWorld(isICELite: isICELite)
        world.listens = false
        world.carriesUDP = transport == .udp
        if transport != .udp { world.offerUDP() }
        world.offerTCP()
        world.askForRelay(over: transport)
        world.addMicrophone()
        try world.connect()
        #expect(world.client.isConnected && world.server.isConnected)
        #expect(world.client.mediaPath?.rawValue == "turn-\(transport.rawValue)")
        for _ in 0..<20 { #expect(world.speak(sound)) }
        #expect(world.media == Array(repeating: sound, count: 20))
        // It lasts longer than any permission.
        world.run(for: .seconds(700))
        #expect(world.client.isConnected)
        #expect(world.speak(sound))
        #expect(world.media.count == 21)
    }

    @Test func candidatesAreTrickled() throws {
        let world = PathWorld()
        world.askForRelay(over: .udp)
        try world.connect()
        let lines = world.clientEvents.compactMap {
            if case .path(.candidate(let line)) = $0 { line } else { nil }
        }
        #expect(lines.count == 1)
        #expect(lines[0].contains("typ relay"))
        // libwebrtc's type preference of a relay over UDP.
        #expect(ICECandidate(sdp: lines[0]).map { $0.priority >> 24 } == 2)
    }

    @Test func aRefusedRelayIsNamedInTheFailure() throws {
        let world = PathWorld { $0.refusal = 486 }
        world.carriesUDP = false
        world.listens = false
        world.offerUDP()
        world.offerTCP()
        world.askForRelay(over: .tcp)
        try world.connect(for: .seconds(20))
        #expect(problems(world).count == 2)
        let failure = try #require(failures(world).first)
        #expect(failure.hasPrefix("ICE found no way to the peer; "))
        #expect(failure.contains("TURN over TCP at 10.0.0.3:3478 refused with 486 Refused on Purpose"))
        #expect(failure.contains("TCP to 10.0.0.2:7881: connection refused"))
    }

    @Test func aConnectionThatNeverComesFailsByName() throws {
        let world = PathWorld()
        world.carriesUDP = false
        world.opensStreams = false
        world.offerTCP()
        try world.connect(for: .seconds(14))
        #expect(failures(world).isEmpty)
        world.run(for: .seconds(2))
        #expect(failures(world) == ["ICE found no way to the peer"])
    }

    @Test func aBrokenStreamIsNoticedAtOnce() throws {
        let world = PathWorld()
        world.carriesUDP = false
        world.offerTCP()
        world.addMicrophone()
        try world.connect()
        #expect(world.client.isConnected)
        world.breakStreams()
        world.run(for: .milliseconds(50))
        #expect(!world.client.isConnected)
        #expect(world.clientEvents.last == .disconnected)
        #expect(!world.speak(sound))
        // A restart opens a new one and goes on with the same keys.
        try world.restart()
        world.run(for: .seconds(2))
        #expect(world.client.isConnected && world.openedStreams == 2)
        #expect(world.speak(sound))
        #expect(world.media == [sound])
    }

    @Test func aBrokenStreamFallsBackOnARelay() throws {
        let world = PathWorld()
        world.carriesUDP = false
        world.offerTCP()
        world.addMicrophone()
        world.askForRelay(over: .tls)
        try world.connect()
        #expect(world.client.mediaPath == .tcp)
        world.client.streamClosed(
            socket: 1 << 30 + 2, to: PathWorld.listener, because: .closedByPeer, now: world.now)
        world.run(for: .seconds(3))
        #expect(world.client.isConnected)
        #expect(world.client.mediaPath == .turnTLS)
        #expect(world.speak(sound))
        #expect(world.media == [sound])
    }

    @Test func restartsReuseWhatIsOpen() throws {
        let world = PathWorld()
        world.carriesUDP = false
        world.offerTCP()
        world.addMicrophone()
        try world.connect()
        try world.restart()
        world.run(for: .seconds(2))
        #expect(world.client.isConnected && world.openedStreams == 1)
        #expect(world.speak(sound))
        #expect(world.media == [sound])
        let relayed = PathWorld()
        relayed.askForRelay(over: .udp)
        relayed.addMicrophone()
        try relayed.connect()
        try relayed.restart()
        relayed.run(for: .seconds(2))
        #expect(relayed.client.isConnected && relayed.client.mediaPath == .turnUDP)
        #expect(relayed.relayCount == 1)
        #expect(relayed.speak(sound))
    }

    @Test func closingGivesTheRelayBack() throws {
        let world = PathWorld()
        world.askForRelay(over: .udp)
        try world.connect()
        #expect(world.relayCount == 1)
        world.close()
        #expect(world.relayCount == 0)
    }
}
