import EmbeddedVisio
import Primitives
import RTC
import Testing
import Visio

@Suite("Joining")
struct JoinTests {
    /// The genuine server's first frames: join, the token to come back with, and the answer to the offer inside.
    @Test func firstFramesComeInOrder() throws {
        let deployment = Deployment()
        let visitor = deployment.join("a")
        #expect(visitor.isAccepted)
        #expect(visitor.kinds == ["join", "refreshToken", "answer"])
        let join = try #require(visitor.last(\.join))
        #expect(join.participant.identity == "a")
        #expect(join.participant.sid.hasPrefix("PA_"))
        #expect(join.participant.state == .joining)
        #expect(join.room.sid.hasPrefix("RM_"))
        #expect(join.room.name == "room")
        #expect(join.room.numParticipants == 0)
        #expect(join.otherParticipants.isEmpty)
        #expect(join.pingInterval == 5)
        #expect(join.pingTimeout == 15)
        #expect(join.serverInfo.protocol == 17)
        #expect(!join.subscriberPrimary)
        #expect(join.fastPublish)
        let answer = try #require(visitor.last(\.answer))
        #expect(answer.type == "answer")
        #expect(answer.id == 1)
        #expect(answer.midToTrackID.isEmpty)
        #expect(answer.sdp.contains("a=candidate:"))
    }

    @Test func theRefreshedTokenIsGood() throws {
        let deployment = Deployment()
        let visitor = deployment.join("a")
        let text = try #require(visitor.last(\.refreshToken))
        let seconds = Deployment.wallClock.unixSeconds(at: deployment.now)
        let token = try AccessToken.verify(
            text, credentials: Deployment.credentials, unixSeconds: seconds + 300)
        #expect(token.identity == "a")
        // And another one every five minutes.
        deployment.advance(by: .seconds(50))
        #expect(visitor.kinds.count { $0 == "refreshToken" } == 1)
        let connected = try deployment.connect("b")
        deployment.advance(by: .seconds(601))
        #expect(connected.kinds.count { $0 == "refreshToken" } == 3)
    }

    @Test func everybodyInsideIsListed() throws {
        let deployment = Deployment()
        let first = try deployment.connect("a")
        let track = try deployment.publishMicrophone(of: first)
        let second = deployment.join("b")
        let others = try #require(second.last(\.join)).otherParticipants
        #expect(others.map(\.identity) == ["a"])
        #expect(others.first?.state == .active)
        #expect(others.first?.tracks.map(\.sid) == [track.sid])
        // Sections suffice, so the first answer carries the track already, after the leave to receive it.
        #expect(second.kinds == ["join", "refreshToken", "subscriptionPermissionUpdate", "answer"])
        #expect(try #require(second.last(\.answer)).midToTrackID.values.sorted() == [track.sid])
        let permission = try #require(second.last(\.subscriptionPermissionUpdate))
        #expect(permission.trackSid == track.sid)
        #expect(permission.allowed)
        // Another room is another world.
        #expect(try #require(deployment.join("c", room: "elsewhere").last(\.join)).otherParticipants.isEmpty)
    }

    @Test func aTokenOfAnotherKeyIsRefused() throws {
        let deployment = Deployment()
        let visitor = deployment.join("a", secret: "another secret")
        #expect(!visitor.isAccepted)
        #expect(visitor.refusal?.status == 401)
        #expect(visitor.messages.isEmpty)
        #expect(deployment.server.statistics.refusedJoins == 1)
        #expect(deployment.server.statistics.participants == 0)
    }

    @Test(
        arguments: [
            ("/rtc/v1", 401), ("/rtc/v1?access_token=x", 401), ("/rtc/v2", 404), ("/", 404), ("", 404),
            ("/rtc/v1?access_token=%", 401),
        ])
    func knocksThatAreNoJoinAreRefused(url: String, status: Int) {
        let deployment = Deployment()
        let visitor = deployment.join("a", secret: "wrong")
        visitor.refusal = nil
        deployment.knock(HTTPRequestMessage(method: "GET", url: url, headers: []), visitor)
        #expect(visitor.refusal?.status == status)
        #expect(!visitor.isAccepted)
    }

    @Test func aGrantWithoutJoinIsRefused() {
        var grant = VideoGrant(joining: "room")
        grant.roomJoin = false
        #expect(Deployment().join("a", grant: grant).refusal?.status == 401)
    }

    @Test func aFullRoomIsRefused() throws {
        var behaviour = EmbeddedConfiguration.Behaviour()
        behaviour.maximumPerRoom = 1
        let deployment = Deployment(behaviour: behaviour)
        let first = deployment.join("a")
        #expect(deployment.join("b").refusal == JoinRefusal.roomFull.response)
        #expect(deployment.join("c", room: "elsewhere").isAccepted)
        deployment.send(.leave(LiveKitLeaveRequest()), from: first)
        #expect(deployment.join("d").isAccepted)
    }

    /// The older session of an identity has to go, before the newer one is let in; also if it was alone.
    @Test(arguments: [false, true])
    func theSameIdentityTakesOver(hasCompany: Bool) throws {
        let deployment = Deployment()
        if hasCompany { _ = try deployment.connect("company") }
        let older = try deployment.connect("a")
        let newer = deployment.join("a")
        let leave = try #require(older.last(\.leave))
        #expect(leave.reason == .duplicateIdentity)
        #expect(leave.action == .disconnect)
        #expect(
            deployment.commandLog.suffix(2) == ["close \(older.exchange) 1000", "accept \(newer.exchange)"])
        #expect(newer.last(\.join)?.participant.sid != older.last(\.join)?.participant.sid)
        #expect(deployment.server.statistics.participants == (hasCompany ? 2 : 1))
        // The room goes on to be one room.
        deployment.advance(by: .seconds(4))
        let third = deployment.join("b")
        #expect(third.last(\.join)?.room.sid == newer.last(\.join)?.room.sid)
        #expect(
            third.last(\.join)?.otherParticipants.map(\.identity) == (hasCompany ? ["company", "a"] : ["a"]))
    }

    /// Who never gets its media up is sent away after a minute.
    @Test func signallingAloneLivesAMinute() throws {
        let deployment = Deployment()
        let visitor = deployment.join("a", hasOffer: false)
        #expect(visitor.kinds == ["join", "refreshToken"])
        deployment.advance(by: .seconds(59))
        #expect(visitor.closeCode == nil)
        deployment.advance(by: .seconds(2))
        #expect(visitor.last(\.leave)?.reason == .joinFailure)
        #expect(visitor.closeCode == 1000)
        #expect(deployment.server.statistics.participants == 0)
    }
}
