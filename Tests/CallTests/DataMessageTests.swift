import EmbeddedVisio
import Primitives
import Probe
import RTC
import Scenario
import Simulation
import Testing

@Suite("Chat and reactions")
struct DataMessageTests {
    /// Each of four writes three lines and sends two reactions; each gets what the other three sent, once.
    @Test func everybodyGetsTheMessagesOfTheOthers() throws {
        let call = Call(
            participants: 4, role: "microphone: muted, chat: [at 4s, at 5s, at 6s], reactions: [at 4s, at 7s]"
        )
        let record = try call.run()
        for index in 0..<4 {
            let chat = try record.deeds(.chat, of: index)
            #expect(chat.due == 3)
            #expect(chat.done == 3)
            #expect(chat.expected == 9)
            #expect(chat.seen == 9)
            let reactions = try record.deeds(.reaction, of: index)
            #expect(reactions.done == 2)
            #expect(reactions.expected == 6)
            #expect(reactions.seen == 6)
            // A chat line comes once more in the form of old clients.
            #expect(try record.outcome(of: index).dataMessages == 9 + 6)
        }
        #expect(record.noticed(.chat).count == 36)
        // Two ways of 1 ms, and the beat of the server.
        #expect((2...20).contains(record.noticed(.chat).mean))
        #expect(record.noticed(.reaction).worst == 0, "nothing says which reaction it is")
        #expect(record.server.malformedData == 0)
    }

    /// Reliable messages arrive over a path that loses a tenth of everything; what it costs is seen in the delay.
    @Test func messagesSurviveLoss() throws {
        // The last line is said in time to be repeated before everybody goes.
        let moments = (8...24).map { "at \($0)s" }.joined(separator: ", ")
        var call = Call(participants: 4, role: "microphone: muted, chat: [\(moments)]")
        call.network.up.loss = .random(0.1)
        call.network.down.loss = .random(0.1)
        let record = try call.run { plan in
            for index in plan.participants.indices {
                plan.participants[index].presence = TimeSpan(start: .zero, end: .seconds(30))
            }
        }
        for index in 0..<4 {
            let chat = try record.deeds(.chat, of: index)
            #expect(chat.expected >= 50)
            #expect(chat.seen == chat.expected)
        }
        #expect(record.noticed(.chat).worst > 100)
    }

    /// Who comes late was not there for what was said before, and who is not in cannot speak.
    @Test func lateJoinersMissWhatWasSaid() throws {
        let call = Call(participants: 3, role: "microphone: muted, chat: [at 2s, at 8s]")
        let record = try call.run { plan in
            for index in plan.participants.indices { plan.participants[index].presence.start = .zero }
            plan.participants[2].presence.start = .seconds(5)
        }
        let late = try record.deeds(.chat, of: 2)
        #expect(late.due == 1)
        #expect(late.expected == 2)
        #expect(late.seen == 2)
        let early = try record.deeds(.chat, of: 0)
        #expect(early.due == 2)
        #expect(early.expected == 3)
        #expect(early.seen == 3)
    }

    /// Chat goes without Meet, so it works in rooms that nobody registered.
    @Test func chatAsksNothingOfMeet() throws {
        let record = try Call(participants: 2, role: "microphone: muted, chat: at 5s").run()
        #expect(!record.accessLog.contains { $0.hasPrefix("POST") })
    }
}
