import Primitives
import Testing
import WireFormats

@Suite struct VP8DescriptorRewriterTests {
    private func descriptor(_ picture: UInt16?, _ base: UInt8? = nil, key: UInt8? = nil, isLong: Bool = true)
        -> VP8PayloadDescriptor
    {
        var descriptor = VP8PayloadDescriptor(isStartOfPartition: true)
        descriptor.pictureID = picture
        descriptor.hasLongPictureID = isLong && picture != nil
        descriptor.baseLayerIndex = base
        descriptor.keyIndex = key
        return descriptor
    }

    private func rewrite(_ rewriter: inout VP8DescriptorRewriter, _ descriptor: VP8PayloadDescriptor)
        -> VP8PayloadDescriptor?
    {
        rewriter.rewrite(descriptor)
    }

    private func forward(_ rewriter: inout VP8DescriptorRewriter, _ pictures: [UInt16]) -> [UInt16?] {
        pictures.map { rewriter.rewrite(descriptor($0))?.pictureID }
    }

    @Test func rewritesAsLiveKitDoes() throws {
        var rewriter = VP8DescriptorRewriter()
        // The recording begins right after a switch of layer.
        _ = rewriter.rewrite(descriptor(100, 0xfa, key: 2))
        rewriter.switchSource()
        for row in try MediaGoldens.rows("vp8-forwarding.txt") {
            let fields = row.split(separator: " ").map(String.init)
            let published = try MediaGoldens.bytes(fields[2])
            let forwarded = try MediaGoldens.bytes(fields[4])
            let incoming = try #require(VP8PayloadDescriptor.parse(published))
            let expected = try #require(VP8PayloadDescriptor.parse(forwarded))
            var outgoing = try #require(rewrite(&rewriter, incoming.descriptor))
            // LiveKit takes the temporal layer from the dependency descriptor.
            outgoing.temporalLayer = expected.descriptor.temporalLayer
            outgoing.isLayerSync = expected.descriptor.isLayerSync
            let bytes = written { outgoing.write(into: $0) }
            #expect(bytes == Array(forwarded[..<expected.byteCount]))
            // The VP8 data behind the descriptor stay as they are.
            let data = published[incoming.byteCount...]
            #expect(
                forwarded[expected.byteCount...].starts(
                    with: data.prefix(forwarded.count - expected.byteCount)))
        }
    }

    @Test func theFirstSourceKeepsItsNumbers() {
        var rewriter = VP8DescriptorRewriter()
        #expect(forward(&rewriter, [500, 500, 501, 503, 502]) == [500, 500, 501, 503, 502])
    }

    @Test func numbersGoOnAcrossSwitches() throws {
        var rewriter = VP8DescriptorRewriter()
        _ = rewriter.rewrite(descriptor(32_766, 254, key: 30))
        _ = rewriter.rewrite(descriptor(32_767, 255, key: 31))
        rewriter.switchSource()
        let first = try #require(rewrite(&rewriter, descriptor(7, 9, key: 4)))
        #expect(first.pictureID == 0)
        #expect(first.baseLayerIndex == 0)
        #expect(first.keyIndex == 0)
        let second = try #require(rewrite(&rewriter, descriptor(8, 9, key: 4)))
        #expect(second.pictureID == 1)
        #expect(second.baseLayerIndex == 0)
        rewriter.switchSource()
        let third = try #require(rewrite(&rewriter, descriptor(1000, 100, key: 20)))
        #expect(third.pictureID == 2)
        #expect(third.baseLayerIndex == 1)
        #expect(third.keyIndex == 1)
        // Nothing from before the source began can be sent.
        #expect(rewrite(&rewriter, descriptor(999, 99)) == nil)
    }

    @Test func numbersCloseUpOverDroppedPictures() {
        var rewriter = VP8DescriptorRewriter()
        #expect(forward(&rewriter, [10]) == [10])
        rewriter.drop(descriptor(11))
        rewriter.drop(descriptor(11))
        #expect(forward(&rewriter, [12]) == [11])
        rewriter.drop(descriptor(13))
        rewriter.drop(descriptor(14))
        #expect(forward(&rewriter, [15, 17, 18]) == [12, 14, 15])
        // Late packets keep the offset of their own picture; dropped pictures stay dropped.
        #expect(forward(&rewriter, [16, 15, 14, 13, 12, 11, 10]) == [13, 12, nil, nil, 11, nil, 10])
        // A picture that was forwarded cannot be dropped any more.
        rewriter.drop(descriptor(18))
        #expect(forward(&rewriter, [18, 19]) == [15, 16])
    }

    @Test func temporalLayersCanBeDroppedForEver() {
        var rewriter = VP8DescriptorRewriter()
        var expected: UInt16 = 0
        for picture in 0..<UInt32(70_000) {
            let id = UInt16(picture & 0x7fff)
            if picture % 2 == 1 {
                rewriter.drop(descriptor(id))
            } else {
                #expect(rewrite(&rewriter, descriptor(id))?.pictureID == expected & 0x7fff)
                expected &+= 1
            }
        }
    }

    @Test func shortIDsOfASourceWrapAt128() {
        var rewriter = VP8DescriptorRewriter(form: .long)
        let incoming = (0..<300).map { UInt16($0 % 128) }
        let outgoing = incoming.map { rewriter.rewrite(descriptor($0, isLong: false))?.pictureID }
        #expect(outgoing == (0..<300).map { UInt16($0) })
    }

    @Test func shortenedIDsOfASourceWrapAt32768() {
        var rewriter = VP8DescriptorRewriter()
        let numbers = Array(32_700..<33_100).map { UInt16($0 & 0x7fff) }
        #expect(numbers.map { rewrite(&rewriter, descriptor($0, isLong: $0 > 127))?.pictureID } == numbers)
    }

    @Test func theFormDecidesTheLength() throws {
        var shortest = VP8DescriptorRewriter(form: .shortest)
        var long = VP8DescriptorRewriter(form: .long)
        #expect(rewrite(&shortest, descriptor(127))?.byteCount == 3)
        #expect(rewrite(&shortest, descriptor(128))?.byteCount == 4)
        #expect(rewrite(&long, descriptor(127, isLong: false))?.byteCount == 4)
    }

    @Test func descriptorsWithoutNumbersPassUnchanged() {
        var rewriter = VP8DescriptorRewriter()
        #expect(rewrite(&rewriter, descriptor(nil)) == descriptor(nil))
        rewriter.drop(descriptor(nil))
        rewriter.switchSource()
        #expect(rewrite(&rewriter, descriptor(nil)) == descriptor(nil))
    }

    @Test func aSourceWithoutNumbersMayComeInBetween() {
        var rewriter = VP8DescriptorRewriter()
        #expect(forward(&rewriter, [40, 41]) == [40, 41])
        rewriter.switchSource()
        #expect(rewrite(&rewriter, descriptor(nil))?.pictureID == nil)
        rewriter.switchSource()
        let next = rewriter.rewrite(descriptor(9))?.pictureID
        #expect(next == 43 || next == 42)
    }
}
