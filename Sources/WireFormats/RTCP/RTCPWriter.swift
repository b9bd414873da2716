import Primitives

/// Composes an RTCP datagram, compound or reduced-size (RFC 5506), into a caller's buffer.
///
/// A packet with repeated parts is begun, gets its elements appended one by one, and is closed by whatever comes
/// next. What does not fit is not written at all: the call returns false and the datagram stays valid. Read `count`
/// after `finish`.
public struct RTCPWriter {
    private enum OpenPacket {
        case none, reports, negativeAcknowledgement, intraRequests, bitrate, extended, echoes
    }

    var writer: ByteWriter
    private var open = OpenPacket.none
    /// Offset of the first byte of the open packet.
    private var start = 0
    /// How many report blocks or SSRCs the open packet has.
    private var elementCount = 0
    /// Offset of the open DLRR block inside the open extended report.
    private var echoStart = 0
    /// The last entry of the open NACK, which may still take more packets into its mask.
    private var lastEntry: NACKEntry?

    /// Starts an empty datagram in `buffer`.
    public init(_ buffer: UnsafeMutableRawBufferPointer) { writer = ByteWriter(buffer) }

    /// Length of the datagram so far.
    public var count: Int { writer.count }

    /// Whether nothing has been written.
    public var isEmpty: Bool { writer.count == 0 }

    /// How many bytes still fit.
    public var remaining: Int { writer.remaining }

    /// Closes the open packet and returns the datagram's length.
    @discardableResult
    public mutating func finish() -> Int {
        close()
        return writer.count
    }

    /// Begins an SR; report blocks may follow.
    @discardableResult
    public mutating func beginSenderReport(_ report: SenderReport) -> Bool {
        guard begin(.reports, RTCPPacketType.senderReport, format: 0, byteCount: 28) else { return false }
        writer.write(report.ssrc)
        writer.write(report.ntp)
        writer.write(report.rtpTimestamp)
        writer.write(report.packetCount)
        writer.write(report.octetCount)
        return true
    }

    /// Begins an RR; report blocks may follow.
    @discardableResult
    public mutating func beginReceiverReport(ssrc: UInt32) -> Bool {
        guard begin(.reports, RTCPPacketType.receiverReport, format: 0, byteCount: 8) else { return false }
        writer.write(ssrc)
        return true
    }

    /// Appends a block to the open SR or RR, which holds at most 31.
    public mutating func append(_ block: ReportBlock) -> Bool {
        precondition(open == .reports, "a report block belongs into an SR or RR")
        guard elementCount < 31, writer.remaining >= ReportBlock.byteCount else { return false }
        writer.write(block.ssrc)
        let lost = UInt32(bitPattern: min(max(block.cumulativeLost, -0x80_0000), 0x7f_ffff)) & 0xff_ffff
        writer.write(UInt32(block.fractionLost) << 24 | lost)
        writer.write(block.highestSequence)
        writer.write(block.jitter)
        writer.write(block.lastSenderReport)
        writer.write(block.delaySinceLastSenderReport)
        elementCount += 1
        return true
    }

    /// Writes an SDES packet with one chunk: the CNAME and, if given, the mid; texts are cut at 255 bytes.
    @discardableResult
    public mutating func writeSourceDescription(
        ssrc: UInt32, canonicalName: [UInt8], mid: RTPIdentifier? = nil
    )
        -> Bool
    {
        let nameCount = min(canonicalName.count, 255)
        let itemsCount = 2 + nameCount + (mid.map { 2 + $0.byteCount } ?? 0)
        let padding = 4 - itemsCount % 4
        guard begin(.none, RTCPPacketType.sourceDescription, format: 1, byteCount: 8 + itemsCount + padding)
        else { return false }
        writer.write(ssrc)
        writer.write(SourceDescriptionItem.canonicalName)
        writer.write(UInt8(truncatingIfNeeded: nameCount))
        for index in 0..<nameCount { writer.write(canonicalName[index]) }
        if let mid {
            writer.write(SourceDescriptionItem.mid)
            writer.write(UInt8(truncatingIfNeeded: mid.byteCount))
            mid.write(into: &writer)
        }
        writer.writeZeros(padding)
        endPacket()
        return true
    }

    /// Writes a BYE for one source.
    @discardableResult
    public mutating func writeGoodbye(ssrc: UInt32) -> Bool {
        guard begin(.none, RTCPPacketType.goodbye, format: 1, byteCount: 8) else { return false }
        writer.write(ssrc)
        endPacket()
        return true
    }

    /// Writes a PLI.
    @discardableResult
    public mutating func writePictureLossIndication(_ sources: FeedbackSources) -> Bool {
        let format = RTCPPacketType.pictureLossFormat
        guard begin(.none, RTCPPacketType.payloadFeedback, format: format, byteCount: 12) else {
            return false
        }
        write(sources)
        endPacket()
        return true
    }

    /// Begins a generic NACK; lost packets follow, at least one.
    public mutating func beginNACK(_ sources: FeedbackSources) -> Bool {
        let format = RTCPPacketType.genericNACKFormat
        guard writer.remaining >= 16,
            begin(.negativeAcknowledgement, RTCPPacketType.transportFeedback, format: format, byteCount: 12)
        else { return false }
        write(sources)
        lastEntry = nil
        return true
    }

