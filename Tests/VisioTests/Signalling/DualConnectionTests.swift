import Primitives
import Testing
import Visio

/// Signalling for two peer connections, and the way to it.
@Suite struct DualConnectionTests {
    private static func opened(_ bench: inout SignalBench) -> String? {
        guard
            case .openWebSocket(let url, _)? = bench.drainCommands().first(where: { command in
                if case .openWebSocket = command { true } else { false }
            })
        else { return nil }
        return url
    }

    @Test func anOlderServerIsAskedForTwoConnections() throws {
        var bench = SignalBench()
        bench.start()
        _ = bench.drainCommands()
        bench.client.receive(.webSocketRefused(status: 404, body: ""), now: bench.now)
        // A browser does not see the 404; it asks again over HTTP.
        guard case .request(let id, let message)? = bench.client.nextCommand() else {
            Issue.record("nobody asked why")
            return
        }
        #expect(id == SignalClient.validationRequest && message.method == "GET")
        #expect(message.url.hasPrefix("http://127.0.0.1:7880/rtc/v1/validate?"))
        bench.validate(status: 404, "404 page not found")
        #expect(bench.drainEvents() == [.fellBack])
        #expect(bench.client.isDual)
        let url = try #require(Self.opened(&bench))
        #expect(url.hasPrefix("ws://127.0.0.1:7880/rtc?auto_subscribe=1&sdk=cpp"))
        #expect(bench.client.latestOfferID == 0, "the offer of the join request is void")
    }

