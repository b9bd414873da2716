import Primitives
import RTC
import Testing

/// Delivery over paths that lose, delay, duplicate and reorder.
@Suite struct DataChannelDeliveryTests {
    private static let paths: [NetworkPathProfile] = [
        NetworkPathProfile(delay: .milliseconds(20 as Int64), loss: .random(0.02)),
        NetworkPathProfile(delay: .milliseconds(20 as Int64), loss: .random(0.2)),
        NetworkPathProfile(
            delay: .milliseconds(30 as Int64),
            loss: .gilbertElliott(GilbertElliott(meanLoss: 0.1, meanBurst: 4))),
        NetworkPathProfile(
            delay: .milliseconds(5 as Int64), jitter: .uniform(maximum: .milliseconds(60 as Int64)),
            keepsOrder: false,
            loss: .random(0.05), duplication: 0.1),
        NetworkPathProfile(
            delay: .milliseconds(10 as Int64), bitsPerSecond: 500_000, queueLimit: .milliseconds(60 as Int64)),
        NetworkPathProfile(
            delay: .milliseconds(10 as Int64), outages: [.seconds(1.1)..<Instant.seconds(3.5)]),
    ]

    @Test(arguments: paths.indices)
    func deliversEverythingInOrder(path: Int) {
        for seed in 0..<4 as Range<UInt64> {
            var pair = TransportPair(seed: seed, path: Self.paths[path])
            let there = pair.left.open(label: "there", isOrdered: true, reliability: .reliable)
            let back = pair.right.open(label: "back", isOrdered: true, reliability: .reliable)
            pair.left.start(now: .zero)
            pair.right.start(now: .zero)
            var sent: [[UInt8]] = []
            for index in 0..<150 {
                // Sizes from a byte to several packets.
                let message = patterned(index, count: 1 + index * 977 % 7000)
                sent.append(message)
                pair.send(message, on: there)
                pair.send(message, from: .right, on: back)
                pair.run(for: .milliseconds(20 as Int64))
            }
            pair.run(for: .seconds(400))
            #expect(pair.rightEvents.messages == sent, "seed \(seed)")
            #expect(pair.leftEvents.messages == sent, "seed \(seed)")
            #expect(pair.left.bufferedBytes == 0)
        }
    }

    @Test func deliversEverythingUnorderedOnce() {
        for seed in 0..<6 as Range<UInt64> {
            var pair = TransportPair.connected(seed: seed)
            let stream = pair.left.open(label: "a", isOrdered: false, reliability: .reliable)
            pair.run(for: .milliseconds(200 as Int64))
            pair.toRight.profile = Self.paths[3]
            for index in 0..<200 {
                pair.send(patterned(index, count: 1500), on: stream)
                pair.run(for: .milliseconds(5 as Int64))
            }
            pair.run(for: .seconds(200))
            let received = pair.rightEvents.messages
            let sent = (0..<200).map { patterned($0, count: 1500) }
            #expect(received.count == 200)
            #expect(Set(received) == Set(sent))
            #expect(received != sent, "the path reorders")
        }
    }

    @Test(
        arguments: [true, false], [Reliability.maxRetransmits(0), .maxLifetime(.milliseconds(100 as Int64))])
    func givesUpUnreliableMessages(isOrdered: Bool, reliability: Reliability) {
        var abandoned = 0
        for seed in 0..<6 as Range<UInt64> {
            var pair = TransportPair.connected(seed: seed)
            let stream = pair.left.open(label: "_lossy", isOrdered: isOrdered, reliability: reliability)
            let other = pair.left.open(label: "_reliable", isOrdered: true, reliability: .reliable)
            pair.run(for: .seconds(1))
            pair.toRight.profile.loss = .random(0.3)
            for index in 0..<200 {
                let count = index.isMultiple(of: 5) ? 4000 : 400
                pair.send(patterned(index, count: count), on: stream)
                pair.run(for: .milliseconds(20 as Int64))
            }
            pair.toRight.profile.loss = .none
            pair.run(for: .seconds(120))
            pair.send([255], on: stream)
            pair.send([254], on: other)
            pair.run(for: .seconds(5))

            let received = pair.rightEvents.messages
            #expect(received.contains([255]) && received.contains([254]))
            #expect(received.count < 202)
            // Whatever arrives is whole, and in order if that was asked for.
            let sent = (0..<200).map { patterned($0, count: $0.isMultiple(of: 5) ? 4000 : 400) }
            let places = received.compactMap { sent.firstIndex(of: $0) }
            #expect(places.count == received.count - 2)
            #expect(Set(places).count == places.count)
            if isOrdered { #expect(places == places.sorted()) }
            #expect(pair.left.statistics.messagesAbandoned == 202 - received.count)
            abandoned += pair.left.statistics.messagesAbandoned
        }
        #expect(abandoned > 100)
    }

    @Test func lostUnreliableMessageDoesNotDelayTheNext() {
        var pair = TransportPair.connected()
        let stream = pair.left.open(label: "_lossy", isOrdered: true, reliability: .maxRetransmits(0))
        pair.run(for: .seconds(1))
        let ordinal = pair.toRight.statistics.admitted
        pair.toRight.profile.lostOrdinals = [ordinal]
        for index in 0..<6 {
            pair.send([UInt8(index)], on: stream)
            pair.run(for: .milliseconds(30 as Int64))
        }
        // Three later acknowledgements reveal the loss, long before the retransmission timer would.
        #expect(pair.rightEvents.messages == [[1], [2], [3], [4], [5]])
        #expect(pair.left.statistics.timeouts == 0)
        #expect(pair.left.statistics.retransmissions == 0)
    }

    @Test func recoversASingleLossQuickly() {
        var pair = TransportPair.connected()
        let stream = pair.left.open(label: "a", isOrdered: true, reliability: .reliable)
        pair.run(for: .seconds(1))
        pair.toRight.profile.lostOrdinals = [pair.toRight.statistics.admitted + 1]
        pair.send(patterned(0, count: 20_000), on: stream)
        pair.run(for: .milliseconds(300 as Int64))
        #expect(pair.rightEvents.messages == [patterned(0, count: 20_000)])
        #expect(pair.left.statistics.fastRetransmits == 1)
        #expect(pair.left.statistics.retransmissions == 1)
        #expect(pair.left.statistics.timeouts == 0)
    }

    @Test func recoversALostLastPacketByTimeout() {
        var pair = TransportPair.connected()
        let stream = pair.left.open(label: "a", isOrdered: true, reliability: .reliable)
        pair.run(for: .seconds(1))
        pair.toRight.profile.lostOrdinals = [pair.toRight.statistics.admitted]
        pair.send([1], on: stream)
        pair.run(for: .milliseconds(350 as Int64))
        #expect(pair.rightEvents.messages == [])
        pair.run(for: .milliseconds(200 as Int64))
        #expect(pair.rightEvents.messages == [[1]])
        #expect(pair.left.statistics.timeouts == 1)
    }

    @Test func fillsAPathWithoutTimeouts() {
        var pair = TransportPair.connected(
            path: NetworkPathProfile(delay: .milliseconds(20 as Int64), bitsPerSecond: 10_000_000))
        let stream = pair.left.open(label: "a", isOrdered: true, reliability: .reliable)
        for index in 0..<30 {
            pair.send(patterned(index, count: 60_000), on: stream)
        }
        // 1.8 MB at 10 Mbit/s take 1.5 s and a slow start.
        pair.run(for: .seconds(3))
        #expect(pair.rightEvents.messages.count == 30)
        #expect(pair.left.statistics.timeouts == 0)
    }
}
