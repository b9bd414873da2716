import Primitives
import Probe
import Results
import Scenario

/// Twenty participants, two rooms, of whom every figure can be worked out by hand.
///
/// Participant i had its first picture after (i + 1) × 100 ms, lost i of 1000 packets of sound, saw 1000 × i of
/// 100 000 ms of picture stand still, and was rated R = 100, but participant 0 R = 60.
enum KnownRun {
    static let thresholds = [
        "join.first-video p95 < 2s", "audio.loss p95 <= 1%", "audio.mos p10 >= 4.0", "video.psnr p10 > 30dB",
    ]

    static func write(to path: String) throws {
        let whole = TimeSpan(start: .zero, end: .seconds(20))
        let plan = Plan(
            seed: 18_446_744_073_709_551_615, title: "known", target: .embedded(EmbeddedOptions()),
            phases: [PlannedPhase(name: "hold", kind: .hold, span: whole)],
            rooms: (0..<2).map { PlannedRoom(index: $0, group: "g", slug: "abc-defg-hi\($0)", size: 10) },
            participants: (0..<20).map { index in
                let role = index < 5 ? "speaker" : "viewer"
                return PlannedParticipant(
                    index: index, room: index % 2, role: role, cohort: role, name: "\(role)-\(index)",
                    presence: whole)
            },
            thresholds: try thresholds.map { try Threshold.parse($0).get() }, duration: .seconds(20))
        let writer = try RunWriter(path: path, plan: plan, meta: [RunFact.version: "9", RunFact.mode: "run"])
        var batch = SampleBatch()
        for index in 0..<20 {
            var join = JoinTimeline()
            join.reach(.dtls, after: .milliseconds(50))
            join.reach(.firstVideo, after: .milliseconds(Int64((index + 1) * 100)))
            var outcome = ParticipantOutcome(
                participant: index, end: .left, endedAt: .seconds(20), join: join)
            outcome.audio = audio(index)
            outcome.video = video(index)
            outcome.malformed = index == 3 ? [("RTCP", 2)] : []
            batch.outcomes.append(outcome)
            var sample = ParticipantSample(participant: index, start: .zero, end: .seconds(20))
            sample.audio = audio(index)
            sample.video = video(index)
            sample.rating = index == 0 ? 60 : 100
            batch.participants.append(sample)
        }
        for second in 0..<20 {
            var speakers = CohortSecond(second: second, cohort: 0)
            (speakers.planned, speakers.connected) = (5, 5)
            var viewers = CohortSecond(second: second, cohort: 1)
            (viewers.planned, viewers.connected) = (15, 15)
            viewers.audio.packets.expected = 200
            viewers.audio.packets.lostBeforeRepair = second == 7 ? 10 : 0
            viewers.video.watchedMilliseconds = 15_000
            // One picture stands still from 8.5 s to 11.5 s: a stall while it lasts, frozen time when it ends.
            viewers.video.stalledMilliseconds = second == 9 ? 1500 : second == 10 ? 2500 : 0
            viewers.video.frozenMilliseconds = second == 11 ? 3000 : 0
            batch.cohorts += [speakers, viewers]
            var generator = GeneratorSecond(second: second)
            generator.dataPlaneLoad = second == 4 ? 0.5 : 0.25
            generator.worstTickLateness = 2
            try writer.write(generator)
        }
        try writer.write(batch)
        try writer.set(RunFact.ending, RunFact.complete)
        try writer.close()
    }

    private static func audio(_ index: Int) -> AudioCounts {
        var audio = AudioCounts()
        audio.packets.expected = 1000
        audio.packets.lost = UInt64(index)
        audio.packets.lostBeforeRepair = UInt64(2 * index)
        return audio
    }

    private static func video(_ index: Int) -> VideoCounts {
        var video = VideoCounts()
        video.watchedMilliseconds = 100_000
        video.frozenMilliseconds = UInt64(1000 * index)
        return video
    }
}
