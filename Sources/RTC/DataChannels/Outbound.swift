import Primitives
import WireFormats

/// What is to be sent, what is in flight, and how fast (RFC 9260 sections 6.1 to 6.3 and 7.2).
struct Outbound {
    /// A chunk is not cut smaller than this to fill a packet.
    private static let smallestFragment = 256
    /// Acknowledgements of later TSNs that make a chunk lost (RFC 9260 section 7.2.4).
    private static let missLimit: UInt8 = 3

    /// Messages that wait.
    private(set) var waiting = RingQueue<OutboundMessage>()
    /// Chunks from the cumulative TSN on.
    private(set) var chunks = RingQueue<OutboundChunk>()
    /// Bytes of messages that have not become chunks.
    private(set) var waitingBytes = 0
    /// Bytes of the chunks that are in flight.
    private(set) var flight = 0
    /// How many chunks wait to be sent again.
    private(set) var lostCount = 0
    /// Everything up to this TSN has been acknowledged.
    private(set) var cumulativeTSN: UInt32
    /// Everything up to this TSN has been acknowledged or abandoned (RFC 3758 section 3.5).
    private(set) var advancedTSN: UInt32
    /// The window that the peer announced, less what was in flight then.
    private(set) var peerWindow = 0
    /// Whether one packet may go out regardless of the congestion window (RFC 9260 section 7.2.4).
    private var mayExceedWindow = false
    /// Whether the peer understands FORWARD TSN; without it nothing is ever abandoned.
    var peerSupportsForwardTSN = false
    /// How much may be in flight.
    private(set) var window = CongestionWindow()
    /// The number of the next ordered message in each stream.
    private var sequences = StreamTable()
    /// Names the next message.
    private var nextIdentifier: UInt32 = 0
    /// Messages given up.
    private(set) var abandonedMessages = 0
    /// Chunks sent again, after timeouts and fast.
    private(set) var retransmissions = 0
    /// Losses recognised by later acknowledgements.
    private(set) var fastRetransmits = 0

    init(initialTSN: UInt32) {
        cumulativeTSN = initialTSN &- 1
        advancedTSN = cumulativeTSN
    }

    /// The TSN that was given last.
    var lastTSN: UInt32 { cumulativeTSN &+ UInt32(truncatingIfNeeded: chunks.count) }

    var isEmpty: Bool { waiting.isEmpty && chunks.isEmpty }

    /// Whether the peer must be moved past abandoned chunks.
    var needsForwardTSN: Bool { advancedTSN.isAfter(cumulativeTSN) }

    /// Whether a chunk may leave now.
    var canSend: Bool {
        if lostCount > 0 { return mayExceedWindow || flight < window.limit }
        guard let message = waiting.first, flight < window.limit else { return false }
        // One chunk may always be under way, to learn when the peer's window opens (RFC 9260 section 6.1).
        return flight == 0 || peerWindow >= min(message.bytes.count - message.offset, Self.smallestFragment)
    }

    mutating func setPeerWindow(_ bytes: UInt32) { peerWindow = Int(bytes) }

    mutating func enqueue(
        _ bytes: [UInt8], protocolIdentifier: UInt32, stream: UInt16, isOrdered: Bool, limit: DeliveryLimit
    ) {
        waitingBytes += bytes.count
        waiting.append(
            OutboundMessage(
                identifier: nextIdentifier, stream: stream, protocolIdentifier: protocolIdentifier,
                isOrdered: isOrdered, limit: limit, bytes: bytes))
        nextIdentifier &+= 1
    }

    /// Whether anything of `stream` waits or is unacknowledged.
    func hasData(on stream: UInt16) -> Bool {
        for index in 0..<waiting.count where waiting[index].stream == stream { return true }
        for index in 0..<chunks.count where chunks[index].stream == stream { return true }
        return false
    }

    /// Starts to number the messages of `stream` anew.
    mutating func resetSequence(of stream: UInt16) { sequences[stream] = 0 }
}

// MARK: - Sending

