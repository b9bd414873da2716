/// One encoded frame of a clip: where it lies, how it is cut into packets, and how good it is.
public struct EncodedFrame: Hashable, Sendable {
    /// Offset of its first byte in the library's buffer.
    public let offset: Int
    /// Its length in bytes, tag included.
    public let count: Int
    /// Whether a decoder can start here.
    public let isKeyFrame: Bool
    /// How many packets it is sent in.
    public let packetCount: Int
    /// How well the decoded frame matches the source, below the frame mark.
    public let quality: PictureQuality

    /// Largest piece of a frame in one packet, in bytes.
    public static let maximumBodySize = 1100
    /// Largest frame that can be cut so that its tag stays whole.
    public static let maximumSize = 1 << 20

    init(offset: Int, count: Int, isKeyFrame: Bool, quality: PictureQuality) {
        self.offset = offset
        self.count = count
        self.isKeyFrame = isKeyFrame
        self.quality = quality
        packetCount = max(1, (count + Self.maximumBodySize - 1) / Self.maximumBodySize)
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
