import Primitives
import Scenario
import Testing

@Suite("What people do, in words") struct BehaviourTests {
    private static let host = """
        host: {login: owner, lobby: {accept: 90%, after: 3s}, moderates: {mute: 1/min, mute-all: at 30s, \
        remove: [at 40s, at 20s], restrict: {camera: [from 5s to 6s, from 8s to 9s], screen: from 1s to 2s}}}
        """

    private static func text(
        roles: String = "member: {}", target: String = "embedded: {}",
        rooms: String = "- {name: team, participants: 3}"
    ) -> ScenarioText {
        ScenarioText(
            target: target, rooms: rooms, roles: roles, phases: "[{arrive: {storm: 1s}}, {hold: 60s}]")
    }

    @Test func wordsAreUnderstood() throws {
        let roles =
            "member: {login: account, chat: 2/min, reactions: at 5s, hand: [from 20s to 30s, from 5s to 6s], rename: [at 9s, at 3s]}"
        let role = try Self.text(roles: roles).scenario().roles[0]
        #expect(role.login == .account)
        #expect(role.behaviour.chat == .poisson(every: .seconds(Int64(30))))
        #expect(role.behaviour.reactions == .moments([.seconds(Int64(5))]))
        #expect(
            role.behaviour.hand
                == .spans([
                    TimeSpan(start: .seconds(Int64(5)), end: .seconds(Int64(6))),
                    TimeSpan(start: .seconds(Int64(20)), end: .seconds(Int64(30))),
                ]))
        #expect(role.behaviour.rename == .moments([.seconds(Int64(3)), .seconds(Int64(9))]))
        #expect(role.behaviour.lobby == nil)
        #expect(role.behaviour.moderation == nil)
    }

    @Test func hostsHaveTheirWords() throws {
        let rooms = "- {name: team, participants: 3, access: restricted, mix: {host: rest}}"
        let scenario = try Self.text(roles: Self.host, rooms: rooms).scenario()
        #expect(scenario.rooms[0].access == .restricted)
        let behaviour = scenario.roles[0].behaviour
        #expect(behaviour.lobby == LobbyPolicy(acceptedPerMillion: 900_000, after: .seconds(Int64(3))))
        let moderation = try #require(behaviour.moderation)
        #expect(moderation.mute == .poisson(every: .seconds(Int64(60))))
        #expect(moderation.muteAll == .moments([.seconds(Int64(30))]))
        #expect(moderation.remove == .moments([.seconds(Int64(20)), .seconds(Int64(40))]))
        #expect(moderation.restrictions.map(\.source) == [.camera, .screen])
        #expect(moderation.restrictions[0].spans.count == 2)
    }

    @Test func lobbiesAreOpenOrShut() throws {
        for (word, share) in [("accept", 1_000_000), ("deny", 0)] {
            let roles = "member: {login: owner, lobby: \(word)}"
            #expect(
                try Self.text(roles: roles).scenario().roles[0].behaviour.lobby?.acceptedPerMillion == share)
        }
    }

    @Test(
        arguments: [
            (text(roles: "member: {chat: 30s}"), "\"30s\" as \"chat\""),
            (text(roles: "member: {hand: at 30s}"), "\"at 30s\" as \"hand\""),
            (text(roles: "member: {hand: [from 1s to 3s, from 2s to 4s]}"), "that overlap"),
            (text(roles: "member: {rename: [from 1s to 2s]}"), "\"from 1s to 2s\" as \"rename\""),
            (text(roles: "member: {reactions: 11/s}"), "\"11/s\" as \"reactions\""),
            (text(roles: "member: {login: admin}"), "\"admin\" as \"login\""),
            (text(roles: "member: {login: owner, lobby: open}"), "\"open\" as \"lobby\""),
            (text(roles: "member: {login: owner, lobby: {accept: 101%}}"), "\"101%\" as \"accept\""),
            (text(roles: "member: {login: owner, moderates: {mut: 1/min}}"), "unknown word \"mut\""),
            (
                text(roles: "member: {login: owner, moderates: {restrict: {chat: from 1s to 2s}}}"),
                "unknown word \"chat\""
            ),
            (
                text(roles: "member: {lobby: accept}"),
                "a host's word in role \"member\", whose login is guest"
            ),
            (text(roles: "member: {login: account, moderates: {}}"), "whose login is account"),
            (text(rooms: "- {name: team, participants: 3, access: open}"), "\"open\" as \"access\""),
            (
                text(rooms: "- {name: team, participants: 3, access: trusted, slugs: [a-b]}"),
                "\"access\" of room group \"team\", whose rooms exist"
            ),
            (
                text(roles: "member: {login: account}", target: "visio: http://localhost:8071"),
                "for which the target has no accounts"
            ),
            (
                text(roles: "member: {hand: 1/min}", target: "visio: http://localhost:8071"),
                "whose rooms Meet does not know"
            ),
            (
                text(
                    target: "visio: http://localhost:8071",
                    rooms: "- {name: team, participants: 3, access: trusted}"), "whose rooms nobody can make"
            ),
            (
                text(
                    roles: "member: {hand: 1/min}",
                    target: "livekit: {url: ws://localhost:7880, key: \"${A}\", secret: \"${B}\"}"),
                "where the target is LiveKit alone"
            ),
            (text(target: "{embedded: {}, login: {silent: true}}"), "beside a target that is no Visio"),
        ])
    func mistakesAreTold(text: ScenarioText, found: String) {
        let diagnostics = text.diagnostics()
        #expect(diagnostics.contains { $0.found.contains(found) }, "\(diagnostics)")
    }

    @Test func theTargetsLoginIsUnderstood() throws {
        let target = """
            {visio: "http://localhost:8071", login: {accounts: people.csv, silent: true, external-api: \
            {client: "${ID}", secret: "${WORD}", owner: ops@x.fr}}}
            """
        let signIn = try Self.text(target: target).scenario().signIn
        #expect(signIn.accounts == .file("people.csv"))
        #expect(signIn.isSilent)
        #expect(signIn.application?.client.environmentVariable == "ID")
        #expect(signIn.application?.owner == "ops@x.fr")
        let sessions = "{visio: \"http://localhost:8071\", login: {sessions: \"${VISIO_SESSIONS}\"}}"
        #expect(try Self.text(target: sessions).scenario().signIn.sessions == .environment("VISIO_SESSIONS"))
    }

    /// Whatever stands where a secret could stand is not repeated.
    @Test(arguments: [
        "accounts: \"sessionid=hush\"", "sessions: \"hush;x\"",
        "external-api: {client: hush, secret: \"${A}\"}",
        "external-api: {client: \"${A}\", secret: hush}", "accounts: \"$hush\"", "sessions: [hush]",
    ])
    func secretsAreNotRepeated(word: String) {
        let diagnostics = Self.text(target: "{visio: \"http://localhost:8071\", login: {\(word)}}")
            .diagnostics()
        #expect(!diagnostics.isEmpty)
        #expect(!diagnostics.contains { "\($0)".contains("hush") })
    }

    @Test func accountsAreNumberedAndRoomsAreMade() throws {
        let roles = "{host: {login: owner}, user: {login: account}, guest: {}}"
        let rooms = "- {name: team, count: 3, participants: 4, mix: {host: 1, user: 2, guest: rest}}"
        let plan = try Self.text(roles: roles, rooms: rooms).plan()
        #expect(plan.participants.compactMap(\.account) == Array(0..<9))
        #expect(plan.participants.allSatisfy { ($0.account == nil) == ($0.login == .guest) })
        #expect(plan.rooms.allSatisfy { $0.making == .owner })
        let open = try Self.text(roles: "member: {hand: 1/min}").plan()
        #expect(open.rooms.allSatisfy { $0.making == .application }, "a hand needs a room that Meet knows")
        #expect(try Self.text().plan().rooms.allSatisfy { $0.making == .none })
        #expect(try Plan(encoded: plan.encoded()) == plan)
    }

    @Test func wholeCallMetricsHaveNoPhase() {
        var text = Self.text()
        text.more = "thresholds: [actions.failed < 1% during hold]"
        #expect(text.diagnostics().contains { $0.found.contains("whose metric is about whole calls") })
        text.more =
            "thresholds: [actions.unseen < 1%, chat.delay p95 < 500ms during hold, lobby.delay p95 < 2s]"
        #expect(text.diagnostics().isEmpty)
    }
}
