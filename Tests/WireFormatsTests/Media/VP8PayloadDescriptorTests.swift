import Primitives
import Testing
import WireFormats

@Suite struct VP8PayloadDescriptorTests {
    @Test(arguments: [
        ("1000", "S", 1), ("00", nil, 0), ("90f0807e142300", "S pid 126L tl0 20 tid 0 Y key 3", 6),
        ("90f065fbe300", "S pid 101 tl0 251 tid 3 Y key 3", 5), ("80800500", "pid 5", 3),
        ("a04007ff", "N tl0 7", 3),
        ("80100aff", "key 10", 3), ("802080ff", "tid 2", 3), ("8000ff", "", 2), ("05ff", "part 5", 1),
        ("80", nil, 0),
        ("8080", nil, 0), ("808080", nil, 0), ("90f0807e14", nil, 0), ("", nil, 0),
    ])
    func readsItsFields(_ hexadecimal: String, _ expected: String?, _ count: Int) throws {
        let bytes = try MediaGoldens.bytes(hexadecimal)
        let parsed = VP8PayloadDescriptor.parse(bytes)
        #expect(parsed.map { describe($0.descriptor) } == expected)
        #expect(parsed?.byteCount ?? 0 == count)
        guard let descriptor = parsed?.descriptor, hexadecimal != "8000ff" else { return }
        #expect(descriptor.byteCount == count)
        #expect(written { descriptor.write(into: $0) } == Array(bytes[..<count]))
        for capacity in 0..<count { #expect(written(capacity) { descriptor.write(into: $0) }.isEmpty) }
    }

    private func describe(_ descriptor: VP8PayloadDescriptor) -> String {
        var parts: [String] = []
        if descriptor.isNonReference { parts.append("N") }
        if descriptor.isStartOfPartition { parts.append("S") }
        if descriptor.partitionIndex > 0 { parts.append("part \(descriptor.partitionIndex)") }
        if let id = descriptor.pictureID {
            parts.append("pid \(id)" + (descriptor.hasLongPictureID ? "L" : ""))
        }
        if let index = descriptor.baseLayerIndex { parts.append("tl0 \(index)") }
        if let layer = descriptor.temporalLayer {
            parts.append("tid \(layer)" + (descriptor.isLayerSync ? " Y" : ""))
        }
        if let key = descriptor.keyIndex { parts.append("key \(key)") }
        return parts.joined(separator: " ")
    }

    @Test func largeIDsAreAlwaysLong() throws {
        var descriptor = VP8PayloadDescriptor(isStartOfPartition: true)
        descriptor.pictureID = 128
        #expect(written { descriptor.write(into: $0) }.hexadecimal == "90808080")
        descriptor.pictureID = 127
        #expect(written { descriptor.write(into: $0) }.hexadecimal == "90807f")
    }

    @Test func startOfFrameIsTheStartOfPartitionZero() {
        var descriptor = VP8PayloadDescriptor(isStartOfPartition: true)
        #expect(descriptor.isStartOfFrame)
        descriptor.partitionIndex = 1
        #expect(!descriptor.isStartOfFrame)
    }

    @Test func readsTheKeyFramesOfAnSDK() throws {
        var sizes: [String] = []
        for packet in try MediaGoldens.uplink() where packet.pt == 96 {
            let bytes = try MediaGoldens.bytes(packet.hex)
            var header = try #require(RTPHeader.parse(bytes))
            guard header.removePadding(in: bytes), header.payloadCount > 0 else { continue }
            let payload = Array(bytes[header.payloadOffset..<header.payloadOffset + header.payloadCount])
            let (descriptor, count) = try #require(VP8PayloadDescriptor.parse(payload))
            guard descriptor.isStartOfFrame else { continue }
            let frame = try #require(VP8FrameHeader.parse(Array(payload[count...])))
            #expect(frame.isKeyFrame == (frame.width > 0))
            if frame.isKeyFrame { sizes.append("\(frame.width)x\(frame.height)") }
        }
        #expect(Set(sizes) == ["1280x720", "640x360", "320x180"])
    }

    @Test(arguments: [
        "", "00", "1000", "100000", "1000009d012a", "1000009d012a4001b4", "1000009d012b4001b400",
    ])
    func refusesCutOffFrames(_ hexadecimal: String) throws {
        #expect(VP8FrameHeader.parse(try MediaGoldens.bytes(hexadecimal)) == nil)
    }

    @Test func readsTheFrameTagOfTheBitstream() throws {
        // Interframe, version 1, shown, first partition of 0x12345 >> 0 bytes: 0x12345 << 5 | 0b1_001_1.
        let word = UInt32(0x12345) << 5 | 0x13
        let bytes = [0, 8, 16].map { UInt8(truncatingIfNeeded: word >> $0) }
        let frame = try #require(VP8FrameHeader.parse(bytes))
        #expect(!frame.isKeyFrame)
        #expect(frame.isShown)
        #expect(frame.version == 1)
        #expect(frame.firstPartitionByteCount == 0x12345)
        // The upper two bits of a size are a scaling hint.
        let key = try MediaGoldens.bytes("100000" + "9d012a" + "0245" + "d0c2")
        let keyFrame = try #require(VP8FrameHeader.parse(key))
        #expect(keyFrame.width == 1282)
        #expect(keyFrame.height == 720)
    }
}
