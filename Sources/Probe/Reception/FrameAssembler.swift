import Primitives
import WireFormats

/// Puts VP8 packets together to frames and tells which of them a decoder could show.
///
/// A frame is whole when all its packets from the one with the S bit to the one with the marker are there. It is
/// decodable when it is a key frame or when the frame before it, by sequence number, was decoded: Visio's VP8 has no
/// temporal layers, so every frame refers to its predecessor. Constant memory: the newest 32 frames.
struct FrameAssembler: Sendable {
    /// A whole frame whose turn has come.
    struct Frame: Sendable {
        var timestamp: Int64
        var completed: Instant
        var byteCount: Int
        var isKeyFrame: Bool
        var tag: FrameTag?
    }

    /// What adding a packet showed.
    struct Glimpse: Sendable {
        /// The packet is the first of a key frame.
        var startsKeyFrame = false
    }

    private struct Slot: Sendable {
        var timestamp: Int64 = .min
        var first: Int64?
        var last: Int64?
        var packets: Int64 = 0
        var byteCount = 0
        var isKeyFrame = false
        var tag: FrameTag?
        var newest = Instant.zero

        var isWhole: Bool {
            guard let first, let last else { return false }
            return packets == last - first + 1
        }
    }

    /// As libwebrtc: after three seconds without a decodable frame the chain is taken as broken.
    static let patience = Interval.seconds(3)

    /// Frames that were given up, apart from those before the first key frame: nobody was waiting for these.
    private(set) var skipped: UInt64 = 0
    /// A key frame is needed before anything can be shown.
    var isWaitingForKeyFrame: Bool { next == nil }

    /// Frames that are not complete or not yet due, in no order.
    private var slots = InlineArray<32, Slot>(repeating: Slot())
    /// Numbers of the latest packets without a picture, each at its place modulo 64.
    private var padding = InlineArray<64, Int64>(repeating: -1)
    /// First packet of the frame that is due; nil while a key frame is needed.
    private var next: Int64?
    /// Since when frames that cannot be shown have been arriving.
    private var blockedSince: Instant?
    /// Whether a frame was shown since the beginning or the last reset.
    private var hasStarted = false

    /// Adds a packet that had not been received before.
    mutating func add(
        sequence: Int64, timestamp: Int64, marker: Bool, payload: UnsafeRawBufferPointer, now: Instant
    ) -> Glimpse {
        var glimpse = Glimpse()
        // What comes after its frame was given up would only take the place of a newer one.
        if let next, sequence < next { return glimpse }
        guard payload.count > 0, let (descriptor, headerSize) = VP8PayloadDescriptor.parse(payload.bytes)
        else {
            padding[Int(sequence & 63)] = sequence
            return glimpse
        }
        let index = slot(for: timestamp)
        slots[index].packets += 1
        slots[index].byteCount += payload.count - headerSize
        slots[index].newest = now
        if descriptor.isStartOfFrame {
            slots[index].first = sequence
            slots[index].isKeyFrame = payload[headerSize] & 1 == 0  // RFC 6386 section 9.1
            glimpse.startsKeyFrame = slots[index].isKeyFrame
        }
        if marker {
            slots[index].last = sequence
            if payload.count >= FrameTag.byteCount { slots[index].tag = FrameTag(tail: payload) }
        }
        return glimpse
    }

    /// The next frame that can be shown, if it is whole by now; call until nil.
    mutating func nextFrame(now: Instant) -> Frame? {
        skipPadding()
        if let next, let index = whole(startingAt: next) {
            blockedSince = nil
            return take(index)
        }
        // A whole key frame further on restarts the chain; what lies before it is given up.
        var best: Int?
        for index in 0..<32 where slots[index].isWhole && slots[index].isKeyFrame {
            guard let first = slots[index].first, first > next ?? .min else { continue }
            if let known = best, let other = slots[known].first, other <= first { continue }
            best = index
        }
        if let best, let first = slots[best].first {
            giveUp(before: first)
            blockedSince = nil
            return take(best)
        }
        checkPatience(now)
        return nil
    }

    private mutating func checkPatience(_ now: Instant) {
        guard next != nil, hasLaterPackets else {
            blockedSince = nil
            return
        }
        let since = blockedSince ?? now
        blockedSince = since
        if now - since > Self.patience { next = nil }
    }

    private var hasLaterPackets: Bool {
        for index in 0..<32 where slots[index].timestamp != .min { return true }
        return false
    }

    /// Forgets everything: the sender was paused or another stream took its place.
    mutating func reset() {
        for index in 0..<32 { slots[index] = Slot() }
        next = nil
        blockedSince = nil
        hasStarted = false
    }

    private mutating func slot(for timestamp: Int64) -> Int {
        var oldest = 0
        for index in 0..<32 {
            if slots[index].timestamp == timestamp { return index }
            if slots[index].timestamp < slots[oldest].timestamp { oldest = index }
        }
        if slots[oldest].timestamp != .min { countSkipped() }
        slots[oldest] = Slot()
        slots[oldest].timestamp = timestamp
        return oldest
    }

    private func whole(startingAt sequence: Int64) -> Int? {
        for index in 0..<32 where slots[index].first == sequence && slots[index].isWhole { return index }
        return nil
    }

    private mutating func skipPadding() {
        while let current = next, padding[Int(current & 63)] == current { next = current + 1 }
    }

    private mutating func take(_ index: Int) -> Frame {
        let slot = slots[index]
        slots[index] = Slot()
        next = (slot.last ?? 0) + 1
        hasStarted = true
        return Frame(
            timestamp: slot.timestamp, completed: slot.newest, byteCount: slot.byteCount,
            isKeyFrame: slot.isKeyFrame, tag: slot.tag)
    }

    private mutating func countSkipped() {
        if hasStarted { skipped += 1 }
    }

    private mutating func giveUp(before sequence: Int64) {
        for index in 0..<32 where slots[index].timestamp != .min {
            let known = slots[index].first ?? slots[index].last ?? .max
            guard known < sequence else { continue }
            slots[index] = Slot()
            countSkipped()
        }
    }
}