extension Outbound {
    /// Fills the rest of a packet with chunks; returns how many it wrote.
    mutating func write(into packet: inout SCTPPacketWriter, now: Instant) -> Int {
        var written = writeLost(into: &packet, now: now)
        guard lostCount == 0 else { return written }
        while canSend {
            guard let message = waiting.first else { break }
            if message.limit.expiry <= now, peerSupportsForwardTSN {
                expire(now: now)
                continue
            }
            let room = packet.remaining - SCTPDataChunk.headerByteCount
            let left = message.bytes.count - message.offset
            guard room >= left || room >= Self.smallestFragment else { break }
            var size = min(left, room)
            if flight > 0 { size = min(size, peerWindow) }
            guard size > 0 else { break }
            let index = appendChunk(of: size, now: now)
            writeChunk(index, into: &packet)
            written += 1
        }
        return written
    }

    private mutating func writeLost(into packet: inout SCTPPacketWriter, now: Instant) -> Int {
        var written = 0
        var index = 0
        while lostCount > 0, index < chunks.count {
            defer { index += 1 }
            guard chunks[index].state == .lost else { continue }
            let size = chunks[index].range.count
            guard packet.remaining >= SCTPDataChunk.headerByteCount + size else { break }
            guard mayExceedWindow || flight < window.limit else { break }
            chunks.update(index) { chunk in
                chunk.state = .inFlight
                chunk.transmissions &+= 1
                chunk.sentAt = now
            }
            lostCount -= 1
            flight += size
            retransmissions += 1
            writeChunk(index, into: &packet)
            written += 1
        }
        if written > 0 { mayExceedWindow = false }
        return written
    }

    /// Cuts `size` bytes off the first waiting message; returns the new chunk's index.
    private mutating func appendChunk(of size: Int, now: Instant) -> Int {
        let isFinished = waiting.update(0) { message in
            if message.offset == 0, message.isOrdered {
                message.streamSequence = sequences[message.stream]
                sequences[message.stream] = message.streamSequence &+ 1
            }
            let range = message.offset..<message.offset + size
            chunks.append(
                OutboundChunk(
                    message: message.bytes, range: range, messageIdentifier: message.identifier,
                    stream: message.stream, streamSequence: message.streamSequence,
                    protocolIdentifier: message.protocolIdentifier, isOrdered: message.isOrdered,
                    state: .inFlight, transmissions: 1, sentAt: now, limit: message.limit))
            message.offset += size
            return message.offset == message.bytes.count
        }
        waitingBytes -= size
        flight += size
        peerWindow = max(0, peerWindow - size)
        if isFinished { waiting.popFirst() }
        return chunks.count - 1
    }

    private func writeChunk(_ index: Int, into packet: inout SCTPPacketWriter) {
        let chunk = chunks[index]
        var flags: SCTPDataChunk.Flags = chunk.isOrdered ? [] : .unordered
        if chunk.range.lowerBound == 0 { flags.insert(.beginning) }
        if chunk.range.upperBound == chunk.message.count { flags.insert(.ending) }
        let header = SCTPDataChunk(
            flags: flags, tsn: cumulativeTSN &+ 1 &+ UInt32(truncatingIfNeeded: index), stream: chunk.stream,
            streamSequence: chunk.streamSequence, protocolIdentifier: chunk.protocolIdentifier)
        chunk.message.withUnsafeBytes { bytes in
            packet.writeData(header, userData: UnsafeRawBufferPointer(rebasing: bytes[chunk.range]))
        }
    }
}

// MARK: - Abandoning (RFC 3758)

extension Outbound {
    /// Gives up the messages whose time is over before they were sent at all, or half-way.
    mutating func expire(now: Instant) {
        guard peerSupportsForwardTSN else { return }
        while let message = waiting.first, message.limit.expiry <= now {
            if message.offset == 0 { dropWaiting() } else { abandon(message.identifier) }
        }
        advance()
    }

