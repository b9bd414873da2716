import Primitives

/// Walks over the packets of an RTCP datagram, compound or reduced-size (RFC 5506), without allocating.
///
/// Stops at the first packet that is damaged and says so in `isMalformed`; what came before stands.
public struct RTCPReader: ~Escapable {
    /// The datagram.
    public let datagram: RawSpan
    /// Whether the walk ended at damage rather than at the end of the datagram.
    public private(set) var isMalformed = false
    private var offset = 0

    /// Starts at the first packet of a decrypted datagram.
    @_lifetime(copy datagram)
    public init(_ datagram: RawSpan) { self.datagram = datagram }

    /// The next packet; nil at the end.
    public mutating func next() -> RTCPPacket? {
        guard offset < datagram.byteCount else { return nil }
        guard let packet = parse() else {
            isMalformed = true
            offset = datagram.byteCount
            return nil
        }
        return packet
    }

    private mutating func parse() -> RTCPPacket? {
        guard datagram.byteCount - offset >= 4 else { return nil }
        let flags = byte(at: offset)
        let packetType = byte(at: offset + 1)
        let end = offset + (Int(uint16(at: offset + 2)) + 1) * 4
        guard flags >> 6 == 2, end <= datagram.byteCount else { return nil }
        var bodyEnd = end
        if flags & 0x20 != 0 {
            // RFC 3550 section 6.4.1 pads only the last packet of a compound, by multiples of four; transport-wide
            // feedback is padded wherever it stands and by what its deltas leave over.
            let padding = Int(byte(at: end - 1))
            guard padding > 0, padding <= end - offset - 4 else { return nil }
            bodyEnd -= padding
        }
        let body = offset + 4..<bodyEnd
        offset = end
        return parseBody(packetType, format: flags & 0x1f, body)
    }

    private func parseBody(_ packetType: UInt8, format: UInt8, _ body: Range<Int>) -> RTCPPacket? {
        switch packetType {
        case RTCPPacketType.senderReport:
            guard body.count >= 24 + Int(format) * ReportBlock.byteCount else { return nil }
            return .senderReport(senderReport(at: body.lowerBound), blocks: blocks(body, after: 24, format))
        case RTCPPacketType.receiverReport:
            guard body.count >= 4 + Int(format) * ReportBlock.byteCount else { return nil }
            return .receiverReport(ssrc: uint32(at: body.lowerBound), blocks: blocks(body, after: 4, format))
        case RTCPPacketType.sourceDescription:
            return .sourceDescription(
                RTCPList(offset: body.lowerBound, byteCount: body.count, count: Int(format)))
        case RTCPPacketType.goodbye:
            guard body.count >= Int(format) * 4 else { return nil }
            return .goodbye(RTCPList(offset: body.lowerBound, byteCount: Int(format) * 4, count: Int(format)))
        case RTCPPacketType.transportFeedback, RTCPPacketType.payloadFeedback:
            guard body.count >= 8 else { return nil }
            let sources = FeedbackSources(
                sender: uint32(at: body.lowerBound), media: uint32(at: body.lowerBound + 4))
            return feedback(packetType, format, sources, body.lowerBound + 8..<body.upperBound)
        case RTCPPacketType.extendedReport:
            guard body.count >= 4 else { return nil }
            return .extendedReport(
                ssrc: uint32(at: body.lowerBound),
                RTCPList(offset: body.lowerBound + 4, byteCount: body.count - 4, count: 0))
        default:
            return .other(packetType: packetType, format: format)
        }
    }

    private func feedback(
        _ packetType: UInt8, _ format: UInt8, _ sources: FeedbackSources, _ body: Range<Int>
    ) -> RTCPPacket? {
        switch (packetType, format) {
        case (RTCPPacketType.transportFeedback, RTCPPacketType.genericNACKFormat):
            return .genericNACK(sources, entries: list(body, elementSize: 4))
        case (RTCPPacketType.transportFeedback, RTCPPacketType.transportWideFormat):
            guard let header = TransportFeedbackHeader(datagram: datagram, body: body) else { return nil }
            return .transportFeedback(sources, header)
        case (RTCPPacketType.payloadFeedback, RTCPPacketType.pictureLossFormat):
            return .pictureLossIndication(sources)
        case (RTCPPacketType.payloadFeedback, RTCPPacketType.fullIntraFormat):
            return .fullIntraRequest(sources, entries: list(body, elementSize: 8))
        case (RTCPPacketType.payloadFeedback, RTCPPacketType.applicationFormat):
            return bitrateEstimate(sources, body) ?? .other(packetType: packetType, format: format)
        default:
            return .other(packetType: packetType, format: format)
        }
    }

    private func bitrateEstimate(_ sources: FeedbackSources, _ body: Range<Int>) -> RTCPPacket? {
        guard body.count >= 8, uint32(at: body.lowerBound) == RTCPPacketType.bitrateEstimateName else {
            return nil
        }
        let word = uint32(at: body.lowerBound + 4)
        let count = Int(word >> 24)
        guard body.count >= 8 + count * 4 else { return nil }
        let exponent = Int(word >> 18 & 0x3f)
        let mantissa = UInt64(word & 0x3_ffff)
        // An exponent that shifts bits out of 64 stands for "unlimited".
        let bitrate = exponent > 46 && mantissa != 0 ? .max : mantissa << UInt64(exponent)
        return .bitrateEstimate(
            sources, bitsPerSecond: bitrate,
            ssrcs: RTCPList(offset: body.lowerBound + 8, byteCount: count * 4, count: count))
    }

