import Primitives
import Probe
import Testing
import WireFormats

/// Pictures of three temporal layers in a period of four, as libwebrtc refers: 0 <- 2 <- 3, 0 <- 1 and 0 <- 4.
@Suite("Received video with layers in one stream")
struct ScalableReceptionTests {
    @Test func wholePicturesAreShown() {
        var viewer = ScalableViewer()
        for picture in 0..<40 { viewer.receive(picture) }
        #expect(viewer.meter.counts.framesRendered == 40)
        #expect(viewer.meter.counts.keyFrames == 1)
        #expect(viewer.meter.counts.framesSkipped == 0)
        #expect(viewer.meter.counts.freezes == 0)
        #expect(viewer.meter.counts.meanHeight == 720)
        #expect(!viewer.meter.isWaitingForKeyFrame)
    }

    /// The layers of a key picture make one picture, and the highest of them says what it is.
    @Test func layersOfAPictureBelongTogether() {
        var viewer = ScalableViewer()
        viewer.receive(0, layers: 0...1)
        #expect(viewer.meter.counts.framesRendered == 1)
        #expect(viewer.meter.counts.meanHeight == 360)
        for picture in 1..<9 { viewer.receive(picture, layers: 1...1) }
        #expect(viewer.meter.counts.framesRendered == 9)
        #expect(viewer.meter.counts.framesSkipped == 0)
    }

    /// Nothing refers to a picture of the highest temporal layer: what comes next is shown without it.
    @Test func aLostPictureThatNothingNeedsIsPassedOver() {
        var viewer = ScalableViewer()
        for picture in 0..<20 { viewer.receive(picture, packets: picture == 5 ? [] : nil) }
        #expect(viewer.meter.counts.framesRendered == 19)
        #expect(viewer.meter.counts.freezes == 0)
        #expect(!viewer.meter.isWaitingForKeyFrame)
        // Coming late, it is not shown any more.
        viewer.receive(5, at: 900)
        #expect(viewer.meter.counts.framesRendered == 19)
    }

    /// Its repair is waited for, as a player waits.
    @Test func aLatePictureIsShownInItsTurn() {
        var viewer = ScalableViewer()
        for picture in 0..<5 { viewer.receive(picture) }
        viewer.receive(5, packets: [0])
        viewer.receive(6)
        #expect(viewer.meter.counts.framesRendered == 5)
        viewer.receive(5, packets: [1], at: 6 * 33 + 5)
        #expect(viewer.meter.counts.framesRendered == 7)
        #expect(viewer.meter.counts.framesSkipped == 0)
    }

    /// Without a picture of the lowest temporal layer nothing can be shown before the next key picture.
    @Test func aLostReferenceStopsThePicture() {
        var viewer = ScalableViewer()
        for picture in 0..<30 { viewer.receive(picture, packets: picture == 8 ? [] : nil) }
        #expect(viewer.meter.counts.framesRendered == 8)
        viewer.receive(30, isKeyPicture: true)
        viewer.receive(31, position: 1)
        #expect(viewer.meter.counts.framesRendered == 10)
        #expect(viewer.meter.counts.framesSkipped > 10)
        #expect(viewer.meter.counts.freezes == 1)
    }

    /// The layer below in the same picture is missing: only a key picture has one, and it is no start without.
    @Test func aKeyPictureNeedsAllItsLayers() {
        var viewer = ScalableViewer()
        viewer.receive(0, layers: 1...2)
        #expect(viewer.meter.counts.framesRendered == 0)
        #expect(viewer.meter.isWaitingForKeyFrame)
        viewer.receive(1, isKeyPicture: true)
        #expect(viewer.meter.counts.framesRendered == 1)
    }

    /// A server that changes layers sends a key picture with all the new one needs.
    @Test func layersChangeInKeyPictures() {
        var viewer = ScalableViewer()
        viewer.receive(0, layers: 0...0)
        for picture in 1..<8 { viewer.receive(picture, layers: 0...0) }
        viewer.receive(8, layers: 0...2, isKeyPicture: true)
        for picture in 9..<16 { viewer.receive(picture, layers: 2...2, position: picture - 8) }
        #expect(viewer.meter.counts.framesRendered == 16)
        #expect(viewer.meter.counts.framesSkipped == 0)
        #expect(viewer.meter.counts.layerBytes.low > 0)
        #expect(viewer.meter.counts.layerBytes.high > 0)
        // Pictures of a layer that was not decoded before cannot be shown.
        viewer.receive(16, layers: 1...1, position: 8)
        #expect(viewer.meter.counts.framesRendered == 16)
    }

