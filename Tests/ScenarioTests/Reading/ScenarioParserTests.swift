import Primitives
import Scenario
import Testing

@Suite struct ScenarioParserTests {
    @Test func readsEveryPart() throws {
        let text = """
            scenario: Everything
            seed: 12
            target:
              livekit: {url: "ws://127.0.0.1:7880", key: ${LIVEKIT_API_KEY}, secret: ${LIVEKIT_API_SECRET}}
              allow: {hosts: ["*.Example.gouv.fr", 192.0.2.7], participants: 2_000}
            rooms:
              - name: team
                count: 3
                participants: {distribution: uniform, min: 4, max: 9}
                mix: {speaker: 2, viewer: rest}
              - {name: hall, participants: 20, mix: {speaker: 10%, viewer: 18}, slugs: [abc-defg-hij]}
            roles:
              speaker:
                {microphone: monologue, camera: vp8-simulcast, layout: focus, mute: [from 5s to 6s, from 1s to 2s]}
              viewer: {camera: {vp8-simulcast: 60%, off: rest}, layout: none, reactions: 6/min}
            phases:
              - arrive: {staircase: {step: 5, every: 10s, over: 2s}, participants: 50%}
              - hold: 1m30s
              - arrive: {storm: {over: 10s, shape: normal}}
              - {hold: 5s, name: top}
              - leave: {over: 250ms}
            network: {fibre: {share: 60%, path: udp}, vpn: {share: 15%}, mobile: {share: rest}}
            probes: {depth: count}
            media: {bitrate: adaptive, fec: true, red: false}
            thresholds: [join.failed = 0%, "rtt p95 < 50ms during top for viewer"]
            """
        let scenario = try ScenarioParser.parse(text: text, file: "all.yaml").get()
        #expect(scenario.title == "Everything")
        #expect(scenario.seed == 12)
        let url = try #require(TargetURL("ws://127.0.0.1:7880"))
        let key = Credential(environmentVariable: "LIVEKIT_API_KEY")
        let secret = Credential(environmentVariable: "LIVEKIT_API_SECRET")
        #expect(scenario.target == .livekit(url, key: key, secret: secret))
        #expect(scenario.allow == AllowList(hosts: ["*.example.gouv.fr", "192.0.2.7"], participants: 2000))
        #expect(scenario.rooms.map(\.size) == [.uniform(min: 4, max: 9), .fixed(20)])
        #expect(scenario.rooms[1].mix == Mix(parts: [("speaker", .share(0.1)), ("viewer", .number(18))]))
        #expect(scenario.rooms[1].slugs == ["abc-defg-hij"])
        #expect(scenario.roles[0].mutes.map(\.start) == [.seconds(Int64(1)), .seconds(Int64(5))])
        #expect(scenario.roles[1].microphone == .off)
        #expect(scenario.roles[1].cameras.map(\.share) == [0.6, 0.4])
        #expect(scenario.roles[1].behaviour.reactions == .poisson(every: .seconds(Int64(10))))
        #expect(scenario.phases.map(\.name) == ["arrive", "hold", "arrive-2", "top", "leave"])
        #expect(scenario.phases[1].kind == .hold(.seconds(Int64(90))))
        #expect(scenario.phases[2].kind == .arrive(.rest, .storm(over: .seconds(Int64(10)), shape: .normal)))
        #expect(scenario.networks.map(\.network.name) == ["fibre", "vpn", "mobile"])
        #expect(scenario.networks.map(\.network.path) == [.udp, .any, .any])
        #expect(scenario.networks.map(\.share) == [0.6, 0.15, 0.25])
        #expect(scenario.depth == .count)
        #expect(scenario.media == MediaOptions(bitrate: .adaptive, fec: true, red: false))
        #expect(scenario.thresholds.count == 2)
    }

