import Foundation
import Primitives
import Probe
import Results
import Scenario
import Testing

/// A run whose server told known things.
enum WatchedRun {
    /// Writes readings of one page, five seconds apart; each is what its series changed to.
    static func write(
        _ folder: Folder, series: [(String, [String: String])], readings: [[Int: Double?]],
        failing: Set<Int> = [], thresholds: [String] = [], sessions: [ServerSession] = [],
        censuses: [ServerCensus] = []
    ) throws -> RunFile {
        let writer = try RunWriter(
            path: folder.runFile, plan: SmallRun.plan(thresholds: thresholds), meta: [:])
        try writer.write(pages: [("livekit", "http://127.0.0.1:6789/metrics", .seconds(Int64(5)))])
        var batch = ServerBatch()
        batch.series = series.enumerated().map { number, entry in
            ServerSeries(
                number: number, page: 0, name: entry.0,
                labels: entry.1.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: $0.value) },
                kind: "counter")
        }
        for (index, changes) in readings.enumerated() {
            let at = Instant.seconds(Double(index) * 5)
            var reading = ServerReading(
                page: 0, askedAt: at, answeredAt: at, failure: failing.contains(index) ? "timed out" : nil)
            reading.changes = changes.sorted { $0.key < $1.key }.map {
                .init(series: $0.key, value: $0.value)
            }
            batch.readings.append(reading)
        }
        batch.censuses = censuses
        try writer.write(batch)
        var samples = SampleBatch()
        samples.sessions = sessions
        samples.outcomes = (0..<4).map { SmallRun.outcome($0) }
        try writer.write(samples)
        try writer.set(RunFact.ending, RunFact.complete)
        try writer.close()
        return try RunFile(path: folder.runFile)
    }
}

@Suite struct ServerRecordTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    @Test func whatWasReadComesBack() throws {
        let file = try WatchedRun.write(
            folder, series: [("a", ["x": "é\"\\", "b": ""]), ("livekit_a", [:])],
            readings: [[0: 1.5, 1: .infinity], [:], [0: nil]], failing: [1])
        let record = try file.serverRecord()
        #expect(record.pages.map(\.name) == ["livekit"] && record.pages.map(\.interval) == [5])
        #expect(record.readings.map(\.time) == [0, 5, 10])
        #expect(record.readings.map(\.failure) == [nil, "timed out", nil])
        #expect(record.series.map(\.name) == ["a", "livekit_a"])
        #expect(record.series[0].labels == [.init(name: "b", value: ""), .init(name: "x", value: "é\"\\")])
        #expect(record.gauge("a", on: 0).map(\.value) == [1.5, nil])
        #expect(record.gauge("a", on: 0).map(\.time) == [0, 10])
        #expect(record.gauge("a", ["x": "other"], on: 0).map(\.value) == [nil, nil])
        #expect(record.gauge("livekit_a", on: 0).map(\.value) == [.infinity, .infinity])
        #expect(record.mediaServers == [0])
        #expect(record.growth("nothing", on: 0) == nil)
    }

    @Test func countersOfOneNameGrowTogether() throws {
        // The first one restarts at the third reading, the second one comes into being at the second.
        let file = try WatchedRun.write(
            folder, series: [("a", ["d": "in"]), ("a", ["d": "out"])],
            readings: [[0: 100], [0: 110, 1: 3], [0: 4], [1: 5]])
        let record = try file.serverRecord()
        let both = try #require(record.growth("a", on: 0))
        #expect(both.times == [0, 5, 10, 15])
        #expect(both.totals == [0, 13, 17, 19])
        #expect(both.total == 19)
        #expect(record.growth("a", ["d": "in"], on: 0)?.totals == [0, 10, 14, 14])
        #expect(both.total(at: 2.5) == 6.5)
        #expect(both.total(at: 15) == 19 && both.total(at: 15.1) == nil && both.total(at: -0.1) == nil)
        #expect(both.growth(from: 2.5, to: 12.5) == 11.5)
        #expect(both.rates.map(\.time) == [2.5, 7.5, 12.5])
        #expect(both.rates.map(\.value) == [2.6, 0.8, 0.4])
    }

    @Test func bucketsTellPercentiles() throws {
        let counts = BucketCounts(cumulative: [(1, 50), (2, 90), (4, 99), (.infinity, 100)])
        #expect(counts.total == 100 && counts.counts == [50, 40, 9, 1])
        func quantile(_ share: Double) -> [Double?] {
            let estimate = counts.quantile(share)
            return [estimate?.value, estimate?.lower, estimate?.upper]
        }
        #expect(quantile(0.5) == [1, 0, 1])
        #expect(quantile(0.7) == [1.5, 1, 2])
        #expect(quantile(0.99) == [4, 2, 4])
        #expect(quantile(0.999) == [4, 4, nil])
        #expect(quantile(0) == [0, 0, 1])
        #expect(BucketCounts(cumulative: [(1, 0), (.infinity, 0)]).quantile(0.5) == nil)
        // Interpolated counts may fall by a rounding error; nothing counts below zero.
        #expect(BucketCounts(cumulative: [(1, 5), (2, 4.9), (3, 6)]).counts == [5, 0, 1])
        var sum = counts
        sum += counts
        sum += BucketCounts(cumulative: [(7, 5)])
        #expect(sum.counts == [100, 80, 18, 2])
    }

    @Test func sessionsExchangesAndCensusesComeBack() throws {
        var census = ServerCensus(askedAt: .seconds(18))
        census.answeredAt = .seconds(18.25)
        census.otherRooms = 3
        census.rooms = [
            .init(
                id: "RM_a", participants: 2, active: 1, audioTracks: 2, videoTracks: 1,
                sessions: ["PA_1", "PA_2"])
        ]
        var failed = ServerCensus(askedAt: .seconds(19))
        failed.failure = "timed out"
        let file = try WatchedRun.write(
            folder, series: [], readings: [],
            sessions: [
                ServerSession(
                    participant: 1, at: .seconds(2), id: "PA_1", room: "RM_a", server: "1.13",
                    roomName: "secret")
            ],
            censuses: [census, failed])
        let read = try file.censuses()
        #expect(read.map(\.failure) == [nil, "timed out"])
        #expect((read[0].asked, read[0].answered, read[0].otherRooms) == (18, 18.25, 3))
        #expect(read[0].rooms == census.rooms && read[1].rooms.isEmpty)
        let session = try #require(try file.sessions().first)
        #expect((session.participant, session.at, session.sid, session.room) == (1, 2, "PA_1", "RM_a"))
        #expect(session.server == "1.13")
        // The name of a room may be an invitation.
        let bytes = String(
            decoding: try Data(contentsOf: URL(fileURLWithPath: folder.runFile)), as: UTF8.self)
        #expect(!bytes.contains("secret"))
    }

    @Test func whatPassedBesidesComesBack() throws {
        var exchange = ExchangeCounts()
        exchange.packetsReceived = 1
        exchange.repairsReceived = 2
        exchange.paddingReceived = 3
        exchange.paddingSent = 11
        exchange.packetsRequested = 4
        exchange.requestsReceived = 5
        exchange.keyFramesRequested = 6
        exchange.signalsSent = 7
        exchange.signalsReceived = 8
        exchange.dataSent = 9
        exchange.dataReceived = 10
        let file = try SmallRun.write(try SmallRun.plan(), into: folder) { batch in
            batch.outcomes = [SmallRun.outcome(2)]
            batch.outcomes[0].exchange = exchange
        }
        #expect(try file.exchanges() == [2: exchange])
    }
}

