/// One packet of an RTCP compound, as `RTCPReader` yields it.
///
/// Values that repeat (report blocks, lost packets) stay in the datagram; the case says how many there are and the
/// reader reads them one by one, so that nothing is allocated.
public enum RTCPPacket: Sendable, Hashable {
    /// SR, RFC 3550 section 6.4.1.
    case senderReport(SenderReport, blocks: RTCPList)
    /// RR, RFC 3550 section 6.4.2; the SSRC is the reporter's.
    case receiverReport(ssrc: UInt32, blocks: RTCPList)
    /// SDES, RFC 3550 section 6.5; walk it with `RTCPReader.sourceDescriptions(_:)`.
    case sourceDescription(RTCPList)
    /// BYE, RFC 3550 section 6.6; the list holds SSRCs.
    case goodbye(RTCPList)
    /// Generic NACK, RFC 4585 section 6.2.1.
    case genericNACK(FeedbackSources, entries: RTCPList)
    /// PLI, RFC 4585 section 6.3.1.
    case pictureLossIndication(FeedbackSources)
    /// FIR, RFC 5104 section 4.3.1.
    case fullIntraRequest(FeedbackSources, entries: RTCPList)
    /// REMB, draft-alvestrand-rmcat-remb-03; the list holds SSRCs.
    case bitrateEstimate(FeedbackSources, bitsPerSecond: UInt64, ssrcs: RTCPList)
    /// Transport-wide congestion control, draft-holmer-rmcat-transport-wide-cc-extensions-01.
    case transportFeedback(FeedbackSources, TransportFeedbackHeader)
    /// XR, RFC 3611; walk its blocks with `RTCPReader.extendedReportBlocks(_:)`.
    case extendedReport(ssrc: UInt32, RTCPList)
    /// A well-formed packet of a kind that we have no use for.
    case other(packetType: UInt8, format: UInt8)
}

/// Where the repeated part of an RTCP packet lies in the datagram.
public struct RTCPList: Sendable, Hashable {
    /// Offset of the first element in the datagram.
    public var offset: Int
    /// Length in bytes.
    public var byteCount: Int
    /// How many elements there are; for SDES the number of chunks, 0 where only walking tells.
    public var count: Int
}

/// Who sends a feedback message and which media source it is about.
public struct FeedbackSources: Sendable, Hashable {
    /// The SSRC of the sender of the feedback.
    public var sender: UInt32
    /// The SSRC of the media source; 0 where the message names its sources itself.
    public var media: UInt32

    /// Makes a pair.
    public init(sender: UInt32, media: UInt32) {
        self.sender = sender
        self.media = media
    }
}

/// The sender's part of an SR, RFC 3550 section 6.4.1.
public struct SenderReport: Sendable, Hashable {
    /// The sender's SSRC.
    public var ssrc: UInt32
    /// Wall-clock time of the report as an NTP timestamp (UQ32.32).
    public var ntp: UInt64
    /// The RTP timestamp that belongs to the same moment.
    public var rtpTimestamp: UInt32
    /// Packets sent since the start, modulo 2^32.
    public var packetCount: UInt32
    /// Payload octets sent since the start, modulo 2^32.
    public var octetCount: UInt32

    /// Makes a report.
    public init(ssrc: UInt32, ntp: UInt64, rtpTimestamp: UInt32, packetCount: UInt32, octetCount: UInt32) {
        self.ssrc = ssrc
        self.ntp = ntp
        self.rtpTimestamp = rtpTimestamp
        self.packetCount = packetCount
        self.octetCount = octetCount
    }

    /// The middle 32 bits of the NTP timestamp, as report blocks echo it.
    public var compactNTP: UInt32 { UInt32(truncatingIfNeeded: ntp >> 16) }
}

/// What a receiver reports about one source, RFC 3550 section 6.4.1.
public struct ReportBlock: Sendable, Hashable {
    /// Length on the wire.
    public static let byteCount = 24

