import Primitives
import RTC
import Visio
import WireFormats

/// One published track on its way to one subscriber: chooses the layer and keeps the numbers continuous.
///
/// Sequence numbers and timestamps start as the publisher's and get an offset with the first layer switch, pause or
/// packet left out; the VP8 picture ids are kept continuous likewise; payload bytes are otherwise never touched.
final class DownTrack {
    /// What is forwarded.
    unowned let track: PublishedTrack
    /// To whom.
    unowned let subscriber: Session
    /// Section in the subscriber's peer connection, once agreed on.
    var section: Int?
    /// The section while it was offered and is not yet answered, where the server makes the offers.
    var offeredSection: Int?
    /// The coding that the subscriber gets; nil until attached.
    var coding: PublishedCoding?
    /// Source of the packets to the subscriber, stable for the life of the track.
    let ssrc: UInt32
    /// Source of the retransmissions.
    let rtxSSRC: UInt32
    /// The payload type the subscriber negotiated, and whether it is RED; nil until attached.
    var payload: (type: UInt8, isRED: Bool)?
    /// The highest layer the subscriber wants: 0...2.
    var wantedQuality: Int
    /// The most pictures per second that the subscriber wants; 0 for all.
    var wantedFrameRate = 0
    /// The subscriber does not want to see the track now.
    var isPaused = false
    /// Packets numbered for the subscriber so far.
    var forwardedCount: UInt64 = 0

    /// The simulcast layer that is forwarded now; 0 for a scalable stream.
    private(set) var currentQuality: Int?
    private var numbers = SequenceCloser()
    private var timestampOffset: UInt32 = 0
    private var lastTimestamp: UInt32?
    private var lastForwarded = Instant.zero
    private var pictures = VP8DescriptorRewriter()
    private var selector = LayerSelector()
    private var plainSelector = DescriptorSelector()

    /// A subscription that has no section yet.
    init(track: PublishedTrack, subscriber: Session, ssrc: UInt32, rtxSSRC: UInt32, wantedQuality: Int) {
        self.track = track
        self.subscriber = subscriber
        self.ssrc = ssrc
        self.rtxSSRC = rtxSSRC
        self.wantedQuality = wantedQuality
    }

    /// The simulcast layer that should be forwarded, given what sends now.
    func targetQuality(now: Instant) -> Int? {
        isPaused || section == nil ? nil : coding?.bestActive(upTo: wantedQuality, now: now)
    }

    /// Whether a key frame of the target layer is needed before the subscriber sees what it asked for.
    func neededKeyFrame(now: Instant) -> Int? {
        guard track.kind == .video, let target = targetQuality(now: now) else { return nil }
        guard let coding, coding.isScalable else { return target == currentQuality ? nil : target }
        updateWish(coding.layers[0])
        if coding.scalability.structure != nil { return selector.isLocked(coding.scalability) ? nil : target }
        return plainSelector.current?.spatial == wantedQuality ? nil : target
    }

    /// Forgets the current layer: the next picture starts with a key frame.
    func stop() {
        currentQuality = nil
        selector.stop()
        plainSelector.stop()
    }

    /// What a packet became on its way.
    struct Forwarded {
        var sequenceNumber: UInt16
        var timestamp: UInt32
        var marker: Bool
    }

    /// Decides about one packet of a stream with one layer and numbers it for the subscriber; nil = not for this one.
    ///
    /// - Parameters:
    ///   - quality: The layer it belongs to.
    ///   - startsKeyFrame: Whether it is the first packet of a key frame.
    func admit(_ packet: InboundPacket, quality: Int, startsKeyFrame: Bool, now: Instant) -> Forwarded? {
        guard !isPaused, section != nil else { return nil }
        if track.kind == .video {
            if quality != currentQuality {
                guard startsKeyFrame, quality == targetQuality(now: now) else { return nil }
                begin(packet, quality: quality, now: now)
                pictures.switchSource()
            }
        } else if currentQuality == nil {
            begin(packet, quality: quality, now: now)
        }
        return number(packet, marker: packet.header.marker, now: now)
    }

