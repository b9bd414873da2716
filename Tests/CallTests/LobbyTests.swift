import EmbeddedVisio
import Primitives
import Probe
import Scenario
import Simulation
import Testing

@Suite("The lobby")
struct LobbyTests {
    /// A host who is in from the start, and guests who knock at 2 s and later.
    private static func call(
        _ lobby: String, guests: Int = 3, hold: Int = 15, access: String = "restricted"
    ) -> Call {
        var call = Call(
            participants: guests + 1, role: "microphone: muted",
            guestRole: "login: owner, microphone: monologue\(lobby)", guests: 1,
            phases: "[{arrive: {storm: 1s}}, {hold: \(hold)s}, {leave: {over: 1s}}]")
        call.access = access
        return call
    }

    private static func settle(_ plan: inout Plan) {
        for index in plan.participants.indices {
            plan.participants[index].presence.start =
                index == 0 ? .zero : .seconds(2) + .milliseconds(Int64(index * 100))
        }
    }

    /// From the knock to the click the host takes its time; from the click to media the deployment does.
    @Test func guestsAreLetIn() throws {
        let record = try Self.call(", lobby: {after: 3s}").run(adjusting: Self.settle)
        #expect(record.failures.isEmpty)
        for index in 1..<4 {
            let outcome = try record.outcome(of: index)
            #expect(outcome.end == .left)
            let opened = try #require(outcome.join[.lobby])
            // The host's page learns of the knock by a message, asks, the host waits, the guest asks each second.
            #expect((3.0...5.1).contains(opened.seconds))
            #expect(try #require(outcome.join[.dtls]) > opened)
            // The host's microphone; the others are muted.
            #expect(outcome.tracksReceived == 1)
        }
        let lobby = record.noticed(.lobby)
        #expect(lobby.count == 3)
        #expect(lobby.worst < 1100)
        #expect(try record.deeds(.lobby, of: 0).done == 3)
        // Nobody asks more often than the page, and the host's page only while somebody waits.
        let questions = record.accessLog.count { $0.hasSuffix("/request-entry/") }
        #expect((9...18).contains(questions))
        let looks = record.accessLog.count { $0.hasSuffix("/waiting-participants/") }
        #expect((5...14).contains(looks))
    }

    @Test func guestsAreRefused() throws {
        let record = try Self.call(", lobby: deny").run(adjusting: Self.settle)
        #expect(record.failures.isEmpty, "the scenario has it so")
        #expect(record.outcomes.map(\.end) == [.left, .denied, .denied, .denied])
        #expect(record.noticed(.lobby).count == 0)
        #expect(record.server.joins == 1)
    }

    /// Nobody opens: the page gives up after ten minutes, and that is named.
    @Test func waitingEnds() throws {
        let record = try Self.call("", guests: 1, hold: 610).run(adjusting: Self.settle)
        let failure = try #require(record.failures[1])
        #expect(failure.stage == .lobby)
        #expect(failure.cause.contains("nobody opened within 600 s"))
        #expect((602.0...603.2).contains(try #require(try record.outcome(of: 1).endedAt).seconds))
        // The host's page shows who waits, for as long as somebody does.
        let looks = record.accessLog.count { $0.hasSuffix("/waiting-participants/") }
        #expect((550...610).contains(looks))
    }

    @Test func whoHasToGoWhileWaitingWasNeverIn() throws {
        let record = try Self.call("", guests: 1, hold: 5).run(adjusting: Self.settle)
        #expect(record.failures[1]?.stage == .lobby)
        #expect(record.failures[1]?.cause.contains("planned departure") == true)
    }

    /// Waiting in the lobby is not the deployment's fault: the minute of a join begins at the open door.
    @Test func theMinuteOfAJoinBeginsAtTheDoor() throws {
        let record = try Self.call(", lobby: {after: 80s}", guests: 1, hold: 100).run(adjusting: Self.settle)
        #expect(record.failures.isEmpty)
        #expect(try #require(try record.outcome(of: 1).join[.lobby]).seconds > 80)
    }

    /// Who is logged in waits where only members enter, and nowhere else.
    @Test func accountsWaitWhereOnlyMembersEnter() throws {
        for (access, waits) in [("trusted", false), ("restricted", true)] {
            var call = Self.call(", lobby: accept", guests: 1, access: access)
            call.role = "login: account, microphone: muted"
            let record = try call.run(adjusting: Self.settle)
            #expect(record.failures.isEmpty)
            let outcome = try record.outcome(of: 1)
            #expect((outcome.join[.lobby] != nil) == waits)
            #expect(outcome.join[.login] != nil)
        }
    }

    /// A deployment that throttles is obeyed, and that is counted.
    @Test func throttledGuestsWaitLonger() throws {
        var call = Self.call(", lobby: {after: 2500ms}", guests: 1, hold: 90)
        call.meet = { $0.lobbyQuestionsPerMinute = 2 }
        let record = try call.run(adjusting: Self.settle)
        #expect(record.failures.isEmpty)
        let outcome = try record.outcome(of: 1)
        #expect(outcome.throttled >= 1)
        #expect(try #require(outcome.join[.lobby]).seconds > 55)
    }
}
