/// The dependency descriptor of a packet: which frame it belongs to, in which layer (AV1 RTP specification,
/// appendix A).
///
/// Only the first packet of a key frame carries the template structure; all others refer to it, so a parser keeps the
/// last one per stream. Packets without a structure are parsed without allocating.
public struct DependencyDescriptor: Sendable {
    /// Whether this is the first packet of its frame.
    public var isStartOfFrame: Bool
    /// Whether this is the last packet of its frame.
    public var isEndOfFrame: Bool
    /// The template that describes the frame, as written.
    public var templateID: UInt8
    /// The frame's number, which wraps.
    public var frameNumber: UInt16
    /// The template structure, if the packet carries one.
    public var structure: DependencyStructure?
    /// One bit per decode target that the sender still produces; nil if the packet does not say.
    public var activeDecodeTargets: UInt32?
    /// The frame's spatial layer, if its template is known.
    public var spatialLayer: UInt8?
    /// The frame's temporal layer, if its template is known.
    public var temporalLayer: UInt8?

    /// Parses a descriptor.
    ///
    /// - Parameters:
    ///   - bytes: The data of the header extension.
    ///   - known: The last structure of the same stream.
    /// - Returns: Nil if the bytes are cut off or contradict the specification.
    public static func parse(_ bytes: RawSpan, known: DependencyStructure?) -> DependencyDescriptor? {
        var reader = BitReader(bytes)
        var descriptor = DependencyDescriptor(
            isStartOfFrame: reader.readFlag(), isEndOfFrame: reader.readFlag(),
            templateID: UInt8(truncatingIfNeeded: reader.read(6)),
            frameNumber: UInt16(truncatingIfNeeded: reader.read(16)))
        guard !reader.failed else { return nil }
        if bytes.byteCount > 3 {
            let hasStructure = reader.readFlag()
            let hasActiveTargets = reader.readFlag()
            // Own indications, differences and chains follow at the end, where nothing of interest comes after them.
            reader.skip(3)
            if hasStructure {
                guard let structure = DependencyStructure.parse(&reader) else { return nil }
                descriptor.structure = structure
                descriptor.activeDecodeTargets = structure.allDecodeTargets
            }
            if hasActiveTargets {
                guard let structure = descriptor.structure ?? known else { return nil }
                descriptor.activeDecodeTargets = reader.read(structure.decodeTargetCount)
            }
            guard !reader.failed else { return nil }
        }
        if let template = (descriptor.structure ?? known)?.template(descriptor.templateID) {
            descriptor.spatialLayer = template.spatialLayer
            descriptor.temporalLayer = template.temporalLayer
        }
        return descriptor
    }
}

/// The template structure of a dependency descriptor: the layers of a stream and their sizes.
public struct DependencyStructure: Sendable, Hashable {
    /// One template: the layer of the frames that refer to it.
    public struct Template: Sendable, Hashable {
        /// The spatial layer, 0...3.
        public var spatialLayer: UInt8
        /// The temporal layer, 0...7.
        public var temporalLayer: UInt8
    }

    /// The size of the pictures of one spatial layer.
    public struct Resolution: Sendable, Hashable {
        /// Width in pixels, 1...65536.
        public var width: Int
        /// Height in pixels, 1...65536.
        public var height: Int
    }

    /// The id of the first template; ids count up from here, modulo 64.
    public var firstTemplateID: UInt8
    /// How many decode targets there are, 1...32.
    public var decodeTargetCount: Int
    /// The templates in the order of their ids.
    public var templates: [Template]
    /// The picture size of each spatial layer; empty if the sender does not say.
    public var resolutions: [Resolution]

    /// The template with an id as packets write it; nil if there is none.
    public func template(_ id: UInt8) -> Template? {
        let index = Int((id &- firstTemplateID) & 63)
        return index < templates.count ? templates[index] : nil
    }

    /// A mask with every decode target active.
    var allDecodeTargets: UInt32 { decodeTargetCount >= 32 ? .max : 1 << UInt32(decodeTargetCount) - 1 }

    /// Reads `template_dependency_structure()`, section A.8.2.
    static func parse(_ reader: inout BitReader) -> DependencyStructure? {
        let firstTemplateID = UInt8(truncatingIfNeeded: reader.read(6))
        let decodeTargetCount = Int(reader.read(5)) + 1
        guard let templates = parseLayers(&reader) else { return nil }
        // template_dtis: two bits for every template and decode target.
        reader.skip(templates.count * decodeTargetCount * 2)
        // template_fdiffs: a list of four-bit differences for every template.
        for _ in templates {
            while reader.readFlag() { reader.skip(4) }
        }
        parseChains(&reader, templates.count, decodeTargetCount)
        var resolutions: [Resolution] = []
        if reader.readFlag() {
            let layerCount = Int(templates.last?.spatialLayer ?? 0) + 1
            for _ in 0..<layerCount {
                resolutions.append(
                    Resolution(width: Int(reader.read(16)) + 1, height: Int(reader.read(16)) + 1))
            }
        }
        guard !reader.failed else { return nil }
        return DependencyStructure(
            firstTemplateID: firstTemplateID, decodeTargetCount: decodeTargetCount, templates: templates,
            resolutions: resolutions)
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

    /// Passes over `template_chains()`.
    private static func parseChains(_ reader: inout BitReader, _ templateCount: Int, _ decodeTargetCount: Int)
    {
        let chainCount = Int(reader.readNonSymmetric(UInt32(decodeTargetCount) + 1))
        guard chainCount > 0 else { return }
        for _ in 0..<decodeTargetCount { _ = reader.readNonSymmetric(UInt32(chainCount)) }
        reader.skip(templateCount * chainCount * 4)
    }
}

/// Reads bit fields, most significant bit first, and never past the end.
struct BitReader: ~Escapable {
    private let bytes: RawSpan
    private var position = 0
    /// Whether a read went past the end.
    private(set) var failed = false

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) { self.bytes = bytes }

    /// Reads `count` bits, at most 32.
    mutating func read(_ count: Int) -> UInt32 {
        guard count <= bytes.byteCount * 8 - position else {
            fail()
            return 0
        }
        var value: UInt32 = 0
        for _ in 0..<count {
            let byte = bytes.unsafeLoadUnaligned(fromByteOffset: position / 8, as: UInt8.self)
            value = value << 1 | UInt32(byte >> UInt8(7 - position % 8) & 1)
            position += 1
        }
        return value
    }

    /// Reads one bit.
    mutating func readFlag() -> Bool { read(1) == 1 }

    /// Moves on by `count` bits.
    mutating func skip(_ count: Int) {
        guard count <= bytes.byteCount * 8 - position else { return fail() }
        position += count
    }

    /// Reads a number below `limit` in the `ns(n)` coding of the AV1 bitstream specification, section 4.10.7.
    mutating func readNonSymmetric(_ limit: UInt32) -> UInt32 {
        let width = UInt32.bitWidth - limit.leadingZeroBitCount
        guard width > 0 else { return 0 }
        let short = UInt32(truncatingIfNeeded: UInt64(1) << UInt64(width)) &- limit
        let value = read(width - 1)
        guard value >= short else { return value }
        return value << 1 &- short &+ read(1)
    }

    private mutating func fail() {
        failed = true
        position = bytes.byteCount * 8
    }
}
