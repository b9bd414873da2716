import Foundation
import Probe
import Results
import Testing

/// Relays of a TURN server that is not ours, between synthetic participants and the embedded Visio.
@Suite("coturn", .serialized, .enabled(if: Coturn.program != nil, Coturn.missing))
struct CoturnTests {
    private static func scenario(_ path: String, more: String = "") -> String {
        """
        scenario: Through coturn
        seed: 7
        target:
          livekit: {url: "ws://127.0.0.1:1", key: "${LIVEKIT_API_KEY}", secret: "${LIVEKIT_API_SECRET}"}
          \(more)
        rooms: [{name: team, participants: 4}]
        roles: {member: {microphone: monologue, camera: vp8-simulcast, layout: grid}}
        network: {behind: {path: \(path)}}
        phases: [{arrive: {constant: 4/s}}, {hold: 10s}, {leave: {over: 1s}}]
        thresholds: [join.failed = 0%, path.relayed = 100%]
        """
    }

    @Test(arguments: ["turn-udp", "turn-tcp", "turn-tls"])
    func everyWayThroughItCarriesACall(path: String) async throws {
        let coturn = try await Coturn()
        let visio = try await ServedVisio(["--turn", coturn.url(path)], environment: coturn.environment)
        let run = try visio.startRun(
            Self.scenario(path), environment: ["SSL_CERT_FILE": coturn.certificate])
        let code = try await run.exitCode(within: 90)
        #expect(code == 0, "\(run.text)\(run.errorText)\(coturn.log)")
        #expect(coturn.relayCount == 4)
        for participant in try visio.runFile.participants() {
            #expect(participant.ending == .left, "\(participant.name)")
            #expect(participant.path == path, "\(participant.name)")
            #expect(participant.tracksExpected == 6, "\(participant.name)")
            #expect(participant.tracksReceived == 6, "\(participant.name)")
            #expect(participant.video.packets.received > 500, "\(participant.name)")
            #expect(participant.audio.packets.received > 800, "\(participant.name)")
            #expect(participant.video.packets.lost == 0 && participant.audio.packets.lost == 0)
        }
    }

    /// All at once: each is asked for a relay, UDP and TCP at one and the same port; which one is there first is chance.
    @Test func allItsWaysAreAsked() async throws {
        let coturn = try await Coturn()
        let urls = ["turn-tls", "turn-tcp", "turn-udp"].map { coturn.url($0) }
        let visio = try await ServedVisio(
            urls.flatMap { ["--turn", $0] }, environment: coturn.environment)
        let run = try visio.startRun(
            Self.scenario("relay"), environment: ["SSL_CERT_FILE": coturn.certificate])
        let code = try await run.exitCode(within: 90)
        #expect(code == 0, "\(run.text)\(run.errorText)\(coturn.log)")
        #expect(coturn.relayCount == 12)
        #expect(try visio.runFile.participants().allSatisfy { $0.path?.hasPrefix("turn-") ?? false })
    }

    /// Nobody vouches for the certificate: that ends the way, unless the scenario takes any.
    @Test func itsCertificateIsChecked() async throws {
        let coturn = try await Coturn()
        func run(_ more: String) async throws -> [RunFile.Participant] {
            let visio = try await ServedVisio(
                ["--turn", coturn.url("turn-tls")], environment: coturn.environment)
            let run = try visio.startRun(Self.scenario("turn-tls", more: more))
            _ = try await run.exitCode(within: 90)
            return try visio.runFile.participants()
        }
        for participant in try await run("") {
            #expect(participant.ending == .failed)
            #expect(participant.failedCause?.contains("TLS") ?? false, "\(participant)")
        }
        for participant in try await run("allow: {self-signed: [localhost]}") {
            #expect(participant.ending == .left && participant.path == "turn-tls")
        }
    }

    @Test func aWrongPasswordIsNamed() async throws {
        let coturn = try await Coturn()
        let visio = try await ServedVisio(
            ["--turn", coturn.url("turn-udp")],
            environment: ["TURN_USER": "visiobench", "TURN_PASSWORD": "another"])
        let run = try visio.startRun(Self.scenario("turn-udp"))
        #expect(try await run.exitCode(within: 90) == 99)
        for participant in try visio.runFile.participants() {
            #expect(participant.ending == .failed)
            #expect(participant.failedCause?.contains("credentials") ?? false, "\(participant)")
        }
    }
}
