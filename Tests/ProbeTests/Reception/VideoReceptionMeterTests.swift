import Primitives
import Probe
import Testing
import WireFormats

@Suite("Received video")
struct VideoReceptionMeterTests {
    @Test func wholeFramesAreShown() {
        var viewer = Viewer()
        for frame in 0..<30 { viewer.receive(frame: frame, at: 40 * Int64(frame)) }
        let counts = viewer.meter.counts
        #expect(counts.framesRendered == 30)
        #expect(counts.keyFrames == 1)
        #expect(counts.framesSkipped == 0)
        #expect(counts.freezes == 0)
        #expect(counts.recognised == 30)
        #expect(counts.meanPSNR == 40)
        #expect(counts.meanSSIM == 0.9)
        #expect(counts.meanHeight == 180)
        // Every frame has 3 packets of 100 bytes behind the descriptor.
        #expect(counts.layerBytes.low == 30 * 300)
        #expect(!viewer.meter.isWaitingForKeyFrame)
    }

    /// The delay runs from the capture in the tag to the frame's last packet.
    @Test func delayIsTakenFromTheTag() {
        var viewer = Viewer()
        viewer.receive(frame: 0, at: 1000, captured: 930)
        viewer.receive(frame: 1, at: 1040, captured: 950)
        #expect(viewer.delays == [70_000, 90_000])
        #expect(viewer.meter.counts.meanDelayMilliseconds == 80)
        let sketch = viewer.meter.takeDelays()
        #expect(sketch.total == 2)
        #expect(viewer.meter.takeDelays().total == 0)
    }

    @Test func orderWithinAndBetweenFramesDoesNotMatter() {
        var viewer = Viewer()
        viewer.receive(frame: 0, at: 0)
        viewer.receive(frame: 1, packets: [2, 0], at: 40)
        viewer.receive(frame: 2, at: 80)
        #expect(viewer.meter.counts.framesRendered == 1)
        viewer.receive(frame: 1, packets: [1], at: 90)
        #expect(viewer.meter.counts.framesRendered == 3)
        #expect(viewer.meter.counts.framesSkipped == 0)
    }

    /// What comes before the first key frame cannot be shown, and nobody was waiting for it.
    @Test func nothingIsShownBeforeAKeyFrame() {
        var viewer = Viewer()
        for frame in 1..<4 { viewer.receive(frame: frame, at: 40 * Int64(frame)) }
        #expect(viewer.meter.isWaitingForKeyFrame)
        #expect(viewer.meter.counts.framesRendered == 0)
        viewer.receive(frame: 4, at: 160, isKeyFrame: true)
        #expect(viewer.meter.counts.framesRendered == 1)
        #expect(viewer.meter.counts.framesSkipped == 0)
    }

    /// A frame with a hole stops everything that refers to it, until a key frame; all of them are counted.
    @Test func aHoleStopsThePictureUntilAKeyFrame() {
        var viewer = Viewer()
        for frame in 0..<10 { viewer.receive(frame: frame, at: 40 * Int64(frame)) }
        viewer.receive(frame: 10, packets: [0, 2], at: 400)
        for frame in 11..<20 { viewer.receive(frame: frame, at: 40 * Int64(frame)) }
        #expect(viewer.meter.counts.framesRendered == 10)
        viewer.receive(frame: 20, at: 800, isKeyFrame: true)
        viewer.receive(frame: 21, at: 840)
        #expect(viewer.meter.counts.framesRendered == 12)
        #expect(viewer.meter.counts.framesSkipped == 10)
        #expect(viewer.meter.counts.freezes == 1)
        // What comes after its turn changes nothing any more.
        viewer.receive(frame: 10, packets: [1], at: 850)
        viewer.receive(frame: 22, at: 880)
        #expect(viewer.meter.counts.framesSkipped == 10)
        #expect(viewer.meter.counts.framesRendered == 13)
    }

