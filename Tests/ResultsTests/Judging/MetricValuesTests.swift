import Primitives
import Probe
import Results
import Scenario
import Testing

@Suite struct MetricValuesTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func values(
        _ plan: Plan, generator: [GeneratorSecond] = [], _ fill: (inout SampleBatch) -> Void
    ) throws -> MetricValues {
        try MetricValues(try SmallRun.write(plan, into: folder, generator: generator, fill))
    }

    @Test func aParticipantGivesOneValueWhateverItsStretches() throws {
        let values = try values(try SmallRun.plan()) { batch in
            batch.participants = [
                SmallRun.sample(0, 2, 12, lost: 10), SmallRun.sample(0, 12, 20, lost: 30),
                SmallRun.sample(1, 2, 12),
            ]
        }
        #expect(values.values(of: .audioLoss) == [0, 0.02])
        #expect(values.participantValues(of: .audioLoss).map(\.participant) == [0, 1])
        #expect(values.values(of: .audioJitter) == [0.003, 0.003])
        #expect(values.values(of: .roundTrip) == [0.012, 0.012])
        #expect(values.values(of: .audioDelay) == [0.1, 0.1])
        let bitsPerSecond = [100_000, 2_000_000.0 / 18]
        #expect(values.values(of: .videoBitrate) == bitsPerSecond)
        #expect(values.values(of: .videoPSNR) == [])
    }

    @Test func ratingsAreAveragedByTimeAndMOSNever() throws {
        let values = try values(try SmallRun.plan()) { batch in
            batch.participants = [
                SmallRun.sample(0, 2, 12, rating: 120), SmallRun.sample(0, 12, 17, rating: 60),
            ]
        }
        #expect(values.values(of: .audioR) == [100])
        #expect(values.values(of: .audioMOS) == [EModel.wideband(mosOf: 100)])
    }

    @Test func theLongestLossCountsAndWhoNeverCameBackIsInfinite() throws {
        func loss(
            _ participant: Int, _ at: Double, _ outcome: ConnectionLoss.Outcome, _ signalling: Interval?,
            _ media: Interval?
        ) -> ConnectionLoss {
            ConnectionLoss(
                participant: participant, at: .seconds(at), cause: .signalling, outcome: outcome, attempts: 1,
                signalling: signalling, media: media)
        }
        let values = try values(try SmallRun.plan()) { batch in
            batch.outcomes = (0..<3).map { SmallRun.outcome($0) } + [SmallRun.failure(3)]
            batch.losses = [
                loss(0, 5, .resumed, .milliseconds(20), .milliseconds(50)),
                loss(0, 9, .restarted, .milliseconds(900), .milliseconds(800)),
                loss(1, 10, .lost, nil, nil), loss(2, 11, .left, nil, nil),
            ]
        }
        #expect(values.values(of: .reconnectTime) == [0.9, .infinity])
        #expect(values.values(of: .reconnectTime, phase: "arrive") == [])
        // Who never got in had no connection to lose.
        #expect(values.values(of: .reconnectFailed) == [0, 0, 1])
    }

    @Test func aStallThatGoesOnCountsOnce() throws {
        let values = try values(try SmallRun.plan()) { batch in
            batch.participants = [
                SmallRun.sample(0, 2, 12, stalled: 2000),
                SmallRun.sample(0, 12, 20, frozen: 500, stalled: 4000),
            ]
        }
        #expect(values.values(of: .videoFreezeRatio) == [0.225])
    }

    @Test func phasesChooseStretchesByTheirMiddleAndJoinsByTheirIntendedTime() throws {
        let values = try values(try SmallRun.plan()) { batch in
            batch.participants = [
                SmallRun.sample(0, 0.5, 2.1, lost: 50), SmallRun.sample(0, 2.1, 12, lost: 10),
            ]
            batch.outcomes = (0..<4).map { SmallRun.outcome($0) }
        }
        #expect(values.values(of: .audioLoss, phase: "arrive") == [0.05])
        #expect(values.values(of: .audioLoss, phase: "hold") == [0.01])
        #expect(values.values(of: .audioLoss, phase: "no such phase") == [])
        #expect(values.values(of: .joinAPI, phase: "arrive").count == 4)
        #expect(values.values(of: .joinAPI, phase: "hold") == [])
    }

    @Test func cohortsChooseParticipants() throws {
        let values = try values(try SmallRun.plan(cohorts: ["speaker", "viewer"])) { batch in
            batch.participants = (0..<4).map { SmallRun.sample($0, 2, 12, lost: UInt64($0)) }
        }
        #expect(values.values(of: .audioLoss, cohort: "viewer") == [0.001, 0.003])
        #expect(values.values(of: .audioLoss, cohort: "nobody") == [])
    }

    @Test func whoNeverGotInHasWaitedLongerThanEverybody() throws {
        let values = try values(try SmallRun.plan()) { batch in
            batch.outcomes = [SmallRun.outcome(0), SmallRun.outcome(1), SmallRun.failure(2)]
        }
        #expect(values.values(of: .joinSignalling) == [0.3, 0.3, 0.3])
        #expect(values.values(of: .joinConnected) == [0.5, 0.5, .infinity])
        #expect(values.values(of: .joinFirstVideo) == [0.9, 0.9, .infinity])
        #expect(values.values(of: .joinFailed) == [0, 0, 1])
    }

    @Test func whoGotInAndNeverSawAPictureThatWasDueHasTooButNotWhereNobodyHadACamera() throws {
        for (camera, expected) in [(Camera.vp8Simulcast, [0.9, .infinity]), (.off, [0.9])] {
            let folder = try Folder()
            let file = try SmallRun.write(try SmallRun.plan(participants: 2, camera: camera), into: folder) {
                batch in
                batch.outcomes = [SmallRun.outcome(0), SmallRun.outcome(1, firstVideo: false)]
            }
            #expect(try MetricValues(file).values(of: .joinFirstVideo) == expected)
        }
    }

    @Test func theOnlyOneWithACameraIsNotDueItsOwnPicture() throws {
        let values = try values(try SmallRun.plan(participants: 1)) { batch in
            batch.outcomes = [SmallRun.outcome(0, firstVideo: false)]
        }
        #expect(values.values(of: .joinFirstVideo) == [])
    }

    @Test func theGeneratorHasOneValuePerSecond() throws {
        let seconds = (0..<5).map { index in
            var second = GeneratorSecond(second: index)
            second.dataPlaneLoad = Double(5 - index) / 10
            second.worstTickLateness = Double(index)
            return second
        }
        let values = try values(try SmallRun.plan(), generator: seconds) { _ in }
        #expect(values.values(of: .generatorCPU) == [0.1, 0.2, 0.3, 0.4, 0.5])
        #expect(values.values(of: .generatorLateness, phase: "hold") == [0.002, 0.003, 0.004])
    }

    /// Delays are means over everything that a participant noticed in a phase; what nobody noticed has none.
    @Test func noticesGiveMeansAndDeedsGiveShares() throws {
        let values = try values(try SmallRun.plan()) { batch in
            var early = SmallRun.sample(0, 2, 12)
            var chat = InteractionCounts(.chat)
            for delay in [20_000, 40_000] as [Int64] { chat.add(microseconds: delay) }
            var reactions = InteractionCounts(.reaction)
            reactions.add(microseconds: nil)
            early.interactions = [chat, reactions]
            var late = SmallRun.sample(0, 20, 22)
            chat = InteractionCounts(.chat)
            chat.add(microseconds: 300_000)
            late.interactions = [chat]
            batch.participants = [early, late, SmallRun.sample(1, 2, 12)]
            var outcome = SmallRun.outcome(0)
            var said = InteractionOutcome(.chat)
            (said.due, said.done, said.expected, said.seen) = (4, 3, 10, 9)
            var raised = InteractionOutcome(.hand)
            (raised.due, raised.refused, raised.expected) = (1, 1, 0)
            outcome.interactions = [said, raised]
            outcome.throttled = 2
            batch.outcomes = [outcome, SmallRun.outcome(1)]
        }
        #expect(values.values(of: .chatDelay) == [0.12])
        #expect(values.values(of: .chatDelay, phase: "hold") == [0.03])
        #expect(values.values(of: .handDelay) == [])
        #expect(values.values(of: .actionsFailed) == [0.4])
        #expect(values.values(of: .actionsUnseen) == [0.1])
    }

    /// Who was refused or sent away as the scenario has it could join, as far as the deployment goes.
    @Test func refusalsByHostsAreNoFailures() throws {
        let values = try values(try SmallRun.plan()) { batch in
            batch.outcomes = [
                ParticipantOutcome(participant: 0, end: .denied, endedAt: .seconds(3), join: JoinTimeline()),
                ParticipantOutcome(participant: 1, end: .removed, endedAt: .seconds(9), join: JoinTimeline()),
                SmallRun.failure(2),
            ]
        }
        #expect(values.values(of: .joinFailed) == [0, 0, 1])
    }
}
