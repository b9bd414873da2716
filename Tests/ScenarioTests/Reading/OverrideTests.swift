import Primitives
import Scenario
import Testing

@Suite struct OverrideTests {
    @Test func reachesEveryKindOfPlace() throws {
        let text = ScenarioText()
        #expect(try text.scenario("seed=99").seed == 99)
        #expect(try text.scenario("scenario=Other = name").title == "Other = name")
        for path in ["rooms.team.count", "rooms[0].count", "rooms.0.count"] {
            #expect(try text.scenario("\(path)=8").rooms[0].count == 8)
        }
        #expect(try text.scenario("roles.member.camera=off").roles[0].cameras.map(\.camera) == [.off])
        let mixed = try text.scenario("roles.member.camera={vp8-simulcast: 50%, off: rest}").roles[0].cameras
        #expect(mixed.map(\.share) == [0.5, 0.5])
        #expect(try text.scenario("phases.hold=5m").phases[1].kind == .hold(.seconds(Int64(300))))
        #expect(try text.scenario("media.red=false").media.red == false)
        #expect(try text.scenario("target.embedded.delay=5ms").target != text.scenario().target)
        #expect(
            try text.scenario("rooms.team.participants.distribution=fixed", "rooms.team.participants.size=5")
                .rooms[0].size == .fixed(5))
    }

    @Test func choosingOneWordDropsItsRivals() throws {
        var text = ScenarioText()
        text.target = "{embedded: {}, allow: {hosts: [v.fr], participants: 6}}"
        let url = try #require(TargetURL("https://v.fr"))
        let scenario = try text.scenario("target.visio=https://v.fr")
        #expect(scenario.target == .visio(url))
        #expect(scenario.allow.hosts == ["v.fr"])
        let livekit = "{url: ws://127.0.0.1:7880, key: ${K}, secret: ${S}}"
        guard case .livekit(_, _, let secret) = try text.scenario("target.livekit=\(livekit)").target else {
            Issue.record("no LiveKit target")
            return
        }
        #expect(secret == Credential(environmentVariable: "S"))
        let storm = try text.scenario("phases.arrive.storm=4s").phases[0].kind
        #expect(storm == .arrive(.rest, .storm(over: .seconds(Int64(4)), shape: .uniform)))
    }

    @Test func laterOverridesWin() throws {
        #expect(try ScenarioText().scenario("seed=1", "seed=2").seed == 2)
    }

    @Test(arguments: [
        ("seed", "--set seed:1:1:", "path=value"),
        ("=5", "--set :1:1:", "path=value"),
        ("rooms..count=5", "--set rooms..count:1:1:", "path=value"),
        ("rooms.taem.count=5", "--set rooms.taem.count:1:1:", "did you mean \"team\"?"),
        ("rooms[7].count=5", "--set rooms[7].count:1:1:", "0...0"),
        ("seed=-1", "--set seed:1:6:", "a whole number"),
        ("roles.member.camera={vp8-simulcast: 50%}", "--set roles.member.camera:1:21:", "100%"),
        ("roles.member.camra=off", "--set roles.member.camra:1:1:", "did you mean \"camera\"?"),
        ("seed=[", "--set seed:2:", "well-formed YAML"),
    ])
    func tellsMistakesInTheOption(_ override: String, start: String, part: String) throws {
        let diagnostic = try #require(ScenarioText().diagnostics(override).first)
        #expect(diagnostic.description.hasPrefix(start), "\(diagnostic)")
        #expect(diagnostic.description.contains(part), "\(diagnostic)")
    }
}
