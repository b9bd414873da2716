import Primitives

/// The descriptor in front of every VP9 payload (RFC 9628 section 4.2).
///
/// A VP9 picture consists of one layer frame for each spatial layer; a packet belongs to one layer frame.
public struct VP9PayloadDescriptor: Sendable, Hashable {
    /// The longest descriptor that is written: with references, and with the sizes of eight layers.
    public static let maximumByteCount = 7 + 2 + ScalabilityStructure.maximumLayerCount * 4
    /// Most references of a layer frame.
    public static let maximumReferenceCount = 3

    /// The layer that a layer frame belongs to.
    public struct LayerIndices: Sendable, Hashable {
        /// TID: the temporal layer, 0...7.
        public var temporal: UInt8
        /// U: whether a receiver may switch up to a higher temporal layer behind this frame.
        public var isSwitchingUpPoint: Bool
        /// SID: the spatial layer, 0...7.
        public var spatial: UInt8
        /// D: whether the layer frame is predicted from the layer below in the same picture.
        public var dependsOnLowerLayer: Bool

        /// Describes a layer.
        public init(temporal: UInt8, isSwitchingUpPoint: Bool, spatial: UInt8, dependsOnLowerLayer: Bool) {
            self.temporal = temporal
            self.isSwitchingUpPoint = isSwitchingUpPoint
            self.spatial = spatial
            self.dependsOnLowerLayer = dependsOnLowerLayer
        }
    }

    /// I: the running number of the picture, 7 or 15 bits.
    public var pictureID: UInt16?
    /// M: whether the picture id is written with 15 bits; ids above 127 always are.
    public var hasLongPictureID = false
    /// P: whether the layer frame is predicted from earlier pictures.
    public var isInterPicture = false
    /// L: the layer, if the stream has more than one.
    public var layer: LayerIndices?
    /// F: whether references are listed in every frame.
    public var isFlexible = false
    /// B: whether the payload begins a layer frame.
    public var isStartOfFrame = false
    /// E: whether the payload ends a layer frame.
    public var isEndOfFrame = false
    /// Z: whether no layer frame above is predicted from this one.
    public var isNotReferenceForUpperLayers = false
    /// TL0PICIDX: the running number of the last picture of the lowest temporal layer; absent in flexible mode.
    public var baseLayerIndex: UInt8?
    /// V: the layers and their sizes, as key frames tell them.
    public var scalability: ScalabilityStructure?
    private var references = SIMD4<UInt8>()
    /// How many earlier pictures the layer frame names as references.
    public private(set) var referenceCount = 0

    /// Makes a descriptor without optional parts.
    public init() {}

    /// P_DIFF: how many pictures back reference `index` lies, 1...127.
    public subscript(reference index: Int) -> UInt8 { references[index] }

    /// Adds a reference to the picture that many pictures back.
    public mutating func addReference(_ difference: UInt8) {
        precondition(
            referenceCount < Self.maximumReferenceCount, "RFC 9628 section 4.2: at most three references")
        references[referenceCount] = difference & 0x7f
        referenceCount += 1
    }

    /// The spatial layer; 0 if the stream has one layer.
    public var spatialLayer: Int { Int(layer?.spatial ?? 0) }

    /// Whether the payload begins a picture that a decoder can start with.
    public var startsKeyFrame: Bool {
        isStartOfFrame && !isInterPicture && layer?.dependsOnLowerLayer != true
            && layer?.spatial ?? 0 == 0
    }

    /// Parses the descriptor at the start of a payload.
    ///
    /// - Returns: The descriptor and its length, which is the offset of the VP9 data; nil if it is cut off or if no
    ///   data follow.
    public static func parse(_ payload: RawSpan) -> (descriptor: VP9PayloadDescriptor, byteCount: Int)? {
        var reader = ByteReader(payload)
        let flags = reader.readUInt8()
        var descriptor = VP9PayloadDescriptor()
        descriptor.isInterPicture = flags & 0x40 != 0
        descriptor.isFlexible = flags & 0x10 != 0
        descriptor.isStartOfFrame = flags & 0x08 != 0
        descriptor.isEndOfFrame = flags & 0x04 != 0
        descriptor.isNotReferenceForUpperLayers = flags & 0x01 != 0
        if flags & 0x80 != 0 {
            let first = UInt16(reader.readUInt8())
            descriptor.hasLongPictureID = first & 0x80 != 0
            descriptor.pictureID =
                descriptor.hasLongPictureID ? (first & 0x7f) << 8 | UInt16(reader.readUInt8()) : first
        }
        if flags & 0x20 != 0 {
            let indices = reader.readUInt8()
            descriptor.layer = LayerIndices(
                temporal: indices >> 5, isSwitchingUpPoint: indices & 0x10 != 0, spatial: indices >> 1 & 7,
                dependsOnLowerLayer: indices & 1 != 0)
            if !descriptor.isFlexible { descriptor.baseLayerIndex = reader.readUInt8() }
        }
        if descriptor.isFlexible, descriptor.isInterPicture {
            var hasMore = true
            while hasMore {
                let byte = reader.readUInt8()
                guard !reader.failed, descriptor.referenceCount < maximumReferenceCount, byte >> 1 > 0 else {
                    return nil
                }
                descriptor.addReference(byte >> 1)
                hasMore = byte & 1 != 0
            }
        }
        if flags & 0x02 != 0 { descriptor.scalability = ScalabilityStructure.parse(&reader) }
        guard !reader.failed, reader.remaining > 0 else { return nil }
        return (descriptor, reader.offset)
    }

