import Primitives
import RTC
import Visio
import WireFormats

/// One published track on its way to one subscriber: chooses the layer and keeps the numbers continuous.
///
/// Sequence numbers and timestamps start as the publisher's and get an offset with the first layer switch; the
/// VP8 picture ids are kept continuous likewise; payload bytes behind the VP8 descriptor are never touched.
final class DownTrack {
    /// What is forwarded.
    unowned let track: PublishedTrack
    /// To whom.
    unowned let subscriber: Session
    /// Section in the subscriber's peer connection, once agreed on.
    var section: Int?
    /// The section while it was offered and is not yet answered, where the server makes the offers.
    var offeredSection: Int?
    /// Source of the packets to the subscriber, stable for the life of the track.
    let ssrc: UInt32
    /// Source of the retransmissions.
    let rtxSSRC: UInt32
    /// The payload type the subscriber negotiated, and whether it is RED; nil until attached.
    var payload: (type: UInt8, isRED: Bool)?
    /// The highest layer the subscriber wants: 0...2.
    var wantedQuality: Int
    /// The subscriber does not want to see the track now.
    var isPaused = false
    /// Packets numbered for the subscriber so far.
    var forwardedCount: UInt64 = 0

    /// The layer that is forwarded now.
    private(set) var currentQuality: Int?
    private var sequenceOffset: Int64 = 0
    private var timestampOffset: UInt32 = 0
    private var firstSequence: Int64 = 0
    private var lastSequence: Int64?
    private var lastTimestamp: UInt32 = 0
    private var lastForwarded = Instant.zero
    private var pictures = VP8DescriptorRewriter()

    /// A subscription that has no section yet.
    init(track: PublishedTrack, subscriber: Session, ssrc: UInt32, rtxSSRC: UInt32, wantedQuality: Int) {
        self.track = track
        self.subscriber = subscriber
        self.ssrc = ssrc
        self.rtxSSRC = rtxSSRC
        self.wantedQuality = wantedQuality
    }

    /// The layer that should be forwarded, given what sends now.
    func targetQuality(now: Instant) -> Int? {
        isPaused || section == nil ? nil : track.bestActive(upTo: wantedQuality, now: now)
    }

    /// Whether a key frame of the target layer is needed before the subscriber sees what it asked for.
    func neededKeyFrame(now: Instant) -> Int? {
        guard track.kind == .video, let target = targetQuality(now: now), target != currentQuality else {
            return nil
        }
        return target
    }

    /// Forgets the current layer: the next picture starts with a key frame.
    func stop() { currentQuality = nil }

    /// What a packet became on its way.
    struct Forwarded {
        var sequenceNumber: UInt16
        var timestamp: UInt32
    }

    /// Decides about one packet of the publisher and numbers it for the subscriber; nil = not for this one.
    ///
    /// - Parameters:
    ///   - quality: The layer it belongs to.
    ///   - startsKeyFrame: Whether it is the first packet of a key frame.
    func admit(
        quality: Int, sequence: Int64, timestamp: UInt32, startsKeyFrame: Bool, now: Instant
    ) -> Forwarded? {
        guard !isPaused, section != nil else { return nil }
        if track.kind == .video {
            if quality != currentQuality {
                guard startsKeyFrame, quality == targetQuality(now: now) else { return nil }
                switchTo(quality: quality, sequence: sequence, timestamp: timestamp, now: now)
            }
        } else if currentQuality == nil {
            switchTo(quality: quality, sequence: sequence, timestamp: timestamp, now: now)
        }
        guard sequence >= firstSequence else { return nil }
        let outgoing = sequence &+ sequenceOffset
        let stamp = timestamp &+ timestampOffset
        if outgoing > lastSequence ?? .min {
            lastSequence = outgoing
            lastTimestamp = stamp
            lastForwarded = now
        }
        return Forwarded(sequenceNumber: UInt16(truncatingIfNeeded: outgoing), timestamp: stamp)
    }

    private func switchTo(quality: Int, sequence: Int64, timestamp: UInt32, now: Instant) {
        currentQuality = quality
        firstSequence = sequence
        guard let last = lastSequence else { return }
        sequenceOffset = last &+ 1 &- sequence
        // Layers have timestamps of their own; the gap in time since the last packet keeps the clock running.
        let rate: Int64 = track.kind == .video ? 90 : 48
        let elapsed = max(1, (now - lastForwarded).nanoseconds / 1_000_000 * rate)
        timestampOffset = lastTimestamp &+ UInt32(truncatingIfNeeded: elapsed) &- timestamp
        pictures.switchSource()
    }

    /// Writes a payload as the subscriber gets it; returns the number of bytes, 0 when it cannot be written.
    func write(
        _ payload: UnsafeRawBufferPointer, isRED: Bool, into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        if track.kind == .video { return writePicture(payload, into: buffer) }
        guard isRED, self.payload?.isRED == false else { return Self.copy(payload, into: buffer) }
        guard var blocks = REDBlocks(payload.bytes) else { return 0 }
        while let block = blocks.next() {
            guard block.isPrimary else { continue }
            let frame = UnsafeRawBufferPointer(rebasing: payload[block.offset..<block.offset + block.count])
            return Self.copy(frame, into: buffer)
        }
        return 0
    }

    private func writePicture(
        _ payload: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        guard let (descriptor, count) = VP8PayloadDescriptor.parse(payload.bytes),
            let rewritten = pictures.rewrite(descriptor)
        else { return 0 }
        let head = rewritten.write(into: buffer)
        guard head > 0 else { return 0 }
        let body = Self.copy(
            UnsafeRawBufferPointer(rebasing: payload[count...]),
            into: UnsafeMutableRawBufferPointer(rebasing: buffer[head...]))
        return body == 0 ? 0 : head + body
    }

    /// Whether a packet that was forwarded before can still be written as it was.
    func canRepeat(quality: Int, sequence: Int64) -> Bool {
        quality == currentQuality && sequence >= firstSequence
    }

    private static func copy(_ source: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer)
        -> Int
    {
        guard let from = source.baseAddress, source.count <= buffer.count else { return 0 }
        buffer.baseAddress?.copyMemory(from: from, byteCount: source.count)
        return source.count
    }
}

/// Names one cached uplink packet in a subscriber's history: layer in the top byte, sequence number below.
struct ForwardingToken {
    var quality: Int
    var sequence: Int64

    init(quality: Int, sequence: Int64) {
        self.quality = quality
        self.sequence = sequence
    }

    init(_ raw: UInt64) {
        quality = Int(raw >> 56)
        sequence = Int64(bitPattern: raw & 0x00ff_ffff_ffff_ffff)
    }

    var raw: UInt64 { UInt64(quality) << 56 | UInt64(bitPattern: sequence) & 0x00ff_ffff_ffff_ffff }
}
