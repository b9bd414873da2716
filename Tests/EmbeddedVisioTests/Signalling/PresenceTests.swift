import EmbeddedVisio
import Primitives
import RTC
import Testing
import Visio

@Suite("Pings, leaving, coming back")
struct PresenceTests {
    @Test func pingsAreAnswered() throws {
        let deployment = Deployment()
        let visitor = try deployment.connect("a")
        var ping = LiveKitPing()
        ping.timestamp = 12345
        deployment.send(.pingReq(ping), from: visitor)
        let pong = try #require(visitor.last(\.pongResp))
        #expect(pong.lastPingTimestamp == 12345)
        #expect(pong.timestamp == Deployment.wallClock.unixMilliseconds(at: deployment.now))
        deployment.send(.ping(1), from: visitor)
        #expect(visitor.kinds.last == "pong")
    }

    @Test func aLeaveIsEchoedAndTold() throws {
        let deployment = Deployment()
        let stayer = try deployment.connect("a")
        let leaver = try deployment.connect("b")
        var leave = LiveKitLeaveRequest()
        leave.reason = .clientInitiated
        deployment.send(.leave(leave), from: leaver)
        #expect(leaver.kinds.last == "leave")
        #expect(leaver.closeCode == 1000)
        let news = try #require(stayer.last(\.update)).participants
        #expect(news.map(\.identity) == ["b"])
        #expect(news.first?.state == .disconnected)
        #expect(news.first?.disconnectReason == .clientInitiated)
        #expect(deployment.server.statistics.participants == 1)
        // What it still says is nobody's.
        deployment.send(.leave(leave), from: leaver)
        #expect(deployment.server.statistics.participants == 1)
    }

    /// News of somebody who publishes nothing waits for the room's next beat of three seconds.
    @Test func quietNewsIsGathered() throws {
        let deployment = Deployment()
        let watcher = try deployment.connect("a")
        deployment.advance(by: .seconds(3))
        watcher.forget()
        let quiet = try deployment.connect("b")
        #expect(!watcher.kinds.contains("update"))
        deployment.advance(by: .seconds(3))
        let updates = watcher.messages.filter { Visitor.name(of: $0.message) == "update" }
        #expect(updates.count == 1)
        let told = try #require(watcher.last(\.update)).participants
        #expect(told.map(\.identity) == ["b"])
        #expect(told.first?.state == .active)
        // Beats are three seconds apart from the making of the room on, which was at second 1.
        #expect(updates.first.map { $0.at.seconds.truncatingRemainder(dividingBy: 3) } == 1)
        // It is told about itself as well.
        #expect(quiet.last(\.update)?.participants.map(\.identity) == ["b"])
    }

    @Test func withoutMediaALostConnectionIsTheEnd() throws {
        let deployment = Deployment()
        let visitor = deployment.join("a", hasOffer: false)
        deployment.receive(.closed(connection: visitor.exchange))
        #expect(deployment.server.statistics.participants == 0)
    }

    /// As long as media lives a lost connection can be replaced.
    @Test func aLostConnectionCanBeReplaced() throws {
        let deployment = Deployment()
        let other = try deployment.connect("b")
        let visitor = try deployment.connect("a")
        deployment.receive(.closed(connection: visitor.exchange))
        deployment.advance(by: .seconds(8))
        #expect(deployment.server.statistics.participants == 2)
        other.forget()
        visitor.forget()
        resume(visitor, in: deployment)
        #expect(visitor.kinds == ["reconnect", "update", "roomUpdate"])
        #expect(visitor.last(\.update)?.participants.map(\.identity) == ["b", "a"])
        deployment.send(.ping(1), from: visitor)
        #expect(visitor.kinds.last == "pong")
        #expect(other.messages.isEmpty)
        #expect(deployment.server.statistics.joins == 2)
    }

