import EmbeddedVisio
import Primitives
import Testing
import Visio
import WireFormats

@Suite("What the embedded deployment tells about itself")
struct MetricsTests {
    /// The page as name and labels with their values.
    private func page(_ deployment: Deployment) throws -> [ExpositionSeries: Double] {
        let answer = try deployment.request("GET", "/metrics")
        #expect(answer.status == 200)
        #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
        var reader = try ExpositionReader(answer.body)
        var page: [ExpositionSeries: Double] = [:]
        while let line = try reader.next() {
            guard case .sample(let sample) = line else { continue }
            let series = try ExpositionSeries(parsing: sample.series)
            #expect(page.updateValue(sample.value, forKey: series) == nil, "\(series) is there twice")
        }
        return page
    }

    private func series(_ name: String, _ labels: (String, String)...) -> ExpositionSeries {
        ExpositionSeries(name, labels.map { ExpositionSeries.Label($0.0, $0.1) })
    }

    @Test func anEmptyDeploymentHasAllItsCountersAtZero() throws {
        let page = try page(Deployment())
        #expect(page.values.allSatisfy { $0 == 0 })
        #expect(page[series("livekit_room_total")] == 0)
        #expect(
            page[series("livekit_packet_total", ("direction", "incoming"), ("transmission", "initial"))] == 0)
        #expect(page[series("livekit_forward_latency_ns_bucket", ("le", "+Inf"))] == 0)
        // Whoever drives the machine knows what it takes of its host; here nobody says.
        #expect(page[series("process_cpu_seconds_total")] == nil)
    }

    @Test func presenceAndPacketsAreCounted() throws {
        let deployment = Deployment()
        deployment.server.usage = ServerUsage(processorTime: .milliseconds(1500), residentBytes: 7, cores: 2)
        let ada = try deployment.connect("ada")
        let bob = try deployment.connect("bob")
        _ = try deployment.publishMicrophone(of: ada)
        deployment.advance(by: .milliseconds(300))
        // The first packet makes the track known; the listener's offer makes room for it.
        try deployment.speak(ada, level: 20)
        deployment.send(.offer(bob.offer()), from: bob)
        for _ in 0..<4 { try deployment.speak(ada, level: 20) }
        deployment.advance(by: .milliseconds(300))
        let now = try page(deployment)
        #expect(now[series("livekit_room_total")] == 1)
        #expect(now[series("livekit_participant_total")] == 2)
        #expect(now[series("livekit_participant_join_total", ("state", "signal_connected"))] == 2)
        #expect(now[series("livekit_participant_join_total", ("state", "rtc_success"))] == 2)
        #expect(now[series("livekit_track_published_total", ("kind", "AUDIO"))] == 1)
        #expect(now[series("livekit_track_publish_counter", ("kind", "AUDIO"), ("state", "success"))] == 1)
        #expect(now[series("livekit_track_subscribed_total", ("kind", "AUDIO"))] == 1)
        #expect(now[series("process_cpu_seconds_total")] == 1.5)
        #expect(now[series("visiobench_cores")] == 2)
        // Packets and messages stand in one counter, as with LiveKit.
        let signals = Double(deployment.server.statistics.signalsReceived)
        #expect(signals > 0)
        let incoming = series("livekit_packet_total", ("direction", "incoming"), ("transmission", "initial"))
        #expect(now[incoming] == signals + Double(deployment.server.statistics.packetsIn))
        #expect(deployment.server.statistics.packetsIn == 5)
        let outgoing = series("livekit_packet_total", ("direction", "outgoing"), ("transmission", "initial"))
        let forwarded = Double(deployment.server.statistics.packetsForwarded)
        #expect(forwarded == 4)
        #expect(now[outgoing] == forwarded + Double(deployment.server.statistics.signalsSent))
        #expect(now[series("livekit_forward_latency_ns_count")] == forwarded)
        #expect(now[series("livekit_forward_latency_ns_bucket", ("le", "50000"))] == forwarded)

        // Who is gone has still been counted.
        deployment.send(.leave(LiveKitLeaveRequest()), from: ada)
        deployment.send(.leave(LiveKitLeaveRequest()), from: bob)
        let later = try page(deployment)
        #expect(later[series("livekit_participant_total")] == 0 && later[series("livekit_room_total")] == 0)
        #expect(later[incoming] == now[incoming].map { $0 + 2 })
        #expect(later[series("livekit_track_published_total", ("kind", "AUDIO"))] == 0)
    }

    @Test func aDeliberateDelayIsForwardingTime() throws {
        var behaviour = EmbeddedConfiguration.Behaviour()
        behaviour.addedDelay = .milliseconds(4)
        let deployment = Deployment(behaviour: behaviour)
        let ada = try deployment.connect("ada")
        let bob = try deployment.connect("bob")
        _ = try deployment.publishMicrophone(of: ada)
        deployment.advance(by: .milliseconds(300))
        try deployment.speak(ada, level: 20)
        deployment.send(.offer(bob.offer()), from: bob)
        try deployment.speak(ada, level: 20)
        let page = try page(deployment)
        #expect(page[series("livekit_forward_latency_ns_bucket", ("le", "3000000"))] == 0)
        #expect(page[series("livekit_forward_latency_ns_bucket", ("le", "5000000"))] == 1)
        #expect(page[series("livekit_forward_latency_ns_sum")] == 4_000_000)
    }

    @Test func theOperatorsKeyListsRoomsAndParticipants() throws {
        let deployment = Deployment()
        let ada = try deployment.connect("ada", room: "one")
        _ = try deployment.publishMicrophone(of: ada)
        deployment.advance(by: .milliseconds(300))
        try deployment.speak(ada, level: 20)
        _ = try deployment.connect("bob", room: "two")
        let seconds = Deployment.wallClock.unixSeconds(at: deployment.now)
        func ask(_ message: HTTPRequestMessage?) throws -> HTTPResponseMessage {
            var message = try #require(message)
            message.url = CarrierURL(message.url)?.target ?? ""
            return try deployment.request(message)
        }
        let rooms = try RoomService.rooms(
            in: ask(
                RoomService.roomsRequest(
                    server: "http://127.0.0.1", credentials: Deployment.credentials, unixSeconds: seconds)))
        #expect(rooms.map(\.name) == ["one", "two"])
        #expect(rooms.map(\.participants) == [1, 1] && rooms.map(\.publishers) == [1, 0])
        #expect(rooms.allSatisfy { $0.sid.hasPrefix("RM_") })
        let people = try RoomService.participants(
            in: ask(
                RoomService.participantsRequest(
                    room: "one", server: "http://127.0.0.1", credentials: Deployment.credentials,
                    unixSeconds: seconds)))
        #expect(people.map(\.identity) == ["ada"])
        #expect(people[0].isActive && people[0].sid.hasPrefix("PA_"))
        #expect(people[0].tracks.map(\.type) == ["AUDIO"])
        let wrong = AccessToken.Credentials(key: "key", secret: "another")
        #expect(throws: RoomService.Failure.denied) {
            try RoomService.rooms(
                in: ask(
                    RoomService.roomsRequest(
                        server: "http://127.0.0.1", credentials: wrong, unixSeconds: seconds)))
        }
    }
}
