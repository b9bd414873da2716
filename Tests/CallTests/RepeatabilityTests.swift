import Primitives
import Probe
import RTC
import Simulation
import Testing

@Suite("Repeatability of calls")
struct RepeatabilityTests {
    private static func dump(seed: UInt64) throws -> String {
        var call = Call(
            participants: 5, role: "microphone: conversation, camera: vp8-simulcast, reactions: 30/min",
            guests: 1,
            seed: seed)
        call.network.down.loss = .random(0.03)
        call.network.down.jitter = .exponential(mean: .milliseconds(3 as Int64))
        call.network.up.duplication = 0.02
        let record = try call.run()
        var text = ""
        Swift.dump(record.batch, to: &text)
        Swift.dump(record.server, to: &text)
        return text
    }

    @Test func theSamePlanGivesTheSameSamples() throws {
        let first = try Self.dump(seed: 3)
        #expect(first.count > 50_000)
        #expect(first == (try Self.dump(seed: 3)))
    }

    @Test func anotherSeedGivesOthers() throws {
        #expect(try Self.dump(seed: 3) != (try Self.dump(seed: 4)))
    }
}
