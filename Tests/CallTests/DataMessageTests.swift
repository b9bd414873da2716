import EmbeddedVisio
import Primitives
import Probe
import RTC
import Scenario
import Simulation
import Testing

@Suite("Data messages")
struct DataMessageTests {
    /// Each of four sends once a second for ten seconds; each gets what the other three sent.
    @Test func everybodyGetsTheMessagesOfTheOthers() throws {
        let record = try Self.call.run { plan in
            for index in plan.participants.indices {
                plan.participants[index].presence = TimeSpan(start: .zero, end: .milliseconds(10_500))
            }
        }
        for outcome in record.outcomes { #expect(outcome.dataMessages == 3 * 10) }
        #expect(record.server.malformedData == 0)
    }

    /// Reliable messages arrive over a path that loses a tenth of everything.
    @Test func messagesSurviveLoss() throws {
        var call = Self.call
        call.network.up.loss = .random(0.1)
        call.network.down.loss = .random(0.1)
        let record = try call.run { plan in
            for index in plan.participants.indices {
                plan.participants[index].presence = TimeSpan(start: .zero, end: .seconds(30))
            }
        }
        // What was sent in the last seconds may still be under way.
        for outcome in record.outcomes { #expect((3 * 25...3 * 30).contains(outcome.dataMessages)) }
    }

    private static let call = Call(participants: 4, role: "microphone: muted, messages: 60/min")
}
