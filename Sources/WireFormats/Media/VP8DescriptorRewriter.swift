/// Renumbers the pictures of an SFU's outgoing VP8 stream so that a receiver sees one unbroken stream, whatever
/// layers the packets come from and whichever pictures are left out (RFC 7741 section 4.2).
///
/// Picture id, TL0PICIDX and KEYIDX keep the differences they had in the source; a switch of source and a dropped
/// picture change the offset between incoming and outgoing numbers. Late packets get the offset that was in force
/// at their own picture, out of a fixed number of remembered changes.
public struct VP8DescriptorRewriter: Sendable {
    /// How outgoing picture ids are written.
    public enum PictureIDForm: Sendable {
        /// With 7 bits below 128 and 15 bits from there, as LiveKit does: the descriptor's length may change.
        case shortest
        /// Always with 15 bits.
        case long
    }

    /// Numbers of one picture without wrapping.
    private struct Numbers {
        /// Picture id, counted on through wraps.
        var picture: Int64
        /// TL0PICIDX as written.
        var baseLayer: UInt8
        /// KEYIDX as written.
        var key: UInt8
    }

    /// From which incoming picture on which offset holds.
    private struct Epoch {
        /// The first incoming picture of the epoch, in unwrapped incoming numbers.
        var firstPicture: Int64
        /// Outgoing minus incoming picture number.
        var offset: Int64
    }

    /// Offset changes that are remembered for late packets.
    private static let epochCapacity = 64
    /// Picture ids have 15 bits.
    private static let pictureModulus: Int64 = 1 << 15

    /// How outgoing picture ids are written.
    public let form: PictureIDForm

    /// The changes of the picture offset in the current source, oldest first.
    private var epochs: [Epoch] = []
    /// Whether the current source has written an id with 15 bits: its ids wrap at 2^15, else at 128.
    private var hasLongIDs = false
    /// The newest incoming picture of the current source.
    private var newestIncoming: Int64?
    /// What was last sent, of the newest picture.
    private var newestOutgoing: Numbers?
    /// Added to incoming TL0PICIDX.
    private var baseLayerOffset: UInt8 = 0
    /// Added to incoming KEYIDX.
    private var keyOffset: UInt8 = 0
    /// Whether the next picture comes from a new source.
    private var isSwitching = true

    /// Makes a rewriter that lets the first source's numbers through unchanged.
    public init(form: PictureIDForm = .shortest) {
        self.form = form
        epochs.reserveCapacity(Self.epochCapacity + 1)
    }

    /// The next picture passed to `rewrite` begins a new source; packets of the old one must no longer be passed.
    public mutating func switchSource() { isSwitching = true }

    /// Notes that the picture of `descriptor` is not forwarded, so that the numbers close up over it.
    ///
    /// May be called for every packet of the picture. A picture of which a packet was forwarded cannot be dropped.
    public mutating func drop(_ descriptor: VP8PayloadDescriptor) {
        guard !isSwitching, let newest = newestIncoming, let last = epochs.last,
            let picture = unwrap(descriptor, near: newest), picture > newest
        else { return }
        newestIncoming = picture
        // The dropped picture's number goes to the next one.
        append(Epoch(firstPicture: picture + 1, offset: last.offset - 1))
    }

    /// The descriptor to send for a packet that is forwarded; nil if its picture was dropped, comes from before the
    /// source began, or is too old to be renumbered.
    public mutating func rewrite(_ descriptor: VP8PayloadDescriptor) -> VP8PayloadDescriptor? {
        if isSwitching { beginSource(descriptor) }
        var result = descriptor
        var isNewest = true
        if let newest = newestIncoming, let picture = unwrap(descriptor, near: newest) {
            guard let offset = offset(at: picture) else { return nil }
            let number = picture + offset
            isNewest = picture >= newest
            newestIncoming = max(newest, picture)
            if let last = newestOutgoing?.picture, number > last { newestOutgoing?.picture = number }
            result.pictureID = UInt16(truncatingIfNeeded: number & (Self.pictureModulus - 1))
            result.hasLongPictureID = form == .long
        }
        if let index = descriptor.baseLayerIndex {
            result.baseLayerIndex = index &+ baseLayerOffset
            if isNewest { newestOutgoing?.baseLayer = index &+ baseLayerOffset }
        }
        if let index = descriptor.keyIndex {
            result.keyIndex = (index &+ keyOffset) & 0x1f
            if isNewest { newestOutgoing?.key = (index &+ keyOffset) & 0x1f }
        }
        return result
    }

    private mutating func beginSource(_ first: VP8PayloadDescriptor) {
        isSwitching = false
        let picture = Int64(first.pictureID ?? 0)
        epochs.removeAll(keepingCapacity: true)
        if let last = newestOutgoing {
            append(Epoch(firstPicture: picture, offset: last.picture + 1 - picture))
            baseLayerOffset = last.baseLayer &+ 1 &- (first.baseLayerIndex ?? 0)
            keyOffset = last.key &+ 1 &- (first.keyIndex ?? 0)
            newestOutgoing?.picture = last.picture + 1
        } else {
            append(Epoch(firstPicture: picture, offset: 0))
            newestOutgoing = Numbers(
                picture: picture, baseLayer: first.baseLayerIndex ?? 0, key: first.keyIndex ?? 0)
        }
        newestIncoming = first.pictureID == nil ? nil : picture
        hasLongIDs = first.hasLongPictureID
    }

    private mutating func append(_ epoch: Epoch) {
        if let last = epochs.last, last.firstPicture == epoch.firstPicture {
            epochs[epochs.count - 1] = epoch
            return
        }
        if epochs.count == Self.epochCapacity { epochs.removeFirst() }
        epochs.append(epoch)
    }

    /// The offset in force at an incoming picture; nil if it was dropped or is older than what is remembered.
    private func offset(at picture: Int64) -> Int64? {
        guard let index = epochs.lastIndex(where: { $0.firstPicture <= picture }) else { return nil }
        // Every epoch but the first begins right behind a dropped picture.
        let isDropped = index + 1 < epochs.count && epochs[index + 1].firstPicture == picture + 1
        return isDropped ? nil : epochs[index].offset
    }

    /// The picture number nearest to `reference` whose low bits the descriptor has; nil if it has no picture id.
    private mutating func unwrap(_ descriptor: VP8PayloadDescriptor, near reference: Int64) -> Int64? {
        guard let id = descriptor.pictureID else { return nil }
        hasLongIDs = hasLongIDs || descriptor.hasLongPictureID
        let modulus = hasLongIDs ? Self.pictureModulus : 128
        let difference = ((Int64(id) - reference) % modulus + modulus) % modulus
        return reference + (difference >= modulus / 2 ? difference - modulus : difference)
    }
}
