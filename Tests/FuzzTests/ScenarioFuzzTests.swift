import Primitives
import Testing

@Suite struct ScenarioFuzzTests {
    @Test func survivesNoise() {
        var generator = SeededGenerator(seed: 5).fork("scenario-noise")
        for _ in 0..<2_000 {
            let bytes = generator.bytes(Int(generator.next() % 200))
            bytes.withUnsafeBytes { fuzzScenario($0) }
        }
    }

    @Test func survivesYAMLLikeNoise() {
        var generator = SeededGenerator(seed: 6).fork("scenario-yaml")
        for _ in 0..<2_000 {
            let text = generator.text(Int(generator.next() % 120), from: "ab01.,:-[]{}&*!|>'\"%@`#?$ \n\t")
            Array(text.utf8).withUnsafeBytes { fuzzScenario($0) }
        }
    }

    @Test func survivesMutations() {
        var generator = SeededGenerator(seed: 7).fork("scenario-mutations")
        let original = Array(Self.scenario.utf8)
        for _ in 0..<3_000 {
            var bytes = original
            for _ in 0..<1 + generator.next() % 4 {
                let position = Int(generator.next() % UInt64(bytes.count))
                switch generator.next() % 5 {
                case 0: bytes.remove(at: position)
                case 1:
                    bytes.insert(
                        contentsOf: generator.text(3, from: "0159%:/{}[]-., smhx").utf8, at: position)
                case 2: bytes[position] = UInt8(truncatingIfNeeded: generator.next())
                case 3: bytes[position] = UInt8(ascii: "9")
                default:
                    let end = min(bytes.count, position + Int(generator.next() % 30))
                    bytes.insert(
                        contentsOf: bytes[position..<end], at: Int(generator.next() % UInt64(bytes.count)))
                }
            }
            bytes.withUnsafeBytes { fuzzScenario($0) }
        }
    }

    @Test func survivesDeepNesting() {
        for text in [
            String(repeating: "[", count: 100_000), String(repeating: "{a: ", count: 50_000),
            String(repeating: "- ", count: 50_000), String(repeating: "${", count: 50_000),
            String(repeating: "9", count: 50_000), String(repeating: "a.", count: 20_000) + "=1",
        ] {
            Array(text.utf8).withUnsafeBytes { fuzzScenario($0) }
        }
    }

    private static let scenario = """
        scenario: Fuzz
        seed: 7
        target:
          livekit: {url: "ws://127.0.0.1:7880", key: ${K}, secret: ${S}}
          allow: {hosts: ["*.example.gouv.fr"], participants: 2000}
        rooms:
          - name: team
            count: 3
            participants: {distribution: lognormal, median: 4, p95: 9, max: 12}
            mix: {speaker: 2, viewer: rest}
          - {name: hall, participants: 20, mix: {speaker: 10%, viewer: 18}, slugs: [abc-defg-hij]}
        roles:
          speaker:
            {microphone: monologue, camera: vp8-simulcast, layout: focus, mute: [from 5s to 6s, from 1s to 2s]}
          viewer: {camera: {vp8-simulcast: 60%, off: rest}, layout: none, reactions: 6/min}
        phases:
          - arrive: {ramp: {from: 1/s, to: 5/s, over: 10s}, participants: 50%}
          - hold: 1m30s
          - arrive: {storm: {over: 10s, shape: normal}}
          - leave: {over: 250ms}
        thresholds: [join.failed = 0%, "rtt p95 < 50ms during hold for viewer"]
        """
}
