import Primitives
import WireFormats

/// Puts the packets of a VP9 stream together to pictures and tells which of them a decoder could show.
///
/// A server forwards of every picture the layers that this receiver needs, and closes the sequence numbers over the
/// rest. A picture is whole when all its packets are there, from the first of its lowest layer frame to the one with
/// the marker; it can be shown when every layer frame in it finds its references: the pictures that its descriptor
/// names (RFC 9628 section 4.2, P_DIFF), in the same layer, and the layer below where it says so. A lost picture that
/// nothing refers to is passed over, once the next has waited for its repair for as long as a player would.
/// Constant memory: the newest 32 pictures, and which of the last 64 were decoded.
struct ScalableAssembler: Sendable {
    private struct LayerFrame: Sendable {
        var isPresent = false
        var isInterPicture = false
        var dependsOnLowerLayer = false
        var references = SIMD4<UInt8>()
        var referenceCount = 0
        var tag: FrameTag?
    }

    private struct Slot: Sendable {
        var timestamp: Int64 = .min
        var picture: Int64 = 0
        var first: Int64?
        var last: Int64?
        var packets: Int64 = 0
        var byteCount = 0
        var newest = Instant.zero
        var layers = InlineArray<4, LayerFrame>(repeating: LayerFrame())

        var isUsed: Bool { timestamp != .min }
        var lowest: Int? { (0..<4).first { layers[$0].isPresent } }
        var highest: Int? { (0..<4).last { layers[$0].isPresent } }

        /// Without its lower layers a picture may yet get them: it is not whole.
        var isWhole: Bool {
            guard let first, let last, packets == last - first + 1, let lowest else { return false }
            return !layers[lowest].dependsOnLowerLayer
        }

        var isKeyPicture: Bool { lowest.map { $0 == 0 && !layers[0].isInterPicture } ?? false }
    }

    /// As libwebrtc: after three seconds without a decodable frame the chain is taken as broken.
    static let patience = Interval.seconds(3)

    /// Pictures that were given up, apart from those before the first key picture.
    private(set) var skipped: UInt64 = 0
    /// A key picture is needed before anything can be shown.
    var isWaitingForKeyFrame: Bool { next == nil }

    private var slots = InlineArray<32, Slot>(repeating: Slot())
    /// Numbers of the latest packets without a picture, each at its place modulo 64.
    private var padding = InlineArray<64, Int64>(repeating: -1)
    /// First packet of the picture that is due; nil while a key picture is needed.
    private var next: Int64?
    /// The timestamp of the picture that was shown last.
    private var shown: Int64 = .min
    /// The latest picture number without wrapping.
    private var newestPicture: Int64?
    /// Which picture each entry is about, and which of its layers were decoded; by number modulo 64.
    private var decodedPictures = InlineArray<64, Int64>(repeating: .min)
    private var decodedLayers = InlineArray<64, UInt8>(repeating: 0)
    private var blockedSince: Instant?
    private var hasStarted = false

    /// Adds a packet that had not been received before.
    mutating func add(
        sequence: Int64, timestamp: Int64, marker: Bool, payload: UnsafeRawBufferPointer, now: Instant
    ) -> FrameAssembler.Glimpse {
        var glimpse = FrameAssembler.Glimpse()
        guard payload.count > 0, let (descriptor, headerSize) = VP9PayloadDescriptor.parse(payload.bytes)
        else {
            padding[Int(sequence & 63)] = sequence
            return glimpse
        }
        // What comes after its picture was shown or passed over would only take the place of a newer one.
        guard timestamp > shown else { return glimpse }
        let index = slot(for: timestamp)
        if let id = descriptor.pictureID {
            slots[index].picture = unwrap(id, isLong: descriptor.hasLongPictureID)
        }
        slots[index].packets += 1
        slots[index].byteCount += payload.count - headerSize
        slots[index].newest = now
        let spatial = min(3, descriptor.spatialLayer)
        if descriptor.isStartOfFrame {
            var layer = LayerFrame()
            layer.isPresent = true
            layer.isInterPicture = descriptor.isInterPicture
            layer.dependsOnLowerLayer = descriptor.layer?.dependsOnLowerLayer ?? false
            layer.referenceCount = descriptor.referenceCount
            for reference in 0..<descriptor.referenceCount {
                layer.references[reference] = descriptor[reference: reference]
            }
            layer.tag = FrameTag(vp9: payload.bytes.extracting(headerSize...))
            slots[index].layers[spatial] = layer
            slots[index].first = min(slots[index].first ?? sequence, sequence)
            glimpse.startsKeyFrame = descriptor.startsKeyFrame
        }
        if marker { slots[index].last = sequence }
        return glimpse
    }

