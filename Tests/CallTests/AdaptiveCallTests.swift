import Primitives
import Probe
import RTC
import Scenario
import Simulation
import Testing

/// Senders that adapt: two layers of about 110 and 270 kbit/s in the small library, both of which somebody watches.
@Suite("Calls that adapt to their paths")
struct AdaptiveCallTests {
    private static func call(_ bitrate: String, seconds: Int, up bitsPerSecond: Int? = nil) -> Call {
        var call = Call(
            participants: 4, role: "microphone: muted, camera: vp8-simulcast, layout: focus",
            phases: "[{arrive: {storm: 1s}}, {hold: \(seconds)s}, {leave: {over: 1s}}]",
            more: "media: {bitrate: \(bitrate)}")
        call.network = network(bitsPerSecond)
        return call
    }

    private static func network(_ bitsPerSecond: Int?) -> SimulatedWorld.Network {
        SimulatedWorld.Network(
            up: NetworkPathProfile(
                delay: .milliseconds(15), bitsPerSecond: bitsPerSecond, queueLimit: .milliseconds(300)),
            down: NetworkPathProfile(delay: .milliseconds(15)))
    }

    /// Bytes of the upper layer that everybody received, second by second.
    private static func upper(_ record: CallRecord) -> [UInt64] {
        (0...(record.batch.cohorts.map(\.second).max() ?? 0)).map { second in
            record.batch.cohorts.filter { $0.second == second }.reduce(0) {
                $0 + $1.video.layerBytes.medium + $1.video.layerBytes.high
            }
        }
    }

    /// Where nothing is in the way everything is sent a second after media is up, and nothing is amiss.
    @Test func aFreePathCarriesEverything() throws {
        let record = try Self.call("adaptive", seconds: 12).run()
        let fixed = try Self.call("fixed", seconds: 12).run()
        #expect(record.failures.isEmpty)
        for outcome in record.outcomes {
            #expect(outcome.video.packets.lost == 0)
            #expect(outcome.video.framesSkipped == 0)
            #expect(outcome.video.freezes == 0)
        }
        let (sent, all) = (Self.upper(record), Self.upper(fixed))
        for second in 3...11 { #expect(Double(sent[second]) > 0.9 * Double(all[second])) }
    }

    /// A path that carries the lower layer but not both gets just that, where a sender at a fixed rate floods it.
    @Test func aNarrowPathGetsTheLayersThatFit() throws {
        let record = try Self.call("adaptive", seconds: 20, up: 250_000).run()
        let fixed = try Self.call("fixed", seconds: 20, up: 250_000).run()
        #expect(record.failures.isEmpty)
        let overflowed = record.upward.map(\.overflowed).reduce(0, +)
        #expect(fixed.upward.map(\.overflowed).reduce(0, +) > 1000)
        #expect(overflowed < 100)
        #expect(Self.upper(record)[4...20].reduce(0, +) == 0)
        #expect(record.video.framesRendered > 4 * 3 * 18 * 19)
        #expect(record.video.freezes * 10 <= fixed.video.freezes)
    }

    /// The upper layer goes when the path narrows, and comes back when it is wide again.
    @Test func layersFollowThePath() throws {
        var call = Self.call("adaptive", seconds: 60, up: 1_000_000)
        call.networkChanges = [
            (at: .seconds(12), to: Self.network(250_000)), (at: .seconds(32), to: Self.network(1_000_000)),
        ]
        let record = try call.run()
        #expect(record.failures.isEmpty)
        let upper = Self.upper(record)
        #expect(upper[4...11].allSatisfy { $0 > 50_000 })
        #expect(upper[18...31].allSatisfy { $0 < 10_000 })
        #expect(upper[52...59].allSatisfy { $0 > 50_000 })
    }

    /// The one stream of a scalable camera loses its upper layers and stays whole.
    @Test func scalableStreamsAdaptToo() throws {
        var call = Call(
            role: "microphone: muted, camera: vp9-svc",
            phases: "[{arrive: {storm: 1s}}, {hold: 20s}, {leave: {over: 1s}}]",
            more: "media: {bitrate: adaptive}")
        let free = try call.run()
        #expect(free.video.packets.lost == 0)
        #expect(free.video.freezes == 0)
        #expect(Self.upper(free)[4...20].allSatisfy { $0 > 50_000 })
        call.network = Self.network(350_000)
        let narrow = try call.run()
        #expect(narrow.failures.isEmpty)
        #expect(narrow.video.framesRendered > 3 * 2 * 18 * 19)
        #expect(narrow.upward.map(\.overflowed).reduce(0, +) < 100)
    }

    /// The same plan gives the same samples, bit for bit.
    @Test func repeatsItself() throws {
        let call = Self.call("adaptive", seconds: 12, up: 400_000)
        let (first, second) = (try call.run(), try call.run())
        #expect(Self.upper(first) == Self.upper(second))
        #expect(first.upward == second.upward)
        #expect(first.downward == second.downward)
    }
}
