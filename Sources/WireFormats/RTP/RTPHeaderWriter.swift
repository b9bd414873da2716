public import Primitives

/// Writes the header of an outgoing packet with its extensions, without allocating.
///
/// The header's length depends on the packet's extensions only, not on their values, so that the payload can be
/// written right behind it. The one-byte form is used unless an id above 14 or a descriptor above 16 bytes asks for
/// the two-byte form (RFC 8285 section 4.1).
public struct RTPHeaderWriter: Sendable {
    /// The longest header this writer makes when there is no dependency descriptor.
    public static let maximumByteCount = 128

    /// The ids that were negotiated for the section; extensions without an id are left out.
    public var map: HeaderExtensionMap

    /// Makes a writer for one media section.
    public init(map: HeaderExtensionMap) { self.map = map }

    /// Writes a header.
    ///
    /// - Parameters:
    ///   - extensions: The values to write, as far as the map has ids for them.
    ///   - dependencyDescriptor: The bytes of a dependency descriptor to carry along, or an empty buffer.
    ///   - buffer: Where the packet begins.
    /// - Returns: The header's length, which is the payload's offset; 0 if the buffer is too small.
    public func write(
        marker: Bool, payloadType: UInt8, sequenceNumber: UInt16, timestamp: UInt32, ssrc: UInt32,
        extensions: RTPHeaderExtensions,
        dependencyDescriptor: UnsafeRawBufferPointer = .init(start: nil, count: 0),
        into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        var writer = ByteWriter(buffer)
        writer.write(UInt8(0x80))
        writer.write((marker ? 0x80 : 0) | payloadType & 0x7f)
        writer.write(sequenceNumber)
        writer.write(timestamp)
        writer.write(ssrc)
        let isTwoByteForm = needsTwoByteForm(extensions, dependencyDescriptor)
        writer.write(isTwoByteForm ? UInt16(0x1000) : 0xbede)
        writer.write(UInt16(0))
        let start = writer.count
        writeElements(extensions, dependencyDescriptor, isTwoByteForm, into: &writer)
        guard !writer.overflowed else { return 0 }
        guard writer.count > start else { return RTPHeader.fixedByteCount }
        writer.writeZeros((4 - (writer.count - start) % 4) % 4)
        guard !writer.overflowed else { return 0 }
        writer.patch(UInt16(truncatingIfNeeded: (writer.count - start) / 4), at: start - 2)
        buffer[0] = 0x90
        return writer.count
    }

    private func needsTwoByteForm(_ extensions: RTPHeaderExtensions, _ descriptor: UnsafeRawBufferPointer)
        -> Bool
    {
        if descriptor.count > 16, map[.dependencyDescriptor] != nil { return true }
        return isLong(.mid, extensions.mid != nil) || isLong(.rid, extensions.rid != nil)
            || isLong(.repairedRid, extensions.repairedRid != nil)
            || isLong(.audioLevel, extensions.audioLevel != nil)
            || isLong(.absoluteSendTime, extensions.absoluteSendTime != nil)
            || isLong(.transportSequenceNumber, extensions.transportSequenceNumber != nil)
            || isLong(.absoluteCaptureTime, extensions.captureTime != nil)
            || isLong(.playoutDelay, extensions.playoutDelay != nil)
            || isLong(.dependencyDescriptor, !descriptor.isEmpty)
    }

    private func isLong(_ kind: RTPExtensionKind, _ isPresent: Bool) -> Bool {
        guard isPresent, let id = map[kind] else { return false }
        return id > 14
    }

    private func writeElements(
        _ extensions: RTPHeaderExtensions, _ descriptor: UnsafeRawBufferPointer, _ isTwoByteForm: Bool,
        into writer: inout ByteWriter
    ) {
        if let mid = extensions.mid, head(.mid, mid.byteCount, isTwoByteForm, &writer) {
            mid.write(into: &writer)
        }
        if let rid = extensions.rid, head(.rid, rid.byteCount, isTwoByteForm, &writer) {
            rid.write(into: &writer)
        }
        if let rid = extensions.repairedRid, head(.repairedRid, rid.byteCount, isTwoByteForm, &writer) {
            rid.write(into: &writer)
        }
        if let time = extensions.absoluteSendTime, head(.absoluteSendTime, 3, isTwoByteForm, &writer) {
            writer.writeUInt24(time)
        }
        if let number = extensions.transportSequenceNumber,
            head(.transportSequenceNumber, 2, isTwoByteForm, &writer)
        {
            writer.write(number)
        }
        if let audio = extensions.audioLevel, head(.audioLevel, 1, isTwoByteForm, &writer) {
            writer.write((audio.isVoice ? 0x80 : 0) | audio.level & 0x7f)
        }
        if let capture = extensions.captureTime,
            head(.absoluteCaptureTime, capture.clockOffset == nil ? 8 : 16, isTwoByteForm, &writer)
        {
            writer.write(capture.ntp)
            if let offset = capture.clockOffset { writer.write(UInt64(bitPattern: offset)) }
        }
        if let delay = extensions.playoutDelay, head(.playoutDelay, 3, isTwoByteForm, &writer) {
            writer.writeUInt24(Self.playoutUnits(delay.minimum) << 12 | Self.playoutUnits(delay.maximum))
        }
        if !descriptor.isEmpty, head(.dependencyDescriptor, descriptor.count, isTwoByteForm, &writer) {
            writer.write(descriptor)
        }
    }

    private func head(
        _ kind: RTPExtensionKind, _ count: Int, _ isTwoByteForm: Bool, _ writer: inout ByteWriter
    ) -> Bool {
        guard let id = map[kind], count <= 255 else { return false }
        if isTwoByteForm {
            writer.write(id)
            writer.write(UInt8(truncatingIfNeeded: count))
        } else {
            writer.write(id << 4 | UInt8(truncatingIfNeeded: count - 1))
        }
        return true
    }

    private static func playoutUnits(_ delay: Interval) -> UInt32 {
        UInt32(clamping: min(max(delay.nanoseconds / 10_000_000, 0), 4095))
    }
}

/// The 24-bit send time of the `abs-send-time` extension: seconds modulo 64 with 18 fractional bits.
public enum AbsoluteSendTime {
    /// The send time that stands for `instant`.
    @inlinable
    public static func encode(_ instant: Instant) -> UInt32 {
        let period: Int64 = 64_000_000_000
        let phase = (instant.nanoseconds % period + period) % period
        return UInt32(truncatingIfNeeded: (phase << 18) / 1_000_000_000) & 0xff_ffff
    }

    /// How much later `to` is than `from`, between -32 s and 32 s.
    @inlinable
    public static func interval(from: UInt32, to: UInt32) -> Interval {
        let ticks = Int32(bitPattern: (to &- from) << 8) >> 8
        return Interval(nanoseconds: (Int64(ticks) * 1_000_000_000) >> 18)
    }
}
