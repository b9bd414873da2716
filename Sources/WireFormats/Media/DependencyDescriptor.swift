/// The dependency descriptor of a packet: which frame it belongs to, in which layer, and what the frame needs (AV1
/// RTP specification, appendix A).
///
/// Only the first packet of a key frame carries the template structure; all others refer to it, so a parser keeps the
/// last one per stream. Packets without a structure are parsed and written without allocating.
public struct DependencyDescriptor: Sendable {
    /// The longest descriptor that is written: three spatial and three temporal layers with their sizes take 91.
    public static let maximumByteCount = 255

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
    /// What the frame depends on, if its template is known.
    public var dependencies: FrameDependencies?
    /// The size of the frame's picture, if the packet or its template tells.
    public var resolution: DependencyStructure.Resolution?

    /// Describes a packet of a frame of which nothing else is known.
    public init(isStartOfFrame: Bool, isEndOfFrame: Bool, templateID: UInt8, frameNumber: UInt16) {
        self.isStartOfFrame = isStartOfFrame
        self.isEndOfFrame = isEndOfFrame
        self.templateID = templateID
        self.frameNumber = frameNumber
    }

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
        guard bytes.byteCount > 3 else {
            descriptor.take((known)?.template(descriptor.templateID), of: known)
            return descriptor
        }
        let hasStructure = reader.readFlag()
        let hasActiveTargets = reader.readFlag()
        let hasIndications = reader.readFlag()
        let hasDifferences = reader.readFlag()
        let hasChains = reader.readFlag()
        if hasStructure {
            guard let structure = DependencyStructure.parse(&reader) else { return nil }
            descriptor.structure = structure
            descriptor.activeDecodeTargets = structure.allDecodeTargets
        }
        let current = descriptor.structure ?? known
        if hasActiveTargets {
            guard let current else { return nil }
            descriptor.activeDecodeTargets = reader.read(current.decodeTargetCount)
        }
        descriptor.take(current?.template(descriptor.templateID), of: current)
        if hasIndications || hasDifferences || hasChains {
            guard let current, var own = descriptor.dependencies else { return nil }
            if hasIndications { own.parseIndications(&reader, count: current.decodeTargetCount) }
            if hasDifferences, !own.parseDifferences(&reader) { return nil }
            if hasChains { own.parseChains(&reader, count: current.chainCount) }
            descriptor.dependencies = own
        }
        return reader.failed ? nil : descriptor
    }

    private mutating func take(_ template: DependencyStructure.Template?, of structure: DependencyStructure?)
    {
        guard let template else { return }
        spatialLayer = template.spatialLayer
        temporalLayer = template.temporalLayer
        dependencies = template.dependencies
        if let sizes = structure?.resolutions, Int(template.spatialLayer) < sizes.count {
            resolution = sizes[Int(template.spatialLayer)]
        }
    }
}

extension DependencyDescriptor {
    /// Writes the descriptor of a packet, with the template that comes closest and own fields where it differs.
    ///
    /// - Parameters:
    ///   - known: The structure of the stream, which receivers have.
    ///   - buffer: Where to write.
    /// - Returns: The length; 0 if the buffer is too small or no template has the frame's layer.
    public func write(known: DependencyStructure, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let choice = template(in: known) else { return 0 }
        let template = known.templates[choice]
        let own = dependencies ?? template.dependencies
        let hasIndications = !own.hasIndications(of: template.dependencies, count: known.decodeTargetCount)
        let hasDifferences = !own.hasDifferences(of: template.dependencies)
        let hasChains = !own.hasChains(of: template.dependencies, count: known.chainCount)
        var targets = activeDecodeTargets
        // A structure says by itself that every target is active.
        if structure != nil, targets == known.allDecodeTargets { targets = nil }

        var writer = BitWriter(buffer)
        writer.write(isStartOfFrame)
        writer.write(isEndOfFrame)
        writer.write(UInt32((known.firstTemplateID &+ UInt8(choice)) & 63), 6)
        writer.write(UInt32(frameNumber), 16)
        if structure != nil || targets != nil || hasIndications || hasDifferences || hasChains {
            writer.write(structure != nil)
            writer.write(targets != nil)
            writer.write(hasIndications)
            writer.write(hasDifferences)
            writer.write(hasChains)
            structure?.write(into: &writer)
            if let targets { writer.write(targets, known.decodeTargetCount) }
            if hasIndications { own.writeIndications(into: &writer, count: known.decodeTargetCount) }
            if hasDifferences { own.writeDifferences(into: &writer) }
            if hasChains { own.writeChains(into: &writer, count: known.chainCount) }
        }
        return writer.overflowed ? 0 : writer.byteCount
    }

    /// The template of the frame's layer that leaves the fewest bits to be written.
    private func template(in structure: DependencyStructure) -> Int? {
        var best: (index: Int, bits: Int)?
        for (index, template) in structure.templates.enumerated() {
            guard template.spatialLayer == spatialLayer, template.temporalLayer == temporalLayer else {
                continue
            }
            let bits = dependencies?.bits(beside: template.dependencies, in: structure) ?? 0
            if bits < best?.bits ?? .max { best = (index, bits) }
        }
        return best?.index
    }
}

/// The fields of a frame that templates do not cover, sections A.8.4 and A.8.5.
extension FrameDependencies {
    fileprivate mutating func parseIndications(_ reader: inout BitReader, count: Int) {
        for target in 0..<count {
            self[target: target] = DecodeTargetIndication(rawValue: UInt8(reader.read(2))) ?? .notPresent
        }
    }

    fileprivate mutating func parseDifferences(_ reader: inout BitReader) -> Bool {
        removeDifferences()
        while true {
            // next_fdiff_size counts nibbles; 0 ends the list.
            let size = Int(reader.read(2))
            if size == 0 { return !reader.failed }
            guard differenceCount < Self.maximumDifferenceCount else { return false }
            append(difference: UInt16(reader.read(4 * size)) + 1)
        }
    }

    fileprivate mutating func parseChains(_ reader: inout BitReader, count: Int) {
        for chain in 0..<count { self[chain: chain] = UInt8(truncatingIfNeeded: reader.read(8)) }
    }

    fileprivate func writeIndications(into writer: inout BitWriter, count: Int) {
        for target in 0..<count { writer.write(UInt32(self[target: target].rawValue), 2) }
    }

    fileprivate func writeDifferences(into writer: inout BitWriter) {
        for index in 0..<differenceCount {
            let nibbles = Self.nibbles(of: self[difference: index])
            writer.write(UInt32(nibbles), 2)
            writer.write(UInt32(self[difference: index] - 1), 4 * nibbles)
        }
        writer.write(0, 2)
    }

    fileprivate func writeChains(into writer: inout BitWriter, count: Int) {
        for chain in 0..<count { writer.write(UInt32(self[chain: chain]), 8) }
    }

    fileprivate func bits(beside template: FrameDependencies, in structure: DependencyStructure) -> Int {
        var bits = 0
        if !hasIndications(of: template, count: structure.decodeTargetCount) {
            bits += 2 * structure.decodeTargetCount
        }
        if !hasDifferences(of: template) {
            bits += 2
            for index in 0..<differenceCount { bits += 2 + 4 * Self.nibbles(of: self[difference: index]) }
        }
        if !hasChains(of: template, count: structure.chainCount) { bits += 8 * structure.chainCount }
        return bits
    }

    private static func nibbles(of difference: UInt16) -> Int {
        difference <= 16 ? 1 : difference <= 256 ? 2 : 3
    }
}
