import Primitives
import Testing
import WireFormats

@Suite struct VP9FrameHeaderTests {
    /// The starts of the layer frames of a key picture, behind their payload descriptors.
    private func frames() throws -> [[UInt8]] {
        try MediaGoldens.vp9().compactMap { packet in
            let bytes = try MediaGoldens.bytes(packet.start)
            let (descriptor, count) = try #require(VP9PayloadDescriptor.parse(bytes))
            return descriptor.isStartOfFrame ? Array(bytes[count...]) : nil
        }
    }

    @Test func findsTheEndOfRealHeaders() throws {
        let frames = try frames()
        #expect(frames.count == 3)
        let base = try #require(VP9FrameHeader.parse(frames[0]))
        #expect(base.isKeyFrame && base.isShown && base.isErrorResilient)
        #expect(base.width == 320 && base.height == 180)
        // The encoder gave the upper layers their sizes, as they take no reference of their own size.
        for (index, columns) in [(1, 1), (2, 2)] {
            let header = try #require(VP9FrameHeader.parse(frames[index], maximumTileColumns: columns))
            #expect(!header.isKeyFrame && header.isErrorResilient)
            #expect(header.width == 320 << index && header.height == 180 << index)
            // What the encoder wrote into the compressed header is short, and begins with a marker bit of zero.
            #expect((10...200).contains(header.compressedByteCount))
            #expect(frames[index][header.uncompressedByteCount] & 0x80 == 0)
        }
    }

    @Test func refusesWhatIsCutOffOrForeign() throws {
        let frame = try frames()[0]
        let whole = try #require(VP9FrameHeader.parse(frame))
        for count in 0..<whole.uncompressedByteCount {
            #expect(VP9FrameHeader.parse(Array(frame[..<count])) == nil)
        }
        #expect(VP9FrameHeader.parse(Array(frame[..<whole.uncompressedByteCount])) == whole)
        #expect(VP9FrameHeader.parse([0x10] + frame.dropFirst()) == nil)
        var broken = frame
        broken[1] ^= 0xff  // the sync code
        #expect(VP9FrameHeader.parse(broken) == nil)
    }

    @Test func showingAnEarlierFrameHasNoHeaders() throws {
        let header = try #require(VP9FrameHeader.parse([0x88]))
        #expect(header.compressedByteCount == 0)
    }

    @Test(arguments: [
        (320, 0), (448, 0), (449, 1), (512, 1), (640, 1), (960, 1), (1280, 2), (1920, 2), (2048, 3),
    ])
    func knowsTheMostTileColumns(_ width: Int, _ columns: Int) {
        #expect(VP9FrameHeader.maximumTileColumns(width: width) == columns)
    }

    @Test func readsATagBehindTheCompressedHeader() throws {
        for (index, frame) in try frames().enumerated() {
            let header = try #require(VP9FrameHeader.parse(frame, maximumTileColumns: index))
            var tagged = Array(frame[..<header.tileOffset])
            let tag = FrameTag(
                captureMicroseconds: 123_456_789, frameNumber: 17, clip: 3, layer: UInt8(index))
            tagged += written(FrameTag.byteCount) {
                tag.write(into: $0)
                return FrameTag.byteCount
            }
            tagged += frame[header.tileOffset...]
            let size = UInt16(header.compressedByteCount + FrameTag.byteCount)
            for bit in 0..<16 {
                let position = header.sizeFieldPosition + bit
                let mask = UInt8(0x80) >> UInt8(position % 8)
                tagged[position / 8] &= ~mask
                if size >> UInt16(15 - bit) & 1 == 1 { tagged[position / 8] |= mask }
            }
            #expect(FrameTag(vp9: tagged.span.bytes) == tag)
            #expect(FrameTag(vp9: frame.span.bytes) == nil)
        }
    }
}
