import Primitives
import RTC
import Testing

@Suite struct PacerTests {
    private func packet(_ token: UInt64, layer: Int = 0) -> PacedPacket {
        PacedPacket(section: 0, layer: layer, payloadType: 96, marker: false, timestamp: 0, token: token)
    }

    private func repair(_ number: UInt16) -> Retransmission {
        Retransmission(
            section: 0, layer: 0, sequenceNumber: number, timestamp: 0, marker: false, payloadType: 96,
            token: 0)
    }

    /// What leaves until `end`, with its instants in milliseconds; every packet has 1000 bytes, padding what was asked
    /// for.
    private func run(_ pacer: inout Pacer, until end: Instant, limit: Int = 10_000) -> [(Pacer.Step, Double)]
    {
        var left: [(Pacer.Step, Double)] = []
        var now = Instant.zero
        while let due = pacer.deadline, due <= end, left.count < limit {
            now = max(now, due)
            while let step = pacer.next(now: now) {
                left.append((step, now.seconds * 1000))
                if case .padding(let byteCount) = step {
                    pacer.noteSent(byteCount: max(byteCount, 250), now: now)
                } else {
                    pacer.noteSent(byteCount: 1000, now: now)
                }
            }
        }
        return left
    }

    /// A burst of 40 ms leaves at once, the rest at the pacing rate: 100 packets at 800 kbit/s take a second.
    @Test func packetsLeaveAtTheRate() {
        var pacer = Pacer(rate: .kilobitsPerSecond(800))
        for token in 0..<100 as Range<UInt64> {
            let isTaken = pacer.enqueue(packet(token), stream: 0, byteCount: 1000, now: .zero)
            #expect(isTaken)
        }
        #expect(pacer.waitingByteCount == 100_000)
        let left = run(&pacer, until: .zero + .seconds(5))
        #expect(left.map(\.0) == (0..<100).map { .first(packet($0)) })
        // 40 ms at 800 kbit/s are four packets.
        #expect(left.prefix { $0.1 == 0 }.count == 4)
        #expect(abs(left[99].1 - 960) < 45)
        #expect(pacer.deadline == nil)
    }

    @Test func layersTakeTurnsAndRepairsGoFirst() {
        var pacer = Pacer(rate: .kilobitsPerSecond(100_000))
        for token in 0..<3 as Range<UInt64> {
            _ = pacer.enqueue(packet(token, layer: 0), stream: 0, byteCount: 1000, now: .zero)
            _ = pacer.enqueue(packet(token, layer: 1), stream: 1, byteCount: 1000, now: .zero)
        }
        _ = pacer.enqueue(repair(7), now: .zero)
        let left = run(&pacer, until: .zero + .seconds(1)).map(\.0)
        #expect(left.first == .again(repair(7)))
        let layers = left.dropFirst().map { step -> Int in
            if case .first(let packet) = step { packet.layer } else { -1 }
        }
        #expect(layers == [1, 0, 1, 0, 1, 0])
    }

    /// Nothing waits longer than two seconds: the rate grows for a queue that is too long.
    @Test func aLongQueueRaisesTheRate() throws {
        var pacer = Pacer(rate: .kilobitsPerSecond(80))
        for token in 0..<100 as Range<UInt64> {
            _ = pacer.enqueue(packet(token), stream: 0, byteCount: 1000, now: .zero)
        }
        let left = run(&pacer, until: .zero + .seconds(20))
        #expect(left.count == 100)
        #expect(left[99].1 < 2100)
    }

    /// Padding fills what packets leave free, up to its own rate, but does not begin before anything was sent.
    @Test func paddingFillsTheRest() {
        var pacer = Pacer(rate: .kilobitsPerSecond(1000))
        pacer.setRates(.kilobitsPerSecond(1000), padding: .kilobitsPerSecond(400), now: .zero)
        #expect(pacer.deadline == nil)
        _ = pacer.enqueue(packet(0), stream: 0, byteCount: 1000, now: .zero)
        let left = run(&pacer, until: .zero + .seconds(2))
        let padding = left.reduce(0) { sum, step in
            if case .padding(let byteCount) = step.0 { sum + byteCount } else { sum }
        }
        #expect(abs(Double(padding) - 100_000) < 2000)
    }

    /// A cluster begins with a small packet and then keeps its rate, whatever the pacing rate, with padding where
    /// there are no packets.
    @Test func aClusterLeavesAtItsRate() throws {
        var pacer = Pacer(rate: .kilobitsPerSecond(300))
        pacer.add(ProbeCluster(id: 1, rate: .kilobitsPerSecond(1600), requestedAt: .zero))
        // It waits for a packet.
        #expect(pacer.deadline == nil)
        for token in 0..<3 as Range<UInt64> {
            _ = pacer.enqueue(packet(token), stream: 0, byteCount: 1000, now: .zero)
        }
        let left = run(&pacer, until: .zero + .milliseconds(100), limit: 20)
        #expect(left[0].0 == .padding(byteCount: 1))
        #expect(left[1...3].map(\.0) == (0..<3).map { .first(packet($0)) })
        #expect(left[4...].allSatisfy { if case .padding = $0.0 { true } else { false } })
        // At least 15 ms x 1600 kbit/s = 3000 bytes in at least five steps, 5 ms for every packet of 1000 bytes.
        #expect(left.count >= 5)
        #expect(abs(left[3].1 - left[2].1 - 5) < 1.1)
        #expect(left[4].1 < 20)
    }

    @Test func aClusterWithoutPaddingGoesOnWithTheNextPacket() {
        var pacer = Pacer(rate: .kilobitsPerSecond(300))
        pacer.add(ProbeCluster(id: 1, rate: .kilobitsPerSecond(900), requestedAt: .zero))
        _ = pacer.enqueue(packet(0), stream: 0, byteCount: 1000, now: .zero)
        let opening = pacer.next(now: .zero)
        #expect(opening == .padding(byteCount: 1))
        pacer.notePaddingFailed(byteCount: 1, now: .zero)
        let first = pacer.next(now: .zero)
        #expect(first == .first(packet(0)))
        pacer.noteSent(byteCount: 1000, now: .zero)
        let second = pacer.next(now: .zero)
        #expect(second == nil)
    }
}
