import EmbeddedVisio
import Primitives
import Testing
import Visio

@Suite("Hands, names, mutes and removals at the embedded deployment")
struct ModerationTests {
    private struct Meeting {
        let deployment: Deployment
        let owner: Page
        let host: Visitor
        let guest: Page
        let member: Visitor

        init() throws {
            deployment = Deployment(meet: .withAccounts(1))
            let maker = try Page(
                deployment, slug: "room", purpose: .create(slug: "room", accessLevel: nil), account: 0)
            owner = try Page(deployment, slug: "room", account: 0, browser: maker.browser)
            host = try deployment.connect(try #require(owner.admission))
            guest = try Page(deployment, slug: "room")
            member = try deployment.connect(try #require(guest.admission))
        }

        /// The newest news about the guest that the host has.
        func news() throws -> LiveKitParticipantInfo {
            deployment.advance(by: .seconds(4))
            for (_, message) in host.messages.reversed() {
                guard case .update(let update) = message else { continue }
                if let info = update.participants.last(where: { $0.identity == member.identity }) {
                    return info
                }
            }
            throw Missing()
        }

        struct Missing: Error {}
    }

    @Test func handsGoUpAndDown() throws {
        let meeting = try Meeting()
        #expect(try meeting.guest.ask(.raiseHand(true)) == .done)
        let raised = try meeting.news()
        #expect(raised.attributes["handRaisedAt"]?.hasPrefix("2026-01-28T08:00:0") == true)
        #expect(raised.metadata == "null", "as the genuine backend has it")
        #expect(try meeting.guest.ask(.raiseHand(false)) == .done)
        #expect(try meeting.news().attributes["handRaisedAt"] == nil)
        #expect(meeting.member.last(\.update) != nil, "one is told about oneself")
    }

    @Test func namesChange() throws {
        let meeting = try Meeting()
        #expect(try meeting.guest.ask(.rename("Zoé")) == .done)
        #expect(try meeting.news().name == "Zoé")
        let outcome = try meeting.guest.ask(.rename(""))
        #expect(outcome != .done)
    }

    @Test func microphonesAreMuted() throws {
        let meeting = try Meeting()
        let track = try meeting.deployment.publishMicrophone(of: meeting.member)
        #expect(try meeting.owner.ask(.mute(identity: meeting.member.identity, track: track.sid)) == .done)
        #expect(meeting.member.last(\.mute)?.sid == track.sid)
        #expect(try meeting.news().tracks.first?.muted == true)
        let unknown = try meeting.owner.ask(.mute(identity: "nobody", track: track.sid))
        #expect(unknown == .failed(MeetFailure(stage: .action, reason: .notFound("Participant not found"))))
    }

    /// Anybody in the room may mute, unless the room's rules say otherwise.
    @Test func guestsMayMuteUnlessTheRoomSaysNo() throws {
        let meeting = try Meeting()
        let track = try meeting.deployment.publishMicrophone(of: meeting.host)
        #expect(try meeting.guest.ask(.mute(identity: meeting.host.identity, track: track.sid)) == .done)
        let outsider = try Page(meeting.deployment, slug: "room")
        #expect(try outsider.ask(.mute(identity: meeting.host.identity, track: track.sid)) != .done)
        #expect(try meeting.guest.ask(.remove(identity: meeting.host.identity)) != .done)
    }

    @Test func guestsAreSentAway() throws {
        let meeting = try Meeting()
        #expect(try meeting.owner.ask(.remove(identity: meeting.member.identity)) == .done)
        #expect(meeting.member.last(\.leave)?.reason == .participantRemoved)
        let news = try meeting.news()
        #expect(news.state == .disconnected)
        #expect(news.disconnectReason == .participantRemoved)
        #expect(
            try meeting.guest.ask(.raiseHand(true))
                == .failed(MeetFailure(stage: .action, reason: .notFound("Participant not found"))))
    }

    @Test func sourcesAreRestricted() throws {
        let meeting = try Meeting()
        let track = try meeting.deployment.publishMicrophone(of: meeting.member)
        #expect(try meeting.owner.ask(.restrict(sources: ["camera"])) == .done)
        meeting.deployment.advance(by: .milliseconds(100))
        let metadata = try #require(meeting.member.last(\.roomUpdate)).room.metadata
        #expect(metadata == #"{"access_level":"public","configuration":{"can_publish_sources":["camera"]}}"#)
        let permission = MeetCalls.Permission(sources: ["camera"])
        #expect(try meeting.owner.ask(.permit(identity: meeting.member.identity, permission)) == .done)
        #expect(meeting.member.last(\.trackUnpublished)?.trackSid == track.sid)
        #expect(try meeting.news().permission.canPublishSources == [.camera])
        #expect(try meeting.news().tracks.isEmpty)
        // Who comes later gets a token for what is left, but not the owner.
        let late = try Page(meeting.deployment, slug: "room")
        #expect(try late.token().video?.canPublishSources == ["camera"])
        let owner = try Page(meeting.deployment, slug: "room", account: 0, browser: meeting.owner.browser)
        #expect(try owner.token().video?.canPublishSources?.count == 4)
        // A microphone that comes back is refused.
        var request = LiveKitAddTrackRequest()
        request.cid = "again"
        request.type = .audio
        request.source = .microphone
        meeting.deployment.send(.addTrack(request), from: meeting.member)
        #expect(meeting.member.last(\.requestResponse)?.reason == .notAllowed)
    }

    /// A token is for one room.
    @Test func tokensOfOtherRoomsAreRefused() throws {
        let meeting = try Meeting()
        _ = try Page(
            meeting.deployment, slug: "other", purpose: .create(slug: "other", accessLevel: nil), account: 0)
        let token = try #require(meeting.guest.admission).token
        var message = HTTPRequestMessage(method: "POST", url: "/api/v1.0/rooms/other/toggle-hand/")
        message.headers = [HTTPMessageHeader(name: "Authorization", value: "Bearer \(token)")]
        message.body = Array(#"{"raised":true}"#.utf8)
        #expect(try meeting.deployment.request(message).status == 403)
        message.headers = []
        #expect(try meeting.deployment.request(message).status == 403)
        message.url = "/api/v1.0/rooms/nowhere/toggle-hand/"
        #expect(try meeting.deployment.request(message).status == 404)
    }
}
