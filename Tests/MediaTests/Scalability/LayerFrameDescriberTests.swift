import Media
import Primitives
import Testing
import WireFormats

@Suite struct LayerFrameDescriberTests {
    /// What the official SDK sent with the first packet of an `L3T3_KEY` stream of VP9.
    private static let keyFrame = """
        c0000180081485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d549241b5524906d54923157\
        e001974ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02cf
        """

    private func describer(_ mode: ScalabilityMode = .l3t3Key, pictureID: UInt16 = 0x7023)
        -> LayerFrameDescriber
    {
        let sizes = [(320, 180), (640, 360), (1280, 720)].suffix(mode.spatialLayerCount)
        return LayerFrameDescriber(
            mode: mode, sizes: sizes.map { (width: $0.0, height: $0.1) }, pictureID: pictureID)
    }

    private func bytes(_ dependency: DependencyDescriptor, isWhole: Bool, _ describer: LayerFrameDescriber)
        -> String
    {
        var dependency = dependency
        dependency.isEndOfFrame = isWhole
        return written { dependency.write(known: describer.structure, into: $0) }.hexadecimal
    }

    private func written(_ body: (UnsafeMutableRawBufferPointer) -> Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 300)
        let count = bytes.withUnsafeMutableBytes { body($0) }
        return Array(bytes[..<count])
    }

    /// The two descriptors of every layer frame of the next picture.
    private func picture(
        _ describer: inout LayerFrameDescriber, position: Int, active: Int = 3
    ) -> [(payload: String, dependency: String, isLast: Bool)] {
        defer { describer.endPicture() }
        return (0..<active).map { spatial in
            let description = describer.describe(spatial: spatial, position: position, active: active)
            var payload = description.payload
            payload.isStartOfFrame = true
            return (
                written { payload.write(into: $0) }.hexadecimal,
                bytes(description.dependency, isWhole: spatial == 0, describer), description.isLastOfPicture
            )
        }
    }

    @Test func aKeyPictureIsDescribedAsAnSDKDoes() {
        var describer = describer()
        let frames = picture(&describer, position: 0)
        #expect(frames.map(\.dependency) == [Self.keyFrame, "850002", "8a0003"])
        #expect(
            frames.map(\.payload) == ["baf0231050014000b40280016805000" + "2d0", "b8f02313", "b9f02315"])
        #expect(frames.map(\.isLast) == [false, false, true])
    }

    @Test func everyFollowingFrameFitsATemplate() {
        var describer = describer()
        _ = picture(&describer, position: 0)
        var number = 4
        for position in 1...12 {
            let frames = picture(&describer, position: position)
            // T2, T1, T2 and T0 are templates 3, 2, 4 and 1 of each spatial layer.
            let template = [1, 3, 2, 4][position & 3]
            for (spatial, frame) in frames.enumerated() {
                let head = (spatial == 0 ? 0xc0 : 0x80) | template + 5 * spatial
                #expect(frame.dependency == String(head, radix: 16) + [UInt8(0), UInt8(number)].hexadecimal)
                number += 1
            }
        }
    }

    @Test func payloadDescriptorsNameTheReference() {
        var describer = describer()
        _ = picture(&describer, position: 0)
        let payloads = (1...4).map { picture(&describer, position: $0).map(\.payload) }
        #expect(payloads[0] == ["f9f024" + "5002", "f9f024" + "5202", "f9f024" + "5402"])
        #expect(payloads[1] == ["f9f025" + "3004", "f9f025" + "3204", "f9f025" + "3404"])
        #expect(payloads[2] == ["f9f026" + "5002", "f9f026" + "5202", "f9f026" + "5402"])
        #expect(payloads[3] == ["f9f027" + "1008", "f9f027" + "1208", "f9f027" + "1408"])
    }

    @Test func pictureIDsWrap() {
        var describer = describer(pictureID: 0x7fff)
        _ = picture(&describer, position: 0)
        #expect(picture(&describer, position: 1)[0].payload == "f9" + "8000" + "5002")
        #expect(picture(&describer, position: 2)[0].payload == "f9" + "8001" + "3004")
    }

    @Test func oneSpatialLayerHasTheStructureOfL1T3() throws {
        var describer = describer(.l1t3)
        let key = describer.describe(spatial: 0, position: 0, active: 1)
        describer.endPicture()
        let bytes = written { key.dependency.write(known: describer.structure, into: $0) }
        let read = DependencyDescriptor.parse(bytes.span.bytes, known: nil)
        let structure = try #require(read?.structure)
        #expect(structure == describer.structure)
        #expect(structure.decodeTargetCount == 3 && structure.chainCount == 1)
        #expect(structure.templates.map(\.temporalLayer) == [0, 0, 1, 2, 2])
        #expect(structure.templates.map { $0.dependencies[chain: 0] } == [0, 4, 2, 1, 3])
        #expect(structure.templates.map { $0.dependencies.differenceCount } == [0, 1, 1, 1, 1])
        #expect(structure.templates.dropFirst().map { $0.dependencies[difference: 0] } == [4, 2, 1, 1])
        for (position, template) in [(1, "3"), (2, "2"), (3, "4"), (4, "1"), (5, "3")] {
            let frame = describer.describe(spatial: 0, position: position, active: 1)
            describer.endPicture()
            #expect(
                self.bytes(frame.dependency, isWhole: true, describer) == "c" + template + "000"
                    + String(position + 1))
            #expect(frame.isLastOfPicture)
        }
        // With temporal layers only, the payload descriptor still names the layer.
        #expect(
            key.payload.layer
                == .init(temporal: 0, isSwitchingUpPoint: true, spatial: 0, dependsOnLowerLayer: false))
    }

    @Test func aLayerThatIsNoLongerSentIsTakenOffTheTargets() throws {
        var describer = describer()
        _ = picture(&describer, position: 0)
        _ = picture(&describer, position: 1)
        var masks: [[UInt32?]] = []
        var markers: [[Bool]] = []
        for position in 2...7 {
            let frames = (0..<2).map { describer.describe(spatial: $0, position: position, active: 2) }
            describer.endPicture()
            masks.append(frames.map(\.dependency.activeDecodeTargets))
            markers.append(frames.map(\.isLastOfPicture))
            for frame in frames {
                let bytes = written { frame.dependency.write(known: describer.structure, into: $0) }
                let read = DependencyDescriptor.parse(bytes.span.bytes, known: describer.structure)
                #expect(read?.dependencies == frame.dependency.dependencies)
            }
        }
        // The news is told until each chain that goes on has had a frame, in the lowest temporal layer.
        #expect(masks.prefix(2).joined().allSatisfy { $0 == 0b111_111 })
        #expect(masks[2] == [0b111_111, 0b111_111])
        #expect(masks[3] == [nil, nil])
        #expect(markers.allSatisfy { $0 == [false, true] })
        // A key picture with all layers begins anew.
        let key = describer.describe(spatial: 0, position: 0, active: 3)
        #expect(key.dependency.structure != nil && key.dependency.activeDecodeTargets == nil)
        #expect((0..<3).allSatisfy { key.dependency.dependencies?[chain: $0] == 0 })
    }
}
