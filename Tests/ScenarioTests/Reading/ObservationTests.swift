import Primitives
import Scenario
import Testing

@Suite struct ObservationTests {
    private func text(_ target: String) -> ScenarioText {
        var text = ScenarioText()
        text.target = target
        return text
    }

    @Test func pagesAndTheApiAreRead() throws {
        let scenario = try text(
            """
            visio: "http://127.0.0.1:8071"
              api: {url: "ws://127.0.0.1:7880", key: "${KEY}", secret: "${SECRET}"}
              metrics:
                - {name: livekit, url: "http://127.0.0.1:6789/metrics"}
                - {name: meet, url: "http://localhost:8071/metrics", every: 15s, user: "${USER_NAME}", password: "${PASS}"}
            """
        ).scenario()
        let observation = scenario.observation
        #expect(observation.pages.map(\.name) == ["livekit", "meet"])
        #expect(
            observation.pages.map(\.url.description) == [
                "http://127.0.0.1:6789/metrics", "http://localhost:8071/metrics",
            ])
        #expect(observation.pages.map(\.interval) == [.seconds(Int64(5)), .seconds(Int64(15))])
        #expect(observation.pages[0].login == nil)
        #expect(observation.pages[1].login?.user.environmentVariable == "USER_NAME")
        #expect(observation.pages[1].login?.password.environmentVariable == "PASS")
        #expect(observation.api?.url.description == "ws://127.0.0.1:7880")
        #expect(observation.api?.key.environmentVariable == "KEY")
    }

    @Test func aPlanKeepsThem() throws {
        let plan = try text(
            "embedded: {}\n  metrics: [{name: other, url: \"http://127.0.0.1:9/m\"}]"
        ).plan()
        #expect(plan.observation.pages.map(\.name) == ["other"])
        #expect(try Plan(encoded: plan.encoded()) == plan)
    }

    /// Every mistake with what it is told by.
    @Test(arguments: [
        ("metrics: 5", "\"5\" as \"metrics\""),
        ("metrics: [{name: a}]", "an item of \"metrics\" without \"url\""),
        ("metrics: [{url: \"http://127.0.0.1/m\"}]", "an item of \"metrics\" without \"name\""),
        ("metrics: [{name: A b, url: \"http://127.0.0.1/m\"}]", "\"A b\" as the name of a metrics page"),
        ("metrics: [{name: a, url: \"ws://127.0.0.1/m\"}]", "\"ws://127.0.0.1/m\" as \"url\""),
        ("metrics: [{name: a, url: \"http://u:p@127.0.0.1/m\"}]", "\"http://u:p@127.0.0.1/m\" as \"url\""),
        ("metrics: [{name: a, url: \"http://127.0.0.1/m\", every: 10ms}]", "\"10ms\" as \"every\""),
        (
            "metrics: [{name: a, url: \"http://127.0.0.1/m\", user: \"${U}\"}]",
            "only one of \"user\" and \"password\" in an item of \"metrics\""
        ),
        (
            "metrics: [{name: a, url: \"http://127.0.0.1/m\", user: root, password: hunter2}]",
            "something other than a variable as \"user\""
        ),
        (
            "metrics: [{name: a, url: \"http://127.0.0.1/m\"}, {name: a, url: \"http://127.0.0.1/n\"}]",
            "metrics page \"a\" twice"
        ),
        (
            "metrics: [{name: a, url: \"http://example.org/m\"}]",
            "host \"example.org\", which \"allow\" does not name"
        ),
        (
            "api: {url: \"wss://example.org\", key: \"${K}\", secret: \"${S}\"}",
            "host \"example.org\", which \"allow\" does not name"
        ),
        ("api: {url: \"ws://127.0.0.1\"}", "\"api\" without \"key\""),
    ])
    func mistakesAreTold(_ line: String, _ found: String) {
        let told = text("embedded: {}\n  \(line)").diagnostics().map(\.found)
        #expect(told.contains(found), "\(told)")
        #expect(!told.contains { $0.contains("hunter2") }, "what may be a secret is never repeated")
    }

    @Test func aHostThatIsOnlyReadFromNeedsNoLimitOfParticipants() throws {
        let target = """
            embedded: {}
              metrics: [{name: a, url: "http://metrics.example.org/m"}]
              allow: {hosts: ["*.example.org"]}
            """
        #expect(text(target).diagnostics().isEmpty)
    }
}
