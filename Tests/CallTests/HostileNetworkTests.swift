import EmbeddedVisio
import Primitives
import Probe
import RTC
import Simulation
import Testing

@Suite("Calls under attack")
struct HostileNetworkTests {
    /// Every second datagram is followed by noise or by a damaged copy, both ways: the call does not notice.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func damagedAndRandomDatagramsChangeNothing(seed: UInt64) throws {
        var call = Call(
            role: "microphone: conversation, camera: vp8-simulcast, reactions: 60/min", seed: seed)
        call.network.hostility = 0.5
        let record = try call.run()
        #expect(record.hostileCount > 3000)
        #expect(record.endedByItself)
        #expect(record.failures.isEmpty)
        for outcome in record.outcomes {
            #expect(outcome.end == .left)
            for packets in [outcome.audio.packets, outcome.video.packets] {
                #expect(packets.received > 0)
                #expect(packets.lost == 0)
                #expect(packets.received == packets.expected)
            }
            #expect(outcome.video.freezes == 0)
            #expect(outcome.dataMessages > 0)
            let kinds = outcome.malformed.map(\.kind)
            #expect(kinds.contains("unauthentic SRTP"))
            #expect(kinds.contains("unknown datagram"))
        }
    }
}
