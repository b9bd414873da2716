import EmbeddedVisio
import Primitives
import RTC
import Testing
import Visio

@Suite("Publishing and subscribing")
struct TrackTests {
    /// The announcement, then everybody's news, then the question for an offer: in this order for who receives.
    @Test func newsComesBeforeTheSection() throws {
        let deployment = Deployment()
        let viewer = try deployment.connect("a")
        let publisher = try deployment.connect("b")
        deployment.advance(by: .seconds(7))
        viewer.forget()
        publisher.forget()
        let track = try deployment.publishMicrophone(of: publisher)
        #expect(track.sid.hasPrefix("TR_AM"))
        #expect(publisher.kinds.prefix(1) == ["trackPublished"])
        #expect(publisher.last(\.trackPublished)?.cid == "mic")
        deployment.advance(by: .milliseconds(50))
        #expect(viewer.kinds == ["update", "subscriptionPermissionUpdate", "mediaSectionsRequirement"])
        let news = try #require(viewer.last(\.update)).participants
        #expect(news.first?.identity == "b")
        #expect(news.first?.isPublisher == true)
        #expect(news.first?.tracks.map(\.sid) == [track.sid])
        // A free section is there: the question is only for another offer.
        let need = try #require(viewer.messages.last)
        #expect(need.message == .mediaSectionsRequirement(LiveKitMediaSectionsRequirement()))
        deployment.send(.offer(viewer.offer()), from: viewer)
        let answer = try #require(viewer.last(\.answer))
        #expect(answer.midToTrackID.values.sorted() == [track.sid])
        #expect(answer.sdp.contains(track.sid))
        #expect(publisher.last(\.trackSubscribed)?.trackSid == track.sid)
    }

    /// Five microphones for three free sections: two more are asked for.
    @Test func missingSectionsAreCounted() throws {
        let deployment = Deployment()
        let viewer = try deployment.connect("viewer")
        for index in 0..<5 {
            let publisher = try deployment.connect("publisher \(index)")
            _ = try deployment.publishMicrophone(of: publisher, cid: "mic \(index)")
        }
        deployment.advance(by: .milliseconds(50))
        #expect(viewer.last(\.mediaSectionsRequirement)?.numAudios == 2)
        #expect(viewer.last(\.mediaSectionsRequirement)?.numVideos == 0)
        viewer.peer.addReceiveSections(audio: 2, video: 0)
        deployment.send(.offer(viewer.offer()), from: viewer)
        #expect(viewer.last(\.answer)?.midToTrackID.count == 5)
    }

    @Test func mutingIsToldToEverybody() throws {
        let deployment = Deployment()
        let viewer = try deployment.connect("a")
        let publisher = try deployment.connect("b")
        let track = try deployment.publishMicrophone(of: publisher)
        for muted in [true, false] {
            var mute = LiveKitMuteTrackRequest()
            mute.sid = track.sid
            mute.muted = muted
            viewer.forget()
            publisher.forget()
            deployment.send(.mute(mute), from: publisher)
            for visitor in [viewer, publisher] {
                #expect(visitor.kinds == ["update"])
                #expect(visitor.last(\.update)?.participants.first?.tracks.first?.muted == muted)
            }
            // Saying it again is no news.
            deployment.send(.mute(mute), from: publisher)
            #expect(viewer.kinds == ["update"])
        }
    }

    @Test func mutingWhatIsNotThereIsAnswered() throws {
        let deployment = Deployment()
        let visitor = try deployment.connect("a")
        var mute = LiveKitMuteTrackRequest()
        mute.sid = "TR_unknown"
        mute.muted = true
        deployment.send(.mute(mute), from: visitor)
        let answer = try #require(visitor.last(\.requestResponse))
        #expect(answer.reason == .notFound)
        #expect(answer.requestID == 0)
        #expect(answer.mute == mute)
    }

    @Test func announcementsAreLimited() throws {
        let deployment = Deployment()
        let visitor = try deployment.connect("a")
        var request = LiveKitAddTrackRequest()
        request.type = .audio
        request.source = .microphone
        request.cid = "one"
        deployment.send(.addTrack(request), from: visitor)
        deployment.send(.addTrack(request), from: visitor)
        #expect(visitor.last(\.requestResponse)?.reason == .queued)
        for index in 0..<20 {
            request.cid = "more \(index)"
            deployment.send(.addTrack(request), from: visitor)
        }
        #expect(visitor.kinds.count { $0 == "trackPublished" } == 20)
        #expect(visitor.last(\.requestResponse)?.reason == .limitExceeded)
    }

