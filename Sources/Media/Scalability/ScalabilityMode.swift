public import WireFormats

/// How a VP9 stream is divided into layers, by the names of W3C's WebRTC-SVC.
///
/// Three temporal layers in groups of four pictures, as libwebrtc encodes them: the first picture of a group refers to
/// the first of the group before, the third to the first, the second and the fourth to the one right before them.
public enum ScalabilityMode: String, Hashable, Sendable, CaseIterable {
    /// Three spatial layers, each half as large as the next, that depend on each other in key pictures only.
    case l3t3Key = "L3T3_KEY"
    /// One spatial layer.
    case l1t3 = "L1T3"

    /// How many spatial layers there are.
    public var spatialLayerCount: Int { self == .l3t3Key ? 3 : 1 }
    /// How many temporal layers there are.
    public static let temporalLayerCount = 3
    /// Pictures from one of the lowest temporal layer to the next.
    public static let period = 4

    /// The temporal layer of a picture.
    ///
    /// - Parameter position: How many pictures it lies behind its key picture.
    public static func temporalLayer(at position: Int) -> Int {
        switch position & 3 {
        case 0: 0
        case 2: 1
        default: 2
        }
    }

    /// How many pictures back the picture lies that one is predicted from; nil for a key picture.
    ///
    /// - Parameter position: How many pictures it lies behind its key picture.
    public static func reference(at position: Int) -> Int? {
        guard position > 0 else { return nil }
        switch position & 3 {
        case 0: return 4
        case 2: return 2
        default: return 1
        }
    }

    /// Whether later pictures refer to this one.
    static func isReferenced(at position: Int) -> Bool { temporalLayer(at: position) < 2 }

    /// What a frame means to a decode target; targets are numbered by spatial, then by temporal layer.
    func indication(target: Int, spatial: Int, temporal: Int, isKey: Bool) -> DecodeTargetIndication {
        let (targetSpatial, targetTemporal) = target.quotientAndRemainder(
            dividingBy: Self.temporalLayerCount)
        // Every layer above depends on a frame of a key picture.
        if isKey { return targetSpatial < spatial ? .notPresent : .switch }
        if targetSpatial != spatial || targetTemporal < temporal { return .notPresent }
        return targetTemporal == temporal && temporal > 0 ? .discardable : .switch
    }

    /// The template structure that the first packet of a key picture carries: that of libwebrtc's
    /// `ScalabilityStructureL3T3Key` and `ScalabilityStructureL1T3`.
    public func structure(sizes: [DependencyStructure.Resolution]) -> DependencyStructure {
        var templates: [DependencyStructure.Template] = []
        let layers = spatialLayerCount
        for spatial in 0..<layers {
            // By temporal layer; the key picture stands for itself, the others for every group.
            for position in [0, 4, 2, 1, 3] {
                templates.append(
                    DependencyStructure.Template(
                        spatialLayer: UInt8(spatial), temporalLayer: UInt8(Self.temporalLayer(at: position)),
                        dependencies: template(spatial: spatial, position: position)))
            }
        }
        let chains = (0..<layers * Self.temporalLayerCount).map { UInt8($0 / Self.temporalLayerCount) }
        return DependencyStructure(
            decodeTargetCount: chains.count, chainOfTarget: chains, templates: templates, resolutions: sizes)
    }

    private func template(spatial: Int, position: Int) -> FrameDependencies {
        let layers = spatialLayerCount
        let indications = (0..<layers * Self.temporalLayerCount).map { target in
            indication(
                target: target, spatial: spatial, temporal: Self.temporalLayer(at: position),
                isKey: position == 0)
        }
        guard let reference = Self.reference(at: position) else {
            // In a key picture the chains above the frame began with its lowest frame, or ended one frame ago.
            let chains = (0..<layers).map { chain in UInt8(min(spatial, max(1, spatial - chain))) }
            return FrameDependencies(
                indications: indications, differences: spatial == 0 ? [] : [1], chains: chains)
        }
        // The chain of a layer last had a frame in the first picture of the group, unless that is this picture.
        let picturesBack = position == Self.period ? Self.period : position
        let chains = (0..<layers).map { chain in
            let isInThisPicture = position == Self.period && chain < spatial
            return UInt8((isInThisPicture ? 0 : picturesBack * layers) + spatial - chain)
        }
        return FrameDependencies(
            indications: indications, differences: [UInt16(reference * layers)], chains: chains)
    }
}
