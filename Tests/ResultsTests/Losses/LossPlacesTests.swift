import Primitives
import Probe
import Results
import Scenario
import Testing

@Suite struct LossPlacesTests {
    /// A stream of a thousand packets of which the last report covers `covered`.
    private func downlink(
        missing: UInt64, repaired: UInt64 = 0, sent: UInt64? = 1000, covered: UInt64 = 1000,
        repairs: UInt64 = 0,
        requested: UInt64 = 0, track: String? = "TR_1"
    ) -> DownlinkAccount {
        let report = sent.map { sent in
            DownlinkAccount.Report(
                sent: sent, expected: covered, arrived: covered - min(covered, missing), repairs: repairs,
                requested: requested)
        }
        return DownlinkAccount(
            stream: 0, track: track, isVideo: true, expected: 1000, arrived: 1000 - missing,
            repaired: repaired,
            report: report)
    }

    private func places(
        _ downlink: DownlinkAccount, lostUp: UInt64? = 0, dropped: Int = 0, unsent: Int = 0,
        countsRepeats: Bool = false
    ) -> LossPlaces.Sum {
        LossPlaces(
            downlinks: [(1, downlink)],
            uplinks: [
                (
                    0,
                    UplinkAccount(
                        stream: 0, track: "TR_1", isVideo: true, sent: 1000, lost: lostUp, requested: 0)
                )
            ],
            sockets: [0: SocketLosses(unsent: unsent), 1: SocketLosses(dropped: dropped)],
            expected: [1: 1000],
            countsRepeats: countsRepeats
        ).byParticipant[1] ?? LossPlaces.Sum()
    }

    private func sum(
        missing: Int, uplink: Int = 0, server: Int = 0, downlink: Int = 0, generator: Int = 0,
        unassigned: Int = 0
    ) -> LossPlaces.Sum {
        var sum = LossPlaces.Sum()
        sum.expected = 1000
        (sum.missing, sum.uplink, sum.server) = (missing, uplink, server)
        (sum.downlink, sum.generator, sum.unassigned) = (downlink, generator, unassigned)
        return sum
    }

    @Test func whatTheServerSentWasLostBehindIt() {
        #expect(places(downlink(missing: 30)) == sum(missing: 30, downlink: 30))
        #expect(places(downlink(missing: 30, repaired: 30)) == sum(missing: 30, downlink: 30))
        #expect(places(downlink(missing: 0)) == sum(missing: 0))
    }

    @Test func whatItDidNotSendWasLostBeforeItOrByIt() {
        // Of thirty missing it sent eighteen; seven of the twelve others never reached it.
        let account = downlink(missing: 30, sent: 988)
        #expect(places(account, lostUp: 7) == sum(missing: 30, uplink: 7, server: 5, downlink: 18))
        #expect(places(account, lostUp: 50) == sum(missing: 30, uplink: 12, downlink: 18))
        #expect(places(account) == sum(missing: 30, server: 12, downlink: 18))
        // What a retransmission brought was there, whatever the count says.
        let repaired = downlink(missing: 30, repaired: 25, sent: 988)
        #expect(places(repaired) == sum(missing: 30, server: 5, downlink: 25))
    }

    @Test func withoutTheOtherSidesWordNothingIsGuessed() {
        #expect(
            places(downlink(missing: 30, repaired: 4, sent: nil))
                == sum(missing: 30, downlink: 4, unassigned: 26))
        let account = downlink(missing: 30, sent: 988)
        #expect(places(account, lostUp: nil) == sum(missing: 30, downlink: 18, unassigned: 12))
        var stranger = account
        stranger.track = "TR_of_a_stranger"
        #expect(places(stranger) == sum(missing: 30, downlink: 18, unassigned: 12))
        stranger.track = nil
        #expect(places(stranger) == sum(missing: 30, downlink: 18, unassigned: 12))
    }

    @Test func whatCameAfterTheLastReportIsNotCovered() {
        var account = downlink(missing: 30)
        account.report = .init(sent: 900, expected: 900, arrived: 890, repairs: 0, requested: 0)
        #expect(places(account) == sum(missing: 30, downlink: 10, unassigned: 20))
    }

    /// LiveKit counts retransmissions in its sender reports: the gap is known between two bounds.
    @Test func aCountThatHoldsRetransmissionsGivesBounds() {
        let account = downlink(missing: 30, repaired: 10, sent: 1000, repairs: 10, requested: 16)
        // 990 at most and 984 at least were first sendings: ten to sixteen were not sent.
        #expect(
            places(account, countsRepeats: true) == sum(missing: 30, server: 10, downlink: 14, unassigned: 6))
        #expect(places(account) == sum(missing: 30, downlink: 30))
    }

    @Test func ourOwnSocketsAreOurFault() {
        #expect(places(downlink(missing: 30), dropped: 12) == sum(missing: 30, downlink: 18, generator: 12))
        #expect(places(downlink(missing: 30), dropped: 500) == sum(missing: 30, generator: 30))
        #expect(
            places(downlink(missing: 30, sent: 988), lostUp: 12, unsent: 5)
                == sum(missing: 30, uplink: 7, downlink: 18, generator: 5))
    }

    @Test func accountsComeBackFromTheRunFile() throws {
        let folder = try Folder()
        let file = try SmallRun.write(try SmallRun.plan(), into: folder) { batch in
            batch.outcomes = [SmallRun.outcome(0), SmallRun.outcome(1)]
            batch.outcomes[0].uplinks = [
                UplinkAccount(
                    stream: 3, track: "TR_1", isVideo: true, sent: 1000, lost: 7, requested: 9, unreported: 0),
                UplinkAccount(stream: 4, track: nil, isVideo: false, sent: 10, lost: nil, requested: 0),
            ]
            batch.outcomes[1].downlinks = [downlink(missing: 30, sent: 988)]
            batch.outcomes[1].sockets = SocketLosses(dropped: 2)
            batch.outcomes[1].video.packets.expected = 1000
            batch.sessions = [
                ServerSession(
                    participant: 0, at: .zero, id: "PA", room: "RM", server: "visiobench-embedded",
                    roomName: "x")
            ]
        }
        let places = try file.lossPlaces()
        #expect(
            places.byParticipant[1]
                == sum(missing: 30, uplink: 7, server: 3, downlink: 16, generator: 2, unassigned: 2))
        #expect(places.total.missing == 30 && places.total.expected == 1000)
    }
}