@Suite struct ServerMetricsTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private static let series: [(String, [String: String])] = [
        ("process_cpu_seconds_total", [:]), ("go_sched_gomaxprocs_threads", [:]),
        ("livekit_forward_latency_ns_bucket", ["le": "1e+06"]),
        ("livekit_forward_latency_ns_bucket", ["le": "5e+06"]),
        ("livekit_forward_latency_ns_bucket", ["le": "+Inf"]),
    ]

    /// One core of two from 0 to 5 s, a tenth of a core afterwards; packets below 1 ms, but a hundredth below 5 ms.
    private static let readings: [[Int: Double?]] = [
        [0: 10, 1: 2, 2: 1000, 3: 1000, 4: 1000], [0: 15, 2: 1990, 3: 2000, 4: 2000], [0: 15.5],
        [0: 16, 2: 2980, 3: 3000, 4: 3000], [0: 16.5],
    ]

    private func judge(_ threshold: String) throws -> Judgement {
        let file = try WatchedRun.write(
            folder, series: Self.series, readings: Self.readings, thresholds: [threshold])
        return try #require(try Verdict(file).judgements.first)
    }

    @Test(arguments: [
        ("server.cpu max < 60%", 0.5, 4, Judgement.Outcome.held), ("server.cpu p50 <= 5%", 0.05, 4, .held),
        ("server.cpu max < 40%", 0.5, 4, .failed), ("server.cpu max < 40% during arrive", 0, 0, .undecided),
    ])
    func loadIsAShareOfTheServersCores(
        _ threshold: String, value: Double, count: Int, outcome: Judgement.Outcome
    ) throws {
        let judgement = try judge(threshold)
        #expect(abs((judgement.value ?? 0) - value) < 1e-9)
        #expect(judgement.count == count && judgement.outcome == outcome)
    }

    @Test(arguments: [
        // Known to lie between 0 and 1 ms.
        ("server.forward-latency p50 < 1ms", Judgement.Outcome.held),
        ("server.forward-latency p50 < 2ms", .held), ("server.forward-latency p50 > 1ms", .failed),
        // A limit inside of the bucket is not decided.
        ("server.forward-latency p50 < 500ms", .held), ("server.forward-latency p50 < 0.5ms", .undecided),
        // p99 is the last of the first bucket, p99.9 would lie in the second.
        ("server.forward-latency p99 <= 5ms", .held), ("server.forward-latency p50 = 1ms", .undecided),
    ])
    func aPercentileOfBucketsIsKnownToOneOfThem(_ threshold: String, outcome: Judgement.Outcome) throws {
        let judgement = try judge(threshold)
        #expect(judgement.outcome == outcome)
        #expect(judgement.count == 2000)
        #expect(judgement.interval.lower == 0 && judgement.interval.upper == 0.001)
    }

    @Test func whatIsNotOnThePageIsUndecided() throws {
        let file = try WatchedRun.write(
            folder, series: [("livekit_room_total", [:])], readings: [[0: 1], [:]],
            thresholds: ["server.cpu max < 60%", "server.forward-latency p99 < 5ms"])
        let verdict = try Verdict(file)
        #expect(verdict.judgements.map(\.outcome) == [.undecided, .undecided])
        #expect(verdict.ending == .inconclusive)
    }

    @Test func onlyPagesOfLiveKitCount() throws {
        let file = try WatchedRun.write(
            folder, series: [("process_cpu_seconds_total", [:]), ("go_sched_gomaxprocs_threads", [:])],
            readings: [[0: 1, 1: 1], [0: 2]], thresholds: ["server.cpu max < 60%"])
        #expect(try Verdict(file).judgements.map(\.count) == [0])
    }
}