    /// Decides about one packet of a scalable stream and numbers it for the subscriber; nil = not for this one.
    ///
    /// - Parameters:
    ///   - scalable: What its dependency descriptor says; nil if it has none.
    ///   - descriptor: Its payload descriptor.
    func admit(
        _ packet: InboundPacket, _ scalable: ScalablePacket?, _ descriptor: VP9PayloadDescriptor, now: Instant
    ) -> Forwarded? {
        guard !isPaused, section != nil, let coding else { return nil }
        updateWish(coding.layers[0])
        let isAdmitted: Bool
        var marker = packet.header.marker
        let frame: Int64
        if let scalable {
            isAdmitted = selector.admits(scalable, of: coding.scalability)
            // What was the middle of a picture ends it where the layers above are left out.
            if scalable.isEndOfFrame, scalable.spatial == selector.current?.spatial { marker = true }
            frame = scalable.frame
        } else {
            let choice = plainSelector.admits(descriptor)
            isAdmitted = choice.isAdmitted
            marker = marker || choice.endsPicture
            frame = Int64(descriptor.pictureID ?? 0) << 3 | Int64(descriptor.spatialLayer)
        }
        guard isAdmitted else {
            if currentQuality != nil { numbers.omit(packet.extendedSequence, frame: frame) }
            return nil
        }
        if currentQuality == nil { begin(packet, quality: 0, now: now) }
        return number(packet, marker: marker, now: now)
    }

    private func updateWish(_ layer: UplinkLayer?) {
        let temporal = layer?.temporalLayer(forFrameRate: wantedFrameRate) ?? 2
        selector.wanted = (wantedQuality, temporal)
        plainSelector.wanted = (wantedQuality, temporal)
    }

    private func begin(_ packet: InboundPacket, quality: Int, now: Instant) {
        currentQuality = quality
        numbers.begin(at: packet.extendedSequence)
        guard let lastTimestamp else { return }
        // Layers have timestamps of their own; the gap in time since the last packet keeps the clock running.
        let rate: Int64 = track.kind == .video ? 90 : 48
        let elapsed = max(1, (now - lastForwarded).nanoseconds / 1_000_000 * rate)
        timestampOffset = lastTimestamp &+ UInt32(truncatingIfNeeded: elapsed) &- packet.header.timestamp
    }

    private func number(_ packet: InboundPacket, marker: Bool, now: Instant) -> Forwarded? {
        let newest = numbers.newestOutgoing
        guard let outgoing = numbers.number(of: packet.extendedSequence) else { return nil }
        let stamp = packet.header.timestamp &+ timestampOffset
        if outgoing > newest ?? .min {
            lastTimestamp = stamp
            lastForwarded = now
        }
        return Forwarded(
            sequenceNumber: UInt16(truncatingIfNeeded: outgoing), timestamp: stamp, marker: marker)
    }

    /// Writes a payload as the subscriber gets it; returns the number of bytes, 0 when it cannot be written.
    func write(
        _ payload: UnsafeRawBufferPointer, isRED: Bool, into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        if coding?.codec == .vp8 { return writePicture(payload, into: buffer) }
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
    func canRepeat(_ token: ForwardingToken) -> Bool {
        token.isScalable == (coding?.isScalable ?? false) && token.quality == currentQuality
            && numbers.covers(token.sequence)
    }

    private static func copy(_ source: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer)
        -> Int
    {
        guard let from = source.baseAddress, source.count <= buffer.count else { return 0 }
        buffer.baseAddress?.copyMemory(from: from, byteCount: source.count)
        return source.count
    }
}

/// Names one cached uplink packet in a subscriber's history: coding and layer in the top byte, sequence number below.
struct ForwardingToken {
    var isScalable: Bool
    var quality: Int
    var sequence: Int64

    init(isScalable: Bool, quality: Int, sequence: Int64) {
        self.isScalable = isScalable
        self.quality = quality
        self.sequence = sequence
    }

    init(_ raw: UInt64) {
        isScalable = raw >> 63 == 1
        quality = Int(raw >> 56 & 0x7f)
        sequence = Int64(bitPattern: raw & 0x00ff_ffff_ffff_ffff)
    }

    var raw: UInt64 {
        (isScalable ? 1 << 63 : 0) | UInt64(quality) << 56 | UInt64(bitPattern: sequence)
            & 0x00ff_ffff_ffff_ffff
    }
}
