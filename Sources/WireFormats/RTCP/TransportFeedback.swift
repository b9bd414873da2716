public import Primitives

/// The fixed part of a transport-wide congestion control feedback, checked against its chunks and deltas
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).
public struct TransportFeedbackHeader: Sendable, Hashable {
    /// Arrival times count in units of 250 µs.
    public static let tick = Interval.microseconds(250)
    /// A reference time counts 64 ms, which is 256 ticks.
    public static let ticksPerReference: Int64 = 256

    /// The transport-wide sequence number of the first status.
    public let baseSequence: UInt16
    /// How many packets the feedback speaks about.
    public let statusCount: Int
    /// The receiver's clock in units of 64 ms, 24 bits signed; arrivals count from here.
    public let referenceTime: Int32
    /// Counts feedback packets, modulo 256.
    public let feedbackCount: UInt8
    /// Offset of the first status chunk in the datagram.
    let chunksOffset: Int
    /// Offset of the first delta in the datagram.
    let deltasOffset: Int

    /// Reads and checks the part after the SSRCs; nil if chunks or deltas do not fit the counts.
    init?(datagram: RawSpan, body: Range<Int>) {
        var reader = ByteReader(datagram)
        reader.skip(body.lowerBound)
        baseSequence = reader.readUInt16()
        statusCount = Int(reader.readUInt16())
        let word = reader.readUInt32()
        referenceTime = Int32(bitPattern: word) >> 8
        feedbackCount = UInt8(truncatingIfNeeded: word)
        chunksOffset = body.lowerBound + 8
        guard body.count >= 8, statusCount > 0 else { return nil }
        var covered = 0
        var deltaBytes = 0
        while covered < statusCount {
            guard reader.offset + 2 <= body.upperBound else { return nil }
            let chunk = StatusChunk(word: reader.readUInt16())
            let count = min(chunk.count, statusCount - covered)
            // A run of length zero would never get anywhere.
            guard count > 0, let bytes = chunk.deltaByteCount(first: count) else { return nil }
            covered += count
            deltaBytes += bytes
        }
        deltasOffset = reader.offset
        guard deltasOffset + deltaBytes <= body.upperBound else { return nil }
    }
}

/// What a transport-wide feedback says about one packet.
public struct TransportFeedbackStatus: Sendable, Hashable {
    /// The packet's transport-wide sequence number.
    public var sequenceNumber: UInt16
    /// When it arrived, in ticks of 250 µs by the receiver's clock; nil if it did not arrive.
    public var arrival: Int64?

    /// Makes a status.
    public init(sequenceNumber: UInt16, arrival: Int64?) {
        self.sequenceNumber = sequenceNumber
        self.arrival = arrival
    }
}

/// Walks over the packets that a transport-wide feedback speaks about, in sequence.
public struct TransportFeedbackStatuses: ~Escapable {
    private var chunks: ByteReader
    private var deltas: ByteReader
    private var left: Int
    private var sequenceNumber: UInt16
    private var time: Int64
    private var chunk = StatusChunk(word: 0)
    private var indexInChunk = 0

    @_lifetime(copy datagram)
    init(datagram: RawSpan, header: TransportFeedbackHeader) {
        chunks = ByteReader(datagram)
        chunks.skip(header.chunksOffset)
        deltas = ByteReader(datagram)
        deltas.skip(header.deltasOffset)
        left = header.statusCount
        sequenceNumber = header.baseSequence
        time = Int64(header.referenceTime) * TransportFeedbackHeader.ticksPerReference
    }

    /// The next packet; nil at the end.
    public mutating func next() -> TransportFeedbackStatus? {
        guard left > 0 else { return nil }
        left -= 1
        if indexInChunk == chunk.count {
            chunk = StatusChunk(word: chunks.readUInt16())
            indexInChunk = 0
        }
        let symbol = chunk.symbol(at: indexInChunk)
        indexInChunk += 1
        let number = sequenceNumber
        sequenceNumber &+= 1
        switch symbol {
        case .notReceived:
            return TransportFeedbackStatus(sequenceNumber: number, arrival: nil)
        case .smallDelta:
            time &+= Int64(deltas.readUInt8())
        case .largeDelta, .reserved:
            time &+= Int64(Int16(bitPattern: deltas.readUInt16()))
        }
        return TransportFeedbackStatus(sequenceNumber: number, arrival: time)
    }
}

