public import WireFormats

/// Describes the layer frames of one sent stream in both ways that receivers understand: by VP9's payload descriptor
/// and by the dependency descriptor, numbered as libwebrtc numbers them.
///
/// Layers that are not sent leave no numbers behind; what a frame depends on is found from what was really sent.
public struct LayerFrameDescriber: Sendable {
    /// One layer frame as it is described.
    public struct Description: Sendable {
        /// The payload descriptor of all its packets, but for their beginning and end.
        public var payload: VP9PayloadDescriptor
        /// The dependency descriptor of its first packet, but for the frame's end.
        public var dependency: DependencyDescriptor
        /// Whether it is the last layer frame of its picture, whose last packet has the marker.
        public var isLastOfPicture: Bool
    }

    /// How the stream is divided.
    public let mode: ScalabilityMode
    /// What receivers are told once, with every key picture.
    public let structure: DependencyStructure

    private let sizes: [(width: Int, height: Int)]
    /// The running number of the next picture, 15 bits.
    public private(set) var nextPictureID: UInt16
    private var nextFrame: UInt16 = 1
    /// The latest frame of each chain; nil where the chain has not begun since the key picture.
    private var lastOfChain: [UInt16?]
    /// The latest frame of each spatial layer in each of the last pictures, by the picture's number modulo 8.
    private var frames: [[UInt16]]
    private var targets: ActiveTargets

    /// Describes a stream that has not begun.
    ///
    /// - Parameters:
    ///   - sizes: The picture size of each spatial layer, lowest first.
    ///   - pictureID: The running number of the first picture.
    public init(mode: ScalabilityMode, sizes: [(width: Int, height: Int)], pictureID: UInt16) {
        precondition(sizes.count == mode.spatialLayerCount, "every spatial layer has a size")
        self.mode = mode
        self.sizes = sizes
        nextPictureID = pictureID & 0x7fff
        structure = mode.structure(
            sizes: sizes.map { DependencyStructure.Resolution(width: $0.width, height: $0.height) })
        lastOfChain = Array(repeating: nil, count: sizes.count)
        frames = Array(repeating: Array(repeating: 0, count: sizes.count), count: 8)
        targets = ActiveTargets(structure)
    }

    /// Goes on to the next picture.
    public mutating func endPicture() { nextPictureID = (nextPictureID &+ 1) & 0x7fff }

    /// Describes a layer frame of the picture that is being sent; call once for each, lowest first.
    ///
    /// - Parameters:
    ///   - spatial: Its spatial layer.
    ///   - position: How many pictures it lies behind its key picture.
    ///   - active: How many spatial layers are sent, from the lowest on.
    public mutating func describe(spatial: Int, position: Int, active: Int) -> Description {
        let number = nextFrame
        nextFrame &+= 1
        let isKey = position == 0
        if isKey, spatial == 0 { lastOfChain = Array(repeating: nil, count: sizes.count) }
        let dependencies = dependencies(of: number, spatial: spatial, position: position)
        let mask = activeMask(active)
        targets.note(number, dependencies, isKey: isKey && spatial == 0, active: mask)
        // A frame of a key picture belongs to the chains of its own layer and of all above.
        for chain in spatial..<sizes.count where isKey || (chain == spatial && position & 3 == 0) {
            lastOfChain[chain] = number
        }
        frames[Int(nextPictureID & 7)][spatial] = number

        var dependency = DependencyDescriptor(
            isStartOfFrame: true, isEndOfFrame: false, templateID: 0, frameNumber: number)
        dependency.spatialLayer = UInt8(spatial)
        dependency.temporalLayer = UInt8(ScalabilityMode.temporalLayer(at: position))
        dependency.dependencies = dependencies
        dependency.activeDecodeTargets = targets.announced
        if isKey, spatial == 0 { dependency.structure = structure }
        return Description(
            payload: payloadDescriptor(spatial: spatial, position: position, active: active),
            dependency: dependency, isLastOfPicture: spatial == active - 1)
    }

    private func payloadDescriptor(spatial: Int, position: Int, active: Int) -> VP9PayloadDescriptor {
        var descriptor = VP9PayloadDescriptor()
        descriptor.isFlexible = true
        descriptor.pictureID = nextPictureID
        descriptor.hasLongPictureID = true
        descriptor.layer = VP9PayloadDescriptor.LayerIndices(
            temporal: UInt8(ScalabilityMode.temporalLayer(at: position)), isSwitchingUpPoint: true,
            spatial: UInt8(spatial), dependsOnLowerLayer: position == 0 && spatial > 0)
        if let reference = ScalabilityMode.reference(at: position) {
            descriptor.isInterPicture = true
            descriptor.addReference(UInt8(reference))
        }
        descriptor.isNotReferenceForUpperLayers = position > 0 || spatial == sizes.count - 1
        if position == 0, spatial == 0 {
            descriptor.scalability = .init(sizes: Array(sizes.prefix(active)))
        }
        return descriptor
    }

    private func dependencies(of number: UInt16, spatial: Int, position: Int) -> FrameDependencies {
        var own = FrameDependencies()
        let temporal = ScalabilityMode.temporalLayer(at: position)
        for target in 0..<structure.decodeTargetCount {
            own[target: target] = mode.indication(
                target: target, spatial: spatial, temporal: temporal, isKey: position == 0)
        }
        if position == 0 {
            if spatial > 0 { own.append(difference: number &- frames[Int(nextPictureID & 7)][spatial - 1]) }
        } else if let reference = ScalabilityMode.reference(at: position) {
            own.append(difference: number &- frames[(Int(nextPictureID) - reference) & 7][spatial])
        }
        for chain in lastOfChain.indices {
            own[chain: chain] = lastOfChain[chain].map { UInt8(truncatingIfNeeded: number &- $0) } ?? 0
        }
        return own
    }

    private func activeMask(_ active: Int) -> UInt32 {
        1 << UInt32(active * ScalabilityMode.temporalLayerCount) - 1
    }
}

/// When a sender tells which decode targets it still produces, as libwebrtc's `ActiveDecodeTargetsHelper` does: after
/// a change, until a frame of every chain that is still alive has carried the news.
private struct ActiveTargets: Sendable {
    private let chainOfTarget: [UInt8]
    private let all: UInt32
    private var current: UInt32
    /// Chains whose receivers may not have heard of the change yet.
    private var unheard: UInt32 = 0
    private var lastFrame: UInt16 = 0

    init(_ structure: DependencyStructure) {
        chainOfTarget = structure.chainOfTarget
        all = structure.allDecodeTargets
        current = structure.allDecodeTargets
    }

    /// What the frame must tell; nil if nothing.
    var announced: UInt32? { unheard == 0 ? nil : current }

    mutating func note(_ frame: UInt16, _ dependencies: FrameDependencies, isKey: Bool, active: UInt32) {
        if isKey {
            current = all
            unheard = 0
        } else {
            // What was sent last carried the news on the chains that it ended.
            for chain in 0..<(Int(chainOfTarget.max() ?? 0) + 1) {
                let isHeard = UInt16(dependencies[chain: chain]) == frame &- lastFrame
                if isHeard { unheard &= ~(1 << UInt32(chain)) }
            }
        }
        lastFrame = frame
        guard active != current else { return }
        current = active
        unheard = 0
        for (target, chain) in chainOfTarget.enumerated() where active >> UInt32(target) & 1 == 1 {
            unheard |= 1 << UInt32(chain)
        }
    }
}