    @Test func sourcesNeedPermission() throws {
        let deployment = Deployment()
        let visitor = deployment.join("a", grant: VideoGrant(joining: "room", sources: ["camera"]))
        var request = LiveKitAddTrackRequest()
        request.cid = "mic"
        request.type = .audio
        request.source = .microphone
        deployment.send(.addTrack(request), from: visitor)
        let answer = try #require(visitor.last(\.requestResponse))
        #expect(answer.reason == .notAllowed)
        #expect(answer.addTrack.cid == "mic")
    }

    @Test func subscriptionsCanBeDroppedAndTakenUpAgain() throws {
        let deployment = Deployment()
        let publisher = try deployment.connect("b")
        let track = try deployment.publishMicrophone(of: publisher)
        let viewer = try deployment.connect("a")
        var update = LiveKitUpdateSubscription()
        update.trackSids = [track.sid]
        update.subscribe = false
        viewer.forget()
        deployment.send(.subscription(update), from: viewer)
        deployment.advance(by: .milliseconds(50))
        #expect(viewer.kinds == ["mediaSectionsRequirement"])
        deployment.send(.offer(viewer.offer()), from: viewer)
        #expect(viewer.last(\.answer)?.midToTrackID == [:])
        update.subscribe = true
        deployment.send(.subscription(update), from: viewer)
        deployment.advance(by: .milliseconds(50))
        deployment.send(.offer(viewer.offer()), from: viewer)
        #expect(viewer.last(\.answer)?.midToTrackID.values.sorted() == [track.sid])
        // A track nobody knows gets no answer.
        viewer.forget()
        update.trackSids = ["TR_unknown"]
        deployment.send(.subscription(update), from: viewer)
        deployment.advance(by: .milliseconds(50))
        #expect(viewer.messages.isEmpty)
    }

    /// Without automatic subscription nothing comes unasked.
    @Test func subscribingByHand() throws {
        let deployment = Deployment()
        let publisher = try deployment.connect("b")
        let track = try deployment.publishMicrophone(of: publisher)
        let viewer = deployment.join("a") { $0.connectionSettings.autoSubscribe = false }
        deployment.advance(by: .milliseconds(300))
        #expect(viewer.last(\.answer)?.midToTrackID == [:])
        var update = LiveKitUpdateSubscription()
        update.trackSids = [track.sid]
        update.subscribe = true
        deployment.send(.subscription(update), from: viewer)
        #expect(viewer.last(\.subscriptionPermissionUpdate)?.trackSid == track.sid)
    }

    /// Every 400 ms, in eighths, and a last time when it ends.
    @Test func speakersAreToldInSteps() throws {
        let deployment = Deployment()
        let listener = try deployment.connect("a")
        let speaker = try deployment.connect("b")
        _ = try deployment.publishMicrophone(of: speaker)
        deployment.advance(by: .milliseconds(500))
        listener.forget()
        for _ in 0..<60 {
            try deployment.speak(speaker, level: 20)
            deployment.advance(by: .milliseconds(20))
        }
        let told = try #require(listener.last(\.speakersChanged)).speakers
        #expect(told.count == 1)
        #expect(told.first?.sid == speaker.last(\.join)?.participant.sid)
        #expect(told.first?.active == true)
        #expect(told.first?.level == 0.875)
        // Unchanged is no news: one message for more than a second of speech.
        #expect(listener.kinds.count { $0 == "speakersChanged" } == 1)
        deployment.advance(by: .milliseconds(900))
        #expect(listener.last(\.speakersChanged)?.speakers.first?.active == false)
        let times = listener.messages.filter { Visitor.name(of: $0.message) == "speakersChanged" }.map(\.at)
        #expect(
            times.allSatisfy {
                ($0 - Instant.zero - Interval.seconds(1 as Int64)).nanoseconds % 400_000_000 == 0
            })
    }
}