    /// What was asked for is compared with what came.
    @Test func layersAreHeldAgainstTheWish() {
        var viewer = ScalableViewer()
        viewer.asked = 720
        viewer.receive(0)
        for picture in 1..<10 { viewer.receive(picture) }
        viewer.receive(10, layers: 0...1, isKeyPicture: true)
        for picture in 11..<40 { viewer.receive(picture, layers: 1...1, position: picture - 10) }
        viewer.asked = nil
        for picture in 40..<50 { viewer.receive(picture, layers: 1...1, position: picture - 10) }
        #expect(viewer.meter.counts.askedFrames == 40)
        #expect(viewer.meter.counts.layerMatch == 0.25)
    }

    @Test func orderDoesNotMatter() {
        var viewer = ScalableViewer()
        viewer.receive(0)
        viewer.receive(1, packets: [1, 0])
        viewer.receive(2, packets: [])
        viewer.receive(3, at: 100)
        viewer.receive(2, at: 102)
        viewer.receive(4)
        #expect(viewer.meter.counts.framesRendered == 5)
        #expect(viewer.meter.counts.framesSkipped == 0)
    }

    @Test func paddingKeepsThePictureGoing() {
        var viewer = ScalableViewer()
        viewer.receive(0)
        viewer.receivePadding()
        viewer.receivePadding()
        viewer.receive(1)
        #expect(viewer.meter.counts.framesRendered == 2)
    }

    /// Sequence numbers, timestamps and picture ids run over their ends.
    @Test func wrappingChangesNothing() {
        var viewer = ScalableViewer(sequence: 65_500, timestamp: .max - 20_000, pictureID: 32_750)
        for picture in 0..<80 { viewer.receive(picture) }
        #expect(viewer.meter.counts.framesRendered == 80)
        #expect(viewer.meter.counts.freezes == 0)
    }

    /// The sender goes over to VP8 in the same stream, as a server does that gives up a codec.
    @Test func theCodecMayChange() {
        var viewer = ScalableViewer()
        for picture in 0..<10 { viewer.receive(picture) }
        viewer.receiveVP8(10)
        viewer.receiveVP8(11)
        #expect(viewer.meter.counts.framesRendered == 12)
        #expect(viewer.meter.counts.framesSkipped == 0)
    }

    /// Whatever the bytes and numbers are: no crash, and a key picture heals everything.
    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func nonsenseIsSurvived(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        var viewer = ScalableViewer()
        for step in 0..<20_000 as Range<Int64> {
            let bytes = chance.bytes(Int(chance.next() % 40))
            viewer.receive(
                bytes, sequence: Int64(chance.next() % 400), timestamp: UInt32(chance.next() % 100_000),
                marker: chance.chance(0.5), at: step)
        }
        let shown = viewer.meter.counts.framesRendered
        viewer.receive(1000, at: 40_000, isKeyPicture: true)
        #expect(viewer.meter.counts.framesRendered > shown)
    }
}

/// Feeds a meter with hand-made pictures whose layer frames have two packets each.
private struct ScalableViewer {
    static let wallClock = WallClockOrigin(unixNanoseconds: 1_769_587_200_000_000_000)

    var meter = VideoReceptionMeter()
    /// Lines that are held against what comes.
    var asked: Int?
    private var nextSequence: Int64
    private let firstTimestamp: UInt32
    private let firstPictureID: Int
    private var sequences: [Int: Int64] = [:]

    init(sequence: Int64 = 100, timestamp: UInt32 = 5000, pictureID: Int = 3) {
        nextSequence = sequence
        firstTimestamp = timestamp
        firstPictureID = pictureID
    }

