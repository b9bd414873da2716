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

    @Test func writesWhatAnSDKSent() throws {
        var structure: DependencyStructure?
        for packet in try MediaGoldens.vp9() {
            let bytes = try MediaGoldens.bytes(packet.dd)
            let descriptor = try #require(DependencyDescriptor.parse(bytes, known: structure))
            structure = descriptor.structure ?? structure
            let known = try #require(structure)
            #expect(written { descriptor.write(known: known, into: $0) } == bytes)
            for capacity in 0..<bytes.count {
                #expect(written(capacity) { descriptor.write(known: known, into: $0) }.isEmpty)
            }
        }
        for line in try MediaGoldens.descriptors() where line.codec != "vp8sim" {
            let bytes = try MediaGoldens.bytes(line.dd)
            let descriptor = try #require(DependencyDescriptor.parse(bytes, known: structure))
            structure = descriptor.structure ?? structure
            let known = try #require(structure)
            #expect(written { descriptor.write(known: known, into: $0) } == bytes)
        }
    }

    @Test func readsWhatFramesNeed() throws {
        let first = try #require(try MediaGoldens.vp9().first)
        let descriptor = try #require(
            DependencyDescriptor.parse(try MediaGoldens.bytes(first.dd), known: nil))
        let structure = try #require(descriptor.structure)
        #expect(structure.chainOfTarget == [0, 0, 0, 1, 1, 1, 2, 2, 2])
        #expect(structure.chainCount == 3)
        #expect((0..<9).map { structure.layer(ofTarget: $0).spatial } == [0, 0, 0, 1, 1, 1, 2, 2, 2])
        #expect((0..<9).map { structure.layer(ofTarget: $0).temporal } == [0, 1, 2, 0, 1, 2, 0, 1, 2])
        let key = try #require(descriptor.dependencies)
        #expect((0..<9).allSatisfy { key[target: $0] == .switch })
        #expect((0..<3).allSatisfy { key[chain: $0] == 0 })
        #expect(key.differenceCount == 0)
        #expect(descriptor.resolution == .init(width: 320, height: 180))
        // The highest spatial layer in the middle of a group, as libwebrtc's L3T3_KEY has it.
        let middle = try #require(structure.template(0xc))
        #expect(middle.spatialLayer == 2 && middle.temporalLayer == 1)
        #expect(middle.dependencies[target: 7] == .discardable && middle.dependencies[target: 8] == .switch)
        #expect(
            middle.dependencies[target: 6] == .notPresent && middle.dependencies[target: 5] == .notPresent)
        #expect(middle.dependencies.differenceCount == 1 && middle.dependencies[difference: 0] == 6)
        #expect((0..<3).map { middle.dependencies[chain: $0] } == [8, 7, 6])
    }

    @Test func framesMayDifferFromTheirTemplate() throws {
        let first = try #require(try MediaGoldens.vp9().first)
        let structure = try #require(
            DependencyDescriptor.parse(try MediaGoldens.bytes(first.dd), known: nil)?.structure)
        var descriptor = DependencyDescriptor(
            isStartOfFrame: true, isEndOfFrame: false, templateID: 0, frameNumber: 0xfffe)
        descriptor.spatialLayer = 2
        descriptor.temporalLayer = 0
        descriptor.activeDecodeTargets = 0b111_000_111
        var own = FrameDependencies(
            indications: Array(repeating: .notPresent, count: 6) + [.switch, .required, .discardable],
            differences: [5, 17, 300], chains: [200, 0, 9])
        descriptor.dependencies = own
        let bytes = written { descriptor.write(known: structure, into: $0) }
        let read = try #require(DependencyDescriptor.parse(bytes, known: structure))
        #expect(read.dependencies == own)
        #expect(read.activeDecodeTargets == 0b111_000_111)
        #expect(read.spatialLayer == 2 && read.temporalLayer == 0)
        #expect(read.frameNumber == 0xfffe)
        // What a template says already is not written again.
        own = try #require(structure.template(0xb)?.dependencies)
        descriptor.dependencies = own
        descriptor.activeDecodeTargets = nil
        #expect(written { descriptor.write(known: structure, into: $0) }.hexadecimal == "8bfffe")
        descriptor.spatialLayer = 3
        #expect(written { descriptor.write(known: structure, into: $0) }.isEmpty)
    }
}
