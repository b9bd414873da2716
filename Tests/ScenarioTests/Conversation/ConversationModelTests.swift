import Primitives
import Scenario
import Testing

@Suite struct ConversationModelTests {
    private static let hour = Interval.seconds(Int64(3600))

    private static func speakers(_ count: Int) -> [Speaker] {
        (0..<count).map { Speaker(participant: 10 + $0, presence: TimeSpan(start: .zero, end: hour)) }
    }

    /// Speaking or not, for each speaker, every 10 ms of an hour.
    private static func grid(_ model: ConversationModel, _ speakers: [Speaker]) -> [[Bool]] {
        speakers.map { speaker in
            var row = [Bool](repeating: false, count: 360_000)
            for turn in model.turns(for: speaker.participant) {
                for tick in turn.start.nanoseconds / 10_000_000..<turn.end.nanoseconds / 10_000_000 {
                    row[Int(tick)] = true
                }
            }
            return row
        }
    }

    @Test(arguments: [2, 3, 12])
    func hasTheStatesOfP59(_ count: Int) {
        let speakers = Self.speakers(count)
        let grid = Self.grid(ConversationModel(seed: 5, room: 3, speakers: speakers), speakers)
        var states = [0, 0, 0, 0]
        for tick in 0..<360_000 { states[min(3, grid.count { $0[tick] })] += 1 }
        let shares = states.map { Double($0) / 360_000 }
        // One cycle is 0.854 s of single talk, 0.4 times 0.226 s of double talk, 0.6 times 0.456 s of
        // silence.
        #expect(abs(shares[0] - 0.2246) < 0.02, "mutual silence \(shares[0])")
        #expect(abs(shares[1] - 0.7011) < 0.02, "single talk \(shares[1])")
        #expect(abs(shares[2] - 0.0742) < 0.01, "double talk \(shares[2])")
        #expect(shares[3] == 0, "never more than two at once")
        // Everybody gets about the same.
        let talk = grid.map { Double($0.count { $0 }) }
        let mean = talk.reduce(0, +) / Double(count)
        for value in talk { #expect(abs(value / mean - 1) < 0.25) }
    }

    @Test func talkSpurtsOfTwoAreAsLongAsMeasured() {
        let speakers = Self.speakers(2)
        let turns = Array(ConversationModel(seed: 9, room: 0, speakers: speakers).turns(for: 10))
        let mean = turns.map { ($0.end - $0.start).seconds }.reduce(0, +) / Double(turns.count)
        // The chain's own mean is 1.035 s; P.59 gives 1.004 s for real conversations.
        #expect(abs(mean - 1.035) < 0.06)
    }

    @Test func turnsAreInOrderAndApart() {
        let speakers = Self.speakers(4)
        let model = ConversationModel(seed: 1, room: 1, speakers: speakers)
        for speaker in speakers {
            let turns = Array(model.turns(for: speaker.participant))
            #expect(turns.count > 100)
            for (turn, next) in zip(turns, turns.dropFirst()) {
                #expect(turn.start < turn.end)
                #expect(turn.end < next.start)
            }
            #expect(turns.allSatisfy { $0.start >= .zero && $0.end <= .zero + Self.hour })
        }
    }

    @Test func onlyThoseWhoAreThereTakeTheFloor() {
        let ten = Interval.seconds(Int64(10))
        var speakers = Self.speakers(3)
        speakers[0].presence = TimeSpan(start: ten * 2, end: ten * 4)
        speakers[1].mutes = [TimeSpan(start: ten, end: ten * 3)]
        let model = ConversationModel(seed: 4, room: 0, speakers: speakers)
        for turn in model.turns(for: 10) {
            #expect(turn.start >= .zero + ten * 2 && turn.end <= .zero + ten * 4)
        }
        #expect(model.turns(for: 10).contains { _ in true })
        for turn in model.turns(for: 11) { #expect(!speakers[1].mutes[0].contains(turn.start - .zero)) }
        // While the others are away, the third talks alone.
        #expect(model.turns(for: 12).contains { $0.start >= .zero + ten && $0.end <= .zero + ten * 2 })
        #expect(Array(model.turns(for: 99)).isEmpty)
    }

    @Test func oneAloneTalksWithPauses() {
        let speaker = Self.speakers(1)
        for model in [
            ConversationModel(seed: 2, room: 0, speakers: speaker),
            ConversationModel(seed: 2, monologue: speaker[0]),
        ] {
            let talk = model.turns(for: 10).reduce(0) { $0 + ($1.end - $1.start).seconds }
            #expect(abs(talk / 3600 - 0.652) < 0.03)
        }
    }

    @Test func scheduleIsAFunctionOfTime() throws {
        let model = ConversationModel(seed: 6, room: 2, speakers: Self.speakers(3))
        let turns = Array(model.turns(for: 11).prefix(200))
        var schedule = model.schedule(for: 11)
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let now = Instant.seconds(generator.uniform() * (turns[190].start.seconds + 5) - 5)
            let expectsSpeech = turns.contains { $0.start <= now && now < $0.end }
            let speaks = schedule.isSpeaking(at: now)
            #expect(speaks == expectsSpeech)
            let boundaries = turns.flatMap { [($0.start, true), ($0.end, false)] }
            let next = try #require(boundaries.first { $0.0 > now })
            let answer = schedule.nextChange(after: now)
            let change = try #require(answer)
            #expect(change.at == next.0)
            #expect(change.speaks == next.1)
        }
    }

    @Test func scheduleWalksChangeByChange() {
        let model = ConversationModel(seed: 6, room: 2, speakers: Self.speakers(2))
        var schedule = model.schedule(for: 10)
        var now = Instant.zero
        for turn in model.turns(for: 10).prefix(50) {
            let start = schedule.nextChange(after: now)
            #expect(start?.at == turn.start && start?.speaks == true)
            let end = schedule.nextChange(after: turn.start)
            #expect(end?.at == turn.end && end?.speaks == false)
            now = turn.end
        }
    }

    @Test func scheduleEndsWithTheParticipant() {
        let model = ConversationModel(seed: 6, room: 2, speakers: Self.speakers(2))
        var schedule = model.schedule(for: 10)
        let atEnd = schedule.nextChange(after: .zero + Self.hour)
        #expect(atEnd == nil)
        let speaksAtEnd = schedule.isSpeaking(at: .zero + Self.hour)
        #expect(!speaksAtEnd)
        let atStart = schedule.nextChange(after: .zero)
        #expect(atStart != nil)
    }

    @Test func roomsAndSeedsDiffer() {
        func turns(_ seed: UInt64, _ room: Int) -> [SpeakingTurn] {
            Array(
                ConversationModel(seed: seed, room: room, speakers: Self.speakers(2)).turns(for: 10).prefix(
                    20))
        }
        #expect(turns(1, 1) == turns(1, 1))
        #expect(turns(1, 1) != turns(1, 2))
        #expect(turns(1, 1) != turns(2, 1))
    }

    @Test func silentMicrophonesHaveNoTimetable() throws {
        var text = ScenarioText()
        for (microphone, speaks) in [
            ("off", false), ("muted", false), ("conversation", true), ("monologue", true),
        ] {
            text.roles = "member: {microphone: \(microphone)}"
            let plan = try text.plan()
            #expect((plan.speakingSchedule(for: plan.participants[0]) != nil) == speaks)
        }
    }
}
