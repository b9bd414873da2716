import EmbeddedVisio
import Primitives
import Probe
import Scenario
import Simulation
import Testing
import Visio

@Suite("Logging in on the way to a meeting")
struct LoginTests {
    @Test(arguments: MeetOptions.ProviderStyle.allCases)
    func everybodyLogsIn(style: MeetOptions.ProviderStyle) throws {
        var call = Call(participants: 4, role: "login: account, microphone: conversation")
        call.meet = { $0.providerStyle = style }
        let record = try call.run()
        #expect(record.failures.isEmpty)
        for outcome in record.outcomes {
            let (login, api) = (try #require(outcome.join[.login]), try #require(outcome.join[.api]))
            #expect(login < api)
            // Seven questions of 4 ms each lead to the session, and three more to the known user.
            #expect(login >= .milliseconds(28))
            #expect(outcome.tracksReceived == 3)
        }
        #expect(record.accessLog.count { $0 == "GET /api/v1.0/callback/" } == 4)
    }

    /// An owner's session from before the run is still good: nobody logs in twice.
    @Test func ownersAreLoggedInAlready() throws {
        let call = Call(
            participants: 3, role: "microphone: muted", guestRole: "login: owner, microphone: monologue",
            guests: 1)
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.accessLog.count { $0 == "GET /api/v1.0/callback/" } == 1)
        #expect(record.accessLog.count { $0 == "POST /api/v1.0/rooms/" } == 1)
        #expect(try record.outcome(of: 0).join[.login] == nil)
    }

    /// Whatever goes wrong on the way has a name, a stage, and a code where there is one.
    @Test(
        arguments: [
            ("/config/", .html(status: 500), .api, 500, "500 with an HTML page"),
            ("/config/", .error(status: 503, detail: "busy"), .api, 503, "503 unavailable"),
            ("/users/me/", .html(status: 502), .api, 502, "502 with an HTML page"),
            ("/authenticate/", .html(status: 404), .login, 404, "127.0.0.1 answered 404"),
            ("/idp/authorize", .html(status: 500), .login, 500, "127.0.0.1 answered 500"),
            ("/idp/login", .error(status: 403, detail: "CSRF"), .login, 403, "127.0.0.1 answered 403"),
            ("/callback/", .html(status: 500), .login, 500, "127.0.0.1 answered 500"),
        ] as [(String, MeetOptions.Fault.Answer, CallFailure.Stage, Int, String)])
    func brokenDeploymentsAreNamed(
        path: String, answer: MeetOptions.Fault.Answer, stage: CallFailure.Stage, code: Int, cause: String
    ) throws {
        var call = Call(participants: 1, role: "login: account, microphone: muted")
        call.meet = { $0.faults = [.init(path: path, count: 1000, answer: answer)] }
        let record = try call.run()
        #expect(record.endedByItself)
        let failure = try #require(record.failures[0])
        #expect(failure.stage == stage)
        #expect(failure.code == code)
        #expect(failure.cause.contains(cause), "\(failure.cause)")
    }

    /// Meet is asked again as its page asks again; that takes time, and is counted.
    @Test func passingTroubleIsCounted() throws {
        var call = Call(participants: 2, role: "microphone: muted")
        call.meet = { $0.faults = [.init(path: "/config/", count: 2, answer: .html(status: 502))] }
        let record = try call.run { plan in
            for index in plan.participants.indices { plan.participants[index].presence.start = .zero }
        }
        #expect(record.failures.isEmpty)
        #expect(record.outcomes.map(\.repeatedRequests) == [1, 1])
        for outcome in record.outcomes { #expect(try #require(outcome.join[.api]) > .seconds(1)) }
    }

    @Test func throttlingIsObeyed() throws {
        var call = Call(participants: 1, role: "microphone: muted")
        call.meet = {
            $0.faults = [.init(path: "/config/", count: 1, answer: .throttled(retryAfter: .seconds(2.0)))]
        }
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.outcomes[0].throttled == 1)
        #expect((2.0...2.1).contains(try #require(record.outcomes[0].join[.api]).seconds))
    }

    /// Whatever comes of a login, no password, cookie or token stands in anything that is kept.
    @Test(arguments: [false, true])
    func secretsAreKept(isWrong: Bool) throws {
        var call = Call(
            participants: 3, role: "login: account, microphone: muted, chat: at 5s, hand: from 6s to 7s",
            guestRole: "login: owner, microphone: muted", guests: 1)
        call.seed = 11
        if isWrong {
            call.meet = { options in
                for index in options.accounts.indices where index > 0 {
                    options.accounts[index].password += "x"
                }
            }
        }
        let record = try call.run()
        #expect(record.failures.count == (isWrong ? 2 : 0))
        if isWrong { #expect(record.failures[1]?.cause.contains("did not accept the account") == true) }
        let kept =
            "\(record.batch) \(record.outcomes) \(record.plan)"
            + String(decoding: try record.plan.encoded(), as: UTF8.self)
        for account in MeetOptions.accounts(count: 4, seed: 11) { #expect(!kept.contains(account.password)) }
        #expect(!kept.contains("eyJ"))
        #expect(!kept.contains("sessionid"))
    }

    @Test func theSameSeedDoesTheSame() throws {
        func run(_ seed: UInt64) throws -> String {
            var call = Call(
                participants: 5,
                role:
                    "login: account, microphone: conversation, chat: 30/min, reactions: 20/min, hand: 6/min, rename: 6/min",
                guestRole: "login: owner, lobby: {accept: 50%}, moderates: {mute: 6/min, remove: at 9s}",
                guests: 1)
            call.seed = seed
            call.access = "restricted"
            let record = try call.run()
            return "\(record.batch.events)\(record.outcomes)\(record.accessLog)"
        }
        let first = try run(3)
        #expect(try first == run(3))
        #expect(try first != run(4))
    }
}
