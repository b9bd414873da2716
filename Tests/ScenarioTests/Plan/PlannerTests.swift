import Foundation
import Primitives
import Scenario
import Testing

@Suite struct PlannerTests {
    private static let mixed = ScenarioText(
        rooms: """
            - {name: team, count: 5, participants: {distribution: lognormal, median: 6, p95: 12, max: 20}, mix: {speaker: 2, viewer: rest}}
              - {name: hall, participants: 30, mix: {speaker: 10%, viewer: 90%}}
            """,
        roles: """
            speaker: {microphone: conversation, camera: vp8-simulcast, mute: from 4s to 5s}
              viewer: {microphone: muted, camera: {vp8-simulcast: 40%, off: rest}, reactions: 6/min}
            """,
        more: "thresholds: [\"rtt p95 < 50ms during hold for viewer\"]")

    @Test func sameSeedSameBytes() throws {
        let first = try Self.mixed.plan()
        let second = try Self.mixed.plan()
        #expect(first == second)
        #expect(try first.encoded() == second.encoded())
        let other = try Self.mixed.plan(seed: 8)
        #expect(try first.encoded() != other.encoded())
        #expect(other.seed == 8)
    }

    @Test func bytesStayTheSameFromVersionToVersion() throws {
        let plan = try ScenarioText(
            rooms: "- {name: team, count: 2, participants: 2}",
            phases: "[{arrive: {poisson: 2/s}}, {hold: 10s}, {leave: {over: 3s}}]",
            more: "thresholds: [join.failed = 0%]"
        ).plan()
        let file = URL(fileURLWithPath: repositoryFile("Tests/ScenarioTests/Goldens/plan.json"))
        // A wanted change: run once with this variable, then read the difference before it is committed.
        if ProcessInfo.processInfo.environment["VISIOBENCH_WRITE_GOLDENS"] != nil {
            try Data(plan.encoded()).write(to: file)
        }
        let golden = try Data(contentsOf: file)
        #expect(
            String(decoding: try plan.encoded(), as: UTF8.self) == String(decoding: golden, as: UTF8.self))
    }

    @Test func readsWhatItWrites() throws {
        let plan = try Self.mixed.plan()
        #expect(try Plan(encoded: plan.encoded()) == plan)
        let text = String(decoding: try plan.encoded(), as: UTF8.self)
        #expect(text.firstMatch(of: /[0-9]\.[0-9]+[,}\]]/) == nil, "a number that is not whole")
    }

    /// Browsers by exact shares, a role's own before those of all; what Firefox cannot send becomes VP8.
    @Test func browsersAreShared() throws {
        let text = ScenarioText(
            rooms: "- {name: hall, participants: 30, mix: {speaker: 10, viewer: 20}}",
            roles: """
                speaker: {camera: vp9-svc, client: firefox}
                  viewer: {camera: {vp9-svc: 50%, off: rest}}
                """, more: "client: {firefox: 25%, chrome: rest}")
        let people = try text.plan().participants
        let speakers = people.filter { $0.role == "speaker" }
        #expect(speakers.allSatisfy { $0.browser == .firefox && $0.camera == .vp8Simulcast })
        let viewers = people.filter { $0.role == "viewer" }
        #expect(viewers.count { $0.browser == .firefox } == 5)
        #expect(viewers.count { $0.camera != .off } == 10)
        for viewer in viewers {
            #expect(viewer.camera != (viewer.browser == .firefox ? .vp9SVC : .vp8Simulcast))
        }
        #expect(try ScenarioText().plan().participants.allSatisfy { $0.browser == .chrome })
    }

    @Test func thePageIsUsedAsItSays() throws {
        let role = """
            member: {screen: [from 5s to 6s, from 1s to 2s], window: 1366x768, page-turns: 2/min, receive: low}
            """
        let member = try #require(try ScenarioText(roles: role).plan().participants.first)
        #expect(member.screens.map(\.start) == [.seconds(Int64(1)), .seconds(Int64(5))])
        #expect(member.page.geometry == PageGeometry(width: 1366, height: 768))
        #expect(member.page.pageTurnInterval == .seconds(Int64(30)))
        #expect(member.page.receiveQuality == .low)
    }

    @Test func roomsHaveTheirPeople() throws {
        let plan = try Self.mixed.plan()
        #expect(plan.participants.map(\.index) == Array(0..<plan.participants.count))
        for room in plan.rooms {
            let people = plan.participants.filter { $0.room == room.index }
            #expect(people.count == room.size)
            let speakers = people.filter { $0.role == "speaker" }
            #expect(speakers.count == (room.group == "team" ? 2 : 3))
            #expect(room.speakers.map(\.participant) == speakers.map(\.index))
            #expect(room.slug.wholeMatch(of: /[a-z]{3}-[a-z]{4}-[a-z]{3}/) != nil)
            if room.group == "team" { #expect((2...20).contains(room.size)) }
        }
        #expect(Set(plan.rooms.map(\.slug)).count == plan.rooms.count)
        #expect(Set(plan.participants.map(\.name)).count == plan.participants.count)
        let viewers = plan.participants.filter { $0.role == "viewer" }
        let cameras = viewers.count { $0.camera == .vp8Simulcast }
        #expect(cameras == Int((0.4 * Double(viewers.count)).rounded()))
        #expect(plan.cohorts == ["speaker", "viewer"])
    }

    @Test func networksHaveTheirShares() throws {
        #expect(try Self.mixed.plan().participants.allSatisfy { $0.network == nil })
        var text = ScenarioText(rooms: "- {name: team, count: 2, participants: 10}")
        text.more = "network: {fibre: {share: 60%}, vpn: {share: 15%, path: udp}, mobile: {share: rest}}"
        let plan = try text.plan()
        #expect(plan.networks.map(\.name) == ["fibre", "vpn", "mobile"])
        let counts = plan.networks.indices.map { number in plan.participants.count { $0.network == number } }
        #expect(counts == [12, 3, 5])
        #expect(plan.participants.filter { plan.network(of: $0)?.path == .udp }.count == 3)
        #expect(try text.plan(seed: 8).participants.map(\.network) != plan.participants.map(\.network))
        #expect(try Plan(encoded: plan.encoded()) == plan)
    }

    @Test func phasesFollowEachOther() throws {
        let plan = try Self.mixed.plan()
        #expect(plan.phases.first?.start == .zero)
        #expect(plan.phases.last?.end == plan.duration)
        for (phase, next) in zip(plan.phases, plan.phases.dropFirst()) { #expect(phase.end == next.start) }
        let arrive = try #require(plan.phase(named: "arrive"))
        let leave = try #require(plan.phase(named: "leave"))
        for participant in plan.participants {
            #expect(arrive.span.contains(participant.arrival))
            #expect(leave.span.contains(participant.departure))
        }
    }

    @Test func joinsAndLeavesAreShuffledApart() throws {
        let plan = try ScenarioText(rooms: "- {name: team, count: 10, participants: 10}").plan()
        let arrivals = plan.participants.sorted { $0.arrival < $1.arrival }
        let departures = plan.participants.sorted { $0.departure < $1.departure }
        #expect(arrivals.map(\.index) != plan.participants.map(\.index))
        #expect(departures.map(\.index) != arrivals.map(\.index))
        // In the first half of the joins every room has somebody.
        #expect(Set(arrivals.prefix(50).map(\.room)).count == 10)
    }

    @Test func withoutLeaveEverybodyStaysToTheEnd() throws {
        let plan = try ScenarioText(phases: "[{arrive: {constant: 2/s}}, {hold: 10s}]").plan()
        #expect(plan.participants.allSatisfy { $0.departure == plan.duration })
    }

    @Test func namedRoomsKeepTheirNames() throws {
        let text = ScenarioText(
            rooms: "- {name: team, count: 2, participants: 3, slugs: [abc-defg-hij, my-room]}")
        #expect(try text.plan().rooms.map(\.slug) == ["abc-defg-hij", "my-room"])
    }

    @Test func lognormalSizesHaveTheirQuantiles() throws {
        let text = ScenarioText(
            rooms:
                "- {name: t, count: 4000, participants: {distribution: lognormal, median: 20, p95: 60, max: 400}}"
        )
        let sizes = try text.plan().rooms.map(\.size).sorted()
        #expect(abs(sizes[2000] - 20) <= 1)
        #expect(abs(sizes[3800] - 60) <= 5)
    }

    @Test func refusesWhatTheListDoesNotAllow() throws {
        let text = ScenarioText(
            target: "{embedded: {}, allow: {participants: 30}}",
            rooms: "- {name: t, count: 5, participants: {distribution: uniform, min: 2, max: 10}}")
        // Some seeds keep within the limit, others do not.
        var outcomes: Set<Bool> = []
        let scenario = try text.scenario("seed=3")
        for seed in 0..<40 {
            do {
                #expect(try Planner.plan(scenario, seed: UInt64(seed)).participants.count <= 30)
                outcomes.insert(true)
            } catch PlanError.tooManyParticipants(let planned, let allowed) {
                #expect(planned > allowed)
                outcomes.insert(false)
            }
        }
        #expect(outcomes.count == 2)
    }
}
