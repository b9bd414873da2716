import EmbeddedVisio
import Primitives
import RTC
import Testing
import Visio
import WireFormats

/// An embedded Visio with visitors whose every message the test writes by hand; datagrams arrive at once.
final class Deployment {
    let server: EmbeddedVisio
    private(set) var visitors: [Visitor] = []
    private(set) var now = Instant.seconds(1)
    /// Answers to HTTP requests, by exchange.
    private(set) var answers: [UInt64: HTTPResponseMessage] = [:]
    /// Every command of the carrier in order, as a word and the exchange it is about.
    private(set) var commandLog: [String] = []
    private var outbox = Outbox(capacity: 1 << 20)
    private var nextExchange: UInt64 = 1

    static let credentials = AccessToken.Credentials(key: "key", secret: "secret")
    static let wallClock = WallClockOrigin(unixNanoseconds: 1_769_587_200_000_000_000)
    private static let mediaAddress = SocketAddress.loopback(port: 7882)

    init(
        behaviour: EmbeddedConfiguration.Behaviour = .init(), meet: MeetOptions = MeetOptions(),
        protocolVersion: Int32 = 17
    ) {
        var configuration = EmbeddedConfiguration(
            credentials: Self.credentials, publicURL: "http://127.0.0.1:8080", wallClock: Self.wallClock)
        configuration.behaviour = behaviour
        configuration.meet = meet
        configuration.keepsAccessLog = true
        configuration.protocolVersion = protocolVersion
        let generator = SeededGenerator(seed: 5)
        var handshakes = 0
        server = EmbeddedVisio(
            configuration: configuration,
            ways: EmbeddedWays(udp: [.init(socket: 0, address: Self.mediaAddress)]), generator: generator,
            makeHandshake: {
                handshakes += 1
                return SimulatedHandshake(generator: generator.fork("handshake", handshakes))
            })
    }

    /// Sends an HTTP request and returns its answer.
    func request(_ method: String, _ url: String, body: String = "") throws -> HTTPResponseMessage {
        var message = HTTPRequestMessage(method: method, url: url, headers: [])
        message.body = Array(body.utf8)
        return try request(message)
    }

    /// Sends an HTTP request, whole or as a client writes it with the whole URL, and returns its answer.
    func request(_ message: HTTPRequestMessage) throws -> HTTPResponseMessage {
        let exchange = takeExchange()
        var message = message
        message.url = CarrierURL(message.url)?.target ?? message.url
        server.receive(.request(exchange: exchange, message), now: now)
        collect()
        return try #require(answers[exchange])
    }

    /// Knocks at the signalling door.
    @discardableResult
    func join(
        _ identity: String, room: String = "room", secret: String = credentials.secret, hasOffer: Bool = true,
        grant: VideoGrant? = nil, attributes: [String: String] = [:], path: String = JoinEndpoint.path,
        isDual: Bool = false, codecs: [Codec] = [.vp8, .vp9],
        configure: (inout LiveKitJoinRequest) -> Void = { _ in }
    ) -> Visitor {
        let visitor = Visitor(
            identity: identity, index: visitors.count, exchange: takeExchange(), codecs: codecs)
        visitors.append(visitor)
        var request = LiveKitJoinRequest()
        request.connectionSettings.autoSubscribe = true
        if hasOffer {
            visitor.peer.addReceiveSections(audio: 3, video: 3)
            visitor.peer.addDataSection()
            request.publisherOffer = visitor.offer()
        }
        configure(&request)
        let token = AccessToken(
            issuer: Self.credentials.key, identity: identity, name: identity, attributes: attributes,
            video: grant ?? VideoGrant(joining: room), unixSeconds: Self.wallClock.unixSeconds(at: now))
        var target = RequestTarget(path: path)
        target.items.append(RequestTarget.Item(name: "access_token", value: token.signed(secret: secret)))
        if isDual {
            visitor.makeSubscriber()
            target.items += request.queryItems.map { RequestTarget.Item(name: $0.name, value: $0.value) }
        } else {
            target.items.append(RequestTarget.Item(name: "join_request", value: request.parameter()))
        }
        knock(HTTPRequestMessage(method: "GET", url: target.text, headers: []), visitor)
        return visitor
    }

