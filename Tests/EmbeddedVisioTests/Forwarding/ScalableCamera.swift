import Media
import Primitives
import RTC
import Testing
import Visio
import WireFormats

/// A visitor's VP9 camera with three spatial and three temporal layers, whose pictures are descriptors and little else.
final class ScalableCamera {
    let visitor: Visitor
    let sid: String
    private let deployment: Deployment
    private let section: Int
    private var describer = LayerFrameDescriber(
        mode: .l3t3Key, sizes: [(320, 180), (640, 360), (1280, 720)], pictureID: 100)
    private var timestamp: UInt32 = 5000
    private var position = 0
    /// Whether the packets have dependency descriptors.
    var hasDescriptors = true

    /// Publishes the camera, with VP8 as the codec for those who cannot take VP9.
    ///
    /// - Parameter namesCodecs: Whether the announcement names the codecs, or leaves them to the offer.
    init(
        _ deployment: Deployment, of visitor: Visitor, policy: LiveKitBackupCodecPolicy? = nil,
        namesCodecs: Bool = true
    ) throws {
        self.deployment = deployment
        self.visitor = visitor
        var request = LiveKitAddTrackRequest()
        request.cid = "camera"
        request.type = .video
        request.source = .camera
        request.width = 1280
        request.height = 720
        if let policy { request.backupCodecPolicy = policy }
        request.layers = [(LiveKitVideoQuality.high, 720), (.medium, 360), (.low, 180)].map {
            quality, height in
            var layer = LiveKitVideoLayer()
            layer.quality = quality
            layer.width = UInt32(height * 16 / 9)
            layer.height = UInt32(height)
            return layer
        }
        for (codec, cid) in namesCodecs ? [("vp9", "camera"), ("vp8", "")] : [] {
            var announced = LiveKitSimulcastCodec()
            announced.codec = codec
            announced.cid = cid
            request.simulcastCodecs.append(announced)
        }
        section = deployment.publishPicture(
            request,
            OutgoingTrack(
                kind: .video, streamID: "-", trackID: "camera", codec: .vp9,
                layers: [OutgoingLayer(ssrc: 77, rtxSSRC: 78)]), of: visitor)
        sid = try #require(visitor.last(\.trackPublished)).track.sid
        deployment.advance(by: .milliseconds(50))
    }

    /// The codecs that were agreed on for the section, in order.
    var codecs: [Codec] { visitor.peer.sections[section].codecs.map(\.codec) }

    /// Sends pictures, 30 in a second; a key picture when one was asked for, or at the start.
    ///
    /// - Parameters:
    ///   - active: How many spatial layers are sent.
    ///   - obeys: Whether key frames are sent on request.
    func send(pictures: Int, active: Int = 3, obeys: Bool = true) {
        for _ in 0..<pictures {
            deployment.advance(by: .milliseconds(33))
            if obeys, visitor.keyFrameRequests > answered {
                answered = visitor.keyFrameRequests
                position = 0
            }
            for spatial in 0..<active { send(layer: spatial, active: active) }
            describer.endPicture()
            timestamp &+= 3000
            position += 1
        }
    }

    private var answered = 0

    private func send(layer spatial: Int, active: Int) {
        let description = describer.describe(spatial: spatial, position: position, active: active)
        for packet in 0..<2 {
            var dependency = description.dependency
            dependency.isStartOfFrame = packet == 0
            dependency.isEndOfFrame = packet == 1
            if packet == 1 { dependency.structure = nil }
            var payload = description.payload
            payload.isStartOfFrame = packet == 0
            payload.isEndOfFrame = packet == 1
            if packet == 1 { payload.scalability = nil }
            guard let type = visitor.peer.sections[section].codec(.vp9)?.payloadType else { return }
            let marker = description.isLastOfPicture && packet == 1
            let descriptor = hasDescriptors ? Self.bytes(of: dependency, describer.structure) : []
            deployment.write(visitor) { peer, now, outbox in
                descriptor.withUnsafeBytes { descriptor in
                    _ = peer.send(
                        section: section, layer: 0, payloadType: type, timestamp: timestamp, marker: marker,
                        sequenceNumber: nil, token: 0, audioLevel: nil, dependencyDescriptor: descriptor,
                        now: now, into: &outbox
                    ) { buffer in
                        let count = payload.write(into: buffer)
                        let body = UnsafeMutableRawBufferPointer(rebasing: buffer[count..<count + 8])
                        body.initializeMemory(as: UInt8.self, repeating: 0xaa)
                        return count + body.count
                    }
                }
            }
        }
    }

    private static func bytes(of descriptor: DependencyDescriptor, _ known: DependencyStructure) -> [UInt8] {
        var room = [UInt8](repeating: 0, count: DependencyDescriptor.maximumByteCount)
        let count = room.withUnsafeMutableBytes { descriptor.write(known: known, into: $0) }
        return Array(room.prefix(count))
    }
}

/// What a viewer got of a scalable camera, packet by packet.
struct ScalableView {
    let packets: [MediaPacket]

    init(_ packets: [MediaPacket]) { self.packets = packets.filter { $0.codec == .vp9 } }

    /// The descriptors.
    var descriptors: [VP9PayloadDescriptor] {
        packets.compactMap { Self.descriptor($0.payload) }
    }

    /// The spatial layers in which pictures after the first came, each once.
    var spatialLayers: Set<Int> { Set(descriptors.map { Int($0.spatialLayer) }) }

    /// Whether numbers run on without a gap.
    var isContinuous: Bool {
        zip(packets, packets.dropFirst()).allSatisfy { $1.sequence == $0.sequence + 1 }
    }

    /// Whether the last packet of every picture has the marker, and no other.
    var endsPicturesOnce: Bool {
        packets.indices.allSatisfy { index in
            let isLast =
                index + 1 == packets.count || packets[index + 1].timestamp != packets[index].timestamp
            return packets[index].marker == isLast
        }
    }

    private static func descriptor(_ payload: [UInt8]) -> VP9PayloadDescriptor? {
        VP9PayloadDescriptor.parse(payload.span.bytes)?.descriptor
    }
}
