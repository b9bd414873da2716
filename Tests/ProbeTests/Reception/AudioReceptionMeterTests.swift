import Primitives
import Probe
import Testing
import WireFormats

@Suite("Received audio")
struct AudioReceptionMeterTests {
    /// Packets that come in time are played in time; the last ones are still in the buffer.
    @Test func undisturbedSoundIsPlayed() {
        var listener = Listener()
        for number in 0..<500 { listener.receive(number, at: 20 * Int64(number) + 30) }
        let counts = listener.meter.counts
        #expect((490...500).contains(counts.turns))
        #expect(counts.missed == 0)
        #expect(counts.packets.lost == 0)
        #expect(counts.concealedMilliseconds == 0)
        #expect(counts.playedMilliseconds == 20 * counts.turns)
        #expect(counts.networkDelayCount == 500)
        #expect(counts.meanNetworkDelayMilliseconds == 30)
        #expect(listener.networkDelays.allSatisfy { $0 == 30_000 })
        // 80 ms target at first, 20 ms once the path is known to be quiet: never less than the path itself.
        #expect(listener.playoutDelays.first == 110_000)
        #expect(listener.playoutDelays.last == 50_000)
        #expect(listener.playoutDelays.count == Int(counts.delayCount))
    }

    /// A sum over one number of packets is divided by the same number, at any time.
    @Test func meanDelaysHoldAtAnyMoment() {
        var listener = Listener()
        for number in 0..<50 {
            listener.receive(number, at: 20 * Int64(number) + 30)
            #expect(listener.meter.counts.meanNetworkDelayMilliseconds == 30)
        }
    }

    @Test func aLostPacketIsConcealed() {
        var listener = Listener()
        for number in 0..<200 where number != 100 { listener.receive(number, at: 20 * Int64(number) + 30) }
        let counts = listener.meter.counts
        #expect(counts.packets.lost == 1)
        #expect(counts.missed == 1)
        #expect(counts.missedRuns == 1)
        #expect(counts.concealedMilliseconds == 20)
        #expect(counts.concealmentEvents == 1)
    }

    /// The copy in the next packet replaces a lost one; of two in a row it replaces the second.
    @Test(
        arguments: [([100], 0), ([100, 101], 1), ([100, 102], 0), ([100, 101, 102], 2)] as [([Int], UInt64)])
    func redundancyReplacesWhatWasLost(missing: [Int], remaining: UInt64) {
        var listener = Listener(isRED: true)
        for number in 0..<200 where !missing.contains(number) {
            listener.receive(number, at: 20 * Int64(number) + 30)
        }
        #expect(listener.meter.counts.packets.lost == remaining)
        #expect(listener.meter.counts.missed == remaining)
        #expect(listener.meter.counts.concealedMilliseconds == 20 * remaining)
    }

    /// A packet that is late, but not too late, makes the player stretch and is then played.
    @Test func alittleLateIsStretched() {
        var listener = Listener()
        for number in 0..<200 where number != 150 { listener.receive(number, at: 20 * Int64(number) + 30) }
        listener = Listener()
        for number in 0..<150 { listener.receive(number, at: 20 * Int64(number) + 30) }
        // Everything from here on comes 60 ms later than before.
        for number in 150..<200 { listener.receive(number, at: 20 * Int64(number) + 90) }
        let counts = listener.meter.counts
        #expect(counts.missed == 0)
        #expect(counts.packets.lost == 0)
        #expect(counts.concealedMilliseconds > 0)
        #expect(counts.concealedMilliseconds <= 60)
        #expect(counts.concealmentEvents == 1)
    }

    /// Silence is a packet every 400 ms without a tag: nothing is missing, nothing is concealed.
    @Test func silenceIsNoLoss() {
        var listener = Listener()
        var sequence = 0
        for number in 0..<100 {
            listener.receive(number, sequence: sequence, at: 20 * Int64(number) + 30)
            sequence += 1
        }
        for number in stride(from: 119, to: 500, by: 20) {
            listener.receive(number, sequence: sequence, at: 20 * Int64(number) + 30, isSilence: true)
            sequence += 1
        }
        let counts = listener.meter.counts
        #expect(counts.missed == 0)
        #expect(counts.concealedMilliseconds == 0)
        #expect(counts.networkDelayCount == 100)
    }