    /// After three seconds without a decodable frame a key frame is asked for.
    @Test func patienceEnds() {
        var viewer = Viewer()
        viewer.receive(frame: 0, at: 0)
        viewer.receive(frame: 1, packets: [0], at: 40)
        for frame in 2..<74 {
            viewer.receive(frame: frame, at: 40 * Int64(frame))
            #expect(!viewer.meter.isWaitingForKeyFrame)
        }
        for frame in 74..<80 { viewer.receive(frame: frame, at: 40 * Int64(frame)) }
        #expect(viewer.meter.isWaitingForKeyFrame)
    }

    @Test func paddingKeepsTheChain() {
        var viewer = Viewer()
        viewer.receive(frame: 0, at: 0)
        viewer.receivePadding(at: 10)
        viewer.receivePadding(at: 12)
        viewer.receive(frame: 1, at: 40)
        #expect(viewer.meter.counts.framesRendered == 2)
    }

    /// When frame 19 of pictures that come every 40 ms is shown: after half a second the playout holds one step of
    /// its delay target, 20 ms, in reserve.
    private static let lastShown: Int64 = 19 * 40 + DelayTarget.bucketMilliseconds

    /// A gap of half a second in pictures that come every 40 ms.
    @Test func aGapIsAFreeze() {
        var viewer = Viewer()
        for frame in 0..<20 { viewer.receive(frame: frame, at: 40 * Int64(frame)) }
        viewer.receive(frame: 20, at: 19 * 40 + 500)
        let shown = 19 * 40 + 500 + VideoPlayout.decodeMilliseconds
        #expect(viewer.meter.counts.freezes == 1)
        #expect(viewer.meter.counts.frozenMilliseconds == UInt64(shown - Self.lastShown))
        #expect(viewer.freezes == 1)
    }

    /// An open stall grows and is watched time; when it ends it becomes a freeze, and growths add up to it.
    @Test func aStallBecomesAFreeze() {
        var viewer = Viewer()
        for frame in 0..<20 { viewer.receive(frame: frame, at: 40 * Int64(frame)) }
        let last = Self.lastShown
        var before = viewer.meter.counts
        var still: UInt64 = 0
        for second in 1...4 as ClosedRange<Int64> {
            viewer.meter.advance(to: instant(1000 * second))
            let counts = viewer.meter.counts
            #expect(counts.stalledMilliseconds == UInt64(second > 1 ? 1000 * second - last : 0))
            let growth = counts.growth(since: before)
            still += growth.stalledMilliseconds + growth.frozenMilliseconds
            before = counts
        }
        viewer.receive(frame: 20, at: 4500)
        viewer.meter.advance(to: instant(4500))
        let counts = viewer.meter.counts
        #expect(counts.stalledMilliseconds == 0)
        #expect(counts.frozenMilliseconds == UInt64(4505 - last))
        let growth = counts.growth(since: before)
        still += growth.stalledMilliseconds + growth.frozenMilliseconds
        #expect(still == counts.frozenMilliseconds)
        #expect(counts.watchedMilliseconds == 4500)
    }

    /// Out of sight nothing freezes, and the picture comes back with a key frame.
    @Test func aPauseIsNoFreeze() {
        var viewer = Viewer()
        for frame in 0..<20 { viewer.receive(frame: frame, at: 40 * Int64(frame)) }
        viewer.meter.pause()
        viewer.meter.advance(to: instant(9000))
        #expect(viewer.meter.counts.stalledMilliseconds == 0)
        #expect(viewer.meter.isWaitingForKeyFrame)
        viewer.receive(frame: 20, at: 9000)
        viewer.receive(frame: 21, at: 9040, isKeyFrame: true)
        #expect(viewer.meter.counts.freezes == 0)
        #expect(viewer.meter.counts.framesSkipped == 0)
        #expect(viewer.meter.counts.framesRendered == 21)
    }

    /// Sequence numbers and timestamps run over their ends.
    @Test func wrappingChangesNothing() {
        var viewer = Viewer(firstSequence: 65_500, firstTimestamp: .max - 20_000)
        for frame in 0..<60 { viewer.receive(frame: frame, at: 40 * Int64(frame)) }
        #expect(viewer.meter.counts.framesRendered == 60)
        #expect(viewer.meter.counts.freezes == 0)
    }