    /// Comes back by a new WebSocket.
    func resume(_ visitor: Visitor, isDual: Bool = false) {
        visitor.exchange = takeExchange()
        var request = LiveKitJoinRequest()
        request.connectionSettings.autoSubscribe = true
        request.reconnect = true
        request.participantSid = visitor.sid
        let token = AccessToken(
            issuer: Self.credentials.key, identity: visitor.identity, name: visitor.identity,
            video: VideoGrant(joining: "room"), unixSeconds: Self.wallClock.unixSeconds(at: now))
        var target = RequestTarget(path: isDual ? JoinEndpoint.dualPath : JoinEndpoint.path)
        target.items = [
            RequestTarget.Item(
                name: "access_token", value: token.signed(secret: Self.credentials.secret))
        ]
        if isDual {
            target.items += request.queryItems.map { RequestTarget.Item(name: $0.name, value: $0.value) }
        } else {
            target.items.append(RequestTarget.Item(name: "join_request", value: request.parameter()))
        }
        knock(HTTPRequestMessage(method: "GET", url: target.text, headers: []), visitor)
    }

    /// Joins by two peer connections, and waits until both are up.
    func connectDual(_ identity: String) throws -> Visitor {
        let visitor = join(identity, hasOffer: false, path: JoinEndpoint.dualPath, isDual: true)
        visitor.answersOffers = true
        answerOffers()
        visitor.peer.addDataSection()
        send(.offer(visitor.offer()), from: visitor)
        advance(by: .milliseconds(600))
        try #require(visitor.peer.isConnected && visitor.subscriber?.isConnected == true)
        return visitor
    }

    /// Lets visitors that do so answer what the server offered.
    private func answerOffers() {
        for visitor in visitors where visitor.answersOffers {
            guard let answer = visitor.takeAnswer(now: now) else { continue }
            send(.answer(answer), from: visitor)
        }
    }

    /// Sends any upgrade request in a visitor's name.
    func knock(_ message: HTTPRequestMessage, _ visitor: Visitor) {
        server.receive(.upgradeRequested(exchange: visitor.exchange, message), now: now)
        collect()
    }

    /// Joins with a key from Meet and waits until media is up.
    func connect(_ admission: MeetClient.Admission) throws -> Visitor {
        let seconds = Self.wallClock.unixSeconds(at: now)
        let token = try AccessToken.verify(
            admission.token, credentials: Self.credentials, unixSeconds: seconds)
        let visitor = join(
            token.identity, room: try token.authorizeJoin(), grant: token.video, attributes: token.attributes)
        _ = visitor.peer.openDataChannel(label: "_reliable", isOrdered: true, reliability: .reliable)
        advance(by: .milliseconds(300))
        try #require(visitor.peer.isConnected)
        return visitor
    }

    /// Joins and waits until media is up.
    func connect(
        _ identity: String, room: String = "room", codecs: [Codec] = [.vp8, .vp9]
    ) throws -> Visitor {
        let visitor = join(identity, room: room, codecs: codecs)
        advance(by: .milliseconds(300))
        try #require(visitor.peer.isConnected)
        return visitor
    }

    /// Sends a signalling message.
    func send(_ message: LiveKitSignalRequest.OneOf_Message, from visitor: Visitor) {
        server.receive(
            .binary(connection: visitor.exchange, LiveKitSignalRequest(message).encoded()), now: now)
        collect()
    }

    /// Hands any carrier event to the server.
    func receive(_ event: ServerCarrierEvent) {
        server.receive(event, now: now)
        collect()
    }

    /// Hands any datagram to the server.
    func receive(datagram bytes: [UInt8], from source: SocketAddress) {
        var bytes = bytes
        bytes.withUnsafeMutableBytes { server.receive($0, on: 0, from: source, now: now, into: &outbox) }
        carry(from: nil)
    }

