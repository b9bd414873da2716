import EmbeddedVisio
import Primitives
import Probe
import Scenario
import Simulation
import Testing
import Visio

@Suite("Hands and names")
struct HandTests {
    /// Hands go up by way of Meet, and everybody else sees them, once.
    @Test func handsAreSeen() throws {
        let call = Call(participants: 4, role: "microphone: muted, hand: [from 4s to 6s, from 8s to 9s]")
        let record = try call.run()
        for index in 0..<4 {
            let hand = try record.deeds(.hand, of: index)
            #expect(hand.due == 2)
            #expect(hand.done == 2)
            #expect(hand.refused == 0)
            #expect(hand.expected == 6)
            #expect(hand.seen == 6)
        }
        let seen = record.noticed(.hand)
        #expect(seen.count == 24)
        // To Meet 2 ms, from LiveKit 2 ms.
        #expect((3.9...6).contains(seen.mean))
        #expect(record.accessLog.count { $0.hasSuffix("/toggle-hand/") } == 16, "up and down")
        let answers = record.batch.delays.filter { $0.quantity == .meetHand }.flatMap(\.cells)
        #expect(answers.reduce(0) { $0 + $1.count } == 16)
        #expect(answers.allSatisfy { (3900...4100).contains($0.microseconds) })
    }

    /// The requests of a call are those of its pages and no others.
    @Test func nothingElseIsAsked() throws {
        let record = try Call(participants: 3, role: "microphone: muted, hand: from 4s to 6s").run()
        let join = ["config", "users/me", "users/me/"]
        var rest = record.accessLog.filter { !$0.contains("external-api") }
        for _ in 0..<3 {
            for path in join {
                let index = try #require(
                    rest.firstIndex {
                        $0.hasSuffix("/api/v1.0/\(path)")
                            || $0.hasSuffix("/api/v1.0/\(path)/") && path == "config"
                    })
                rest.remove(at: index)
            }
        }
        #expect(rest.count { $0.hasPrefix("GET /api/v1.0/rooms/") } == 3)
        #expect(rest.count { $0 == "HEAD /" } == 3)
        #expect(rest.count { $0.hasSuffix("/toggle-hand/") } == 6)
        #expect(rest.count == 12)
    }

    @Test func namesAreSeen() throws {
        let record = try Call(participants: 3, role: "microphone: muted, rename: [at 4s, at 7s]").run()
        for index in 0..<3 {
            let rename = try record.deeds(.rename, of: index)
            #expect(rename.done == 2)
            #expect(rename.seen == 4)
            #expect(rename.expected == 4)
        }
        #expect((3.9...6).contains(record.noticed(.rename).mean))
    }

    /// A Meet that fails leaves hands down: that is counted, named, and nothing else breaks.
    @Test func aBrokenMeetIsCounted() throws {
        var call = Call(participants: 3, role: "microphone: muted, hand: from 4s to 6s")
        call.meet = { $0.faults = [.init(path: "/toggle-hand/", count: 1, answer: .html(status: 500))] }
        let record = try call.run()
        #expect(record.failures.isEmpty)
        let deeds = try (0..<3).map { try record.deeds(.hand, of: $0) }
        #expect(deeds.map(\.refused).reduce(0, +) == 1)
        #expect(deeds.map(\.done).reduce(0, +) == 2)
        // A hand that never went up is missed by nobody.
        #expect(deeds.map(\.expected).reduce(0, +) == 4)
        #expect(deeds.map(\.seen).reduce(0, +) == 4)
        #expect(
            record.batch.events.contains { $0.kind == .deed && $0.text.contains("500 with an HTML page") })
    }
}