    /// Appends a lost packet to the open NACK; packets that come in order share entries.
    public mutating func append(lost sequenceNumber: UInt16) -> Bool {
        precondition(open == .negativeAcknowledgement, "a lost packet belongs into a NACK")
        if var entry = lastEntry {
            let distance = sequenceNumber &- entry.sequenceNumber
            if distance == 0 { return true }
            if distance <= 16 {
                entry.following |= 1 << (distance - 1)
                writer.patch(entry.following, at: writer.count - 2)
                lastEntry = entry
                return true
            }
        }
        guard writer.remaining >= 4 else { return false }
        writer.write(sequenceNumber)
        writer.write(UInt16(0))
        lastEntry = NACKEntry(sequenceNumber: sequenceNumber)
        return true
    }

    /// Begins a FIR; entries follow, at least one.
    public mutating func beginFullIntraRequest(sender: UInt32) -> Bool {
        let format = RTCPPacketType.fullIntraFormat
        guard writer.remaining >= 20,
            begin(.intraRequests, RTCPPacketType.payloadFeedback, format: format, byteCount: 12)
        else { return false }
        write(FeedbackSources(sender: sender, media: 0))
        return true
    }

    /// Appends an entry to the open FIR.
    public mutating func append(_ entry: FullIntraRequestEntry) -> Bool {
        precondition(open == .intraRequests, "an intra request entry belongs into a FIR")
        guard writer.remaining >= 8 else { return false }
        writer.write(entry.ssrc)
        writer.write(UInt32(entry.sequenceNumber) << 24)
        return true
    }

    /// Begins a REMB; the SSRCs it is about follow.
    ///
    /// The bit rate is rounded down to 18 significant bits, which is what the message can carry.
    public mutating func beginBitrateEstimate(sender: UInt32, bitsPerSecond: UInt64) -> Bool {
        let format = RTCPPacketType.applicationFormat
        guard begin(.bitrate, RTCPPacketType.payloadFeedback, format: format, byteCount: 20) else {
            return false
        }
        write(FeedbackSources(sender: sender, media: 0))
        writer.write(RTCPPacketType.bitrateEstimateName)
        let exponent = max(0, 46 - bitsPerSecond.leadingZeroBitCount)
        writer.write(UInt32(exponent) << 18 | UInt32(truncatingIfNeeded: bitsPerSecond >> UInt64(exponent)))
        return true
    }

    /// Appends a source to the open REMB, which holds at most 255.
    public mutating func append(ssrc: UInt32) -> Bool {
        precondition(open == .bitrate, "an SSRC belongs into a REMB")
        guard elementCount < 255, writer.remaining >= 4 else { return false }
        writer.write(ssrc)
        elementCount += 1
        return true
    }

    /// Begins an XR; blocks follow.
    public mutating func beginExtendedReport(ssrc: UInt32) -> Bool {
        guard begin(.extended, RTCPPacketType.extendedReport, format: 0, byteCount: 8) else { return false }
        writer.write(ssrc)
        return true
    }

    /// Appends a receiver reference time block to the open XR (RFC 3611 section 4.4).
    public mutating func append(receiverReferenceTime ntp: UInt64) -> Bool {
        precondition(open == .extended || open == .echoes, "a reference time belongs into an XR")
        closeEchoes()
        guard writer.remaining >= 12 else { return false }
        writer.write(UInt32(4) << 24 | 2)
        writer.write(ntp)
        return true
    }

    /// Appends an echo to the open XR; neighbours share one DLRR block (RFC 3611 section 4.5).
    public mutating func append(_ echo: DelaySinceLastReference) -> Bool {
        precondition(open == .extended || open == .echoes, "an echo belongs into an XR")
        guard writer.remaining >= (open == .echoes ? 12 : 16) else { return false }
        if open == .extended {
            open = .echoes
            echoStart = writer.count
            writer.write(UInt32(5) << 24)
        }
        writer.write(echo.ssrc)
        writer.write(echo.lastReference)
        writer.write(echo.delay)
        return true
    }
}

extension RTCPWriter {
    /// Closes what is open and writes a packet's head, if `byteCount` bytes fit.
    mutating func begin(_ packetType: UInt8, format: UInt8, byteCount: Int) -> Bool {
        begin(.none, packetType, format: format, byteCount: byteCount)
    }

    private mutating func begin(_ kind: OpenPacket, _ packetType: UInt8, format: UInt8, byteCount: Int)
        -> Bool
    {
        close()
        guard writer.remaining >= byteCount else { return false }
        start = writer.count
        open = kind
        elementCount = 0
        writer.write(0x80 | format)
        writer.write(packetType)
        writer.write(UInt16(0))
        return true
    }

    mutating func write(_ sources: FeedbackSources) {
        writer.write(sources.sender)
        writer.write(sources.media)
    }

    /// Writes the length of a packet that is complete.
    mutating func endPacket() {
        writer.patch(UInt16(truncatingIfNeeded: (writer.count - start) / 4 - 1), at: start + 2)
        open = .none
    }

    private mutating func close() {
        switch open {
        case .none: return
        case .reports: writer.buffer[start] = 0x80 | UInt8(truncatingIfNeeded: elementCount)
        case .bitrate: writer.buffer[start + 16] = UInt8(truncatingIfNeeded: elementCount)
        case .echoes: closeEchoes()
        case .negativeAcknowledgement, .intraRequests, .extended: break
        }
        endPacket()
    }

    private mutating func closeEchoes() {
        guard open == .echoes else { return }
        writer.patch(UInt16(truncatingIfNeeded: (writer.count - echoStart) / 4 - 1), at: echoStart + 2)
        open = .extended
    }

    /// Marks the packet that began at `start` as padded.
    mutating func markPadded() { writer.buffer[start] |= 0x20 }
}
