import EmbeddedVisio
import LoadGen
import Primitives
import Probe
import RTC
import Scenario
import Simulation
import Testing

/// What the server's own page tells is what the participants have counted.
@Suite("Calls that are watched from the server's side")
struct ServerSideTests {
    private struct Watched {
        var record: CallRecord
        var seen: ServerBatch

        /// How far a counter has grown from the first reading to the last.
        func growth(_ name: String, _ labels: [String: String] = [:]) -> Int {
            var sum = 0.0
            for series in seen.series
            where series.name == name && labels.allSatisfy({ series[$0.key] == $0.value }) {
                var values: [Double] = []
                for reading in seen.readings {
                    let change = reading.changes.first { $0.series == series.number }
                    if let value = change?.value { values.append(value) }
                }
                let start = seen.readings[0].changes.first { $0.series == series.number }?.value ?? 0
                sum += (values.last ?? 0) - start
            }
            return Int(sum)
        }

        var exchange: ExchangeCounts {
            record.outcomes.reduce(into: ExchangeCounts()) { $0 += $1.exchange }
        }
    }

    private func watch(_ call: Call) throws -> Watched {
        let plan = try call.plan()
        let world = SimulatedWorld(
            plan: plan, clips: try SharedClips.get(), network: call.network, behaviour: call.behaviour)
        world.watch = ServerWatch(
            pages: [
                ServerWatch.Page(
                    name: "embedded", url: SimulatedWorld.publicURL + "/metrics", interval: .seconds(Int64(5))
                )
            ],
            api: ServerWatch.API(url: SimulatedWorld.publicURL, credentials: SimulatedWorld.credentials),
            phases: plan.phases, wallClock: SimulatedWorld.wallClock)
        // In pieces, so that the watch learns of the rooms while the call goes on, as the hosts do it.
        var goesOn = true
        var batch = SampleBatch()
        for second in 1...Int(plan.duration.seconds) + 30 where goesOn {
            goesOn = world.run(until: .seconds(Double(second)))
            let news = world.shard.takeBatch()
            for session in news.sessions { world.watch?.note(session) }
            batch.append(news)
        }
        world.finishWatch()
        let seen = world.watch?.takeBatch() ?? ServerBatch()
        var record = CallRecord(plan: plan, world: world, endedByItself: !goesOn)
        batch.append(record.batch)
        record.batch = batch
        return Watched(record: record, seen: seen)
    }

    @Test func aHealthyCallIsCountedAlikeOnBothSides() throws {
        let watched = try watch(Call(participants: 4))
        let record = watched.record
        #expect(record.failures.isEmpty)
        #expect(watched.seen.readings.allSatisfy { $0.failure == nil })
        // On the beat, and once more when everybody has left.
        #expect(watched.seen.readings.map { Int($0.askedAt.seconds) } == [0, 5, 10, 13])
        #expect(watched.growth("livekit_participant_join_total", ["state": "signal_connected"]) == 4)
        #expect(watched.growth("livekit_participant_join_total", ["state": "rtc_success"]) == 4)
        let exchange = watched.exchange
        let sent = record.outcomes.reduce(0) { $0 + Int($1.sentPackets) }
        // Packets that were under way when their sender left are on one side alone: 1 ms of them.
        let incoming = watched.growth("livekit_packet_total", ["direction": "incoming"])
        let expectedIn = sent + Int(exchange.signalsSent + exchange.dataSent)
        #expect((expectedIn - 20...expectedIn).contains(incoming), "\(incoming) of \(expectedIn)")
        let outgoing = watched.growth(
            "livekit_packet_total", ["direction": "outgoing", "transmission": "initial"])
        let expectedOut = Int(exchange.packetsReceived + exchange.signalsReceived + exchange.dataReceived)
        #expect((expectedOut...expectedOut + 60).contains(outgoing), "\(outgoing) of \(expectedOut)")
        #expect(
            watched.growth("livekit_pli_total", ["direction": "incoming"])
                == record.outcomes.reduce(0) { $0 + Int($1.keyFrameRequests) })
        #expect(watched.growth("livekit_nack_total") == 0)
        #expect(watched.growth("livekit_packet_loss_total") == 0)
        #expect(watched.growth("livekit_forward_latency_ns_count") == Int(record.server.packetsForwarded))
    }

    @Test func lossAndRepairAreCountedAlikeToo() throws {
        var call = Call(participants: 3, role: "microphone: monologue, camera: vp8-simulcast")
        call.network.down.loss = .random(0.03)
        call.network.up.loss = .random(0.02)
        let watched = try watch(call)
        let exchange = watched.exchange
        // Of what is asked for again, the asking itself may be lost.
        let asked = watched.growth("livekit_nack_total", ["direction": "outgoing"])
        #expect(asked > 50)
        #expect(Double(asked) > 0.94 * Double(exchange.packetsRequested))
        #expect(asked <= Int(exchange.packetsRequested))
        let wanted = watched.growth("livekit_nack_total", ["direction": "incoming"])
        #expect(wanted >= Int(exchange.requestsReceived) && exchange.requestsReceived > 20)
        let again = watched.growth(
            "livekit_packet_total", ["direction": "outgoing", "transmission": "retransmit"])
        #expect(again == Int(watched.record.server.retransmissions))
        #expect(again >= Int(exchange.repairsReceived) && exchange.repairsReceived > 50)
    }

    @Test func theCensusNamesEverybodyWhoIsIn() throws {
        let watched = try watch(Call(participants: 5))
        let census = try #require(watched.seen.censuses.first)
        #expect(watched.seen.censuses.count == 1 && census.failure == nil && census.otherRooms == 0)
        #expect(census.askedAt == .seconds(11))
        let sessions = watched.record.batch.sessions
        #expect(sessions.count == 5 && Set(sessions.map(\.participant)) == Set(0..<5))
        #expect(census.rooms.flatMap(\.sessions) == sessions.map(\.id).sorted())
        #expect(census.rooms.map(\.active) == [5])
        #expect(census.rooms.map(\.audioTracks) == [5] && census.rooms.map(\.videoTracks) == [5])
        #expect(census.rooms.map(\.id) == Array(Set(sessions.map(\.room))))
    }

    @Test func watchingChangesNothing() throws {
        let call = Call()
        let watched = try watch(call)
        let unwatched = try call.run()
        #expect(watched.record.audio == unwatched.audio && watched.record.video == unwatched.video)
        #expect(watched.record.outcomes.map(\.join) == unwatched.outcomes.map(\.join))
    }
}
