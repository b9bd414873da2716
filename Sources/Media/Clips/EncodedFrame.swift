import WireFormats

/// One encoded frame of a clip: where it lies, how it is cut into packets, and how good it is.
///
/// Of a scalable stream this is one layer frame; the picture that it shows is that of its layer.
public struct EncodedFrame: Hashable, Sendable {
    /// Offset of its first byte in the clip's buffer.
    public let offset: Int
    /// Its length in bytes, tag included.
    public let count: Int
    /// Where in the frame the tag has its place, which lies in the frame's first or last packet.
    public let tagOffset: Int
    /// Whether a decoder can start here; of a scalable stream, with the layers below.
    public let isKeyFrame: Bool
    /// How many packets it is sent in.
    public let packetCount: Int
    /// How well the decoded frame matches the source, below the frame mark.
    public let quality: PictureQuality

    /// Largest piece of a frame in one packet, in bytes.
    public static let maximumBodySize = 1100
    /// Largest frame that can be cut so that its tag stays whole.
    public static let maximumSize = 1 << 20
    /// How far into a frame a tag may lie, if it is not at the end: what even the shortest first of several packets
    /// holds.
    static let maximumTagOffset = maximumBodySize / 2 - FrameTag.byteCount

    init(offset: Int, count: Int, tagOffset: Int, isKeyFrame: Bool, quality: PictureQuality) {
        self.offset = offset
        self.count = count
        self.tagOffset = tagOffset
        self.isKeyFrame = isKeyFrame
        self.quality = quality
        packetCount = max(1, (count + Self.maximumBodySize - 1) / Self.maximumBodySize)
    }

    /// The same frame in another buffer, to whose end its bytes are copied.
    func moved(from source: [UInt8], to target: inout [UInt8]) -> EncodedFrame {
        let start = target.count
        target += source[offset..<offset + count]
        return EncodedFrame(
            offset: start, count: count, tagOffset: tagOffset, isKeyFrame: isKeyFrame, quality: quality)
    }

    /// Whether a tag at this place lies in one packet of the frame, whatever the cut.
    static func permitsTag(at offset: Int, in count: Int) -> Bool {
        offset >= 0 && (offset <= maximumTagOffset || offset == count - FrameTag.byteCount)
            && offset + FrameTag.byteCount <= count
    }

    /// Bytes of the frame in each packet but the last, which may have fewer.
    ///
    /// Equal packets leave in one system call (UDP generic segmentation offload). The last of n packets has
    /// at least (count - (n - 1)^2) / n bytes, hence more than a tag for every frame up to `maximumSize`.
    var bodySize: Int { (count + packetCount - 1) / packetCount }

    /// Which bytes of the frame packet `index` carries.
    func body(of index: Int) -> Range<Int> {
        let start = index * bodySize
        return start..<min(start + bodySize, count)
    }
}