    /// Receives packets of a picture, 33 ms after the one before; picture 0 is a key picture.
    ///
    /// - Parameters:
    ///   - layers: The spatial layers that the server has left in; all of a key picture, the highest of others.
    ///   - packets: Which of the packets arrive now; their numbers are given out even if none does.
    ///   - position: How many pictures it lies behind its key picture.
    mutating func receive(
        _ picture: Int, layers: ClosedRange<Int>? = nil, packets: [Int]? = nil, position: Int? = nil,
        at milliseconds: Int64? = nil, isKeyPicture: Bool? = nil
    ) {
        let isKey = isKeyPicture ?? (picture == 0)
        let layers = layers ?? (isKey ? 0...2 : 2...2)
        let position = isKey ? 0 : position ?? picture
        let count = 2 * layers.count
        let first = sequences[picture] ?? nextSequence
        if sequences[picture] == nil {
            sequences[picture] = first
            nextSequence += Int64(count)
        }
        for packet in packets ?? Array(0..<count) {
            let spatial = layers.lowerBound + packet / 2
            var descriptor = VP9PayloadDescriptor()
            descriptor.pictureID = UInt16((firstPictureID + picture) & 0x7fff)
            descriptor.hasLongPictureID = true
            descriptor.isFlexible = true
            descriptor.isInterPicture = !isKey
            descriptor.isStartOfFrame = packet % 2 == 0
            descriptor.isEndOfFrame = packet % 2 == 1
            descriptor.layer = VP9PayloadDescriptor.LayerIndices(
                temporal: [0, 2, 1, 2][position % 4], isSwitchingUpPoint: false, spatial: UInt8(spatial),
                dependsOnLowerLayer: isKey && spatial > 0)
            if !isKey { descriptor.addReference([4, 1, 2, 1][position % 4]) }
            let tag = FrameTag(
                captureMicroseconds: 0, frameNumber: UInt16(truncatingIfNeeded: picture), clip: 0,
                layer: UInt8(spatial))
            receive(
                Self.payload(descriptor, tag, isStart: packet % 2 == 0),
                sequence: first + Int64(packet), timestamp: firstTimestamp &+ UInt32(picture * 2970),
                marker: packet == count - 1, at: milliseconds ?? 33 * Int64(picture))
        }
    }

    /// Receives a packet that holds nothing.
    mutating func receivePadding() {
        receive([], sequence: nextSequence, timestamp: firstTimestamp, marker: false, at: 1)
        nextSequence += 1
    }

    /// Receives a VP8 frame of one packet; the first is a key frame.
    mutating func receiveVP8(_ picture: Int) {
        let bytes: [UInt8] = [0x10, picture == 10 ? 0x10 : 0x11] + [UInt8](repeating: 0, count: 40)
        receive(
            bytes, sequence: nextSequence, timestamp: firstTimestamp &+ UInt32(picture * 2970), marker: true,
            at: 33 * Int64(picture), format: .vp8)
        nextSequence += 1
    }

    mutating func receive(
        _ payload: [UInt8], sequence: Int64, timestamp: UInt32, marker: Bool, at milliseconds: Int64,
        format: VideoReceptionMeter.Format = .vp9
    ) {
        _ = payload.withUnsafeBytes { bytes in
            meter.receive(
                sequence: sequence, timestamp: timestamp, marker: marker, payload: bytes, format: format,
                asked: asked, now: instant(milliseconds), wallClock: Self.wallClock,
                quality: { tag in
                    VideoReceptionMeter.FrameQuality(psnr: 40, ssim: 0.9, height: 180 << Int(tag.layer))
                }, onDelay: { _ in })
        }
    }

    /// A descriptor, a frame header with the tag, and some bytes.
    private static func payload(
        _ descriptor: VP9PayloadDescriptor, _ tag: FrameTag, isStart: Bool
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: VP9PayloadDescriptor.maximumByteCount)
        let count = bytes.withUnsafeMutableBytes { descriptor.write(into: $0) }
        bytes = Array(bytes.prefix(count))
        guard isStart else { return bytes + [UInt8](repeating: 0xaa, count: 60) }
        return bytes + VP9Head.bytes(tag: tag) + [UInt8](repeating: 0xaa, count: 60)
    }
}

/// The head of a VP9 key frame of 64 x 64 with a tag at the end of its compressed header (VP9 bitstream specification,
/// section 6.2).
private enum VP9Head {
    static func bytes(tag: FrameTag) -> [UInt8] {
        var bits: [Bool] = []
        func append(_ value: UInt32, _ count: Int) {
            for bit in (0..<count).reversed() { bits.append(value >> UInt32(bit) & 1 == 1) }
        }
        append(2, 2)  // frame_marker
        append(0, 4)  // profile, show_existing_frame, frame_type
        append(3, 2)  // show_frame, error_resilient_mode
        append(0x498342, 24)  // frame_sync_code
        append(1 << 1, 4)  // color_space, color_range
        append(63, 16)
        append(63, 16)
        append(0, 1 + 2)  // render_and_frame_size_different, frame_context_idx
        append(0, 6 + 3 + 1)  // loop filter
        append(0, 8 + 3 + 1)  // quantization, segmentation
        append(0, 1)  // tile_rows_log2
        append(UInt32(1 + FrameTag.byteCount), 16)  // header_size_in_bytes
        while !bits.count.isMultiple(of: 8) { bits.append(false) }
        let header = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        var room = [UInt8](repeating: 0, count: FrameTag.byteCount)
        room.withUnsafeMutableBytes { tag.write(into: $0) }
        return header + [0] + room
    }
}