    /// The next picture that can be shown by now; call until nil.
    ///
    /// - Parameter hold: How long a picture waits for the repair of what was lost before it.
    mutating func nextFrame(now: Instant, hold: Interval) -> FrameAssembler.Frame? {
        skipPadding()
        while let next, let index = whole(startingAt: next) {
            defer { skipPadding() }
            if isDecodable(index) {
                blockedSince = nil
                return take(index)
            }
            // Nothing is missing but what it refers to, and that was passed over.
            self.next = (slots[index].last ?? 0) + 1
            shown = max(shown, slots[index].timestamp)
            slots[index] = Slot()
            countSkipped()
        }
        var best: Int?
        for index in 0..<32 where slots[index].isWhole {
            guard slots[index].isKeyPicture || (next != nil && isDecodable(index)) else { continue }
            guard slots[index].isKeyPicture || now - slots[index].newest >= hold else { continue }
            if let known = best, slots[known].timestamp <= slots[index].timestamp { continue }
            best = index
        }
        if let best {
            giveUp(before: slots[best].timestamp)
            blockedSince = nil
            return take(best)
        }
        checkPatience(now)
        return nil
    }

    /// Forgets everything: the sender was paused or another stream took its place.
    mutating func reset() {
        for index in 0..<32 { slots[index] = Slot() }
        for index in 0..<64 { decodedPictures[index] = .min }
        next = nil
        blockedSince = nil
        hasStarted = false
    }

    private func isDecodable(_ index: Int) -> Bool {
        for spatial in 0..<4 where slots[index].layers[spatial].isPresent {
            let layer = slots[index].layers[spatial]
            if layer.dependsOnLowerLayer, spatial == 0 || !slots[index].layers[spatial - 1].isPresent {
                return false
            }
            guard layer.isInterPicture else { continue }
            // Where references are not listed, the order of the packets is all there is.
            guard layer.referenceCount > 0 else {
                if slots[index].first == next { continue }
                return false
            }
            for reference in 0..<layer.referenceCount {
                let picture = slots[index].picture - Int64(layer.references[reference])
                let place = Int(picture & 63)
                let isDecoded =
                    decodedPictures[place] == picture && decodedLayers[place] >> UInt8(spatial) & 1 == 1
                guard isDecoded else { return false }
            }
        }
        return true
    }

    private mutating func skipPadding() {
        while let current = next, padding[Int(current & 63)] == current { next = current + 1 }
    }

    private mutating func take(_ index: Int) -> FrameAssembler.Frame {
        let slot = slots[index]
        slots[index] = Slot()
        next = (slot.last ?? 0) + 1
        shown = slot.timestamp
        hasStarted = true
        let place = Int(slot.picture & 63)
        decodedPictures[place] = slot.picture
        decodedLayers[place] = 0
        for spatial in 0..<4 where slot.layers[spatial].isPresent {
            decodedLayers[place] |= 1 << UInt8(spatial)
        }
        return FrameAssembler.Frame(
            timestamp: slot.timestamp, completed: slot.newest, byteCount: slot.byteCount,
            isKeyFrame: slot.isKeyPicture, tag: slot.highest.flatMap { slot.layers[$0].tag })
    }

    private mutating func checkPatience(_ now: Instant) {
        var isBlocked = false
        for index in 0..<32 where slots[index].isUsed { isBlocked = true }
        guard next != nil, isBlocked else {
            blockedSince = nil
            return
        }
        let since = blockedSince ?? now
        blockedSince = since
        if now - since > Self.patience { next = nil }
    }

    private func whole(startingAt sequence: Int64) -> Int? {
        for index in 0..<32 where slots[index].first == sequence && slots[index].isWhole { return index }
        return nil
    }

    private mutating func slot(for timestamp: Int64) -> Int {
        var oldest = 0
        for index in 0..<32 {
            if slots[index].timestamp == timestamp { return index }
            if slots[index].timestamp < slots[oldest].timestamp { oldest = index }
        }
        if slots[oldest].isUsed { countSkipped() }
        slots[oldest] = Slot()
        slots[oldest].timestamp = timestamp
        return oldest
    }

    private mutating func giveUp(before timestamp: Int64) {
        for index in 0..<32 where slots[index].isUsed && slots[index].timestamp < timestamp {
            slots[index] = Slot()
            countSkipped()
        }
    }

    private mutating func countSkipped() {
        if hasStarted { skipped += 1 }
    }

    /// The picture number nearest to the latest one whose low bits are `id`.
    private mutating func unwrap(_ id: UInt16, isLong: Bool) -> Int64 {
        guard let newest = newestPicture else {
            newestPicture = Int64(id)
            return Int64(id)
        }
        let modulus: Int64 = isLong ? 1 << 15 : 1 << 7
        let difference = ((Int64(id) - newest) % modulus + modulus) % modulus
        let picture = newest + (difference >= modulus / 2 ? difference - modulus : difference)
        newestPicture = max(newest, picture)
        return picture
    }
}
