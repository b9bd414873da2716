import EmbeddedVisio
import Primitives
import Probe
import RTC
import Scenario
import Simulation
import Testing

@Suite("Calls that lose packets")
struct LossyCallTests {
    private static func downLoss(_ loss: NetworkLoss) -> SimulatedWorld.Network {
        var network = SimulatedWorld.Network()
        network.down.loss = loss
        return network
    }

    /// What the clients count before repair is what the emulated network lost; after repair it is next to nothing.
    @Test func randomLossIsCountedAndRepaired() throws {
        var call = Call(participants: 4, role: "microphone: monologue, camera: vp8-simulcast")
        call.network = Self.downLoss(.random(0.05))
        let record = try call.run()
        #expect(record.failures.isEmpty)

        let admitted = record.downward.reduce(0) { $0 + $1.admitted }
        let lost = record.downward.reduce(0) { $0 + $1.lost }
        let lossOfPaths = Double(lost) / Double(admitted)
        for packets in [record.video.packets, record.audio.packets] {
            let before = Double(packets.lostBeforeRepair) / Double(packets.expected)
            #expect(abs(before - lossOfPaths) < 0.012)
        }
        let video = record.video.packets
        #expect(video.repaired > 0)
        #expect(video.lost <= video.expected / 1000)
        // Retransmissions get lost as well and are asked for again; at the end a few are still under way.
        #expect((video.expected - 12...video.expected).contains(video.received + video.lost))
        #expect(record.server.retransmissions >= video.repaired)
        // Losing a packet and its successor, which holds its copy, is all that RED leaves: 0.05 x 0.05.
        let audio = record.audio
        #expect(Double(audio.packets.lost) < 0.01 * Double(audio.turns))
        #expect(Double(audio.packets.lost) < 0.2 * Double(audio.packets.lostBeforeRepair))
    }

    /// Loss on the way to the server is repaired there, before anything is forwarded.
    @Test func uplinkLossIsRepairedByTheServer() throws {
        var call = Call()
        call.network.up.loss = .random(0.03)
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.outcomes.allSatisfy { $0.retransmissions > 0 })
        let video = record.video
        #expect(video.packets.lost <= video.packets.expected / 200)
        // Six views of twelve seconds and more, at 20 frames per second.
        #expect(video.framesRendered > 1400)
        #expect(video.framesSkipped < video.framesRendered / 50)
    }

    @Test func burstLossIsRepairedToo() throws {
        var call = Call(participants: 4)
        call.network = Self.downLoss(.gilbertElliott(GilbertElliott(meanLoss: 0.03, meanBurst: 4)))
        let record = try call.run()
        #expect(record.failures.isEmpty)
        let video = record.video.packets
        let before = Double(video.lostBeforeRepair) / Double(video.expected)
        #expect((0.015...0.045).contains(before))
        #expect(video.lost <= video.expected / 200)
        // Bursts defeat RED with its single copy more often than random loss does.
        #expect(record.audio.missedRuns > 0)
        #expect(record.audio.missed > record.audio.missedRuns)
    }

    /// The server withholds packets 100, 101 and 200 of every stream: so many are missing, neither more nor fewer.
    @Test func plannedLossIsCountedExactly() throws {
        var call = Call()
        call.behaviour.lossNumbers = [100, 101, 200]
        let record = try call.run()
        let video = record.video
        // Each of the three sees two cameras.
        #expect(video.packets.lostBeforeRepair == 3 * 6)
        #expect(video.packets.repaired == 3 * 6)
        #expect(video.packets.lost == 0)
        #expect(video.framesSkipped == 0)
        #expect(video.packets.received == video.packets.expected)
        #expect(record.server.retransmissions == 3 * 6)
        for outcome in record.outcomes { #expect(outcome.video.packets.lostBeforeRepair == 6) }
    }

    /// RED holds one copy: of two packets lost in a row the first is gone, of one nothing is.
    @Test(arguments: [([150], 0), ([150, 151], 1), ([150, 151, 152], 2)] as [([UInt64], UInt64)])
    func redundancyRepairsSingleAudioLosses(numbers: [UInt64], remaining: UInt64) throws {
        var call = Call(
            participants: 2, role: "microphone: monologue",
            phases: "[{arrive: {storm: 1s}}, {hold: 20s}, {leave: {over: 1s}}]")
        call.behaviour.lossNumbers = numbers
        let record = try call.run()
        for outcome in record.outcomes {
            #expect(outcome.audio.packets.lostBeforeRepair == UInt64(numbers.count))
            #expect(outcome.audio.packets.lost <= remaining)
        }
        #expect(record.audio.packets.lost >= remaining)
    }

    /// Without RED nothing brings a lost microphone packet back.
    @Test func withoutRedundancyAudioStaysLost() throws {
        var call = Call(
            participants: 2, role: "microphone: monologue",
            phases: "[{arrive: {storm: 1s}}, {hold: 20s}, {leave: {over: 1s}}]", more: "media: {red: false}")
        call.behaviour.lossNumbers = [150, 170]
        let record = try call.run()
        for outcome in record.outcomes {
            #expect(outcome.audio.packets.lostBeforeRepair == 2)
            #expect(outcome.audio.packets.lost == 2)
            #expect(outcome.audio.concealedMilliseconds == 40)
            #expect(outcome.audio.concealmentEvents == 2)
        }
    }

    @Test func lossMakesSoundWorse() throws {
        let role = "microphone: monologue"
        let codec = OpusImpairment(bitrate: 48_000, inbandFEC: false)
        let ratings = try [0, 0.02, 0.08].map { rate in
            var call = Call(participants: 2, role: role, more: "media: {red: false}")
            call.behaviour.lossRate = rate
            return try #require(try call.run().audio.rating(codec: codec))
        }
        #expect(ratings[0] > ratings[1] + 5)
        #expect(ratings[1] > ratings[2] + 10)
    }
}
