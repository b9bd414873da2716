import Primitives
import Testing
import WireFormats

@Suite struct DependencyDescriptorTests {
    @Test func readsWhatSDKsSend() throws {
        var structures: [UInt32: DependencyStructure] = [:]
        var resolutions: [String: Set<String>] = [:]
        var layers: [String: Set<String>] = [:]
        var lastFrame: [UInt32: UInt16] = [:]
        var count = 0
        for line in try MediaGoldens.descriptors() {
            let bytes = try MediaGoldens.bytes(line.dd)
            let descriptor = try #require(
                DependencyDescriptor.parse(bytes, known: structures[line.ssrc]))
            if let structure = descriptor.structure {
                structures[line.ssrc] = structure
                resolutions[line.codec, default: []].formUnion(
                    structure.resolutions.map { "\($0.width)x\($0.height)" })
                #expect(descriptor.isStartOfFrame)
            }
            layers[line.codec, default: []].insert(
                "S\(descriptor.spatialLayer.map(String.init) ?? "?")T\(descriptor.temporalLayer.map(String.init) ?? "?")"
            )
            // Frames follow each other, simulcast layers sharing the numbers, and only its first packet starts one.
            if let last = lastFrame[line.ssrc] {
                #expect(descriptor.frameNumber &- last <= 3)
                #expect(descriptor.isStartOfFrame == (descriptor.frameNumber != last))
            }
            lastFrame[line.ssrc] = descriptor.frameNumber
            // A marker bit ends the picture, so it ends its last frame.
            if line.m == 1 { #expect(descriptor.isEndOfFrame) }
            count += 1
        }
        #expect(count > 90)
        #expect(resolutions["av1svc"] == ["320x180", "640x360", "1280x720"])
        #expect(resolutions["vp9svc"] == ["320x180", "640x360", "1280x720"])
        #expect(resolutions["vp8sim"]?.isSubset(of: ["320x180", "640x360", "1280x720"]) == true)
        #expect(layers["vp8sim"]?.contains("S0T0") == true)
        #expect(layers["av1svc"]?.isSuperset(of: ["S0T0", "S1T0", "S2T0"]) == true)
        #expect(layers.values.allSatisfy { !$0.contains("S?T?") })
    }

    @Test func readsTheMaskThatLiveKitAppends() throws {
        let lines = try MediaGoldens.descriptors()
        let key = try #require(lines.first { $0.codec == "av1svc" })
        let structure = try #require(
            DependencyDescriptor.parse(try MediaGoldens.bytes(key.dd), known: nil)?.structure)
        #expect(structure.decodeTargetCount == 9)
        // 3 -> 5 bytes: structure absent, mask present, nine bits of it.
        let bytes = try MediaGoldens.bytes("850bba47fc")
        let descriptor = try #require(DependencyDescriptor.parse(bytes, known: structure))
        #expect(descriptor.frameNumber == 0x0bba)
        #expect(descriptor.activeDecodeTargets == 0x1ff)
        #expect(descriptor.isStartOfFrame)
        #expect(!descriptor.isEndOfFrame)
        #expect(DependencyDescriptor.parse(bytes, known: nil) == nil)
    }

    @Test func needsAStructureForLayersOnly() throws {
        let bytes = try MediaGoldens.bytes("c50002")
        let descriptor = try #require(DependencyDescriptor.parse(bytes, known: nil))
        #expect(descriptor.templateID == 5)
        #expect(descriptor.spatialLayer == nil)
        #expect(descriptor.isEndOfFrame)
    }

    @Test func refusesEveryCutOffStructure() throws {
        for line in try MediaGoldens.descriptors() where line.dd.utf8.count > 12 {
            let bytes = try MediaGoldens.bytes(line.dd)
            for count in 0..<bytes.count where count != 3 {
                #expect(DependencyDescriptor.parse(Array(bytes[..<count]), known: nil) == nil)
            }
        }
    }
}