    @Test func wrappingChangesNothing() {
        var listener = Listener(firstTimestamp: .max - 50_000)
        for number in 0..<200 {
            listener.receive(number, sequence: 65_450 + number, at: 20 * Int64(number) + 30)
        }
        #expect(listener.meter.counts.missed == 0)
        #expect(listener.meter.counts.turns > 190)
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func nonsenseIsSurvived(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        var meter = AudioReceptionMeter()
        for step in 0..<20_000 as Range<Int64> {
            let bytes = chance.bytes(Int(chance.next() % 60))
            bytes.withUnsafeBytes { payload in
                _ = meter.receive(
                    sequence: step / 3 + Int64(chance.next() % 300),
                    timestamp: UInt32(truncatingIfNeeded: chance.next()),
                    payload: payload, isRED: chance.chance(0.5), now: instant(step),
                    wallClock: Listener.wallClock)
            }
            if step % 100 == 0 { meter.advance(to: instant(step)) { _ in } }
        }
        let counts = meter.counts
        #expect(counts.missed <= counts.turns)
        #expect(counts.missedRuns <= counts.missed)
    }
}

/// Feeds a meter with hand-made packets of 20 ms and plays what is due at each.
private struct Listener {
    static let wallClock = WallClockOrigin(unixNanoseconds: 1_769_587_200_000_000_000)

    var meter = AudioReceptionMeter()
    var networkDelays: [Int64] = []
    var playoutDelays: [Int64] = []
    private let isRED: Bool
    private let firstTimestamp: UInt32

    init(isRED: Bool = false, firstTimestamp: UInt32 = 7000) {
        self.isRED = isRED
        self.firstTimestamp = firstTimestamp
    }

    /// Receives the packet with the sound of 20 ms times `number`, captured at that time.
    mutating func receive(
        _ number: Int, sequence: Int? = nil, at milliseconds: Int64, isSilence: Bool = false
    ) {
        let frame = isSilence ? [0xf8] : Self.frame(number)
        var payload = frame
        if isRED {
            payload = [UInt8](repeating: 0, count: 500)
            let before = Self.frame(number - 1)
            let count = payload.withUnsafeMutableBytes { buffer in
                frame.withUnsafeBytes { primary in
                    before.withUnsafeBytes { previous in
                        REDPayload.write(
                            blockPayloadType: 111, primary: primary,
                            previous: REDPayload.Redundancy(timestampOffset: 960, bytes: previous),
                            into: buffer)
                    }
                }
            }
            payload.removeLast(payload.count - count)
        }
        let seen = payload.withUnsafeBytes {
            meter.receive(
                sequence: Int64(sequence ?? number), timestamp: firstTimestamp &+ UInt32(number * 960),
                payload: $0,
                isRED: isRED, now: instant(milliseconds), wallClock: Self.wallClock)
        }
        if let seen { networkDelays.append(seen.networkDelayMicroseconds) }
        var played: [Int64] = []
        meter.advance(to: instant(milliseconds)) { played.append($0) }
        playoutDelays += played
    }

    private static func frame(_ number: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0x78, count: 40)
        let captured = wallClock.unixNanoseconds(at: instant(20 * Int64(number))) / 1000
        let tag = FrameTag(
            captureMicroseconds: UInt64(captured), frameNumber: UInt16(truncatingIfNeeded: number), clip: 0,
            layer: 7)
        bytes.withUnsafeMutableBytes { buffer in
            tag.write(
                into: UnsafeMutableRawBufferPointer(rebasing: buffer[(buffer.count - FrameTag.byteCount)...]))
        }
        return bytes
    }
}
