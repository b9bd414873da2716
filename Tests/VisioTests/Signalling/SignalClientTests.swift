import Primitives
import Testing
import Visio

/// A client, its commands and its events, with the server played by the test.
struct SignalBench {
    var client: SignalClient
    var now = Instant.zero

    init(mode: SignalClient.Mode = .automatic, profile: ClientProfile = .native) {
        var configuration = SignalClient.Configuration(
            wallClock: WallClockOrigin(unixNanoseconds: 1_795_449_466_000_000_000), profile: profile)
        configuration.mode = mode
        client = SignalClient(configuration)
    }

    mutating func start(offer: String? = "v=0", tracks: [LiveKitAddTrackRequest] = []) {
        client.start(url: "ws://127.0.0.1:7880", token: "t.o.k", joinOffer: offer, tracks: tracks, now: now)
    }

    /// Opens the WebSocket and joins a room with the given others.
    mutating func join(
        others: [LiveKitParticipantInfo] = [], pingInterval: Int32 = 5, pingTimeout: Int32 = 15
    ) {
        start()
        client.receive(.webSocketOpened, now: now)
        var join = LiveKitJoinResponse()
        join.room.sid = "RM_1"
        join.participant.sid = "PA_me"
        join.participant.identity = "me"
        join.otherParticipants = others
        join.pingInterval = pingInterval
        join.pingTimeout = pingTimeout
        receive(.join(join))
        _ = drainEvents()
        _ = drainCommands()
    }

    mutating func receive(_ message: LiveKitSignalResponse.OneOf_Message) {
        client.receive(.binary(LiveKitSignalResponse(message).encoded()), now: now)
    }

    /// Answers the question why the handshake failed.
    mutating func validate(status: Int, _ body: String) {
        #expect(client.state == .validating)
        client.receive(
            .response(
                id: SignalClient.validationRequest, HTTPResponseMessage(status: status, text: body)), now: now
        )
    }

    mutating func tick(_ seconds: Double) {
        now = .seconds(seconds)
        client.tick(now: now)
    }

    mutating func drainEvents() -> [SignalEvent] {
        var events: [SignalEvent] = []
        while let event = client.nextEvent() { events.append(event) }
        return events
    }

    mutating func drainCommands() -> [CarrierCommand] {
        var commands: [CarrierCommand] = []
        while let command = client.nextCommand() { commands.append(command) }
        return commands
    }

    /// The messages among the commands.
    mutating func drainMessages() -> [LiveKitSignalRequest.OneOf_Message] {
        drainCommands().compactMap { command in
            guard case .sendBinary(let bytes) = command else { return nil }
            return (try? LiveKitSignalRequest(decoding: bytes))?.message
        }
    }
}

func participant(
    _ sid: String, version: UInt32 = 1, state: LiveKitParticipantInfo.State = .active, tracks: [String] = []
) -> LiveKitParticipantInfo {
    var info = LiveKitParticipantInfo()
    info.sid = sid
    info.identity = "id-" + sid
    info.version = version
    info.state = state
    info.tracks = tracks.map { sid in
        var track = LiveKitTrackInfo()
        track.sid = sid
        return track
    }
    return info
}