    /// A second connection takes the place of one that the server did not see die.
    @Test func aResumeClosesTheOlderConnection() throws {
        let deployment = Deployment()
        let visitor = try deployment.connect("a")
        let older = visitor.exchange
        resume(visitor, in: deployment)
        #expect(deployment.commandLog.contains("close \(older) 1000"))
        deployment.receive(.closed(connection: older))
        deployment.send(.ping(1), from: visitor)
        #expect(visitor.kinds.last == "pong")
    }

    @Test func nothingToComeBackTo() throws {
        let deployment = Deployment()
        let visitor = deployment.join("a", configure: { $0.reconnect = true })
        #expect(visitor.kinds == ["leave"])
        #expect(visitor.last(\.leave)?.reason == .stateMismatch)
        #expect(visitor.last(\.leave)?.action == .reconnect)
        #expect(deployment.server.statistics.participants == 0)
    }

    private func resume(_ visitor: Visitor, in deployment: Deployment) {
        deployment.renewConnection(of: visitor)
        var request = LiveKitJoinRequest()
        request.reconnect = true
        let token = AccessToken(
            issuer: Deployment.credentials.key, identity: visitor.identity, name: visitor.identity,
            video: VideoGrant(joining: "room"),
            unixSeconds: Deployment.wallClock.unixSeconds(at: deployment.now))
        var target = RequestTarget(path: JoinEndpoint.path)
        target.items.append(
            RequestTarget.Item(
                name: "access_token", value: token.signed(secret: Deployment.credentials.secret)))
        target.items.append(RequestTarget.Item(name: "join_request", value: request.parameter()))
        deployment.knock(HTTPRequestMessage(method: "GET", url: target.text, headers: []), visitor)
    }

    @Test func ownMetadataNeedsPermission() throws {
        let deployment = Deployment()
        let visitor = try deployment.connect("a")
        var update = LiveKitUpdateParticipantMetadata()
        update.requestID = 7
        update.name = "Somebody else"
        deployment.send(.updateMetadata(update), from: visitor)
        let answer = try #require(visitor.last(\.requestResponse))
        #expect(answer.requestID == 7)
        #expect(answer.reason == .notAllowed)
    }

    @Test func brokenFramesAreCounted() throws {
        let deployment = Deployment()
        let visitor = try deployment.connect("a")
        deployment.receive(.binary(connection: visitor.exchange, [0xff, 0xff, 0xff]))
        deployment.receive(.text(connection: visitor.exchange, "{"))
        var trickle = LiveKitTrickleRequest()
        trickle.candidateInit = "no json"
        deployment.send(.trickle(trickle), from: visitor)
        #expect(deployment.server.statistics.malformedSignals == 3)
        deployment.receive(.text(connection: visitor.exchange, #"{"ping":"5"}"#))
        #expect(visitor.kinds.last == "pong")
    }

    /// A description that makes no sense ends the session.
    @Test func aBrokenOfferEndsTheSession() throws {
        let deployment = Deployment()
        let visitor = try deployment.connect("a")
        var offer = LiveKitSessionDescription()
        offer.type = "offer"
        offer.sdp = "v=0\r\nno description"
        deployment.send(.offer(offer), from: visitor)
        #expect(visitor.last(\.leave)?.reason == .stateMismatch)
        #expect(visitor.closeCode == 1000)
    }

    /// Random bytes as frames and as datagrams: nothing breaks, and whoever is inside stays.
    @Test func noiseDoesNoHarm() throws {
        let deployment = Deployment()
        let visitor = try deployment.connect("a")
        var chance = SeededGenerator(seed: 9)
        for _ in 0..<3000 {
            let bytes = chance.bytes(Int(chance.next() % 120))
            deployment.receive(.binary(connection: visitor.exchange, bytes))
            deployment.receive(datagram: bytes, from: visitor.address)
            deployment.receive(datagram: bytes, from: SocketAddress(v4: 0x0b00_0001, port: 9))
        }
        #expect(deployment.server.statistics.strayDatagrams == 3000)
        #expect(deployment.server.statistics.malformedSignals > 100)
        deployment.advance(by: .seconds(1))
        #expect(visitor.peer.isConnected)
    }
}
