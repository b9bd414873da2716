import Primitives
import WireFormats

/// One packet of a scalable stream as a forwarder sees it.
struct ScalablePacket {
    /// The number of its frame, counted on through wraps.
    var frame: Int64
    /// The frame with the structure that describes this one.
    var keyFrame: Int64
    /// Whether the packet carries that structure.
    var startsKeyFrame: Bool
    /// Whether it is the first packet of its frame.
    var isStartOfFrame: Bool
    /// Whether it is the last packet of its frame.
    var isEndOfFrame: Bool
    /// The frame's spatial layer.
    var spatial: Int
    /// The frame's temporal layer.
    var temporal: Int
    /// What the frame depends on.
    var dependencies: FrameDependencies
}

/// What the publisher of a scalable stream says about its layers.
struct ScalableUplink {
    /// A decode target and the layer it shows.
    struct Target {
        /// Its number.
        var number: Int
        /// Its spatial layer.
        var spatial: Int
        /// Its temporal layer.
        var temporal: Int
        /// The chain that protects it; nil without chains.
        var chain: Int?
    }

    /// The latest structure.
    private(set) var structure: DependencyStructure?
    /// Its decode targets, the highest layer first.
    private(set) var targets: [Target] = []
    /// One bit for each target that is still sent.
    private(set) var active: UInt32 = 0
    private var keyFrame: Int64 = -1
    private var frames = SequenceUnwrapper()

    /// The highest spatial layer that is still sent; nil before the first structure.
    var highestSpatial: Int? {
        targets.first { isActive($0) }?.spatial
    }

    /// Whether a target is still sent.
    func isActive(_ target: Target) -> Bool { active >> UInt32(target.number) & 1 == 1 }

    /// Reads the dependency descriptor of a packet; nil if it cannot be understood, or not without the structure.
    mutating func read(_ bytes: RawSpan) -> ScalablePacket? {
        guard let descriptor = DependencyDescriptor.parse(bytes, known: structure),
            let dependencies = descriptor.dependencies, let spatial = descriptor.spatialLayer,
            let temporal = descriptor.temporalLayer
        else { return nil }
        let frame = frames.unwrap(descriptor.frameNumber)
        if let structure = descriptor.structure, frame >= keyFrame {
            take(structure)
            keyFrame = frame
        }
        if let mask = descriptor.activeDecodeTargets, frame >= keyFrame { active = mask }
        return ScalablePacket(
            frame: frame, keyFrame: keyFrame, startsKeyFrame: descriptor.structure != nil,
            isStartOfFrame: descriptor.isStartOfFrame, isEndOfFrame: descriptor.isEndOfFrame,
            spatial: Int(spatial), temporal: Int(temporal), dependencies: dependencies)
    }

    private mutating func take(_ structure: DependencyStructure) {
        active = structure.allDecodeTargets
        guard structure != self.structure else { return }
        self.structure = structure
        targets = (0..<structure.decodeTargetCount).map { number in
            let layer = structure.layer(ofTarget: number)
            let chain = structure.chainOfTarget.isEmpty ? nil : Int(structure.chainOfTarget[number])
            return Target(
                number: number, spatial: Int(layer.spatial), temporal: Int(layer.temporal), chain: chain)
        }.sorted { ($0.spatial, $0.temporal) > ($1.spatial, $1.temporal) }
    }
}