    /// Writes FORWARD TSN; the caller made sure that `needsForwardTSN`.
    mutating func writeForwardTSN(into packet: inout SCTPPacketWriter) {
        packet.beginChunk(.forwardTSN)
        packet.write { $0.write(advancedTSN) }
        var skipped = StreamTable()
        let count = Int(advancedTSN &- cumulativeTSN)
        for index in 0..<count where chunks[index].isOrdered {
            skipped[chunks[index].stream] = chunks[index].streamSequence &+ 1
        }
        // Each stream once, with its last number: the chunk that holds it writes it.
        for index in 0..<count where chunks[index].isOrdered {
            let chunk = chunks[index]
            guard skipped[chunk.stream] == chunk.streamSequence &+ 1, packet.remaining >= 4 else { continue }
            let isLastOfMessage =
                index + 1 == count || chunks[index + 1].messageIdentifier != chunk.messageIdentifier
            guard isLastOfMessage else { continue }
            packet.write { writer in
                writer.write(chunk.stream)
                writer.write(chunk.streamSequence)
            }
        }
        packet.endChunk()
    }

    /// Whether a lost chunk's message must be given up instead of being sent again.
    private func isHopeless(_ chunk: OutboundChunk, now: Instant) -> Bool {
        peerSupportsForwardTSN
            && (chunk.transmissions >= chunk.limit.transmissions || chunk.limit.expiry <= now)
    }

    private mutating func dropWaiting() {
        guard let message = waiting.popFirst() else { return }
        waitingBytes -= message.bytes.count - message.offset
        abandonedMessages += 1
    }

    private mutating func abandon(_ identifier: UInt32) {
        abandonedMessages += 1
        for index in 0..<chunks.count where chunks[index].messageIdentifier == identifier {
            let chunk = chunks[index]
            if chunk.state == .inFlight { flight -= chunk.range.count }
            if chunk.state == .lost { lostCount -= 1 }
            if chunk.state != .acknowledged { chunks.update(index) { $0.state = .abandoned } }
        }
        guard let message = waiting.first, message.identifier == identifier else { return }
        // The rest gets one TSN that is never sent: moving the peer past it makes the peer drop the fragments it has,
        // even if all of those were acknowledged.
        chunks.append(
            OutboundChunk(
                message: [], range: 0..<0, messageIdentifier: identifier, stream: message.stream,
                streamSequence: message.streamSequence, protocolIdentifier: message.protocolIdentifier,
                isOrdered: message.isOrdered, state: .abandoned, transmissions: 1, sentAt: .zero,
                limit: message.limit))
        waitingBytes -= message.bytes.count - message.offset
        waiting.popFirst()
    }

    private mutating func advance() {
        if cumulativeTSN.isAfter(advancedTSN) { advancedTSN = cumulativeTSN }
        var index = Int(advancedTSN &- cumulativeTSN)
        while index < chunks.count, chunks[index].state == .abandoned { index += 1 }
        advancedTSN = cumulativeTSN &+ UInt32(truncatingIfNeeded: index)
    }
}

// MARK: - Acknowledgements and losses

extension Outbound {
    /// What a SACK brought.
    struct Acknowledgement {
        /// Whether the cumulative TSN moved.
        var movedCumulative = false
        /// Bytes acknowledged for the first time.
        var bytes = 0
        /// Round trip of a chunk that was sent once.
        var roundTrip: Interval?
    }

    /// Takes in a SACK; nil if it is older than another or acknowledges what was never sent.
    mutating func acknowledge(_ ack: borrowing SCTPSelectiveAck, now: Instant) -> Acknowledgement? {
        guard let index = index(of: ack.cumulativeTSN) else { return nil }
        let wasFull = flight + CongestionWindow.segment >= window.limit
        var result = acknowledge(through: index, now: now)
        let highest = acknowledgeBlocks(of: ack, into: &result, now: now)
        window.noteCumulative(cumulativeTSN)
        if result.movedCumulative, result.bytes > 0 {
            window.grow(acknowledged: result.bytes, wasFull: wasFull, flight: flight)
        }
        if let highest { countMisses(below: highest, now: now) }
        peerWindow = max(0, Int(ack.receiverWindow) - flight)
        advance()
        return result
    }

    /// Takes in a cumulative TSN alone, as SHUTDOWN carries it.
    mutating func acknowledge(through tsn: UInt32, now: Instant) -> Acknowledgement? {
        guard let index = index(of: tsn) else { return nil }
        let result = acknowledge(through: index, now: now)
        advance()
        return result
    }

