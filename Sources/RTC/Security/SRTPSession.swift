/// What became of a protected packet.
public enum SRTPResult: Sendable, Equatable {
    /// It is authentic and decrypted in place: `count` bytes, under this packet index (for RTP 2^16 · rollover
    /// counter + sequence number, for RTCP the 31-bit index of the packet).
    case ok(count: Int, extendedIndex: UInt64)
    /// It was seen before, or is too old to tell; its bytes are untouched.
    case replay
    /// It is malformed, forged, corrupted or under another key; its bytes are worthless.
    case unauthentic
}

/// What an `SRTPSession` counted since it began.
public struct SRTPStatistics: Sendable, Equatable {
    /// RTP packets protected.
    public var protectedRTP = 0
    /// RTCP packets protected.
    public var protectedRTCP = 0
    /// Authentic, fresh RTP packets.
    public var unprotectedRTP = 0
    /// Authentic, fresh RTCP packets.
    public var unprotectedRTCP = 0
    /// Packets seen before or too old.
    public var replays = 0
    /// Packets that failed authentication or were too short for it.
    public var unauthentic = 0
}

/// The packet indices and replay windows of one connection's SRTP and SRTCP (RFC 3711 §3.2 and §3.3).
///
/// State is kept per SSRC and begins with the first authentic packet. The rollover counter of a new SSRC is zero on
/// both sides (RFC 3711 §3.3.1), so a sender should begin below sequence number 2^15 lest the loss of its first
/// packets hides a wrap.
public struct SRTPSession {
    /// What was counted so far.
    public private(set) var statistics = SRTPStatistics()

    /// Unprotects what the peer sends.
    private let inbound: any PacketCipher
    /// Protects what we send.
    private let outbound: any PacketCipher
    /// Numbers of the SSRCs we receive, RTP and RTCP alike.
    private var inboundIndex = SSRCIndex()
    /// Replay windows by number.
    private var inboundStreams: ContiguousArray<InboundStream> = []
    /// Numbers of the SSRCs we send.
    private var outboundIndex = SSRCIndex()
    /// Highest packet index sent, by number.
    private var outboundHighest: ContiguousArray<UInt64> = []
    /// The index of our next RTCP packet: one counter serves all our SSRCs, as the SSRC is part of every nonce.
    private var nextRTCPIndex: UInt32 = 0

    /// 1024 RTP packets cover six seconds of 720p video, longer than any sender keeps packets to repeat.
    private struct InboundStream {
        var rtp = ReplayWindow<16>()
        var rtcp = ReplayWindow<1>()
    }

    /// Starts with fresh counters, for the ciphers of one handshake.
    public init(ciphers: CipherPair) {
        inbound = ciphers.inbound
        outbound = ciphers.outbound
    }

    /// How many bytes `protectRTP` adds.
    public var rtpOverhead: Int { outbound.rtpOverhead }

    /// How many bytes `protectRTCP` adds.
    public var rtcpOverhead: Int { outbound.rtcpOverhead }

    /// Protects the RTP packet `buffer[0..<count]` in place; `buffer` has room for `rtpOverhead` more.
    ///
    /// Returns the new count, or zero if there is no room.
    public mutating func protectRTP(
        _ buffer: UnsafeMutableRawBufferPointer, count: Int, headerLength: Int, ssrc: UInt32,
        sequenceNumber: UInt16
    ) -> Int {
        let index: UInt64
        if let number = outboundIndex.find(ssrc) {
            index = Self.nearestIndex(to: outboundHighest[number], sequenceNumber: sequenceNumber)
            outboundHighest[number] = max(outboundHighest[number], index)
        } else {
            index = UInt64(sequenceNumber)
            _ = outboundIndex.add(ssrc)
            outboundHighest.append(index)
        }
        let protected = outbound.protectRTP(
            buffer, count: count, headerLength: headerLength, ssrc: ssrc, index: index)
        if protected > 0 { statistics.protectedRTP += 1 }
        return protected
    }

