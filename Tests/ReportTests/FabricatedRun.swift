import Foundation
import Primitives
import Probe
import Results
import Scenario

/// Writes run files that look like real ones: seeded, and with known things going wrong.
struct FabricatedRun {
    var seed: UInt64 = 7
    var rooms = 4
    var roomSize = 6
    /// Roles in turn; one cohort each.
    var roles = ["member"]
    var title = "Quick start"
    var thresholds = [
        "join.failed = 0%", "join.first-video p95 < 3s", "audio.loss p95 <= 0.1%",
        "audio.mos p10 >= 4.0 during hold", "video.freeze-ratio p95 < 1% during hold", "rtt p95 < 50ms",
    ]
    var duration = 40
    /// How many participants fail to join.
    var failures = 0
    /// Seconds of the run in which packets are lost and pictures freeze.
    var trouble: Range<Int> = 0..<0
    /// Busy share of the generator's threads.
    var load = 0.28
    var socketDrops: UInt64 = 0
    var isGeneratorMeasured = true
    var ending: String? = RunFact.complete
    /// Name of participant 0.
    var firstName: String?

    /// Writes the file.
    func write(to path: String) throws {
        let plan = try plan()
        let writer = try RunWriter(path: path, plan: plan, meta: meta)
        var world = World(run: self, plan: plan)
        for second in 0..<duration {
            try writer.write(world.batch(for: second))
            if isGeneratorMeasured { try writer.write(world.generatorSecond(second)) }
        }
        try writer.write(world.last())
        if let ending { try writer.set(RunFact.ending, ending) }
        try writer.close()
    }

    var meta: [String: String] {
        [
            RunFact.version: "0.1.0", RunFact.mode: "run", RunFact.started: "2026-02-03T04:05:06Z",
            RunFact.scenarioFile: "scenarios/quickstart.yaml", RunFact.kernel: "6.1.0", RunFact.cores: "2",
            RunFact.processor: "a processor", RunFact.opus: "libopus 1.3.1", RunFact.vpx: "v1.12.0",
            RunFact.scenario: "scenario: \(title)\nseed: \(seed)\n",
        ]
    }

    func plan() throws -> Plan {
        var generator = SeededGenerator(seed: seed).fork("plan")
        let count = rooms * roomSize
        let leave = duration - 2
        return Plan(
            seed: seed, title: title, target: .embedded(EmbeddedOptions()),
            phases: [
                phase("arrive", .arrive, 0, 8), phase("hold", .hold, 8, leave),
                phase("leave", .leave, leave, duration),
            ],
            rooms: (0..<rooms).map {
                PlannedRoom(index: $0, group: "team", slug: "abc-def\($0)-ghi", size: roomSize)
            },
            participants: (0..<count).map { index in
                let role = roles[index % roles.count]
                return PlannedParticipant(
                    index: index, room: index / roomSize, role: role, cohort: role,
                    name: index == 0 ? firstName ?? "\(role)-0" : "\(role)-\(index)",
                    presence: TimeSpan(
                        start: .seconds(generator.uniform() * 8),
                        end: .seconds(Double(leave) + generator.uniform() * 2)),
                    microphone: .conversation, camera: .vp8Simulcast)
            },
            thresholds: try thresholds.map { try Threshold.parse($0).get() },
            duration: .seconds(Int64(duration)))
    }

    private func phase(_ name: String, _ kind: PlannedPhase.Kind, _ start: Int, _ end: Int) -> PlannedPhase {
        PlannedPhase(
            name: name, kind: kind, span: TimeSpan(start: .seconds(Int64(start)), end: .seconds(Int64(end))))
    }
}

private let codec = OpusImpairment(bitrate: 48_000, inbandFEC: false)

/// The participants' fates, second by second.
private struct World {
    struct Person {
        var plan: PlannedParticipant
        var cohort: Int
        var fails = false
        var join = JoinTimeline()
        var connected = 0.0
        var audio = AudioCounts()
        var video = VideoCounts()
        var stretch: (start: Double, audio: AudioCounts, video: VideoCounts)?
        var baseDelay = 0.0
    }

    let run: FabricatedRun
    var people: [Person] = []
    var generator: SeededGenerator
    let cohortCount: Int
    let phases: [PlannedPhase]
    var audioDelays: [DelayHistogram]
    var videoDelays: [DelayHistogram]

