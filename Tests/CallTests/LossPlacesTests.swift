import EmbeddedVisio
import Primitives
import Probe
import RTC
import Results
import Scenario
import Simulation
import Testing

/// Every lost packet is found where it was lost: each place is provoked by itself, and nothing is left over.
@Suite("Calls in which packets are lost in a known place")
struct LossPlacesTests {
    private func places(_ record: CallRecord) -> LossPlaces {
        LossPlaces(
            downlinks: record.outcomes.flatMap { outcome in
                outcome.downlinks.map { (outcome.participant, $0) }
            },
            uplinks: record.outcomes.flatMap { outcome in outcome.uplinks.map { (outcome.participant, $0) } },
            sockets: Dictionary(uniqueKeysWithValues: record.outcomes.map { ($0.participant, $0.sockets) }),
            expected: Dictionary(
                uniqueKeysWithValues: record.outcomes.map {
                    ($0.participant, Int($0.audio.packets.expected + $0.video.packets.expected))
                }), countsRepeats: false)
    }

    private static let role = "microphone: monologue, camera: vp8-simulcast"

    @Test func aHealthyCallMissesNothing() throws {
        let total = places(try Call().run()).total
        #expect(total.missing == 0 && total.expected > 3000)
    }

    /// The faults of the embedded deployment lie behind its counters: exact, packet by packet.
    @Test func listedPacketsAreLostBehindTheServer() throws {
        var call = Call(role: Self.role)
        call.behaviour.lossNumbers = [100, 101, 150]
        let places = places(try call.run())
        // Three receivers, two cameras and two microphones each, three packets of each.
        #expect(places.total.missing == 3 * 4 * 3)
        #expect(places.total.downlink == places.total.missing)
        for participant in 0..<3 { #expect(places.byParticipant[participant]?.downlink == 12) }
    }

    @Test func randomLossBehindTheServerIsFoundThere() throws {
        var call = Call(role: Self.role)
        call.behaviour.lossRate = 0.03
        let total = places(try call.run()).total
        #expect(total.missing > 100)
        #expect(total.uplink == 0 && total.server == 0 && total.generator == 0)
        // What was lost between the last report and the end, and not repaired.
        #expect(total.unassigned < total.missing / 8)
    }

    @Test func lossBeforeTheServerIsFoundThere() throws {
        var call = Call(role: Self.role)
        call.network.up.loss = .random(0.03)
        let total = places(try call.run()).total
        // Most is repaired before it is sent on and misses nobody; sound is not repaired.
        #expect(total.uplink > 20)
        #expect(total.downlink == 0)
        // Of what was lost since the last report, chance may leave some to the server.
        #expect(total.server * 10 <= total.uplink)
        #expect(total.generator == 0)
        #expect(total.unassigned < total.missing / 4)
    }

    @Test func whatTheServerThrowsAwayIsItsOwn() throws {
        var call = Call(participants: 4, role: Self.role)
        call.behaviour.maximumForwardedPerSecond = 500
        let total = places(try call.run()).total
        #expect(total.server > 100)
        #expect(total.uplink == 0 && total.downlink == 0 && total.generator == 0)
        #expect(total.unassigned < total.missing / 4)
    }

    /// Our own sockets drop datagrams of every kind; those that were media are ours, to the packet.
    @Test func whatOurSocketsDropIsOurs() throws {
        var call = Call(role: Self.role)
        call.network.socketDrops = Set(1000..<1040)
        let record = try call.run()
        #expect(record.outcomes.allSatisfy { $0.sockets.dropped == 40 })
        let total = places(record).total
        #expect(total.missing > 60 && total.missing <= 120)
        #expect(total.generator == total.missing - total.unassigned)
        #expect(total.uplink == 0 && total.server == 0 && total.downlink == 0)
    }
}
