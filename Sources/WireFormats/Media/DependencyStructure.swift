/// What a frame means to one decode target (AV1 RTP specification, section A.4.3).
public enum DecodeTargetIndication: UInt8, Sendable, Hashable {
    /// The target does without the frame.
    case notPresent
    /// The target shows the frame, and no later frame of it needs it.
    case discardable
    /// The target may be entered here, as all that follows needs only this frame and later ones.
    case `switch`
    /// The target needs the frame.
    case required
}

/// How a frame depends on others: what templates describe, and what a descriptor may override.
public struct FrameDependencies: Sendable, Hashable {
    /// Most decode targets and chains that are kept.
    public static let maximumTargetCount = 32
    /// Most references that are kept; a descriptor with more is refused.
    public static let maximumDifferenceCount = 8

    /// Two bits for each decode target, the first one in the lowest bits.
    private var indications: UInt64 = 0
    private var differences = SIMD8<UInt16>()
    /// How many frames this one refers to.
    public private(set) var differenceCount = 0
    private var chains = SIMD32<UInt8>()

    /// A frame that no target needs, that needs no other frame.
    public init() {}

    /// Describes a frame.
    ///
    /// - Parameters:
    ///   - indications: What it means to each decode target.
    ///   - differences: How many frames back each of its references lies.
    ///   - chains: How many frames back the last frame of each chain lies; 0 where the chain begins here.
    public init(
        indications: [DecodeTargetIndication], differences: [UInt16] = [], chains: [UInt8] = []
    ) {
        for (target, indication) in indications.enumerated() { self[target: target] = indication }
        for difference in differences { append(difference: difference) }
        for (chain, difference) in chains.enumerated() { self[chain: chain] = difference }
    }

    /// What the frame means to a decode target.
    public subscript(target target: Int) -> DecodeTargetIndication {
        get { DecodeTargetIndication(rawValue: UInt8(indications >> UInt64(2 * target) & 3)) ?? .notPresent }
        set {
            indications &= ~(3 << UInt64(2 * target))
            indications |= UInt64(newValue.rawValue) << UInt64(2 * target)
        }
    }

    /// How many frames back the last frame of a chain lies; 0 where the chain begins with this frame.
    public subscript(chain chain: Int) -> UInt8 {
        get { chains[chain] }
        set { chains[chain] = newValue }
    }

    /// How many frames back reference `index` lies.
    public subscript(difference index: Int) -> UInt16 { differences[index] }

    /// Adds a reference to the frame that many frames back; more than can be kept are left out.
    public mutating func append(difference: UInt16) {
        guard differenceCount < Self.maximumDifferenceCount else { return }
        differences[differenceCount] = difference
        differenceCount += 1
    }

    mutating func removeDifferences() {
        differences = SIMD8()
        differenceCount = 0
    }

    /// Whether two frames mean the same to the first `count` decode targets.
    func hasIndications(of other: FrameDependencies, count: Int) -> Bool {
        let mask: UInt64 = count >= 32 ? .max : 1 << UInt64(2 * count) - 1
        return (indications ^ other.indications) & mask == 0
    }

    func hasDifferences(of other: FrameDependencies) -> Bool {
        differenceCount == other.differenceCount && differences == other.differences
    }

    func hasChains(of other: FrameDependencies, count: Int) -> Bool {
        for chain in 0..<count where chains[chain] != other.chains[chain] { return false }
        return true
    }
}

/// The template structure of a dependency descriptor: the layers of a stream, their sizes, and how their frames
/// depend on each other.
public struct DependencyStructure: Sendable, Hashable {
    /// One template: the layer and the dependencies of the frames that refer to it.
    public struct Template: Sendable, Hashable {
        /// The spatial layer, 0...3.
        public var spatialLayer: UInt8
        /// The temporal layer, 0...7.
        public var temporalLayer: UInt8
        /// The dependencies of a frame that says nothing else.
        public var dependencies: FrameDependencies

        /// Describes a template.
        public init(
            spatialLayer: UInt8, temporalLayer: UInt8, dependencies: FrameDependencies = FrameDependencies()
        ) {
            self.spatialLayer = spatialLayer
            self.temporalLayer = temporalLayer
            self.dependencies = dependencies
        }
    }

    /// The size of the pictures of one spatial layer.
    public struct Resolution: Sendable, Hashable {
        /// Width in pixels, 1...65536.
        public var width: Int
        /// Height in pixels, 1...65536.
        public var height: Int

        /// Describes a size.
        public init(width: Int, height: Int) {
            self.width = width
            self.height = height
        }
    }

    /// The id of the first template; ids count up from here, modulo 64.
    public var firstTemplateID: UInt8
    /// How many decode targets there are, 1...32.
    public var decodeTargetCount: Int
    /// How many chains there are, at most one for each decode target.
    public var chainCount: Int
    /// The chain that protects each decode target; empty without chains.
    public var chainOfTarget: [UInt8]
    /// The templates in the order of their ids: by spatial layer, then by temporal layer.
    public var templates: [Template]
    /// The picture size of each spatial layer; empty if the sender does not say.
    public var resolutions: [Resolution]

    /// Describes a stream.
    public init(
        firstTemplateID: UInt8 = 0, decodeTargetCount: Int, chainOfTarget: [UInt8], templates: [Template],
        resolutions: [Resolution]
    ) {
        self.firstTemplateID = firstTemplateID
        self.decodeTargetCount = decodeTargetCount
        self.chainOfTarget = chainOfTarget
        chainCount = chainOfTarget.max().map { Int($0) + 1 } ?? 0
        self.templates = templates
        self.resolutions = resolutions
    }