    init(run: FabricatedRun, plan: Plan) {
        self.run = run
        generator = SeededGenerator(seed: run.seed).fork("world")
        let cohorts = plan.cohorts
        cohortCount = cohorts.count
        phases = plan.phases
        audioDelays = cohorts.map { _ in DelayHistogram() }
        videoDelays = cohorts.map { _ in DelayHistogram() }
        for planned in plan.participants {
            var person = Person(plan: planned, cohort: cohorts.firstIndex(of: planned.cohort) ?? 0)
            person.fails = planned.index % 7 == 3 && planned.index / 7 < run.failures
            person.baseDelay = 18 + generator.uniform() * 14 + Double(person.cohort) * 25
            var elapsed = 8 + generator.uniform() * 20
            for stage in JoinTimeline.Stage.allCases {
                if person.fails, stage == .ice { break }
                person.join.reach(stage, after: .milliseconds(elapsed))
                if stage == .dtls { person.connected = planned.arrival.seconds + elapsed / 1000 }
                elapsed +=
                    4 + generator.uniform() * (stage == .firstKeyFrame ? 260 : 40) * Double(1 + person.cohort)
            }
            people.append(person)
        }
    }

    mutating func batch(for second: Int) -> SampleBatch {
        var batch = SampleBatch()
        var cohorts = (0..<cohortCount).map { CohortSecond(second: second, cohort: $0) }
        let end = Double(second + 1)
        let isTroubled = run.trouble.contains(second)
        for index in people.indices {
            var person = people[index]
            let arrival = person.plan.arrival.seconds
            let departure = person.plan.departure.seconds
            if end > arrival, end <= departure { cohorts[person.cohort].planned += 1 }
            defer { people[index] = person }
            if arrival >= Double(second), arrival < end {
                batch.events.append(event(arrival, person, .joining, ""))
                if person.fails {
                    batch.events.append(event(arrival + 2.1, person, .failed, "no working path in 2 s"))
                } else {
                    batch.events.append(event(person.connected, person, .connected, ""))
                    if let time = person.join[.firstVideo] {
                        batch.events.append(event(arrival + time.seconds, person, .firstVideo, "180p"))
                    }
                }
            }
            if person.fails {
                if end > arrival + 2.1 {
                    cohorts[person.cohort].failed += 1
                } else if end > arrival {
                    cohorts[person.cohort].connecting += 1
                }
                continue
            }
            guard person.connected < end else {
                if end > arrival { cohorts[person.cohort].connecting += 1 }
                continue
            }
            guard Double(second) < departure else { continue }
            if end <= departure { cohorts[person.cohort].connected += 1 }
            let from = max(person.connected, Double(second))
            let growth = media(
                &person, length: min(end, departure) - from, isTroubled: isTroubled && person.plan.room == 1)
            if growth.video.freezes > 0 {
                batch.events.append(event(end - 0.2, person, .freeze, "640 ms"))
            }
            person.audio += growth.audio
            person.video += growth.video
            cohorts[person.cohort].audio += growth.audio
            cohorts[person.cohort].video += growth.video
            if let rating = growth.audio.rating(codec: codec) {
                cohorts[person.cohort].ratingSum += rating
                cohorts[person.cohort].ratingCount += 1
            }
            cohorts[person.cohort].roundTripSum += 2 * person.baseDelay / 10
            cohorts[person.cohort].roundTripCount += 1
            cohorts[person.cohort].sentPackets += 150
            cohorts[person.cohort].sentBytes += 130_000
            if person.stretch == nil { person.stretch = (person.connected, AudioCounts(), VideoCounts()) }
            let isBorder = phases.contains { $0.start.seconds == end } || end >= departure
            if let stretch = person.stretch, end - stretch.start >= 10 || isBorder {
                batch.participants.append(sample(person, stretch, end: min(end, departure)))
                person.stretch = (end, person.audio, person.video)
            }
        }
        batch.cohorts = cohorts
        return batch
    }

    mutating func last() -> SampleBatch {
        var batch = SampleBatch()
        for person in people {
            let end: ParticipantOutcome.End =
                person.fails ? .failed(CallFailure(stage: .ice, cause: "no working path in 2 s")) : .left
            var outcome = ParticipantOutcome(
                participant: person.plan.index, end: end,
                endedAt: .seconds(
                    person.fails ? person.plan.arrival.seconds + 2.1 : person.plan.departure.seconds),
                join: person.join)
            outcome.audio = person.audio
            outcome.video = person.video
            outcome.tracksExpected = 10
            outcome.tracksReceived = person.fails ? 0 : 10
            outcome.sentPackets = 5000
            outcome.sentBytes = 4_000_000
            outcome.throttled = 1
            var chat = InteractionOutcome(.chat)
            (chat.due, chat.done, chat.refused, chat.expected, chat.seen) = (4, 3, 1, 30, 27)
            outcome.interactions = [chat]
            batch.outcomes.append(outcome)
            if !person.fails {
                batch.events.append(event(person.plan.departure.seconds, person, .left, ""))
            }
        }
        var answers = DelayHistogram()
        for delay in [12_000, 48_000] as [Int64] { answers.add(microseconds: delay) }
        for cohort in 0..<cohortCount {
            for phase in phases.indices where phase == 1 {
                for quantity in [PhaseDelays.Quantity.chat, .meetRoom] {
                    batch.delays.append(
                        PhaseDelays(phase: phase, cohort: cohort, quantity: quantity, cells: answers.cells))
                }
                batch.delays.append(
                    PhaseDelays(
                        phase: phase, cohort: cohort, quantity: .audioPlayout,
                        cells: audioDelays[cohort].cells))
                batch.delays.append(
                    PhaseDelays(
                        phase: phase, cohort: cohort, quantity: .video, cells: videoDelays[cohort].cells))
            }
        }
        return batch
    }

