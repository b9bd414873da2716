import WireFormats

/// Turns DATA chunks into whole messages in their streams' order (RFC 9260 sections 6.5, 6.6 and 6.9).
struct Reassembler {
    /// A message that is complete.
    struct Message {
        var stream: UInt16
        var protocolIdentifier: UInt32
        var bytes: [UInt8]
    }

    /// A part of a message that is not complete yet.
    private struct Fragment {
        var chunk: SCTPDataChunk
        var bytes: [UInt8]
    }

    /// A complete message whose predecessor in the stream is missing.
    private struct EarlyMessage {
        /// TSN of the first fragment: within a stream, TSNs and message numbers have the same order.
        var tsn: UInt32
        var streamSequence: UInt16
        var message: Message
    }

    /// What keeping a fragment or an early message costs beyond its bytes: counted, so that many small ones
    /// cannot take more memory than the window allows.
    private static let overhead = 64

    /// Parts of messages, by TSN.
    private var fragments: ContiguousArray<Fragment> = []
    /// Complete messages that must wait, by TSN.
    private var early: ContiguousArray<EarlyMessage> = []
    /// The number of the next message to deliver in each stream.
    private var expected = StreamTable()
    /// Messages to hand up.
    private(set) var delivered = RingQueue<Message>()
    /// Bytes held back, overhead included.
    private(set) var heldBytes = 0

    /// Takes in a chunk that has not arrived before; false if its message grew too large.
    mutating func insert(_ chunk: SCTPDataChunk, userData: RawSpan) -> Bool {
        let bytes = userData.withUnsafeBytes { Array($0) }
        if chunk.flags.contains([.beginning, .ending]) {
            finish(chunk, bytes)
            return true
        }
        var index = fragments.count
        while index > 0, fragments[index - 1].chunk.tsn.isAfter(chunk.tsn) { index -= 1 }
        fragments.insert(Fragment(chunk: chunk, bytes: bytes), at: index)
        heldBytes += bytes.count + Self.overhead
        return assemble(around: index)
    }

    /// Skips abandoned data (RFC 3758 section 3.6).
    mutating func forward(to tsn: UInt32) {
        let passed = fragments.prefix { !$0.chunk.tsn.isAfter(tsn) }.count
        for fragment in fragments.prefix(passed) { heldBytes -= fragment.bytes.count + Self.overhead }
        fragments.removeFirst(passed)
        if fragments.isEmpty { fragments = [] }
    }

    /// Skips the messages of `stream` up to number `streamSequence`, delivering those of them that are complete.
    mutating func skip(stream: UInt16, through streamSequence: UInt16) {
        guard !expected[stream].isAfter(streamSequence) else { return }
        release(stream) { number, _ in !number.isAfter(streamSequence) }
        expected[stream] = streamSequence &+ 1
        releaseInOrder(stream)
    }

    /// Starts to number a stream's messages anew (RFC 6525 section 5.2.2); all streams if there are none given.
    mutating func reset(_ streams: [UInt16]) {
        if streams.isEmpty { expected.removeAll() }
        for stream in streams { expected[stream] = 0 }
    }

    /// The oldest message to hand up.
    mutating func popDelivered() -> Message? { delivered.popFirst() }

    private mutating func assemble(around index: Int) -> Bool {
        var last = index
        while !fragments[last].chunk.flags.contains(.ending) {
            guard last + 1 < fragments.count, continues(last) else { return true }
            last += 1
        }
        var first = index
        while !fragments[first].chunk.flags.contains(.beginning) {
            guard first > 0, continues(first - 1) else { return true }
            first -= 1
        }
        var total = 0
        for fragment in fragments[first...last] { total += fragment.bytes.count }
        heldBytes -= total + (last - first + 1) * Self.overhead
        guard total <= SCTPAssociation.maximumMessageSize else { return false }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(total)
        for fragment in fragments[first...last] { bytes += fragment.bytes }
        let chunk = fragments[first].chunk
        fragments.removeSubrange(first...last)
        if fragments.isEmpty { fragments = [] }
        finish(chunk, bytes)
        return true
    }

    /// Whether the fragment behind `index` goes on with the same message.
    private func continues(_ index: Int) -> Bool {
        let left = fragments[index].chunk
        let right = fragments[index + 1].chunk
        return right.tsn == left.tsn &+ 1 && right.stream == left.stream
            && right.streamSequence == left.streamSequence && !right.flags.contains(.beginning)
            && !left.flags.contains(.ending)
            && right.flags.contains(.unordered) == left.flags.contains(.unordered)
    }

    private mutating func finish(_ chunk: SCTPDataChunk, _ bytes: [UInt8]) {
        let message = Message(
            stream: chunk.stream, protocolIdentifier: chunk.protocolIdentifier, bytes: bytes)
        guard !chunk.flags.contains(.unordered) else { return delivered.append(message) }
        let next = expected[chunk.stream]
        if chunk.streamSequence == next {
            delivered.append(message)
            expected[chunk.stream] = next &+ 1
            releaseInOrder(chunk.stream)
        } else if chunk.streamSequence.isAfter(next) {
            var index = early.count
            while index > 0, early[index - 1].tsn.isAfter(chunk.tsn) { index -= 1 }
            let entry = EarlyMessage(tsn: chunk.tsn, streamSequence: chunk.streamSequence, message: message)
            early.insert(entry, at: index)
            heldBytes += bytes.count + Self.overhead
        }
        // A number that was skipped or delivered before stays dropped.
    }

    private mutating func releaseInOrder(_ stream: UInt16) {
        release(stream) { number, next in number == next }
    }

    /// Delivers the early messages of `stream` that `isDue` accepts, in one pass.
    private mutating func release(_ stream: UInt16, isDue: (_ number: UInt16, _ next: UInt16) -> Bool) {
        guard !early.isEmpty else { return }
        var next = expected[stream]
        var kept = 0
        for index in early.indices {
            let entry = early[index]
            if entry.message.stream == stream, isDue(entry.streamSequence, next) {
                delivered.append(entry.message)
                heldBytes -= entry.message.bytes.count + Self.overhead
                next = entry.streamSequence &+ 1
            } else {
                if kept != index { early[kept] = entry }
                kept += 1
            }
        }
        early.removeLast(early.count - kept)
        if early.isEmpty { early = [] }
        expected[stream] = next
    }
}