@Suite struct SignalClientTests {
    @Test func joinRequestCarriesOfferAndTracks() throws {
        var bench = SignalBench()
        var track = LiveKitAddTrackRequest()
        track.cid = "c1"
        bench.start(offer: "v=0\r\n", tracks: [track])
        guard case .openWebSocket(let url, let headers)? = bench.client.nextCommand() else {
            Issue.record("no WebSocket")
            return
        }
        #expect(headers == [HTTPMessageHeader(name: "Authorization", value: "Bearer t.o.k")])
        let target = RequestTarget(parsing: try #require(CarrierURL(url)).target)
        #expect(target.path == "/rtc/v1")
        let request = try LiveKitJoinRequest(parameter: try #require(target.value(of: "join_request")))
        #expect(request.publisherOffer.sdp == "v=0\r\n")
        #expect(request.publisherOffer.id == 1)
        #expect(request.addTrackRequests == [track])
        #expect(request.connectionSettings.autoSubscribe, "left out would mean false")
        #expect(request.clientInfo.protocol == 17)
        #expect(request.clientInfo.sdk == .cpp)
    }

    @Test func firstFrameDecides() {
        var bench = SignalBench()
        bench.start()
        bench.client.receive(.webSocketOpened, now: bench.now)
        #expect(bench.drainEvents() == [.opened])
        #expect(bench.client.state == .joining)
        bench.receive(.refreshToken("x"))
        #expect(bench.drainEvents() == [.failed(.unexpectedFirstFrame)])
        #expect(bench.client.state == .ended)
        var leave = LiveKitLeaveRequest()
        leave.reason = .joinFailure
        bench = SignalBench()
        bench.start()
        bench.client.receive(.webSocketOpened, now: bench.now)
        bench.receive(.leave(leave))
        #expect(bench.drainEvents() == [.opened, .left(.joinFailure, .disconnect)])
    }

    @Test func everyStepHasItsTime() {
        var bench = SignalBench()
        bench.start()
        #expect(bench.client.deadline == .seconds(15))
        bench.tick(14.9)
        #expect(bench.drainEvents().isEmpty)
        bench.tick(15)
        #expect(bench.drainEvents() == [.failed(.openTimedOut)])
        #expect(bench.drainCommands().last == .closeWebSocket(code: 1000))
        bench = SignalBench()
        bench.start()
        bench.now = .seconds(1)
        bench.client.receive(.webSocketOpened, now: bench.now)
        #expect(bench.client.deadline == .seconds(6))
        bench.tick(6)
        #expect(bench.drainEvents() == [.opened, .failed(.firstFrameTimedOut)])
        #expect(bench.client.deadline == nil)
    }

    @Test func pingsAtOnceAndThenByInterval() throws {
        var bench = SignalBench()
        bench.start()
        bench.client.receive(.webSocketOpened, now: bench.now)
        var join = LiveKitJoinResponse()
        join.pingInterval = 5
        join.pingTimeout = 15
        bench.receive(.join(join))
        guard case .pingReq(let first)? = bench.drainMessages().first else {
            Issue.record("no ping")
            return
        }
        #expect(first.timestamp == 1_795_449_466_000)
        #expect(bench.client.deadline == .seconds(5))
        bench.now = .seconds(0.025)
        var pong = LiveKitPong()
        pong.lastPingTimestamp = first.timestamp
        bench.receive(.pongResp(pong))
        #expect(bench.client.roundTripTime == .milliseconds(25.0))
        bench.tick(5)
        guard case .pingReq(let second)? = bench.drainMessages().first else {
            Issue.record("no ping")
            return
        }
        #expect(second.timestamp == 1_795_449_471_000)
        #expect(second.rtt == 25)
        bench.now = .seconds(6)
        bench.receive(.pongResp(pong))
        #expect(bench.client.roundTripTime == .milliseconds(25.0), "the pong of an older ping says nothing")
    }

    @Test func silenceEndsTheSession() {
        var bench = SignalBench()
        bench.join()
        for seconds in [5.0, 10] { bench.tick(seconds) }
        #expect(bench.drainMessages().count == 2)
        bench.tick(15)
        #expect(bench.drainEvents() == [.failed(.pingTimedOut)])
        bench = SignalBench()
        bench.join(pingInterval: 0, pingTimeout: 0)
        #expect(bench.client.deadline == nil, "no pings wanted, no supervision")
    }

    @Test func onlyTheLatestOffersAnswerCounts() {
        var bench = SignalBench()
        bench.join()
        #expect(bench.client.offer("second") == 2)
        guard case .offer(let offer)? = bench.drainMessages().first else {
            Issue.record("no offer")
            return
        }
        #expect(offer.type == "offer")
        #expect(offer.id == 2)
        var answer = LiveKitSessionDescription()
        answer.sdp = "a"
        for (id, isTaken) in [(1, false), (2, true), (0, true), (3, false)] as [(UInt32, Bool)] {
            answer.id = id
            bench.receive(.answer(answer))
            #expect(bench.drainEvents() == (isTaken ? [.answer(sdp: "a")] : []), "id \(id)")
        }
        #expect(bench.client.statistics.staleAnswers == 2)
    }

    @Test func tracksAreFoundByMidThenByMsid() {
        var bench = SignalBench()
        bench.join()
        var answer = LiveKitSessionDescription()
        answer.midToTrackID = ["0": "TR_AM1"]
        bench.receive(.answer(answer))
        #expect(bench.client.trackID(mid: "0", msid: "PA_x|TR_other y") == "TR_AM1")
        #expect(bench.client.trackID(mid: "1", msid: "PA_x|TR_VC2 TR_VC2") == "TR_VC2")
        #expect(bench.client.trackID(mid: "1", msid: "PA_x|camera TR_VC3") == "TR_VC3")
        #expect(bench.client.trackID(mid: "1", msid: nil) == nil)
        answer.midToTrackID = ["1": "TR_VC9"]
        bench.receive(.answer(answer))
        #expect(bench.client.trackID(mid: "0", msid: nil) == nil, "every answer brings the whole map")
    }

    @Test func publishing() {
        var bench = SignalBench()
        bench.join()
        var track = LiveKitAddTrackRequest()
        track.cid = "c1"
        bench.client.addTrack(track, now: bench.now)
        track.cid = "c2"
        bench.client.addTrack(track, now: bench.now)
        track.cid = "c3"
        bench.client.addTrack(track, now: bench.now)
        #expect(bench.drainMessages().count == 3)
        var published = LiveKitTrackPublishedResponse()
        published.cid = "c1"
        published.track.sid = "TR_AM1"
        bench.receive(.trackPublished(published))
        #expect(bench.drainEvents() == [.published(cid: "c1", published.track)])
        var refusal = LiveKitRequestResponse()
        refusal.reason = .limitExceeded
        refusal.addTrack = track
        bench.receive(.requestResponse(refusal))
        #expect(bench.drainEvents() == [.requestAnswered(refusal)])
        bench.now = .seconds(9)
        bench.receive(.pong(1))
        bench.tick(10)
        #expect(bench.drainEvents() == [.publishTimedOut(cid: "c2")])
    }

    @Test func moderatorsMuteIsConfirmed() {
        var bench = SignalBench()
        bench.join()
        var mute = LiveKitMuteTrackRequest()
        mute.sid = "TR_AM1"
        mute.muted = true
        bench.receive(.mute(mute))
        #expect(bench.drainEvents() == [.muteRequested(sid: "TR_AM1", isMuted: true)])
        #expect(bench.drainMessages() == [.mute(mute)])
    }

    @Test func candidatesAreReadAndEmptyOnesSkipped() {
        var bench = SignalBench()
        bench.join()
        let candidate = ICECandidateInit(candidate: "candidate:1 1 udp 1 127.0.0.1 9 typ host")
        bench.receive(.trickle(candidate.trickle()))
        #expect(bench.drainEvents() == [.candidate(candidate, .publisher)])
        bench.receive(.trickle(ICECandidateInit(candidate: "").trickle()))
        bench.receive(.trickle(LiveKitTrickleRequest()))
        #expect(bench.drainEvents().isEmpty)
        #expect(bench.client.statistics.malformedFrames == 1)
    }

    @Test func sectionsAreClamped() {
        var bench = SignalBench()
        bench.join()
        var need = LiveKitMediaSectionsRequirement()
        bench.receive(.mediaSectionsRequirement(need))
        need.numAudios = 2
        need.numVideos = .max
        bench.receive(.mediaSectionsRequirement(need))
        #expect(
            bench.drainEvents() == [
                .sectionsRequired(audio: 0, video: 0), .sectionsRequired(audio: 2, video: 1000),
            ])
    }

    @Test func leavingSaysGoodbyeAndWaits() {
        var bench = SignalBench()
        bench.join()
        bench.client.leave(now: bench.now)
        let commands = bench.drainCommands()
        #expect(commands.count == 2)
        #expect(commands.last == .closeWebSocket(code: 1000))
        bench.client.mute(sid: "TR_1", true)
        #expect(bench.drainCommands().isEmpty)
        bench.client.receive(.webSocketClosed(code: 1000), now: bench.now)
        #expect(bench.drainEvents() == [.closed])
        bench = SignalBench()
        bench.join()
        bench.client.leave(now: bench.now)
        bench.tick(2)
        #expect(bench.drainEvents() == [.closed], "whether or not the server closes")
    }

    @Test func endsByTheServer() {
        var bench = SignalBench()
        bench.join()
        var leave = LiveKitLeaveRequest()
        leave.reason = .duplicateIdentity
        bench.receive(.leave(leave))
        #expect(bench.drainEvents() == [.left(.duplicateIdentity, .disconnect)])
        bench.client.receive(.webSocketClosed(code: 1000), now: bench.now)
        #expect(bench.drainEvents().isEmpty, "nothing follows")
        bench = SignalBench()
        bench.join()
        bench.client.receive(.webSocketClosed(code: 1006), now: bench.now)
        #expect(bench.drainEvents() == [.failed(.connectionLost(code: 1006))])
    }

    @Test func refusalsNeverShowTheToken() {
        var bench = SignalBench()
        bench.start()
        let body = "invalid token: t.o.k, error: x"
        bench.client.receive(.webSocketRefused(status: 401, body: body), now: bench.now)
        bench.validate(status: 401, body)
        #expect(bench.drainEvents() == [.failed(.refused(status: 401, "invalid token: <token>, error: x"))])
    }

    @Test func noAddress() {
        var bench = SignalBench()
        bench.client.start(url: "nonsense", token: "t", joinOffer: nil, now: bench.now)
        #expect(bench.drainEvents() == [.failed(.badAddress)])
        #expect(bench.drainCommands().isEmpty)
    }

    @Test func garbageIsCountedAndSkipped() {
        var bench = SignalBench()
        bench.join()
        bench.client.receive(.binary([0xff, 0xff]), now: bench.now)
        bench.client.receive(.binary([0x9a, 0x06, 0x01, 0x00]), now: bench.now)
        bench.receive(.offer(LiveKitSessionDescription()))
        #expect(bench.drainEvents().isEmpty)
        #expect(bench.client.statistics.malformedFrames == 1)
        #expect(bench.client.statistics.ignoredMessages == 2)
        #expect(bench.client.state == .joined)
    }

    @Test func resumingKeepsTheRoomAndHoldsRequests() throws {
        var bench = SignalBench()
        bench.join(others: [participant("PA_1")])
        bench.receive(.refreshToken("n.e.w"))
        bench.client.receive(.webSocketClosed(code: 1006), now: bench.now)
        bench.client.mute(sid: "TR_1", true)
        bench.client.resume(reason: .rrSignalDisconnected, now: bench.now)
        _ = bench.drainEvents()
        guard case .openWebSocket(let url, let headers)? = bench.client.nextCommand() else {
            Issue.record("no WebSocket")
            return
        }
        #expect(headers.first?.value == "Bearer n.e.w", "the newest token")
        let target = RequestTarget(parsing: try #require(CarrierURL(url)).target)
        let request = try LiveKitJoinRequest(parameter: try #require(target.value(of: "join_request")))
        #expect(request.reconnect)
        #expect(request.participantSid == "PA_me")
        bench.client.receive(.webSocketOpened, now: bench.now)
        bench.receive(.reconnect(LiveKitReconnectResponse()))
        #expect(bench.drainEvents() == [.opened, .resumed(LiveKitReconnectResponse())])
        bench.client.sync(channels: [])
        bench.client.offer("restart")
        let sent = bench.drainMessages()
        #expect(sent.count == 3, "ping, state and offer pass; the mute waits")
        bench.client.settle()
        guard case .mute? = bench.drainMessages().first else {
            Issue.record("the mute was lost")
            return
        }
        #expect(bench.client.room.participants.map(\.sid) == ["PA_1"])
    }
}

@Suite struct SignalRoomTests {
    @Test func arrivalsChangesAndDepartures() {
        var bench = SignalBench()
        bench.join()
        func update(_ info: LiveKitParticipantInfo) -> [SignalEvent] {
            var update = LiveKitParticipantUpdate()
            update.participants = [info]
            bench.receive(.update(update))
            return bench.drainEvents()
        }
        #expect(
            update(participant("PA_1", tracks: ["TR_a"])).map(Self.name) == ["joined PA_1", "track TR_a"])
        #expect(update(participant("PA_2")).map(Self.name) == ["joined PA_2"])
        #expect(
            update(participant("PA_1", version: 3, tracks: ["TR_b"])).map(Self.name)
                == ["updated PA_1", "no track TR_a", "track TR_b"])
        #expect(update(participant("PA_1", version: 2, tracks: [])).isEmpty, "stale")
        var muted = participant("PA_1", version: 3, tracks: ["TR_b"])
        muted.tracks[0].muted = true
        #expect(update(muted).map(Self.name) == ["updated PA_1", "changed TR_b"])
        #expect(bench.client.room.track(sid: "TR_b")?.participant == "PA_1")
        #expect(update(participant("PA_me", version: 9)) == [.selfUpdated], "ourselves are nobody else")
        #expect(bench.client.room.localParticipant.version == 9)
        #expect(update(participant("PA_1", version: 2, state: .disconnected)).isEmpty, "stale")
        #expect(
            update(participant("PA_1", version: 4, state: .disconnected)).map(Self.name)
                == ["no track TR_b", "left PA_1"])
        #expect(bench.client.room.participant(sid: "PA_1") == nil)
        #expect(bench.client.room.participant(sid: "PA_2")?.identity == "id-PA_2")
        #expect(update(participant("PA_3", state: .disconnected)).isEmpty, "never seen")
    }

    private static func name(_ event: SignalEvent) -> String {
        switch event {
        case .participantJoined(let sid): "joined \(sid)"
        case .participantUpdated(let sid): "updated \(sid)"
        case .participantLeft(let sid, _, _): "left \(sid)"
        case .trackPublished(_, let track): "track \(track.sid)"
        case .trackUpdated(_, let track): "changed \(track.sid)"
        case .trackUnpublished(_, let sid): "no track \(sid)"
        default: "\(event)"
        }
    }
}
