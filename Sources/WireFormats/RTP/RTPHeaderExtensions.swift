public import Primitives

/// The values of one packet's header extensions: read from a received packet, or to be written into a new one.
public struct RTPHeaderExtensions: Sendable, Hashable {
    /// The level of the audio in a packet, RFC 6464.
    public struct AudioLevel: Sendable, Hashable {
        /// The level in -dBov: 0 is the loudest, 127 is digital silence.
        public var level: UInt8
        /// Whether the sender believes that the packet contains speech.
        public var isVoice: Bool

        /// Makes a level; values above 127 count as 127.
        public init(level: UInt8, isVoice: Bool) {
            self.level = min(level, 127)
            self.isVoice = isVoice
        }
    }

    /// When the content was captured, by the `abs-capture-time` extension.
    public struct CaptureTime: Sendable, Hashable {
        /// NTP timestamp (UQ32.32) by the capturer's clock.
        public var ntp: UInt64
        /// Estimate of capturer clock minus sender clock (Q32.32), if the packet carries one.
        public var clockOffset: Int64?

        /// Makes a capture time.
        public init(ntp: UInt64, clockOffset: Int64? = nil) {
            self.ntp = ntp
            self.clockOffset = clockOffset
        }
    }

    /// The bounds of the `playout-delay` extension.
    public struct PlayoutDelay: Sendable, Hashable {
        /// Lower bound, a multiple of 10 ms up to 40.95 s.
        public var minimum: Interval
        /// Upper bound, a multiple of 10 ms up to 40.95 s.
        public var maximum: Interval

        /// Makes bounds.
        public init(minimum: Interval, maximum: Interval) {
            self.minimum = minimum
            self.maximum = maximum
        }
    }

    /// Where the bytes of an extension that is parsed elsewhere lie in the packet.
    public struct Location: Sendable, Hashable {
        /// Offset of the first byte in the packet.
        public var offset: Int
        /// Length in bytes.
        public var count: Int
    }

    /// The media section.
    public var mid: RTPIdentifier?
    /// The simulcast layer.
    public var rid: RTPIdentifier?
    /// The simulcast layer that this retransmission repairs.
    public var repairedRid: RTPIdentifier?
    /// The audio level.
    public var audioLevel: AudioLevel?
    /// The 24-bit send time, see `AbsoluteSendTime`.
    public var absoluteSendTime: UInt32?
    /// The transport-wide sequence number.
    public var transportSequenceNumber: UInt16?
    /// The capture time.
    public var captureTime: CaptureTime?
    /// The playout delay bounds.
    public var playoutDelay: PlayoutDelay?
    /// Where the dependency descriptor lies; ignored when writing.
    public var dependencyDescriptor: Location?

    /// Makes a set of extensions without values.
    public init() {}

    /// Reads the extensions of a received packet; elements that are unknown or have a wrong length are passed over.
    public init(packet: RawSpan, header: RTPHeader, map: HeaderExtensionMap) {
        guard header.extensionByteCount > 0 else { return }
        var elements = RTPExtensionElements(packet: packet, header: header)
        while let element = elements.next() {
            if let kind = map.kind(of: element.id) { read(kind, element, packet) }
        }
    }

    private mutating func read(
        _ kind: RTPExtensionKind, _ element: RTPExtensionElements.Element, _ packet: RawSpan
    ) {
        let (offset, count) = (element.offset, element.count)
        var reader = ByteReader(packet)
        reader.skip(offset)
        switch kind {
        case .mid: mid = RTPIdentifier(packet: packet, offset: offset, count: count)
        case .rid: rid = RTPIdentifier(packet: packet, offset: offset, count: count)
        case .repairedRid: repairedRid = RTPIdentifier(packet: packet, offset: offset, count: count)
        case .audioLevel where count >= 1:
            let byte = reader.readUInt8()
            audioLevel = AudioLevel(level: byte & 0x7f, isVoice: byte & 0x80 != 0)
        case .absoluteSendTime where count == 3: absoluteSendTime = reader.readUInt24()
        case .transportSequenceNumber where count >= 2: transportSequenceNumber = reader.readUInt16()
        case .absoluteCaptureTime where count == 8 || count == 16:
            captureTime = CaptureTime(
                ntp: reader.readUInt64(),
                clockOffset: count == 16 ? Int64(bitPattern: reader.readUInt64()) : nil)
        case .playoutDelay where count == 3:
            let bounds = reader.readUInt24()
            playoutDelay = PlayoutDelay(
                minimum: .milliseconds(Int64(bounds >> 12) * 10),
                maximum: .milliseconds(Int64(bounds & 0xfff) * 10))
        case .dependencyDescriptor where count > 0:
            dependencyDescriptor = Location(offset: offset, count: count)
        default: break
        }
    }
}

/// Walks over the elements of a packet's extension block in the one-byte or two-byte form (RFC 8285 section 4).
public struct RTPExtensionElements: ~Escapable {
    /// One element: its id and where its data lie.
    public struct Element: Sendable, Hashable {
        /// The local identifier, never 0.
        public var id: UInt8
        /// Offset of the data in the packet.
        public var offset: Int
        /// Length of the data in bytes; may be 0 in the two-byte form.
        public var count: Int
    }

    private let packet: RawSpan
    private let isTwoByteForm: Bool
    private let end: Int
    private var offset: Int

    /// Starts at the first element; other profiles than those of RFC 8285 have none.
    @_lifetime(copy packet)
    public init(packet: RawSpan, header: RTPHeader) {
        self.packet = packet
        offset = header.extensionOffset
        let profile = header.extensionProfile ?? 0
        isTwoByteForm = profile & 0xfff0 == 0x1000
        let isKnown = profile == 0xbede || isTwoByteForm
        end = isKnown ? min(header.extensionOffset + header.extensionByteCount, packet.byteCount) : 0
    }

    /// The next element; nil at the end of the block or where it is damaged.
    public mutating func next() -> Element? {
        while offset < end {
            let first = byte(at: offset)
            if first == 0 {
                offset += 1
                continue
            }
            let element: Element
            if isTwoByteForm {
                guard offset + 2 <= end else { break }
                element = Element(id: first, offset: offset + 2, count: Int(byte(at: offset + 1)))
            } else {
                // Id 15 ends the one-byte form whatever follows (RFC 8285 section 4.2).
                guard first >> 4 != 15 else { break }
                // Id 0 with a length is padding that must be skipped with its data.
                element = Element(id: first >> 4, offset: offset + 1, count: Int(first & 0x0f) + 1)
            }
            guard element.offset + element.count <= end else { break }
            offset = element.offset + element.count
            if element.id != 0 { return element }
        }
        offset = end
        return nil
    }

    private func byte(at offset: Int) -> UInt8 {
        packet.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
    }
}
