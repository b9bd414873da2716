import Foundation
import Primitives
import Probe
import Report
import Results
import Scenario
import Testing

/// The report's view of the server, from a run whose both sides are known.
@Suite struct ServerSectionTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private static let counters: [(name: String, labels: [String: String], perSecond: Double)] = [
        ("livekit_packet_total", ["direction": "incoming", "transmission": "initial"], 100),
        ("livekit_packet_total", ["direction": "outgoing", "transmission": "initial"], 300),
        ("livekit_packet_total", ["direction": "outgoing", "transmission": "retransmit"], 1),
        ("livekit_packet_loss_total", ["direction": "incoming"], 1),
        ("livekit_nack_total", ["direction": "outgoing"], 2),
        ("livekit_nack_total", ["direction": "incoming"], 3),
        ("livekit_pli_total", ["direction": "outgoing"], 0.2),
        ("livekit_pli_total", ["direction": "incoming"], 0.1),
        ("livekit_participant_join_total", ["state": "signal_connected"], 0.1),
        ("livekit_participant_join_total", ["state": "rtc_success"], 0.1),
        ("livekit_forward_latency_ns_bucket", ["le": "50000"], 200),
        ("livekit_forward_latency_ns_bucket", ["le": "100000"], 299),
        ("livekit_forward_latency_ns_bucket", ["le": "+Inf"], 300), ("process_cpu_seconds_total", [:], 0.5),
    ]

    /// Two participants over 20 s, watched every five.
    private func write(failing: Bool = false, shard: Shard? = nil) throws {
        let whole = TimeSpan(start: .zero, end: .seconds(20))
        var plan = Plan(
            seed: 1, title: "watched", target: .embedded(EmbeddedOptions()),
            phases: [PlannedPhase(name: "hold", kind: .hold, span: whole)],
            rooms: [PlannedRoom(index: 0, group: "g", slug: "abc-defg-hij", size: 2)],
            participants: (0..<2).map { index in
                PlannedParticipant(
                    index: index, room: 0, role: "member", cohort: "member", name: "member-\(index)",
                    presence: whole,
                    microphone: .conversation, camera: .vp8Simulcast)
            },
            thresholds: [
                try Threshold.parse("server.cpu max < 60%").get(),
                try Threshold.parse("server.forward-latency p50 < 1ms").get(),
            ], duration: .seconds(20))
        plan.shard = shard
        let writer = try RunWriter(path: folder.runFile, plan: plan, meta: [RunFact.mode: "run"])
        try writer.write(pages: [("livekit", "http://127.0.0.1:6789/metrics", .seconds(Int64(5)))])
        try writer.write(server(failing: failing))
        var batch = SampleBatch()
        for index in 0..<2 {
            var join = JoinTimeline()
            join.reach(.signalling, after: .milliseconds(50))
            join.reach(.dtls, after: .milliseconds(90))
            var outcome = ParticipantOutcome(
                participant: index, end: .left, endedAt: .seconds(20), join: join)
            outcome.sentPackets = 950
            outcome.keyFrameRequests = 1
            outcome.audio.packets.lostBeforeRepair = 40
            outcome.exchange.packetsReceived = 2900
            outcome.exchange.repairsReceived = 10
            outcome.exchange.packetsRequested = 20
            outcome.exchange.requestsReceived = 29
            outcome.exchange.keyFramesRequested = 2
            outcome.exchange.signalsSent = 60
            outcome.exchange.signalsReceived = 50
            batch.outcomes.append(outcome)
            batch.sessions.append(
                ServerSession(
                    participant: index, at: .seconds(0.05), id: "PA_\(index)", room: "RM_1", server: "1.13",
                    roomName: "x"))
        }
        for second in 0..<20 {
            var row = CohortSecond(second: second, cohort: 0)
            (row.planned, row.connected, row.sentPackets) = (2, 2, 95)
            batch.cohorts.append(row)
            try writer.write(GeneratorSecond(second: second))
        }
        try writer.write(batch)
        try writer.set(RunFact.ending, RunFact.complete)
        try writer.close()
    }

    private func server(failing: Bool) -> ServerBatch {
        var batch = ServerBatch()
        let gauges = [
            ("livekit_participant_total", 2.0), ("livekit_room_total", 1), ("go_sched_gomaxprocs_threads", 2),
        ]
        for (number, counter) in Self.counters.enumerated() {
            batch.series.append(
                ServerSeries(
                    number: number, page: 0, name: counter.name,
                    labels: counter.labels.sorted { $0.key < $1.key }.map {
                        .init(name: $0.key, value: $0.value)
                    },
                    kind: "counter"))
        }
        for (index, gauge) in gauges.enumerated() {
            batch.series.append(
                ServerSeries(
                    number: Self.counters.count + index, page: 0, name: gauge.0, labels: [], kind: "gauge"))
        }
        for step in 0...4 {
            let at = Instant.seconds(Double(step * 5))
            var reading = ServerReading(page: 0, askedAt: at, answeredAt: at)
            reading.changes = Self.counters.enumerated().map { number, counter in
                .init(series: number, value: 7 + counter.perSecond * Double(step * 5))
            }
            if step == 0 {
                reading.changes += gauges.enumerated().map {
                    .init(series: Self.counters.count + $0, value: $1.1)
                }
            }
            batch.readings.append(reading)
        }
        if failing {
            batch.readings.append(
                ServerReading(page: 0, askedAt: .seconds(21), answeredAt: .seconds(31), failure: "timed out"))
        }
        var census = ServerCensus(askedAt: .seconds(18))
        census.rooms = [
            .init(
                id: "RM_1", participants: 3, active: 2, audioTracks: 2, videoTracks: 2,
                sessions: ["PA_0", "PA_1", "PA_x"])
        ]
        batch.censuses = [census]
        if failing {
            var failed = ServerCensus(askedAt: .seconds(19))
            failed.failure = "the API refused the key"
            batch.censuses.append(failed)
        }
        return batch
    }

    /// What the table says in one row, without markup.
    private func row(_ what: String, in html: String) throws -> [String] {
        let start = try #require(html.firstRange(of: "<bdi>\(what)</bdi>"))
        let rest = html[start.lowerBound...]
        let end = try #require(rest.firstRange(of: "</tr>"))
        return rest[..<end.lowerBound].split(separator: "<bdi>", omittingEmptySubsequences: false).dropFirst()
            .map {
                String($0.prefix { $0 != "<" })
            }
    }

    @Test func bothSidesStandSideBySideWithTheirCauses() throws {
        try write()
        let paths = try ReportWriter.write(
            runFile: folder.runFile, into: folder.path, renderer: BlankRenderer())
        let html = try folder.text(of: paths.html)
        #expect(
            try row("participants whose media was up", in: html) == [
                "participants whose media was up", "", "2", "2", "0", "", "0",
            ])
        #expect(
            try row("packets into the server", in: html) == [
                "packets into the server",
                "+120 messages of signalling and data channels, which LiveKit counts too; "
                    + "−20 lost on the way, by its own count", "1900", "2000", "+100", "+100", "0",
            ])
        #expect(
            try row("packets out of the server, first sending", in: html).dropFirst(2) == [
                "5800", "6000", "+200", "+180", "+20",
            ])
        #expect(
            try row("packets out of the server, again", in: html).dropFirst(2).prefix(3) == ["20", "20", "0"])
        #expect(try row("packets the server asked for again (NACK)", in: html)[4] == "+2")
        #expect(
            try row("participants in our rooms", in: html) == [
                "participants in our rooms", "+1 sessions that are none of ours", "2", "3", "+1", "+1", "0",
            ])
        #expect(try row("cameras published", in: html)[4] == "0")
    }

    @Test func figuresLieOnTheRunsTime() throws {
        try write()
        let paths = try ReportWriter.write(
            runFile: folder.runFile, into: folder.path, renderer: BlankRenderer())
        let names = [
            "server-cpu", "server-participants", "server-forwarding", "server-packets", "server-loss",
        ]
        #expect(folder.files.isSuperset(of: names.map { "figures/\($0).csv" }))
        let packets = try folder.text("figures/server-packets.csv").split(separator: "\n")
        #expect(packets.first == "second,in,we sent,out,we received")
        #expect(
            packets.dropFirst().map { $0.split(separator: ",").prefix(4).joined(separator: ",") } == [
                "2.5,0.1,0.095,0.301", "7.5,0.1,0.095,0.301", "12.5,0.1,0.095,0.301", "17.5,0.1,0.095,0.301",
            ])
        #expect(try folder.text("figures/server-cpu.csv").contains("7.5,0.5"))
        // 200 of 300 below 50 µs: the median lies at three quarters of the first bucket.
        #expect(try folder.text("figures/server-forwarding.csv").contains("7.5,0.0375,"))
        let html = try folder.text(of: paths.html)
        #expect(html.contains("livekit used at most 0.500 of 2 cores"))
        #expect(html.contains("Half of the packets left the server after ≤\u{202f}0.050\u{202f}ms"))
        #expect(html.contains("<h2 id=\"server\">"))
    }

    @Test func whatFailedIsTold() throws {
        try write(failing: true, shard: Shard(number: 1, of: 2))
        let paths = try ReportWriter.write(
            runFile: folder.runFile, into: folder.path, renderer: BlankRenderer())
        let html = try folder.text(of: paths.html)
        #expect(html.contains("1 of 6\u{a0}readings of livekit failed, the first with: timed out"))
        #expect(html.contains("the API refused the key"))
        #expect(html.contains("one share of a plan"))
    }

    @Test func programsGetTheSameCounts() throws {
        try write()
        let paths = try ReportWriter.write(
            runFile: folder.runFile, into: folder.path, renderer: BlankRenderer())
        #expect(paths.summary.hasSuffix("summary.json"))
        let server = try #require(try folder.json("summary.json")["server"] as? [String: Any])
        #expect(server["readings"] as? Int == 5 && server["failedReadings"] as? Int == 0)
        let counts = try #require(server["counts"] as? [[String: Any]])
        let incoming = try #require(counts.first { $0["what"] as? String == "packets into the server" })
        #expect(incoming["ours"] as? Double == 1900 && incoming["server"] as? Double == 2000)
        #expect(incoming["explained"] as? Double == 100 && incoming["left"] as? Double == 0)
        #expect((server["censuses"] as? [[String: Any]])?.count == 1)
    }

    @Test func aRunThatWasNotWatchedHasNoSuchSection() throws {
        try FabricatedRun().write(to: folder.runFile)
        let paths = try ReportWriter.write(
            runFile: folder.runFile, into: folder.path, renderer: BlankRenderer())
        #expect(try folder.text(of: paths.html).contains("id=\"server\"") == false)
        let summary = try JSONSerialization.jsonObject(with: Data(folder.text(of: paths.summary).utf8))
        #expect(try #require(summary as? [String: Any])["server"] == nil)
    }
}