    /// The template with an id as packets write it; nil if there is none.
    public func template(_ id: UInt8) -> Template? {
        let index = Int((id &- firstTemplateID) & 63)
        return index < templates.count ? templates[index] : nil
    }

    /// A mask with every decode target active.
    public var allDecodeTargets: UInt32 {
        decodeTargetCount >= 32 ? .max : 1 << UInt32(decodeTargetCount) - 1
    }

    /// The highest layer that a decode target shows, by the templates that are present in it.
    public func layer(ofTarget target: Int) -> (spatial: UInt8, temporal: UInt8) {
        var layer: (spatial: UInt8, temporal: UInt8) = (0, 0)
        for template in templates where template.dependencies[target: target] != .notPresent {
            layer.spatial = max(layer.spatial, template.spatialLayer)
            layer.temporal = max(layer.temporal, template.temporalLayer)
        }
        return layer
    }
}

extension DependencyStructure {
    /// Reads `template_dependency_structure()`, section A.8.2.
    static func parse(_ reader: inout BitReader) -> DependencyStructure? {
        let firstTemplateID = UInt8(truncatingIfNeeded: reader.read(6))
        let decodeTargetCount = Int(reader.read(5)) + 1
        guard var templates = parseLayers(&reader) else { return nil }
        for index in templates.indices {
            for target in 0..<decodeTargetCount {
                let indication = DecodeTargetIndication(rawValue: UInt8(reader.read(2)))
                templates[index].dependencies[target: target] = indication ?? .notPresent
            }
        }
        for index in templates.indices {
            while reader.readFlag() {
                guard templates[index].dependencies.differenceCount < FrameDependencies.maximumDifferenceCount
                else { return nil }
                templates[index].dependencies.append(difference: UInt16(reader.read(4)) + 1)
            }
        }
        var structure = DependencyStructure(
            firstTemplateID: firstTemplateID, decodeTargetCount: decodeTargetCount, chainOfTarget: [],
            templates: templates, resolutions: [])
        guard structure.parseChains(&reader) else { return nil }
        if reader.readFlag() {
            let layerCount = Int(templates.last?.spatialLayer ?? 0) + 1
            for _ in 0..<layerCount {
                structure.resolutions.append(
                    Resolution(width: Int(reader.read(16)) + 1, height: Int(reader.read(16)) + 1))
            }
        }
        return reader.failed ? nil : structure
    }

    /// Reads `template_layers()`: each template is in the layer of the one before it, or in a next one.
    private static func parseLayers(_ reader: inout BitReader) -> [Template]? {
        var templates: [Template] = []
        var template = Template(spatialLayer: 0, temporalLayer: 0)
        while true {
            guard templates.count < 64, template.spatialLayer < 4, template.temporalLayer < 8 else {
                return nil
            }
            templates.append(template)
            switch reader.read(2) {
            case 0: break
            case 1: template.temporalLayer += 1
            case 2: template = Template(spatialLayer: template.spatialLayer + 1, temporalLayer: 0)
            default: return templates
            }
            guard !reader.failed else { return nil }
        }
    }

    /// Reads `template_chains()`.
    private mutating func parseChains(_ reader: inout BitReader) -> Bool {
        chainCount = Int(reader.readNonSymmetric(UInt32(decodeTargetCount) + 1))
        guard chainCount > 0 else { return true }
        for _ in 0..<decodeTargetCount {
            let chain = reader.readNonSymmetric(UInt32(chainCount))
            guard chain < chainCount else { return false }
            chainOfTarget.append(UInt8(truncatingIfNeeded: chain))
        }
        for index in templates.indices {
            for chain in 0..<chainCount {
                templates[index].dependencies[chain: chain] = UInt8(reader.read(4))
            }
        }
        return true
    }

    /// Writes `template_dependency_structure()`, section A.8.2.
    func write(into writer: inout BitWriter) {
        writer.write(UInt32(firstTemplateID), 6)
        writer.write(UInt32(decodeTargetCount - 1), 5)
        writeLayers(into: &writer)
        for template in templates {
            for target in 0..<decodeTargetCount {
                writer.write(UInt32(template.dependencies[target: target].rawValue), 2)
            }
        }
        for template in templates {
            for index in 0..<template.dependencies.differenceCount {
                writer.write(true)
                writer.write(UInt32(template.dependencies[difference: index] - 1), 4)
            }
            writer.write(false)
        }
        writer.writeNonSymmetric(UInt32(chainCount), limit: UInt32(decodeTargetCount) + 1)
        if chainCount > 0 {
            for chain in chainOfTarget {
                writer.writeNonSymmetric(UInt32(chain), limit: UInt32(chainCount))
            }
            for template in templates {
                for chain in 0..<chainCount {
                    writer.write(UInt32(template.dependencies[chain: chain]), 4)
                }
            }
        }
        writer.write(!resolutions.isEmpty)
        for resolution in resolutions {
            writer.write(UInt32(resolution.width - 1), 16)
            writer.write(UInt32(resolution.height - 1), 16)
        }
    }

    private func writeLayers(into writer: inout BitWriter) {
        for (template, next) in zip(templates, templates.dropFirst()) {
            if next.spatialLayer != template.spatialLayer {
                writer.write(2, 2)
            } else {
                writer.write(next.temporalLayer == template.temporalLayer ? 0 : 1, 2)
            }
        }
        writer.write(3, 2)
    }
}