    /// Publishes a microphone and gives its announcement as the server repeated it.
    func publishMicrophone(of visitor: Visitor, cid: String = "mic") throws -> LiveKitTrackInfo {
        var request = LiveKitAddTrackRequest()
        request.cid = cid
        request.type = .audio
        request.source = .microphone
        send(.addTrack(request), from: visitor)
        let published = try #require(visitor.last(\.trackPublished))
        visitor.microphoneSection = visitor.peer.addSendSection(
            OutgoingTrack(
                kind: .audio, streamID: "-", trackID: cid, codec: .opus(red: false),
                layers: [OutgoingLayer(ssrc: UInt32(1000 + visitor.index), rtxSSRC: nil)]))
        send(.offer(visitor.offer()), from: visitor)
        return published.track
    }

    /// Sends a microphone packet of the given level in −dBov.
    func speak(_ visitor: Visitor, level: UInt8) throws {
        let section = try #require(visitor.microphoneSection)
        let type = try #require(
            visitor.peer.sections[section].codecs.first { $0.codec == .opus }?.payloadType)
        visitor.timestamp &+= 960
        _ = visitor.peer.send(
            section: section, layer: 0, payloadType: type, timestamp: visitor.timestamp, marker: false,
            sequenceNumber: nil, token: 0, audioLevel: level, now: now, into: &outbox
        ) { buffer in
            buffer.copyBytes(from: [0x78, 1, 2, 3, 4, 5])
            return 6
        }
        carry(from: visitor)
    }

    /// Publishes a picture: announces it, and offers a section for its codec.
    ///
    /// - Returns: The section.
    func publishPicture(_ request: LiveKitAddTrackRequest, _ track: OutgoingTrack, of visitor: Visitor) -> Int
    {
        send(.addTrack(request), from: visitor)
        let section = visitor.peer.addSendSection(track)
        send(.offer(visitor.offer()), from: visitor)
        return section
    }

    /// Lets a visitor send packets of its own making, and carries what comes of them.
    func write(_ visitor: Visitor, _ body: (PeerConnection, Instant, inout Outbox) -> Void) {
        body(visitor.peer, now, &outbox)
        carry(from: visitor)
    }

    /// Lets time pass, everything that is due being done.
    func advance(by interval: Interval) {
        let end = now + interval
        var rounds = 0
        while let next = soonest, next <= end {
            rounds = next > now ? 0 : rounds + 1
            precondition(rounds < 10_000, "a deadline does not move on")
            now = max(now, next)
            if let due = server.deadline, due <= now {
                server.tick(now: now, into: &outbox)
                carry(from: nil)
            }
            for visitor in visitors {
                for peer in visitor.peers {
                    guard let due = peer.deadline, due <= now else { continue }
                    peer.tick(now: now, into: &outbox)
                    carry(from: visitor)
                }
            }
        }
        now = end
    }

    private var soonest: Instant? {
        visitors.reduce(server.deadline) { soonest, visitor in
            visitor.peers.reduce(soonest) { earliest($0, $1.deadline) }
        }
    }

    /// Carries what was written, and what is written in answer.
    private func carry(from author: Visitor?) {
        var datagrams = drain(author)
        while !datagrams.isEmpty {
            let (bytes, destination, source) = datagrams.removeFirst()
            var copy = bytes
            if destination == Self.mediaAddress, let source {
                copy.withUnsafeMutableBytes {
                    server.receive($0, on: 0, from: source, now: now, into: &outbox)
                }
                datagrams += drain(nil)
            } else if let visitor = visitors.first(where: { $0.owns(destination) }) {
                visitor.receive(&copy, at: destination, from: Self.mediaAddress, now: now, into: &outbox)
                datagrams += drain(visitor)
            }
        }
        collect()
    }

    private func drain(_ author: Visitor?) -> [(
        bytes: [UInt8], destination: SocketAddress, source: SocketAddress?
    )] {
        defer { outbox.removeAll() }
        return outbox.entries.map { entry in
            (Array(outbox.bytes(of: entry)), entry.destination, author?.address(of: entry.socket))
        }
    }

    private func collect() {
        for command in server.takeCommands() {
            switch command {
            case .respond(let exchange, let message): answers[exchange] = message
            case .acceptUpgrade(let exchange):
                commandLog.append("accept \(exchange)")
                visitor(exchange)?.isAccepted = true
            case .rejectUpgrade(let exchange, let message): visitor(exchange)?.refusal = message
            case .sendBinary(let exchange, let bytes):
                guard let response = try? LiveKitSignalResponse(decoding: bytes),
                    let message = response.message
                else {
                    Issue.record("the server sent no message")
                    continue
                }
                visitor(exchange)?.take(message, now: now)
                answerOffers()
            case .close(let exchange, let code):
                commandLog.append("close \(exchange) \(code)")
                visitor(exchange)?.closeCode = code
            case .drop(let exchange):
                commandLog.append("drop \(exchange)")
                visitor(exchange)?.closeCode = 1006
            }
        }
    }

    private func visitor(_ exchange: UInt64) -> Visitor? { visitors.last { $0.exchange == exchange } }

    private func takeExchange() -> UInt64 {
        defer { nextExchange += 1 }
        return nextExchange
    }

    /// Gives a visitor a fresh WebSocket, as after a lost one.
    func renewConnection(of visitor: Visitor) { visitor.exchange = takeExchange() }
}