    /// Whatever the bytes and numbers are: no crash, and a key frame heals everything.
    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func nonsenseIsSurvived(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        var viewer = Viewer()
        for step in 0..<20_000 as Range<Int64> {
            let bytes = chance.bytes(Int(chance.next() % 40))
            _ = bytes.withUnsafeBytes { payload in
                viewer.meter.receive(
                    sequence: Int64(truncatingIfNeeded: chance.next() % 400),
                    timestamp: UInt32(chance.next() % 100_000),
                    marker: chance.chance(0.5), payload: payload, now: instant(step),
                    wallClock: Viewer.wallClock, quality: { _ in nil }, onDelay: { _ in })
            }
        }
        let shown = viewer.meter.counts.framesRendered
        viewer.receive(frame: 10_000, at: 30_000, isKeyFrame: true)
        #expect(viewer.meter.counts.framesRendered > shown)
    }
}

/// Feeds a meter with hand-made frames of three packets each.
private struct Viewer {
    static let wallClock = WallClockOrigin(unixNanoseconds: 1_769_587_200_000_000_000)

    var meter = VideoReceptionMeter()
    var delays: [Int64] = []
    var freezes: UInt64 = 0
    private let firstSequence: Int64
    private let firstTimestamp: UInt32
    private var paddingCount: Int64 = 0

    init(firstSequence: Int64 = 100, firstTimestamp: UInt32 = 5000) {
        self.firstSequence = firstSequence
        self.firstTimestamp = firstTimestamp
    }

    /// Receives packets of a frame; the first frame is a key frame.
    mutating func receive(
        frame: Int, packets: [Int] = [0, 1, 2], at milliseconds: Int64, captured: Int64? = nil,
        isKeyFrame: Bool? = nil
    ) {
        for packet in packets {
            var payload: [UInt8] = [packet == 0 ? 0x10 : 0x00]  // RFC 7741: S bit, partition 0
            payload += [UInt8](repeating: 0xaa, count: 100)
            payload[1] = isKeyFrame ?? (frame == 0) ? 0x10 : 0x11
            if packet == 2 {
                let origin = Self.wallClock.unixNanoseconds(at: instant(captured ?? milliseconds)) / 1000
                let tag = FrameTag(
                    captureMicroseconds: UInt64(origin), frameNumber: UInt16(truncatingIfNeeded: frame),
                    clip: 0, layer: 0)
                payload.withUnsafeMutableBytes { bytes in
                    tag.write(
                        into: UnsafeMutableRawBufferPointer(
                            rebasing: bytes[(bytes.count - FrameTag.byteCount)...]))
                }
            }
            receive(
                payload, sequence: firstSequence + Int64(3 * frame + packet) + paddingCount,
                timestamp: firstTimestamp &+ UInt32(frame * 3600), marker: packet == 2, at: milliseconds)
        }
    }

    /// Receives a packet that holds nothing.
    mutating func receivePadding(at milliseconds: Int64) {
        receive(
            [], sequence: firstSequence + 3 + paddingCount, timestamp: firstTimestamp, marker: false,
            at: milliseconds)
        paddingCount += 1
    }

    private mutating func receive(
        _ payload: [UInt8], sequence: Int64, timestamp: UInt32, marker: Bool, at milliseconds: Int64
    ) {
        var seen: [Int64] = []
        let progress = payload.withUnsafeBytes { bytes in
            meter.receive(
                sequence: sequence, timestamp: timestamp, marker: marker, payload: bytes,
                now: instant(milliseconds), wallClock: Self.wallClock,
                quality: { _ in VideoReceptionMeter.FrameQuality(psnr: 40, ssim: 0.9, height: 180) },
                onDelay: { seen.append($0) })
        }
        delays += seen
        freezes += progress.freezes
    }
}