    mutating func generatorSecond(_ second: Int) -> GeneratorSecond {
        var sample = GeneratorSecond(second: second)
        sample.dataPlaneLoad = run.load * (0.8 + 0.2 * generator.uniform()) * (second < 8 ? 0.6 : 1)
        sample.processCPUSeconds = sample.dataPlaneLoad * 1.6
        sample.worstTickLateness = 0.8 + generator.uniform() * 3
        sample.meanTickLateness = 0.2
        sample.packetsIn = 12_000 + UInt64(generator.uniform() * 800)
        sample.packetsOut = 3400 + UInt64(generator.uniform() * 300)
        sample.socketDrops = second == 5 ? run.socketDrops : 0
        sample.residentBytes = 180_000_000
        return sample
    }

    private mutating func media(_ person: inout Person, length: Double, isTroubled: Bool) -> (
        audio: AudioCounts, video: VideoCounts
    ) {
        var audio = AudioCounts()
        var video = VideoCounts()
        let packets = UInt64(5 * 50 * length)
        let noise = generator.uniform()
        audio.packets.expected = packets
        let lost = isTroubled ? packets / 12 : 0
        audio.packets.lostBeforeRepair = lost + (noise < 0.2 ? 1 : 0)
        audio.packets.lost = lost / 3
        audio.packets.received = packets - lost / 3
        audio.packets.bytes = packets * 110
        audio.turns = packets
        audio.missed = lost / 3
        audio.missedRuns = lost / 3
        audio.playedMilliseconds = packets * 20
        audio.concealedMilliseconds = lost / 3 * 20
        let delay = person.baseDelay + noise * 4 + (isTroubled ? 60 : 0)
        audio.delayCount = packets
        audio.networkDelaySum = UInt64(delay * 300) * packets
        audio.playoutDelaySum = UInt64(delay + 40) * packets
        let frames = UInt64(5 * 20 * length)
        video.packets.expected = frames * 3
        video.packets.lostBeforeRepair = isTroubled ? frames / 5 : noise < 0.3 ? 1 : 0
        video.packets.lost = isTroubled ? frames / 40 : 0
        video.packets.received = video.packets.expected - video.packets.lost
        video.packets.bytes = frames * 1900
        video.framesRendered = frames
        video.recognised = frames
        video.watchedMilliseconds = UInt64(5 * 1000 * length)
        video.freezes = isTroubled && noise < 0.6 ? 1 : 0
        video.frozenMilliseconds = video.freezes * 640
        video.frameDurationSum = video.watchedMilliseconds
        video.frameDurationSquares = video.watchedMilliseconds * 50
        video.delaySum = UInt64(delay * 1100) * frames
        video.psnrSum = 36_400 * frames
        video.ssimSum = 956_000 * frames
        video.heightSum = 180 * frames * 3 / 5 + 360 * frames * 2 / 5
        video.layerBytes.low = frames * 900
        video.layerBytes.medium = person.plan.index % 3 == 0 ? frames * 600 : frames * 200
        video.layerBytes.high = person.plan.index % 6 == 0 ? frames * 500 : 0
        for _ in 0..<Int(frames) {
            let spread = generator.uniform() * generator.uniform() * 30
            audioDelays[person.cohort].add(microseconds: Int64((delay + 40 + spread) * 1000))
            videoDelays[person.cohort].add(microseconds: Int64((delay + spread * 1.4) * 1000))
        }
        return (audio, video)
    }

    private func sample(
        _ person: Person, _ stretch: (start: Double, audio: AudioCounts, video: VideoCounts), end: Double
    ) -> ParticipantSample {
        var sample = ParticipantSample(
            participant: person.plan.index, start: .seconds(stretch.start), end: .seconds(end))
        sample.audio = person.audio.since(stretch.audio)
        sample.video = person.video.since(stretch.video)
        sample.rating = sample.audio.rating(codec: codec)
        sample.audioDelayP95 = person.baseDelay + 60
        sample.videoDelayP95 = person.baseDelay + 35
        sample.jitterMilliseconds = 2.2
        sample.roundTripMilliseconds = 2 * person.baseDelay / 10
        sample.sentPackets = 1500
        sample.sentBytes = 1_300_000
        return sample
    }

    private func event(_ at: Double, _ person: Person, _ kind: RunEvent.Kind, _ text: String) -> RunEvent {
        RunEvent(at: .seconds(at), participant: person.plan.index, kind: kind, text: text)
    }
}