/// A media packet as a visitor gets it.
struct MediaPacket {
    var sequence: Int64
    var timestamp: UInt32
    var marker: Bool
    var codec: Codec
    var payload: [UInt8]
}

/// One participant that the test plays by hand.
final class Visitor {
    let identity: String
    let index: Int
    let address: SocketAddress
    let peer: PeerConnection
    /// The connection that the server sends by, in the older mode.
    private(set) var subscriber: PeerConnection?
    /// Whether the server's offers are answered.
    var answersOffers = false
    /// The server's offer that is not yet answered.
    private var openOffer: LiveKitSessionDescription?
    /// What the server calls it.
    private(set) var sid = ""
    /// The WebSocket.
    var exchange: UInt64
    var isAccepted = false
    var refusal: HTTPResponseMessage?
    var closeCode: UInt16?
    /// Everything the server said, and when.
    private(set) var messages: [(at: Instant, message: LiveKitSignalResponse.OneOf_Message)] = []
    /// Messages that came on data channels.
    private(set) var data: [LiveKitDataPacket] = []
    /// Media packets in the order of arrival.
    private(set) var media: [MediaPacket] = []
    /// Key frames that the server asked for.
    private(set) var keyFrameRequests = 0
    var microphoneSection: Int?
    var timestamp: UInt32 = 0
    private var offerID: UInt32 = 0

    init(identity: String, index: Int, exchange: UInt64, codecs: [Codec]) {
        self.identity = identity
        self.index = index
        self.exchange = exchange
        address = SocketAddress(v4: 0x0a00_0001 + UInt32(index), port: 5000)
        let generator = SeededGenerator(seed: 1000 + UInt64(index))
        var configuration = PeerConnection.Configuration(
            role: .client, wallClock: Deployment.wallClock, cname: identity)
        configuration.videoCodecs = codecs
        peer = PeerConnection(
            configuration: configuration,
            handshake: SimulatedHandshake(generator: generator.fork("handshake")), generator: generator)
        peer.addLocalCandidate(address, socket: 1)
    }

    /// All connections.
    var peers: [PeerConnection] { [peer] + (subscriber.map { [$0] } ?? []) }

    /// Prepares for the server's offers.
    func makeSubscriber() {
        let generator = SeededGenerator(seed: 2000 + UInt64(index))
        var configuration = PeerConnection.Configuration(
            role: .client, wallClock: Deployment.wallClock, cname: identity)
        configuration.offers = false
        let peer = PeerConnection(
            configuration: configuration,
            handshake: SimulatedHandshake(generator: generator.fork("handshake")), generator: generator)
        peer.addLocalCandidate(address(of: 2), socket: 2)
        subscriber = peer
    }

