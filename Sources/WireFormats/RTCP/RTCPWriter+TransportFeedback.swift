import Primitives

extension RTCPWriter {
    /// Writes a transport-wide feedback about consecutive packets.
    ///
    /// - Parameters:
    ///   - baseSequence: The transport-wide sequence number of the first packet.
    ///   - statusCount: How many packets to report; at least one of them must have arrived.
    ///   - feedbackCount: Which feedback this is, modulo 256.
    ///   - arrival: When packet `index` arrived, in ticks of 250 µs; nil if it did not.
    /// - Returns: How many of the packets were reported; fewer than asked if the space or the range of a delta ran
    ///   out, 0 if nothing was written.
    public mutating func writeTransportFeedback(
        _ sources: FeedbackSources, baseSequence: UInt16, statusCount: Int, feedbackCount: UInt8,
        arrival: (_ index: Int) -> Int64?
    ) -> Int {
        finish()
        let wanted = min(statusCount, Self.maximumStatusCount)
        guard wanted > 0 else { return 0 }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: wanted) { symbols in
            var plan = TransportFeedbackPlan(limit: writer.remaining)
            plan.make(wanted, symbols: symbols, arrival: arrival)
            guard plan.count > 0, let reference = plan.reference,
                begin(
                    RTCPPacketType.transportFeedback, format: RTCPPacketType.transportWideFormat,
                    byteCount: plan.byteCount)
            else { return 0 }
            write(sources)
            writer.write(baseSequence)
            writer.write(UInt16(truncatingIfNeeded: plan.count))
            writer.write(UInt32(truncatingIfNeeded: reference) << 8 | UInt32(feedbackCount))
            writeChunks(symbols.prefix(plan.count))
            writeDeltas(plan.count, reference, symbols, arrival)
            endPacket()
            return plan.count
        }
    }

    /// The most packets that one feedback reports, which bounds the stack space of composing one.
    public static let maximumStatusCount = 1000

    private mutating func writeChunks(_ all: Slice<UnsafeMutableBufferPointer<UInt8>>) {
        var symbols = all
        while !symbols.isEmpty {
            let (chunk, count) = StatusChunk.encode(symbols)
            writer.write(chunk.word)
            symbols = symbols.dropFirst(count)
        }
    }

    private mutating func writeDeltas(
        _ count: Int, _ reference: Int64, _ symbols: UnsafeMutableBufferPointer<UInt8>,
        _ arrival: (Int) -> Int64?
    ) {
        var time = reference * TransportFeedbackHeader.ticksPerReference
        for index in 0..<count where symbols[index] != StatusSymbol.notReceived.rawValue {
            guard let now = arrival(index) else { continue }
            if symbols[index] == StatusSymbol.smallDelta.rawValue {
                writer.write(UInt8(truncatingIfNeeded: now - time))
            } else {
                writer.write(UInt16(truncatingIfNeeded: now - time))
            }
            time = now
        }
        let padding = (4 - writer.count % 4) % 4
        guard padding > 0 else { return }
        markPadded()
        writer.writeZeros(padding - 1)
        writer.write(UInt8(truncatingIfNeeded: padding))
    }
}

/// Decides how many packets a transport-wide feedback can report and with which symbols.
private struct TransportFeedbackPlan {
    /// Bytes that the feedback may take.
    let limit: Int
    /// Packets to report.
    var count = 0
    /// The reference time in units of 64 ms: that of the first packet that arrived, rounded down.
    var reference: Int64?
    /// The length of the feedback with padding; an upper bound until `make` ends.
    var byteCount = 0

    init(limit: Int) { self.limit = limit }

    mutating func make(
        _ wanted: Int, symbols: UnsafeMutableBufferPointer<UInt8>, arrival: (Int) -> Int64?
    ) {
        var time: Int64 = 0
        var deltaBytes = 0
        for index in 0..<wanted {
            var symbol = StatusSymbol.notReceived
            if let now = arrival(index) {
                if reference == nil {
                    let ticks = TransportFeedbackHeader.ticksPerReference
                    reference = (now - (now % ticks + ticks) % ticks) / ticks
                    time = (reference ?? 0) * ticks
                }
                let delta = now - time
                // A delta beyond 16 bits needs a new reference time, so a new feedback.
                guard Int64(Int16.min)...Int64(Int16.max) ~= delta else { break }
                symbol = 0...255 ~= delta ? .smallDelta : .largeDelta
                time = now
            }
            // A chunk describes at least seven packets, the last one perhaps fewer.
            let bound = 20 + 2 * (index / StatusChunk.twoBitCapacity + 1) + deltaBytes + symbol.deltaByteCount
            guard (bound + 3) / 4 * 4 <= limit else { break }
            symbols[index] = symbol.rawValue
            deltaBytes += symbol.deltaByteCount
            count = index + 1
            byteCount = (bound + 3) / 4 * 4
        }
        if reference == nil { count = 0 }
    }
}