    @Test func aRoomThatDoesNotExistIsNoOlderServer() {
        var bench = SignalBench()
        bench.start()
        bench.client.receive(.webSocketRefused(status: 404, body: ""), now: bench.now)
        bench.validate(status: 404, "requested room does not exist")
        #expect(
            bench.drainEvents() == [.failed(.refused(status: 404, "requested room does not exist"))])
        #expect(!bench.client.isDual)
    }

    @Test func whatTheHandshakeSaidCountsWhereTheServerFindsNothingWrong() {
        var bench = SignalBench()
        bench.start()
        bench.client.receive(
            .webSocketRefused(status: 500, body: "connection closed by media"), now: bench.now)
        bench.validate(status: 200, "success")
        #expect(
            bench.drainEvents() == [.failed(.refused(status: 500, "connection closed by media"))])
    }

    @Test func aServerThatCannotBeReachedIsTriedFiveTimes() {
        var bench = SignalBench()
        bench.start()
        for attempt in 1...5 {
            #expect(Self.opened(&bench) != nil, "attempt \(attempt)")
            bench.client.receive(.webSocketFailed(.unreachable("refused")), now: bench.now)
            bench.client.receive(
                .requestFailed(id: SignalClient.validationRequest, .unreachable("refused")), now: bench.now)
        }
        #expect(bench.drainEvents() == [.failed(.carrier(.unreachable("refused")))])
        #expect(Self.opened(&bench) == nil)
    }

    @Test func aForbiddenHostIsNotAsked() {
        var bench = SignalBench()
        bench.start()
        _ = bench.drainCommands()
        bench.client.receive(.webSocketFailed(.forbidden("h")), now: bench.now)
        #expect(bench.drainCommands().isEmpty)
        #expect(bench.drainEvents() == [.failed(.carrier(.forbidden("h")))])
    }

    private static func joined(profile: ClientProfile = .native) -> SignalBench {
        var bench = SignalBench(mode: .dual, profile: profile)
        bench.join()
        return bench
    }

    @Test func offersAreAnsweredUnderTheirNumber() {
        var bench = Self.joined()
        var offer = LiveKitSessionDescription()
        offer.sdp = "o"
        offer.id = 222
        offer.midToTrackID = ["1": "TR_AM1"]
        bench.receive(.offer(offer))
        #expect(bench.drainEvents() == [.offer(sdp: "o", id: 222)])
        #expect(bench.client.trackID(mid: "1", msid: nil) == "TR_AM1")
        bench.client.answer("a", id: 222)
        guard case .answer(let answer)? = bench.drainMessages().first else {
            Issue.record("no answer")
            return
        }
        #expect(answer.type == "answer" && answer.sdp == "a" && answer.id == 222)
        // The publisher's answer says nothing about what we receive.
        bench.client.offer("mine")
        var reply = LiveKitSessionDescription()
        reply.id = 1
        bench.receive(.answer(reply))
        #expect(bench.client.trackID(mid: "1", msid: nil) == "TR_AM1")
        bench.receive(.mediaSectionsRequirement(LiveKitMediaSectionsRequirement()))
        #expect(bench.drainEvents() == [.answer(sdp: "")])
        #expect(bench.client.statistics.ignoredMessages == 1)
    }

    @Test func candidatesAreForOneOfTheTwo() {
        var bench = Self.joined()
        let candidate = ICECandidateInit(candidate: "candidate:1 1 udp 1 127.0.0.1 9 typ host")
        bench.receive(.trickle(candidate.trickle(for: .subscriber)))
        bench.client.trickle(candidate, for: .subscriber)
        #expect(bench.drainEvents() == [.candidate(candidate, .subscriber)])
        #expect(bench.drainMessages() == [.trickle(candidate.trickle(for: .subscriber))])
    }

    @Test func aResumedSessionTellsTheServersConnection() throws {
        var bench = Self.joined()
        var offer = LiveKitSessionDescription()
        offer.type = "offer"
        offer.sdp = "o"
        offer.id = 7
        bench.receive(.offer(offer))
        bench.client.answer("a", id: 7)
        bench.client.offer("p")
        var published = LiveKitTrackPublishedResponse()
        published.cid = "c1"
        published.track.sid = "TR_1"
        bench.receive(.trackPublished(published))
        bench.client.receive(.webSocketClosed(code: 1006), now: bench.now)
        _ = bench.drainCommands()
        bench.client.resume(reason: .rrSignalDisconnected, now: bench.now)
        let url = try #require(Self.opened(&bench))
        #expect(url.contains("/rtc?reconnect=1&sid=PA_me&auto_subscribe=1"))
        #expect(url.hasSuffix("&reconnect_reason=1"))
        bench.client.receive(.webSocketOpened, now: bench.now)
        bench.receive(.reconnect(LiveKitReconnectResponse()))
        var channel = LiveKitDataChannelInfo()
        channel.label = "_reliable"
        channel.id = 1
        bench.client.sync(channels: [channel])
        guard case .syncState(let state)? = bench.drainMessages().last else {
            Issue.record("no state")
            return
        }
        #expect(state.offer.sdp == "o" && state.answer.sdp == "a")
        #expect(state.publishTracks == [published])
        #expect(state.dataChannels == [channel])
        #expect(!state.subscription.subscribe && state.subscription.trackSids.isEmpty)
    }

    @Test func pagesPingLaterAndInTheOldFormToo() {
        var bench = Self.joined(profile: .chrome)
        #expect(bench.drainMessages().isEmpty)
        #expect(bench.client.deadline == .seconds(5))
        bench.tick(5)
        let kinds = bench.drainMessages().map { message in
            switch message {
            case .ping: "ping"
            case .pingReq: "ping_req"
            default: "other"
            }
        }
        #expect(kinds == ["ping", "ping_req"])
    }

    /// livekit-client looks at the code alone: an orderly close without a leave is noticed by its pings.
    @Test func anOrderlyCloseIsNoticedByPings() {
        var bench = SignalBench()
        bench.join()
        bench.client.receive(.webSocketClosed(code: 1000), now: bench.now)
        #expect(bench.drainEvents().isEmpty && bench.client.state == .joined)
        bench.tick(5)
        #expect(bench.drainMessages().isEmpty, "nothing is said to nobody")
        bench.tick(15)
        #expect(bench.drainEvents() == [.failed(.pingTimedOut)])
    }

    @Test func anActionOfTheFutureIsNoLeave() {
        var bench = SignalBench()
        bench.join()
        var leave = LiveKitLeaveRequest()
        leave.action = .UNRECOGNIZED(9)
        bench.receive(.leave(leave))
        #expect(bench.drainEvents().isEmpty && bench.client.state == .joined)
        #expect(bench.client.statistics.ignoredMessages == 1)
    }
}

@Suite struct ReconnectPolicyTests {
    @Test func waitsAsTheSDKDoes() throws {
        var generator = SeededGenerator(seed: 3)
        let policy = ReconnectPolicy()
        let least: [Double] = [0, 0.3, 1.2, 2.7, 4.8, 7, 7, 7, 7, 7]
        for (number, seconds) in least.enumerated() {
            let delay = try #require(policy.delay(before: number, using: &generator))
            let upmost = number > 1 ? seconds + 1 : seconds
            #expect(delay >= .seconds(seconds) && delay <= .seconds(upmost), "attempt \(number)")
        }
        #expect(policy.delay(before: 10, using: &generator) == nil)
    }
}