    @Test func embeddedOptions() throws {
        var text = ScenarioText()
        text.target = "embedded: {delay: 40ms, loss: 1.5%, freeze: from 10s to 12s, capacity: 6}"
        let span = TimeSpan(start: .seconds(Int64(10)), end: .seconds(Int64(12)))
        let options = EmbeddedOptions(
            delay: .milliseconds(Int64(40)), loss: .rate(partsPerMillion: 15_000), freeze: span, capacity: 6)
        #expect(try text.scenario().target == .embedded(options))
        text.target = "embedded: {loss: [9, 3, 3]}"
        #expect(try text.scenario().target == .embedded(EmbeddedOptions(loss: .numbers([3, 9]))))
        text.target = "embedded:"
        #expect(try text.scenario().target == .embedded(EmbeddedOptions()))
    }

    @Test func rendersTheExampleOfTheDocumentation() {
        var text = ScenarioText()
        text.roles = "speaker: {micropone: conversation}"
        #expect(
            text.diagnostics().map(\.description) == [
                "test.yaml:8:13: unknown word \"micropone\" in role \"speaker\" — expected one of microphone, camera, "
                    + "client, screen, layout, window, page-turns, receive, login, chat, reactions, hand, rename, "
                    + "lobby, moderates, mute, network, reload, network-change, close-tab; did you mean \"microphone\"?"
            ])
    }

    @Test func tellsAllMistakesAtOnce() {
        let text = """
            scenario: Broken
            sed: 1
            target: {embedded: {dely: 4ms}}
            rooms:
              - {name: Team, participants: 0, mix: {speakr: 1}}
              - {name: team, count: many, participants: {distribution: gauss}}
            roles:
              speaker: {camera: vp9, layout: gird, path: turn-tls}
            phases:
              - arrive: {constant: 5}
              - hold: 30
            thresholds:
              - join.firts-video p95 < 3s
              - rtt p96 < 50ms
            """
        guard case .failure(let mistakes) = ScenarioParser.parse(text: text, file: "b.yaml") else {
            Issue.record("a broken scenario was accepted")
            return
        }
        let places = mistakes.diagnostics.map { "\($0.line):\($0.column)" }
        #expect(
            places == [
                "2:1", "3:21", "5:12", "5:32", "5:41", "6:25", "6:60", "8:21", "8:34", "8:40", "10:24",
                "11:11",
                "13:5", "14:9",
            ])
        #expect(mistakes.diagnostics.map(\.hint).compactMap { $0 }.contains("join.first-video"))
    }

    @Test(arguments: [
        (
            ScenarioText(target: "embedded: {jitter: 5ms}"), 4, 14,
            "\"jitter\" in \"embedded\", not supported by this version"
        ),
        (ScenarioText(target: "turn: {}"), 4, 3, "\"turn\" in \"target\", not supported by this version"),
        (ScenarioText(roles: "member: {camera: av1}"), 8, 20, "not supported by this version"),
        (ScenarioText(roles: "member: {path: turn-tls}"), 8, 12, "not supported by this version"),
        (ScenarioText(more: "probes: {depth: decode}"), 10, 17, "not supported by this version"),
        (ScenarioText(more: "probes: {decode: 2 per room}"), 10, 10, "not supported by this version"),
        (ScenarioText(more: "thresholds: [profile: en-301-549]"), 10, 14, "not supported by this version"),
        (ScenarioText(more: "thresholds: [rtt worst 60s p95 < 1s]"), 10, 18, "not supported by this version"),
        (ScenarioText(more: "thresholds: [av.skew p95 < 1s]"), 10, 14, "not supported by this version"),
    ])
    func laterWordsAreNoTypingErrors(_ text: ScenarioText, line: Int, column: Int, found: String) throws {
        let diagnostic = try #require(text.diagnostics().first)
        #expect(text.diagnostics().count == 1)
        #expect(diagnostic.found.contains(found))
        #expect((diagnostic.line, diagnostic.column) == (line, column))
    }

    @Test(arguments: [
        (
            ScenarioText(target: "visio: https://visio.example.fr"), 4,
            "host \"visio.example.fr\", which \"allow\" does not name"
        ),
        (ScenarioText(target: "visio: https://127.0.0.1.example.fr"), 4, "which \"allow\" does not name"),
        (
            ScenarioText(target: "{visio: \"https://v.fr\", allow: {hosts: [v.fr]}}"), 4,
            "\"allow\" without \"participants\""
        ),
        (
            ScenarioText(target: "{visio: \"https://a.v.fr\", allow: {hosts: [\"*.fr\"], participants: 9}}"),
            4, "\"*.fr\" in \"hosts\""
        ),
        (
            ScenarioText(target: "{embedded: {}, visio: \"http://localhost\"}"), 4,
            "\"visio\" beside \"embedded\""
        ),
        (ScenarioText(target: "visio: ftp://localhost"), 4, "\"ftp://localhost\" as \"visio\""),
        (ScenarioText(target: "visio: http://user:word@localhost"), 4, "as \"visio\""),
        (
            ScenarioText(target: "livekit: {url: \"ws://localhost\", key: devkey, secret: ${S}}"), 4,
            "as \"key\""
        ),
        (ScenarioText(target: "{embedded: {}, allow: {participants: 5}}"), 4, "6 participants"),
        (ScenarioText(target: "embedded: {loss: 101%}"), 4, "\"101%\" as \"loss\""),
        (ScenarioText(target: "embedded: {delay: 11s}"), 4, "\"11s\" as \"delay\""),
        (ScenarioText(target: "embedded: {freeze: from 3s to 2s}"), 4, "as \"freeze\""),
        (ScenarioText(target: "[embedded]"), 4, "a list as \"target\""),
        (ScenarioText(more: "network: {}"), 10, "as \"network\""),
        (ScenarioText(more: "network: {Fibre: {}}"), 10, "\"Fibre\" as the name of a network"),
        (ScenarioText(more: "network: {a: {share: 40%}, b: {share: 50%}}"), 10, "shares of 90%"),
        (ScenarioText(more: "network: {a: {share: 40%}, b: {}}"), 10, "\"b\" without \"share\""),
        (ScenarioText(more: "network: {a: {share: rest}, b: {share: rest}}"), 10, "\"rest\" as \"share\""),
        (ScenarioText(more: "network: {vpn: {path: turn-tls}}"), 10, "where the target does not offer it"),
        (ScenarioText(more: "network: {vpn: {ip: v6}}"), 10, "where the target does not offer it"),
        (ScenarioText(target: "embedded: {ways: [turn]}"), 4, "\"ways\" without udp and tcp"),
        (ScenarioText(target: "embedded: {ways: [udp, fax]}"), 4, "\"fax\" as a way of \"ways\""),
        (ScenarioText(target: "embedded: {blocked: tcp}"), 4, "\"tcp\" as \"blocked\""),
        (
            ScenarioText(target: "{embedded: {}, allow: {self-signed: [\"*.example.fr\"]}}"), 4,
            "in \"self-signed\""
        ),
        (ScenarioText(more: "network: {a: {firewall: great}}"), 10, "\"great\" as \"firewall\""),
        (ScenarioText(more: "network: {a: {path: carrier-pigeon}}"), 10, "\"carrier-pigeon\" as \"path\""),
        (ScenarioText(rooms: "[]"), 6, "a list as \"rooms\""),
        (ScenarioText(rooms: "- {name: team}"), 6, "without \"participants\""),
        (ScenarioText(rooms: "- {name: team, participants: 3, mix: {member: 2}}"), 6, "a mix of 2"),
        (ScenarioText(rooms: "- {name: team, participants: 3, mix: {member: 4}}"), 6, "a mix of 4"),
        (ScenarioText(rooms: "- {name: team, participants: 3, mix: {member: 90%}}"), 6, "a mix of 90%"),
        (
            ScenarioText(rooms: "- {name: team, participants: 3, mix: {membre: rest}}"), 6,
            "unknown role \"membre\""
        ),
        (ScenarioText(rooms: "- {name: t, participants: 3, slugs: [a-b, c-d]}"), 6, "2 names as \"slugs\""),
        (ScenarioText(rooms: "- {name: t, participants: 3, slugs: [A_b]}"), 6, "\"A_b\" in \"slugs\""),
        (
            ScenarioText(rooms: "- {name: t, participants: {distribution: uniform, min: 5, max: 4}}"), 6,
            "out of order"
        ),
        (
            ScenarioText(rooms: "- {name: t, participants: {distribution: fixed, size: 5, p95: 4}}"), 6,
            "\"p95\" for distribution"
        ),
        (
            ScenarioText(rooms: "- {name: t, participants: {distribution: lognormal, median: 5, p95: 9}}"), 6,
            "without \"max\""
        ),
        (
            ScenarioText(
                rooms: "- {name: t, participants: 3, mix: {member: rest, other: rest}}",
                roles: "{member: {}, other: {}}"), 6, "\"rest\" a second time"
        ),
        (ScenarioText(roles: "{member: {}, other: {}}"), 6, "without \"mix\""),
        (ScenarioText(roles: "[member]"), 8, "a list as \"roles\""),
        (ScenarioText(roles: "Member: {}"), 8, "\"Member\" as the name of a role"),
        (
            ScenarioText(roles: "member: {microphone: muted, mute: from 1s to 2s}"), 8,
            "whose microphone is muted all the time"
        ),
        (ScenarioText(roles: "member: {mute: from 1s to 2s}"), 8, "whose microphone is off all the time"),
        (
            ScenarioText(roles: "member: {microphone: monologue, mute: from 0s to 20s}"), 8,
            "\"mute\" over the whole run"
        ),
        (ScenarioText(roles: "member: {microphone: monologue, mute: from 20s to 30s}"), 8, "from 20s"),
        (
            ScenarioText(roles: "member: {microphone: monologue, mute: [from 1s to 3s, from 2s to 4s]}"), 8,
            "that overlap"
        ),
        (ScenarioText(roles: "member: {camera: {vp8-simulcast: 60%, off: 30%}}"), 8, "shares of 90%"),
        (ScenarioText(roles: "member: {camera: {vp8-simulcast: 60, off: rest}}"), 8, "\"60\" in \"camera\""),
        (ScenarioText(roles: "member: {reactions: 6}"), 8, "\"6\" as \"reactions\""),
        (ScenarioText(roles: "member: {reactions: 11/s}"), 8, "\"11/s\" as \"reactions\""),
        (ScenarioText(roles: "member: {client: safari}"), 8, "\"safari\" as \"client\""),
        (ScenarioText(roles: "member: {client: {chrome: 60%, firefox: 30%}}"), 8, "shares of 90%"),
        (ScenarioText(roles: "member: {screen: 30s}"), 8, "\"30s\" as \"screen\""),
        (ScenarioText(roles: "member: {screen: [from 1s to 3s, from 2s to 4s]}"), 8, "that overlap"),
        (
            ScenarioText(roles: "member: {screen: from 20s to 30s}"), 8,
            "\"screen\" of role \"member\" from 20s"
        ),
        (ScenarioText(roles: "member: {window: 1920}"), 8, "\"1920\" as \"window\""),
        (ScenarioText(roles: "member: {window: 100x100}"), 8, "\"100x100\" as \"window\""),
        (ScenarioText(roles: "member: {page-turns: 2/s}"), 8, "\"2/s\" as \"page-turns\""),
        (ScenarioText(roles: "member: {receive: best}"), 8, "\"best\" as \"receive\""),
        (ScenarioText(more: "client: {firefox: rest, chrome: rest}"), 10, "\"rest\" in \"client\""),
        (ScenarioText(phases: "[{hold: 3s}]"), 9, "phases in which nobody arrives"),
        (
            ScenarioText(phases: "[{hold: 3s}, {arrive: {storm: 3s}}]"), 9,
            "\"hold\" before anybody has arrived"
        ),
        (
            ScenarioText(phases: "[{arrive: {storm: 3s}}, {leave: {over: 3s}}, {hold: 3s}]"), 9,
            "after everybody has left"
        ),
        (ScenarioText(phases: "[{arrive: {storm: 3s}}, {arrive: {storm: 3s}}]"), 9, "after all have arrived"),
        (ScenarioText(phases: "[{arrive: {storm: 3s, poisson: 3/s}}]"), 9, "\"poisson\" beside \"storm\""),
        (ScenarioText(phases: "[{arrive: {}}]"), 9, "\"arrive\" with none of"),
        (
            ScenarioText(phases: "[{arrive: {ramp: {from: 1/s, to: 0/s, over: 4s}}}]"), 9,
            "that brings in 2 of 6"
        ),
        (ScenarioText(phases: "[{arrive: {storm: 3s, participants: 4}}]"), 9, "arrive phases for 4 of 6"),
        (ScenarioText(phases: "[{arrive: {storm: 3s, participants: 7}}]"), 9, "arrive phases for 7 of 6"),
        (ScenarioText(phases: "[{arrive: {storm: 3s}}, {hold: 24h}]"), 9, "a run of 24h3s"),
        (
            ScenarioText(phases: "[{arrive: {storm: 3s}}, {hold: 3s, name: arrive}]"), 9,
            "phase \"arrive\" a second time"
        ),
        (
            ScenarioText(phases: "[{arrive: {staircase: {step: 5, every: 2s, over: 3s}}}]"), 9,
            "\"3s\" as \"over\""
        ),
        (ScenarioText(more: "media: {fec: yes}"), 10, "\"yes\" as \"fec\""),
        (ScenarioText(more: "thresholds: [rtt p95 < 50ms during holding]"), 10, "unknown phase \"holding\""),
        (ScenarioText(more: "thresholds: [rtt p95 < 50ms for membr]"), 10, "unknown role \"membr\""),
        (ScenarioText(more: "thresholds: {rtt: 5}"), 10, "a mapping as \"thresholds\""),
        (ScenarioText(more: "seed: 8"), 2, "\"seed\" more than once"),
        (ScenarioText(more: "a: [b"), 11, "broken YAML"),
        (ScenarioText(more: "a: *b"), 10, "broken YAML"),
        (ScenarioText(more: "[a]: b"), 10, "where a word should be"),
    ])
    func tellsWhatIsWrongAndWhere(_ text: ScenarioText, line: Int, found: String) throws {
        let diagnostics = text.diagnostics()
        let diagnostic = try #require(diagnostics.first { $0.found.contains(found) }, "\(diagnostics)")
        let isWholeRunMistake = found.hasPrefix("arrive phases for") || found.hasPrefix("a run of")
        #expect(diagnostic.line == (isWholeRunMistake ? 1 : line), "\(diagnostic)")
        #expect(!diagnostic.expected.isEmpty)
    }

    @Test func neverRepeatsASecret() {
        var text = ScenarioText()
        text.target = "livekit: {url: \"ws://localhost\", key: ${K}, secret: hunter2}"
        let diagnostics = text.diagnostics("target.livekit.secret=hunter2")
        #expect(!diagnostics.isEmpty)
        #expect(!diagnostics.contains { $0.description.contains("hunter2") })
    }

    @Test func referencesKeepTheirColumns() throws {
        var text = ScenarioText()
        text.target = "livekit: {key: ${K}, secret: ${SECRET}, url: nonsense}"
        let diagnostic = try #require(text.diagnostics().first)
        #expect(diagnostic.column == 48)
        #expect(diagnostic.found == "\"nonsense\" as \"url\"")
        text.target = "visio: ${NAME}"
        #expect(text.diagnostics().first?.found == "\"${NAME}\" as \"visio\"")
    }

    @Test func emptyAndForeignTexts() {
        for text in ["", "---", "null", "[]", "text", "%", "\u{0}", "scenario: x\n--- \nscenario: y"] {
            guard case .failure(let mistakes) = ScenarioParser.parse(text: text, file: "x") else {
                Issue.record("accepted \(text.debugDescription)")
                continue
            }
            #expect(!mistakes.diagnostics.isEmpty)
        }
    }

    @Test func manyAliasesDoNotMultiply() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<12 {
            let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(items)]\n"
        }
        guard case .failure(let mistakes) = ScenarioParser.parse(text: text, file: "x") else {
            Issue.record("accepted")
            return
        }
        #expect(mistakes.diagnostics.first?.found == "more than 200000 values")
    }
}
