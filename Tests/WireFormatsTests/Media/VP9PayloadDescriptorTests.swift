import Primitives
import Testing
import WireFormats

@Suite struct VP9PayloadDescriptorTests {
    @Test(arguments: [
        ("bef0231050014000b4028001680500" + "02d0ff", "pid 28707L S0T0U FBE ss 320x180 640x360 1280x720", 17),
        ("b8f02313ff", "pid 28707L S1T0UD FB", 4), ("b5f02315ff", "pid 28707L S2T0UD FEZ", 4),
        // A delta frame of the highest layer, four pictures back.
        ("fdf024" + "1408ff", "pid 28708L S2T0U FBEZ 4", 5),
        ("fcf024500304ff", "pid 28708L S0T2U FBE 1 2", 6), ("88" + "05ff", "pid 5 B", 2),
        ("0cff", "BE", 1), ("a00510" + "07ff", "pid 5 S0T0U tl0 7", 4),
        // A picture group of two pictures with one and two references.
        ("0a080204010802" + "03ff", "B ss1", 8),
        ("8c", nil, 0), ("8cf0", nil, 0), ("50", nil, 0), ("5000", nil, 0), ("5003050709ff", nil, 0),
        ("", nil, 0),
    ])
    func readsItsFields(_ hexadecimal: String, _ expected: String?, _ count: Int) throws {
        let bytes = try MediaGoldens.bytes(hexadecimal)
        let parsed = VP9PayloadDescriptor.parse(bytes)
        #expect(parsed.map { describe($0.descriptor) } == expected)
        #expect(parsed?.byteCount ?? 0 == count)
        // Picture groups are not written.
        guard let descriptor = parsed?.descriptor, bytes[0] != 0x0a else { return }
        #expect(descriptor.byteCount == count)
        #expect(written { descriptor.write(into: $0) } == Array(bytes[..<count]))
        for capacity in 0..<count { #expect(written(capacity) { descriptor.write(into: $0) }.isEmpty) }
    }

    private func describe(_ descriptor: VP9PayloadDescriptor) -> String {
        var parts: [String] = []
        if let id = descriptor.pictureID {
            parts.append("pid \(id)" + (descriptor.hasLongPictureID ? "L" : ""))
        }
        if let layer = descriptor.layer {
            parts.append(
                "S\(layer.spatial)T\(layer.temporal)" + (layer.isSwitchingUpPoint ? "U" : "")
                    + (layer.dependsOnLowerLayer ? "D" : ""))
        }
        let flags =
            (descriptor.isFlexible ? "F" : "") + (descriptor.isStartOfFrame ? "B" : "")
            + (descriptor.isEndOfFrame ? "E" : "") + (descriptor.isNotReferenceForUpperLayers ? "Z" : "")
        if !flags.isEmpty { parts.append(flags) }
        if let index = descriptor.baseLayerIndex { parts.append("tl0 \(index)") }
        parts += (0..<descriptor.referenceCount).map { String(descriptor[reference: $0]) }
        if let structure = descriptor.scalability {
            let sizes = (0..<structure.layerCount).compactMap { structure.size(of: $0) }
            parts.append("ss" + (sizes.isEmpty ? String(structure.layerCount) : ""))
            parts += sizes.map { "\($0.width)x\($0.height)" }
        }
        return parts.joined(separator: " ")
    }

    @Test func readsAndWritesWhatAnSDKSends() throws {
        var layers: [Int] = []
        for packet in try MediaGoldens.vp9() {
            let bytes = try MediaGoldens.bytes(packet.start)
            let (descriptor, count) = try #require(VP9PayloadDescriptor.parse(bytes))
            #expect(descriptor.pictureID == 0x7023)
            #expect(!descriptor.isInterPicture)
            #expect(written { descriptor.write(into: $0) } == Array(bytes[..<count]))
            #expect(descriptor.startsKeyFrame == (layers.isEmpty))
            if descriptor.isStartOfFrame { layers.append(descriptor.spatialLayer) }
        }
        #expect(layers == [0, 1, 2])
    }
}