    private func blocks(_ body: Range<Int>, after skipped: Int, _ format: UInt8) -> RTCPList {
        RTCPList(
            offset: body.lowerBound + skipped, byteCount: Int(format) * ReportBlock.byteCount,
            count: Int(format))
    }

    private func list(_ body: Range<Int>, elementSize: Int) -> RTCPList {
        RTCPList(offset: body.lowerBound, byteCount: body.count, count: body.count / elementSize)
    }

    private func senderReport(at offset: Int) -> SenderReport {
        SenderReport(
            ssrc: uint32(at: offset),
            ntp: UInt64(uint32(at: offset + 4)) << 32 | UInt64(uint32(at: offset + 8)),
            rtpTimestamp: uint32(at: offset + 12), packetCount: uint32(at: offset + 16),
            octetCount: uint32(at: offset + 20))
    }
}

extension RTCPReader {
    /// Element `index` of the report blocks of an SR or RR.
    public func reportBlock(_ index: Int, of list: RTCPList) -> ReportBlock {
        let offset = list.offset + index * ReportBlock.byteCount
        let loss = uint32(at: offset + 4)
        return ReportBlock(
            ssrc: uint32(at: offset), fractionLost: UInt8(truncatingIfNeeded: loss >> 24),
            cumulativeLost: Int32(bitPattern: loss << 8) >> 8, highestSequence: uint32(at: offset + 8),
            jitter: uint32(at: offset + 12), lastSenderReport: uint32(at: offset + 16),
            delaySinceLastSenderReport: uint32(at: offset + 20))
    }

    /// Element `index` of the entries of a generic NACK.
    public func nackEntry(_ index: Int, of list: RTCPList) -> NACKEntry {
        let offset = list.offset + index * 4
        return NACKEntry(sequenceNumber: uint16(at: offset), following: uint16(at: offset + 2))
    }

    /// Element `index` of the entries of a full intra request.
    public func fullIntraRequest(_ index: Int, of list: RTCPList) -> FullIntraRequestEntry {
        let offset = list.offset + index * 8
        return FullIntraRequestEntry(ssrc: uint32(at: offset), sequenceNumber: byte(at: offset + 4))
    }

    /// Element `index` of the SSRCs of a BYE or REMB.
    public func ssrc(_ index: Int, of list: RTCPList) -> UInt32 { uint32(at: list.offset + index * 4) }

    /// The items of a source description.
    @_lifetime(copy self)
    public func sourceDescriptions(_ list: RTCPList) -> SourceDescriptionItems {
        SourceDescriptionItems(datagram: datagram, list: list)
    }

    /// The text of a source description's item; allocates, so for the control path only.
    public func text(of item: SourceDescriptionItem) -> String {
        var reader = ByteReader(datagram)
        reader.skip(item.offset)
        return String(decoding: reader.readArray(item.count), as: UTF8.self)
    }

    /// The blocks of an extended report.
    @_lifetime(copy self)
    public func extendedReportBlocks(_ list: RTCPList) -> ExtendedReportBlocks {
        ExtendedReportBlocks(datagram: datagram, list: list)
    }

    /// The packets that a transport-wide feedback speaks about.
    @_lifetime(copy self)
    public func transportStatuses(_ header: TransportFeedbackHeader) -> TransportFeedbackStatuses {
        TransportFeedbackStatuses(datagram: datagram, header: header)
    }

    private func byte(at offset: Int) -> UInt8 {
        guard offset >= 0, offset < datagram.byteCount else { return 0 }
        return datagram.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
    }

    private func uint16(at offset: Int) -> UInt16 {
        guard offset >= 0, offset <= datagram.byteCount - 2 else { return 0 }
        return UInt16(bigEndian: datagram.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    private func uint32(at offset: Int) -> UInt32 {
        guard offset >= 0, offset <= datagram.byteCount - 4 else { return 0 }
        return UInt32(bigEndian: datagram.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}

/// The numbers that tell RTCP packets apart.
enum RTCPPacketType {
    /// SR, RFC 3550.
    static let senderReport: UInt8 = 200
    /// RR, RFC 3550.
    static let receiverReport: UInt8 = 201
    /// SDES, RFC 3550.
    static let sourceDescription: UInt8 = 202
    /// BYE, RFC 3550.
    static let goodbye: UInt8 = 203
    /// RTPFB, RFC 4585.
    static let transportFeedback: UInt8 = 205
    /// PSFB, RFC 4585.
    static let payloadFeedback: UInt8 = 206
    /// XR, RFC 3611.
    static let extendedReport: UInt8 = 207
    /// Generic NACK, a format of RTPFB (RFC 4585 section 6.2).
    static let genericNACKFormat: UInt8 = 1
    /// Transport-wide congestion control, a format of RTPFB.
    static let transportWideFormat: UInt8 = 15
    /// PLI, a format of PSFB (RFC 4585 section 6.3).
    static let pictureLossFormat: UInt8 = 1
    /// FIR, a format of PSFB (RFC 5104 section 4.3.1).
    static let fullIntraFormat: UInt8 = 4
    /// Application layer feedback, a format of PSFB (RFC 4585 section 6.4).
    static let applicationFormat: UInt8 = 15
    /// The letters "REMB".
    static let bitrateEstimateName: UInt32 = 0x5245_4d42
}