    /// The source that the block is about.
    public var ssrc: UInt32
    /// Loss since the previous report in 1/256.
    public var fractionLost: UInt8
    /// Packets lost since the start, 24 bits signed.
    public var cumulativeLost: Int32
    /// Highest sequence number received, with its cycles in the high half.
    public var highestSequence: UInt32
    /// Interarrival jitter in units of the clock rate.
    public var jitter: UInt32
    /// Compact NTP time of the last SR received; 0 if none was.
    public var lastSenderReport: UInt32
    /// Delay since that SR in 1/65536 s.
    public var delaySinceLastSenderReport: UInt32

    /// Makes a block.
    public init(
        ssrc: UInt32, fractionLost: UInt8, cumulativeLost: Int32, highestSequence: UInt32, jitter: UInt32,
        lastSenderReport: UInt32, delaySinceLastSenderReport: UInt32
    ) {
        self.ssrc = ssrc
        self.fractionLost = fractionLost
        self.cumulativeLost = cumulativeLost
        self.highestSequence = highestSequence
        self.jitter = jitter
        self.lastSenderReport = lastSenderReport
        self.delaySinceLastSenderReport = delaySinceLastSenderReport
    }
}

/// One entry of a generic NACK: a lost packet and a mask of the sixteen after it (RFC 4585 section 6.2.1).
public struct NACKEntry: Sendable, Hashable {
    /// PID: the first lost packet.
    public var sequenceNumber: UInt16
    /// BLP: bit i says that packet `sequenceNumber` + i + 1 is lost as well.
    public var following: UInt16

    /// Makes an entry.
    public init(sequenceNumber: UInt16, following: UInt16 = 0) {
        self.sequenceNumber = sequenceNumber
        self.following = following
    }

    /// Calls `body` with every sequence number of the entry, in order.
    @inlinable
    public func forEach(_ body: (UInt16) -> Void) {
        body(sequenceNumber)
        for bit in 0..<16 where following & (1 << UInt16(bit)) != 0 {
            body(sequenceNumber &+ UInt16(bit) &+ 1)
        }
    }
}

/// One entry of a full intra request, RFC 5104 section 4.3.1.1.
public struct FullIntraRequestEntry: Sendable, Hashable {
    /// The source that shall send a key frame.
    public var ssrc: UInt32
    /// Counts requests; a repeated number repeats the same request.
    public var sequenceNumber: UInt8

    /// Makes an entry.
    public init(ssrc: UInt32, sequenceNumber: UInt8) {
        self.ssrc = ssrc
        self.sequenceNumber = sequenceNumber
    }
}

/// One item of a source description, RFC 3550 section 6.5.
public struct SourceDescriptionItem: Sendable, Hashable {
    /// CNAME, the only item that every source must send.
    public static let canonicalName: UInt8 = 1
    /// The mid of the section that the source belongs to (RFC 9143 section 15).
    public static let mid: UInt8 = 15

    /// The source that is described.
    public var ssrc: UInt32
    /// The kind of item.
    public var type: UInt8
    /// Offset of the text in the datagram.
    public var offset: Int
    /// Length of the text in bytes.
    public var count: Int
}

/// One block of an extended report, as far as we understand it (RFC 3611 section 4).
public enum ExtendedReportBlock: Sendable, Hashable {
    /// Receiver reference time, section 4.4: NTP time at which a receiver sent the report.
    case receiverReferenceTime(ntp: UInt64)
    /// One sub-block of DLRR, section 4.5: the echo of a receiver reference time.
    case delaySinceLastReference(DelaySinceLastReference)
    /// A block that we have no use for.
    case other(blockType: UInt8)
}

/// The echo of a receiver reference time, RFC 3611 section 4.5.
public struct DelaySinceLastReference: Sendable, Hashable {
    /// The receiver whose reference time is echoed.
    public var ssrc: UInt32
    /// LRR: compact NTP of the reference time; 0 if none was received.
    public var lastReference: UInt32
    /// DLRR: time since it was received in 1/65536 s.
    public var delay: UInt32

    /// Makes an echo.
    public init(ssrc: UInt32, lastReference: UInt32, delay: UInt32) {
        self.ssrc = ssrc
        self.lastReference = lastReference
        self.delay = delay
    }
}