    /// The length that `write` needs.
    public var byteCount: Int {
        1 + (pictureID == nil ? 0 : writesLongPictureID ? 2 : 1)
            + (layer == nil ? 0 : isFlexible ? 1 : 2) + (isFlexible && isInterPicture ? referenceCount : 0)
            + (scalability?.byteCount ?? 0)
    }

    /// Writes the descriptor at the start of `buffer`.
    ///
    /// - Returns: Its length; 0 if the buffer is too small.
    public func write(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var writer = ByteWriter(buffer)
        writer.write(flags)
        if let pictureID {
            if writesLongPictureID {
                writer.write(0x8000 | pictureID)
            } else {
                writer.write(UInt8(truncatingIfNeeded: pictureID))
            }
        }
        if let layer {
            let indices = layer.temporal << 5 | layer.spatial << 1
            writer.write(
                indices | (layer.isSwitchingUpPoint ? 0x10 : 0) | (layer.dependsOnLowerLayer ? 1 : 0))
            if !isFlexible { writer.write(baseLayerIndex ?? 0) }
        }
        if isFlexible, isInterPicture {
            precondition(referenceCount > 0, "an inter-picture predicted frame has references")
            for index in 0..<referenceCount {
                writer.write(references[index] << 1 | (index + 1 < referenceCount ? 1 : 0))
            }
        }
        scalability?.write(into: &writer)
        return writer.overflowed ? 0 : writer.count
    }

    private var flags: UInt8 {
        let optional: UInt8 =
            (pictureID == nil ? 0 : 0x80) | (isInterPicture ? 0x40 : 0) | (layer == nil ? 0 : 0x20)
            | (isFlexible ? 0x10 : 0)
        let position: UInt8 = (isStartOfFrame ? 0x08 : 0) | (isEndOfFrame ? 0x04 : 0)
        return optional | position | (scalability == nil ? 0 : 0x02)
            | (isNotReferenceForUpperLayers ? 0x01 : 0)
    }

    private var writesLongPictureID: Bool { hasLongPictureID || (pictureID ?? 0) > 127 }
}

extension VP9PayloadDescriptor {
    /// SS: how many spatial layers there are and how large their pictures are (RFC 9628 section 4.2.1).
    ///
    /// The description of a picture group is passed over when reading and never written.
    public struct ScalabilityStructure: Sendable, Hashable {
        /// Most spatial layers.
        public static let maximumLayerCount = 8

        /// How many spatial layers there are, 1...8.
        public var layerCount: Int
        /// Whether sizes are given.
        public private(set) var hasSizes = false
        private var widths = SIMD8<UInt16>()
        private var heights = SIMD8<UInt16>()

        /// Describes layers whose sizes are not told.
        public init(layerCount: Int) {
            precondition(
                (1...Self.maximumLayerCount).contains(layerCount),
                "RFC 9628 section 4.2.1: N_S has three bits")
            self.layerCount = layerCount
        }

        /// Describes layers by their sizes, lowest first.
        public init(sizes: [(width: Int, height: Int)]) {
            self.init(layerCount: sizes.count)
            for (index, size) in sizes.enumerated() {
                setSize(UInt16(size.width), UInt16(size.height), of: index)
            }
        }

        /// The size of the pictures of a layer; nil if sizes are not told.
        public func size(of layer: Int) -> (width: Int, height: Int)? {
            guard hasSizes, layer < layerCount else { return nil }
            return (Int(widths[layer]), Int(heights[layer]))
        }

        private mutating func setSize(_ width: UInt16, _ height: UInt16, of layer: Int) {
            hasSizes = true
            widths[layer] = width
            heights[layer] = height
        }

        var byteCount: Int { 1 + (hasSizes ? 4 * layerCount : 0) }

        static func parse(_ reader: inout ByteReader) -> ScalabilityStructure {
            let head = reader.readUInt8()
            var structure = ScalabilityStructure(layerCount: Int(head >> 5) + 1)
            if head & 0x10 != 0 {
                for layer in 0..<structure.layerCount {
                    structure.setSize(reader.readUInt16(), reader.readUInt16(), of: layer)
                }
            }
            guard head & 0x08 != 0 else { return structure }
            for _ in 0..<reader.readUInt8() { reader.skip(Int(reader.readUInt8() >> 2 & 3)) }
            return structure
        }

        func write(into writer: inout ByteWriter) {
            writer.write(UInt8(layerCount - 1) << 5 | (hasSizes ? 0x10 : 0))
            guard hasSizes else { return }
            for layer in 0..<layerCount {
                writer.write(widths[layer])
                writer.write(heights[layer])
            }
        }
    }
}
