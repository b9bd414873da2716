import Media
import Primitives
import Testing
import WireFormats

@Suite struct VideoClipTests {
    private func payloads(_ layer: VideoLayer, _ number: Int, pictureID: UInt16 = 300, tag: FrameTag)
        -> [[UInt8]]
    {
        (0..<layer.frame(number).packetCount).map { packet in
            var buffer = [UInt8](repeating: 0xee, count: 1500)
            let count = buffer.withUnsafeMutableBytes {
                layer.writePacket(frame: number, packet: packet, pictureID: pictureID, tag: tag, into: $0)
            }
            #expect(buffer[count...].allSatisfy { $0 == 0xee })
            return Array(buffer.prefix(count))
        }
    }

    @Test func packetsOfAFrameAreEqualAndSmall() throws {
        for layer in try SharedClips.get().video[0].layers {
            for number in 0..<layer.frameCount {
                let tag = layer.tag(frame: number, captureMicroseconds: 1)
                let sizes = payloads(layer, number, tag: tag).map(\.count)
                let last = try #require(sizes.last)
                #expect(sizes.dropLast().allSatisfy { $0 == sizes[0] })
                #expect(last <= sizes[0] && last >= VideoLayer.descriptorSize + FrameTag.byteCount)
                #expect(sizes[0] <= VideoLayer.descriptorSize + EncodedFrame.maximumBodySize)
                #expect(
                    sizes.reduce(0, +) == layer.frame(number).count + sizes.count * VideoLayer.descriptorSize)
            }
        }
    }

    @Test func someFrameNeedsSeveralPackets() throws {
        let layer = try SharedClips.get().video[0].layers[1]
        #expect(layer.frame(0).packetCount > 2)
    }

    @Test func descriptorsMarkTheFirstPacketAndCarryThePictureID() throws {
        let layer = try SharedClips.get().video[0].layers[1]
        for pictureID in [0, 5, 127, 128, 0x7fff] as [UInt16] {
            let tag = layer.tag(frame: 0, captureMicroseconds: 1)
            for (packet, payload) in payloads(layer, 0, pictureID: pictureID, tag: tag).enumerated() {
                let read = VP8PayloadDescriptor.parse(payload.span.bytes)
                let parsed = try #require(read)
                #expect(parsed.byteCount == VideoLayer.descriptorSize)
                #expect(parsed.descriptor.pictureID == pictureID)
                #expect(parsed.descriptor.isStartOfFrame == (packet == 0))
            }
        }
    }

    /// A receiver that joins the payloads decodes the same picture with the tag, and finds the tag at the
    /// end.
    @Test func joinedPacketsDecodeAndEndInTheTag() throws {
        for layer in try SharedClips.get().video[0].layers {
            let (plain, tagged) = (try VideoDecoder(.vp8), try VideoDecoder(.vp8))
            for number in 0..<layer.frameCount {
                let tag = layer.tag(frame: number, captureMicroseconds: 0x12_3456_789a)
                let frame = payloads(layer, number, tag: tag).flatMap {
                    $0.dropFirst(VideoLayer.descriptorSize)
                }
                #expect(frame.count == layer.frame(number).count)
                #expect(frame.withUnsafeBytes { FrameTag(tail: $0) } == tag)
                let received = try frame.withUnsafeBytes { try tagged.decode($0, fingerprint) }
                let sent = try layer.withFrame(number) { bytes throws(CodecError) in
                    try plain.decode(bytes, fingerprint)
                }
                #expect(received != nil && received == sent)
            }
        }
    }

    /// A checksum over the rows of all planes.
    private func fingerprint(_ picture: VideoDecoder.DecodedPicture?) -> UInt32? {
        guard let picture else { return nil }
        var rows: [UInt32] = []
        for plane in [picture.y, picture.u, picture.v] {
            for row in 0..<plane.height {
                let bytes = UnsafeRawBufferPointer(
                    start: plane.start + row * plane.stride, count: plane.width)
                rows.append(CRC32.checksum(bytes.bytes))
            }
        }
        return checksum(rows)
    }

    @Test func theKeyFrameAnnouncesTheSizeOfItsLayer() throws {
        for layer in try SharedClips.get().video[0].layers {
            let header = try #require(layer.withFrame(0) { VP8FrameHeader.parse($0.bytes) })
            #expect(header.isKeyFrame)
            #expect(header.width == layer.specification.width && header.height == layer.specification.height)
        }
    }

    @Test func aSmallBufferGetsNothing() throws {
        let layer = try SharedClips.get().video[0].layers[1]
        let tag = layer.tag(frame: 0, captureMicroseconds: 0)
        let size = payloads(layer, 0, tag: tag)[0].count
        var buffer = [UInt8](repeating: 0, count: size - 1)
        let count = buffer.withUnsafeMutableBytes {
            layer.writePacket(frame: 0, packet: 0, pictureID: 0, tag: tag, into: $0)
        }
        #expect(count == 0)
    }

    @Test func tagsNameClipLayerAndFrame() throws {
        let layer = try SharedClips.get().video[0].layers[1]
        let tag = layer.tag(frame: 17, captureMicroseconds: 99)
        #expect(tag == FrameTag(captureMicroseconds: 99, frameNumber: 17, clip: 0, layer: 1))
    }
}