    /// Takes everything in flight for lost (RFC 9260 section 6.3.3).
    ///
    /// - Parameter distrustsGaps: Whether chunks that only gap blocks reported are sent again too: the way out
    ///   if the peer reneged on them.
    mutating func timeOut(distrustsGaps: Bool, now: Instant) {
        window.collapse()
        mayExceedWindow = false
        for index in 0..<chunks.count {
            chunks.update(index) { $0.misses = 0 }
            switch chunks[index].state {
            case .inFlight: lose(index, now: now)
            case .acknowledged where distrustsGaps:
                chunks.update(index) { $0.state = .lost }
                lostCount += 1
            default: continue
            }
        }
        expire(now: now)
    }

    /// How many chunks lie at or before `tsn`; nil if it is no TSN that could be acknowledged now.
    private func index(of tsn: UInt32) -> Int? {
        let count = tsn &- cumulativeTSN
        return count <= UInt32(truncatingIfNeeded: chunks.count) ? Int(count) : nil
    }

    private mutating func acknowledge(through count: Int, now: Instant) -> Acknowledgement {
        var result = Acknowledgement()
        result.movedCumulative = count > 0
        for _ in 0..<count {
            guard let chunk = chunks.popFirst() else { break }
            note(chunk, in: &result, now: now)
        }
        cumulativeTSN &+= UInt32(truncatingIfNeeded: count)
        return result
    }

    private mutating func note(_ chunk: OutboundChunk, in result: inout Acknowledgement, now: Instant) {
        guard chunk.state == .inFlight || chunk.state == .lost else { return }
        if chunk.state == .inFlight { flight -= chunk.range.count } else { lostCount -= 1 }
        result.bytes += chunk.range.count
        // Karn's rule: a chunk that was sent twice tells nothing (RFC 9260 section 6.3.1, C5).
        if chunk.transmissions == 1 { result.roundTrip = now - chunk.sentAt }
    }

    /// Marks what the gap blocks report; returns the index of the last chunk that was reported for the first time.
    private mutating func acknowledgeBlocks(
        of ack: borrowing SCTPSelectiveAck, into result: inout Acknowledgement, now: Instant
    ) -> Int? {
        var highest = result.movedCumulative ? -1 : nil
        var next = 0
        for block in 0..<ack.gapBlockCount {
            let (start, end) = ack.gapBlock(block)
            let first = Int(start) - 1
            let last = Int(end) - 1
            // Blocks must ascend and name what was sent: a malformed rest is ignored.
            guard first >= next, first <= last, last < chunks.count else { break }
            for index in first...last {
                let chunk = chunks[index]
                guard chunk.state == .inFlight || chunk.state == .lost else { continue }
                note(chunk, in: &result, now: now)
                chunks.update(index) { $0.state = .acknowledged }
                highest = index
            }
            next = last + 1
        }
        return highest
    }

    /// Counts a miss for each chunk before `highest` (in fast recovery: before any gap block's end) and declares
    /// losses (RFC 9260 section 7.2.4).
    private mutating func countMisses(below highest: Int, now: Instant) {
        var limit = highest
        if window.recoveryExit != nil {
            var last = chunks.count - 1
            while last > limit, chunks[last].state != .acknowledged { last -= 1 }
            limit = max(limit, last)
        }
        var hasLost = false
        var index = 0
        while index < limit, index < chunks.count {
            // A chunk is sent again by misses once only; after that the timer decides.
            if chunks[index].state == .inFlight, chunks[index].misses < Self.missLimit {
                let misses = chunks.update(index) { chunk in
                    chunk.misses += 1
                    return chunk.misses
                }
                if misses >= Self.missLimit {
                    lose(index, now: now)
                    hasLost = true
                }
            }
            index += 1
        }
        guard hasLost else { return }
        fastRetransmits += 1
        if window.recoveryExit == nil {
            window.enterFastRecovery(exit: lastTSN)
            mayExceedWindow = lostCount > 0
        }
    }

    private mutating func lose(_ index: Int, now: Instant) {
        let chunk = chunks[index]
        guard chunk.state == .inFlight else { return }
        if isHopeless(chunk, now: now) {
            abandon(chunk.messageIdentifier)
        } else {
            flight -= chunk.range.count
            chunks.update(index) { $0.state = .lost }
            lostCount += 1
        }
    }
}