/// The two-bit status of a packet, section 3.1.1.
enum StatusSymbol: UInt8 {
    /// The packet has not arrived.
    case notReceived = 0
    /// It arrived 0...255 ticks after the one before.
    case smallDelta = 1
    /// It arrived before the one before, or more than 255 ticks after it.
    case largeDelta = 2
    /// Not to be used; a feedback with it is refused.
    case reserved = 3

    /// How many bytes its delta takes.
    var deltaByteCount: Int {
        switch self {
        case .notReceived: 0
        case .smallDelta: 1
        case .largeDelta, .reserved: 2
        }
    }
}

/// A packet status chunk, sections 3.1.3 and 3.1.4.
struct StatusChunk {
    /// The chunk as it is on the wire.
    var word: UInt16

    /// The longest run that a run-length chunk can hold.
    static let longestRun = 0x1fff
    /// Packets in a vector of one-bit symbols.
    static let oneBitCapacity = 14
    /// Packets in a vector of two-bit symbols.
    static let twoBitCapacity = 7

    /// How many packets the chunk can describe; the last chunk may describe fewer.
    var count: Int {
        guard word & 0x8000 != 0 else { return Int(word & 0x1fff) }
        return word & 0x4000 == 0 ? Self.oneBitCapacity : Self.twoBitCapacity
    }

    /// The symbol of packet `index`.
    func symbol(at index: Int) -> StatusSymbol {
        let bits: UInt16
        if word & 0x8000 == 0 {
            bits = word >> 13 & 3
        } else if word & 0x4000 == 0 {
            bits = word >> UInt16(13 - index) & 1
        } else {
            bits = word >> UInt16(12 - 2 * index) & 3
        }
        return StatusSymbol(rawValue: UInt8(truncatingIfNeeded: bits)) ?? .reserved
    }

    /// Bytes of deltas that the first `count` packets need; nil if one has the reserved symbol.
    func deltaByteCount(first count: Int) -> Int? {
        if word & 0x8000 == 0 {
            let symbol = symbol(at: 0)
            return symbol == .reserved ? nil : count * symbol.deltaByteCount
        }
        var bytes = 0
        for index in 0..<count {
            let symbol = symbol(at: index)
            guard symbol != .reserved else { return nil }
            bytes += symbol.deltaByteCount
        }
        return bytes
    }

    /// A chunk for the longest sensible run of the first symbols, and how many packets it describes.
    ///
    /// A run is worth a chunk of its own once a vector could not hold it; a vector of one-bit symbols is worth it
    /// only if no large delta is among the next fourteen packets.
    static func encode(_ symbols: Slice<UnsafeMutableBufferPointer<UInt8>>) -> (
        chunk: StatusChunk, count: Int
    ) {
        let first = symbols[symbols.startIndex]
        var run = 0
        while run < min(symbols.count, longestRun), symbols[symbols.startIndex + run] == first { run += 1 }
        let head = symbols.prefix(oneBitCapacity)
        let hasLargeDelta = head.contains(StatusSymbol.largeDelta.rawValue)
        let capacity = hasLargeDelta ? twoBitCapacity : oneBitCapacity
        if run >= capacity || run == symbols.count {
            return (StatusChunk(word: UInt16(first) << 13 | UInt16(run)), run)
        }
        var word: UInt16 = hasLargeDelta ? 0xc000 : 0x8000
        let count = min(capacity, symbols.count)
        for index in 0..<count {
            let symbol = UInt16(symbols[symbols.startIndex + index])
            word |= hasLargeDelta ? symbol << UInt16(12 - 2 * index) : symbol << UInt16(13 - index)
        }
        return (StatusChunk(word: word), count)
    }
}