    /// The address of one of its sockets.
    func address(of socket: Int32) -> SocketAddress {
        SocketAddress(v4: 0x0a00_0001 + UInt32(index), port: socket == 2 ? 5001 : 5000)
    }

    /// Whether an address is one of its own.
    func owns(_ address: SocketAddress) -> Bool { address == self.address || address == self.address(of: 2) }

    /// The answer to the server's last offer, if that is still to be answered.
    func takeAnswer(now: Instant) -> LiveKitSessionDescription? {
        guard let offer = openOffer, let subscriber else { return nil }
        openOffer = nil
        #expect(throws: Never.self) { try subscriber.applyOffer(offer.sdp, now: now) }
        var answer = LiveKitSessionDescription()
        answer.type = "answer"
        answer.sdp = subscriber.createAnswer(now: now)
        answer.id = offer.id
        return answer
    }

    /// The next offer.
    func offer() -> LiveKitSessionDescription {
        offerID += 1
        var description = LiveKitSessionDescription()
        description.type = "offer"
        description.sdp = peer.createOffer()
        description.id = offerID
        return description
    }

    func take(_ message: LiveKitSignalResponse.OneOf_Message, now: Instant) {
        messages.append((now, message))
        switch message {
        case .join(let join): sid = join.participant.sid
        case .offer(let offer): openOffer = offer
        case .answer(let answer):
            #expect(throws: Never.self) { try peer.applyAnswer(answer.sdp, now: now) }
        default: break
        }
    }

    func receive(
        _ datagram: inout [UInt8], at address: SocketAddress, from source: SocketAddress, now: Instant,
        into outbox: inout Outbox
    ) {
        let isSecond = address == self.address(of: 2)
        guard let peer = isSecond ? subscriber : peer else { return }
        datagram.withUnsafeMutableBytes {
            let inbound = peer.receive($0, on: isSecond ? 2 : 1, from: source, now: now, into: &outbox)
            guard case .media(let packet) = inbound else { return }
            media.append(
                MediaPacket(
                    sequence: packet.extendedSequence, timestamp: packet.header.timestamp,
                    marker: packet.header.marker, codec: packet.codec,
                    payload: Array($0[packet.payloadOffset..<packet.payloadOffset + packet.payloadCount])))
        }
        while let event = peer.nextEvent() {
            if case .keyFrameRequested = event { keyFrameRequests += 1 }
            if case .data(_, let bytes, _) = event, let packet = try? LiveKitDataPacket(decoding: bytes) {
                data.append(packet)
            }
        }
    }

    /// The messages of one kind.
    func all<Message>(_ pick: (LiveKitSignalResponse) -> Message, _ kind: String) -> [Message] {
        messages.filter { Self.name(of: $0.message) == kind }.map { pick(LiveKitSignalResponse($0.message)) }
    }

    /// The last message of a kind, given the accessor of its kind.
    func last<Message: Equatable>(_ path: KeyPath<LiveKitSignalResponse, Message>) -> Message? {
        let empty = LiveKitSignalResponse()[keyPath: path]
        return messages.reversed().lazy.map { LiveKitSignalResponse($0.message)[keyPath: path] }.first {
            $0 != empty
        }
    }

    /// The kinds of all messages in order.
    var kinds: [String] { messages.map { Self.name(of: $0.message) } }

    /// Forgets what the server said so far.
    func forget() { messages = [] }

    /// Hands out the media packets that came since the last time.
    func takeMedia() -> [MediaPacket] {
        defer { media = [] }
        return media
    }

    /// The kind of a message: the name of its case.
    static func name(of message: LiveKitSignalResponse.OneOf_Message) -> String {
        String(String(describing: message).prefix { $0 != "(" })
    }
}