    /// Checks and decrypts the RTP packet that fills `buffer`, in place.
    public mutating func unprotectRTP(
        _ buffer: UnsafeMutableRawBufferPointer, headerLength: Int, ssrc: UInt32, sequenceNumber: UInt16
    ) -> SRTPResult {
        let number = inboundIndex.find(ssrc)
        var index = UInt64(sequenceNumber)
        if let number, let highest = inboundStreams[number].rtp.highest {
            index = Self.nearestIndex(to: highest, sequenceNumber: sequenceNumber)
            guard inboundStreams[number].rtp.isFresh(index) else { return reject(.replay) }
        }
        let count = inbound.unprotectRTP(
            buffer, count: buffer.count, headerLength: headerLength, ssrc: ssrc, index: index)
        guard count > 0 else { return reject(.unauthentic) }
        inboundStreams[number ?? addInbound(ssrc)].rtp.commit(index)
        statistics.unprotectedRTP += 1
        return .ok(count: count, extendedIndex: index)
    }

    /// Protects the compound RTCP packet `buffer[0..<count]`, whose first sender is `ssrc`, in place.
    ///
    /// `buffer` has room for `rtcpOverhead` more bytes. Returns the new count, or zero if there is no room.
    public mutating func protectRTCP(
        _ buffer: UnsafeMutableRawBufferPointer, count: Int, ssrc: UInt32
    ) -> Int {
        let protected = outbound.protectRTCP(buffer, count: count, ssrc: ssrc, index: nextRTCPIndex)
        guard protected > 0 else { return 0 }
        nextRTCPIndex = (nextRTCPIndex &+ 1) & 0x7fff_ffff
        statistics.protectedRTCP += 1
        return protected
    }

    /// Checks and decrypts the compound RTCP packet that fills `buffer`, in place.
    public mutating func unprotectRTCP(_ buffer: UnsafeMutableRawBufferPointer) -> SRTPResult {
        let indexOffset = buffer.count - inbound.bytesAfterRTCPIndex - 4
        guard buffer.count >= 8 + inbound.rtcpOverhead, indexOffset >= 8 else { return reject(.unauthentic) }
        let ssrc = UInt32(bigEndian: buffer.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let indexWord = UInt32(bigEndian: buffer.loadUnaligned(fromByteOffset: indexOffset, as: UInt32.self))
        let index = UInt64(indexWord & 0x7fff_ffff)
        let number = inboundIndex.find(ssrc)
        if let number, !inboundStreams[number].rtcp.isFresh(index) { return reject(.replay) }
        let count = inbound.unprotectRTCP(buffer, count: buffer.count)
        guard count > 0 else { return reject(.unauthentic) }
        inboundStreams[number ?? addInbound(ssrc)].rtcp.commit(index)
        statistics.unprotectedRTCP += 1
        return .ok(count: count, extendedIndex: index)
    }

    private mutating func addInbound(_ ssrc: UInt32) -> Int {
        inboundStreams.append(InboundStream())
        return inboundIndex.add(ssrc)
    }

    private mutating func reject(_ result: SRTPResult) -> SRTPResult {
        if result == .replay { statistics.replays += 1 } else { statistics.unauthentic += 1 }
        return result
    }

    /// The packet index with this sequence number that is nearest to `highest` (RFC 3711 §3.3.1, appendix A).
    ///
    /// Below zero there is none: then the number lies half a cycle ahead, as libsrtp has it too.
    static func nearestIndex(to highest: UInt64, sequenceNumber: UInt16) -> UInt64 {
        let step = Int16(truncatingIfNeeded: Int64(sequenceNumber) &- Int64(truncatingIfNeeded: highest))
        let (index, _) = highest.addingReportingOverflow(UInt64(bitPattern: Int64(step)))
        let isBelowZero = step < 0 && highest < UInt64(step.magnitude)
        return (isBelowZero ? UInt64(sequenceNumber) : index) & 0xffff_ffff_ffff
    }
}
