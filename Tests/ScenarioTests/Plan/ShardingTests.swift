import Primitives
import Scenario
import Testing

@Suite struct ShardingTests {
    private static let rooms = ScenarioText(rooms: "- {name: team, count: 7, participants: 5}")
    private static let hall = ScenarioText(rooms: "- {name: hall, participants: 50}")

    @Test(arguments: [
        (ShardingTests.rooms, 3), (ShardingTests.hall, 4), (ShardingTests.hall, 1), (ShardingTests.rooms, 50),
    ])
    func partsMakeTheWhole(_ text: ScenarioText, count: Int) throws {
        let plan = try text.plan()
        let parts = (1...count).map { plan.shard($0, of: count) }
        let joined = parts.flatMap(\.participants).sorted { $0.index < $1.index }
        #expect(joined == plan.participants)
        for part in parts {
            #expect(part.rooms == plan.rooms)
            #expect(part.phases == plan.phases)
            #expect(part.shard?.count == count)
        }
    }

    @Test func roomsStayWholeWhileThereAreEnough() throws {
        let plan = try Self.rooms.plan()
        for number in 1...3 {
            for participant in plan.shard(number, of: 3).participants {
                #expect(participant.room % 3 == number - 1)
            }
        }
        #expect(try Self.hall.plan().shard(1, of: 4).participants.count == 13)
    }

    @Test func aShardKnowsTheConversationOfAll() throws {
        let plan = try Self.hall.plan()
        let part = plan.shard(2, of: 4)
        let participant = try #require(part.participants.first)
        var whole = try #require(plan.speakingSchedule(for: participant))
        var own = try #require(part.speakingSchedule(for: participant))
        for second in 0..<30 {
            let now = Instant.seconds(Double(second))
            let (first, second) = (whole.nextChange(after: now), own.nextChange(after: now))
            #expect(first == second)
        }
    }

    @Test func readsItsText() {
        #expect(Shard("2/3") == Shard(number: 2, of: 3))
        for text in ["0/3", "4/3", "1/0", "1", "/", "a/b", "1/2/3", "-1/2", ""] {
            #expect(Shard(text) == nil)
        }
    }
}
