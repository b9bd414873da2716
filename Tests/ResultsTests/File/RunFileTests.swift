import Foundation
import Primitives
import Probe
import Results
import Scenario
import Testing

@Suite struct RunFileTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    @Test func planAndCircumstancesComeBack() throws {
        let plan = try SmallRun.plan(cohorts: ["speaker", "viewer"], thresholds: ["rtt p95 < 50ms"])
        let file = try SmallRun.write(plan, into: folder) { _ in }
        #expect(try file.plan() == plan)
        #expect(try file.meta()["version"] == "1")
        #expect(try file.meta()[RunFact.ending] == RunFact.complete)
        #expect(try file.cohorts() == ["speaker", "viewer"])
        let room = try #require(try file.rooms().first)
        #expect((room.id, room.group, room.slug, room.size) == (0, "team", "abc-defg-hij", 4))
        let hold = try #require(try file.phases().dropFirst().first)
        #expect((hold.id, hold.name, hold.kind) == (1, "hold", "hold"))
        #expect((hold.start, hold.end) == (2, 20))
    }

    @Test func outcomesComeBackWhole() throws {
        var outcome = SmallRun.outcome(1)
        outcome.audio.packets.expected = 4000
        outcome.video.layerBytes.high = 77
        outcome.tracksExpected = 6
        outcome.tracksReceived = 5
        outcome.sentPackets = 8
        outcome.sentBytes = 9
        outcome.retransmissions = 10
        outcome.keyFrameRequests = 11
        outcome.dataMessages = 12
        outcome.malformed = [("RTCP", 2), ("STUN", 3)]
        var path = PathCounts()
        (path.entered, path.delivered, path.lost, path.overflowed) = (90, 80, 5, 3)
        (path.lostInOutages, path.duplicated, path.reordered) = (2, 7, 6)
        outcome.emulated = (PathCounts(), path)
        let file = try SmallRun.write(try SmallRun.plan(), into: folder) { batch in
            batch.outcomes = [outcome, SmallRun.failure(2)]
        }
        let people = try file.participants()
        #expect(people.map(\.ending) == [nil, .left, .failed, nil])
        let person = people[1]
        #expect(person.name == "member-1")
        #expect((person.arrival, person.departure, person.ended) == (1, 20, 20))
        #expect(person.join[.api] == 100)
        #expect(person.join[.firstVideo] == 900)
        #expect(person.audio == outcome.audio)
        #expect(person.video == outcome.video)
        #expect((person.tracksExpected, person.tracksReceived) == (6, 5))
        #expect((person.sentPackets, person.sentBytes, person.retransmissions) == (8, 9, 10))
        #expect((person.keyFrameRequests, person.dataMessages) == (11, 12))
        #expect((people[2].failedStage, people[2].failedCause, people[2].failedCode) == ("ice", "no path", 7))
        #expect(people[2].join[.ice] == nil)
        let emulated = try file.emulatedPaths()
        #expect(emulated.map(\.participant) == [1])
        #expect(emulated.first?.up == PathCounts())
        #expect(emulated.first?.down == path)
        #expect(try file.malformed().map { "\($0.kind) \($0.count)" } == ["RTCP 2", "STUN 3"])
    }

    @Test func stretchesComeBackAndCanBeChosenByTime() throws {
        let file = try SmallRun.write(try SmallRun.plan(), into: folder) { batch in
            batch.participants = [
                SmallRun.sample(1, 2, 12, lost: 4, frozen: 30), SmallRun.sample(1, 12, 20, rating: nil),
            ]
        }
        let samples = try file.samples()
        #expect(samples.map(\.start) == [2, 12])
        #expect(samples[0].audio.packets.lost == 4)
        #expect(samples[0].video.frozenMilliseconds == 30)
        #expect(samples.map(\.rating) == [110, nil])
        #expect((samples[0].jitter, samples[0].roundTrip, samples[0].audioDelayP95) == (3, 12, 73.5))
        #expect(samples[0].videoDelayP95 == nil)
        #expect(try file.samples(during: 13...15).map(\.start) == [12])
    }

    @Test func shardsOfOneSecondAddUp() throws {
        let file = try SmallRun.write(try SmallRun.plan(), into: folder) { batch in
            var one = CohortSecond(second: 3, cohort: 0)
            (one.planned, one.connected, one.ratingSum, one.ratingCount) = (2, 2, 200, 2)
            one.audio.packets.expected = 100
            one.sentBytes = 5
            var two = CohortSecond(second: 3, cohort: 0)
            (two.planned, two.connecting, two.failed, two.ratingSum, two.ratingCount) = (3, 1, 1, 120, 1)
            (two.roundTripSum, two.roundTripCount) = (40, 2)
            two.audio.packets.expected = 11
            two.sentBytes = 6
            batch.cohorts = [one, two, CohortSecond(second: 4, cohort: 0)]
        }
        let seconds = try file.seconds()
        #expect(seconds.map(\.second) == [3, 4])
        #expect(
            (seconds[0].planned, seconds[0].connecting, seconds[0].connected, seconds[0].failed) == (
                5, 1, 2, 1
            ))
        #expect((seconds[0].ratingCount, seconds[0].roundTripCount, seconds[0].sentBytes) == (3, 2, 11))
        let rating = try #require(seconds[0].rating)
        #expect(abs(rating - 106.666_666_67) < 1e-6)
        #expect(seconds[0].roundTrip == 20)
        #expect(seconds[0].audio.packets.expected == 111)
        #expect((seconds[1].rating, seconds[1].roundTrip) == (nil, nil))
    }

    @Test func histogramsOfShardsPhasesAndCohortsMerge() throws {
        func delays(_ phase: Int, _ cohort: Int, _ values: [Int64]) -> PhaseDelays {
            var histogram = DelayHistogram()
            for value in values { histogram.add(microseconds: value) }
            return PhaseDelays(phase: phase, cohort: cohort, quantity: .video, cells: histogram.cells)
        }
        let file = try SmallRun.write(try SmallRun.plan(cohorts: ["a", "b"]), into: folder) { batch in
            batch.delays = [
                delays(0, 0, [1000]), delays(1, 0, [1000, 2000]), delays(1, 0, [2000, 900_000]),
                delays(1, 1, [7]),
            ]
        }
        #expect(try file.delays(.video).count == 6)
        #expect(try file.delays(.video, phase: 1, cohort: 0).count == 4)
        #expect(try file.delays(.video, phase: 1, cohort: 0).percentile(50).map { $0 / 10 } == 200)
        #expect(try file.delays(.video, cohort: 1).cells == [DelayHistogram.Cell(microseconds: 7, count: 1)])
        #expect(try file.delays(.audioPlayout).count == 0)
    }

    @Test func eventsAndGeneratorComeBackInOrder() throws {
        var second = GeneratorSecond(second: 1)
        (second.dataPlaneLoad, second.worstTickLateness, second.packetsIn) = (0.25, 1.5, 900)
        (second.socketDrops, second.sendFailures, second.lostSamples, second.residentBytes) = (1, 2, 3, 4)
        let file = try SmallRun.write(try SmallRun.plan(), into: folder, generator: [second]) { batch in
            batch.events = [
                RunEvent(at: .seconds(5), participant: 1, kind: .left, text: "bye"),
                RunEvent(at: .seconds(4), participant: nil, kind: .run, text: "hold"),
            ]
        }
        #expect(try file.events().map(\.text) == ["hold", "bye"])
        let events = try file.events(of: 1)
        try #require(events.count == 1)
        #expect(events[0].at == 5)
        #expect((events[0].participant, events[0].kind) == (1, "left"))
        #expect(try file.generator() == [second])
    }

    @Test func equalRunsGiveEqualContent() throws {
        let other = try Folder()
        for target in [folder, other] {
            _ = try SmallRun.write(try SmallRun.plan(), into: target) { $0.outcomes = [SmallRun.outcome(0)] }
        }
        let bytes = try [folder, other].map { try Data(contentsOf: URL(fileURLWithPath: $0.runFile)) }
        #expect(bytes[0] == bytes[1])
    }

    @Test func aRunThatBrokeOffCanBeRead() throws {
        let writer = try RunWriter(path: folder.runFile, plan: try SmallRun.plan(), meta: [:])
        var batch = SampleBatch()
        batch.outcomes = [SmallRun.outcome(0)]
        try writer.write(batch)
        // What the kernel keeps of a process that is killed here: the files as they are, without a close.
        let wreck = try Folder()
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: folder.runFile + suffix, toPath: wreck.runFile + suffix)
        }
        let file = try RunFile(path: wreck.runFile)
        #expect(try file.participants().map(\.ending) == [.left, nil, nil, nil])
        #expect(try Verdict(file).ending == .invalid)
        try writer.close()
        #expect(!FileManager.default.fileExists(atPath: folder.runFile + "-wal"))
    }

    @Test func doingsComeBack() throws {
        let file = try SmallRun.write(try SmallRun.plan(), into: folder) { batch in
            var sample = SmallRun.sample(1, 2, 12)
            var hands = InteractionCounts(.hand)
            hands.add(microseconds: 1500)
            hands.add(microseconds: nil)
            sample.interactions = [hands]
            batch.participants = [sample]
            var outcome = SmallRun.outcome(1)
            outcome.throttled = 3
            outcome.repeatedRequests = 2
            var deed = InteractionOutcome(.lobby)
            (deed.due, deed.done, deed.refused, deed.expected, deed.seen) = (5, 4, 1, 2, 1)
            outcome.interactions = [deed]
            batch.outcomes = [outcome]
        }
        let noticed = try #require(try file.noticed().first)
        #expect(noticed.kind == .hand)
        #expect(noticed.count == 2)
        #expect(noticed.timed == 1)
        #expect(noticed.delaySum == 0.0015)
        #expect(noticed.worst == 0.0015)
        #expect(
            try file.deeds() == [
                RunFile.Deed(
                    participant: 1, kind: .lobby, due: 5, done: 4, refused: 1, expected: 2, seen: 1)
            ])
        let person = try #require(try file.participants().first { $0.id == 1 })
        #expect(person.throttled == 3)
        #expect(person.repeatedRequests == 2)
    }
}
