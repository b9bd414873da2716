public import Primitives

/// How much of what was sent came through of late: the lower of the rates at which the packets of a window of at least
/// a second were sent and arrived (libwebrtc's `RobustThroughputEstimator`, its default since 2023).
public struct ThroughputEstimator: Sendable {
    private struct Entry {
        var arrivedAt = Instant.zero
        var sentAt = Instant.zero
        var byteCount = 0
    }

    /// The window holds at least so many packets, and at least those of `shortest`.
    private static let packetCount = 20
    private static let shortest = Interval.seconds(1)
    /// The window is never longer than this, nor has it more packets.
    private static let longest = Interval.seconds(5)
    private static let mostPackets = 500
    /// With fewer packets nothing is said.
    private static let requiredCount = 10
    /// A packet that arrived so long before its predecessor means that the receiver's clock jumped.
    private static let mostReordering = Interval.seconds(1)

    /// The packets in the order of their arrival; a power of two of slots, grown as needed.
    private var slots: ContiguousArray<Entry> = []
    private var head = 0
    private var count = 0
    /// The latest sending time of packets that left the window.
    private var discardedSentAt: Instant?

    /// Starts without packets.
    public init() {}

    /// Takes a packet that arrived; packets come roughly in the order of their arrival.
    public mutating func add(_ packet: TransportPacketResult) {
        guard let arrivedAt = packet.arrivedAt else { return }
        if count == slots.count { grow() }
        slots[slot(count)] = Entry(
            arrivedAt: arrivedAt, sentAt: packet.sentAt, byteCount: packet.byteCount)
        count += 1
        var index = count - 1
        while index > 0, slots[slot(index)].arrivedAt < slots[slot(index - 1)].arrivedAt {
            slots.swapAt(slot(index), slot(index - 1))
            index -= 1
        }
        guard slots[slot(count - 1)].arrivedAt - arrivedAt <= Self.mostReordering else {
            count = 0
            discardedSentAt = nil
            return
        }
        while isFirstOutside {
            discardedSentAt = max(discardedSentAt ?? slots[head].sentAt, slots[head].sentAt)
            head = (head + 1) & (slots.count - 1)
            count -= 1
        }
    }

    private var isFirstOutside: Bool {
        guard count > 0 else { return false }
        if count > Self.mostPackets { return true }
        let length = slots[slot(count - 1)].arrivedAt - slots[head].arrivedAt
        return length > Self.longest || count > Self.packetCount && length > Self.shortest
    }

    /// What came through; nil with too few packets.
    public var throughput: Bitrate? {
        guard count >= Self.requiredCount else { return nil }
        var (gap, secondGap) = (Interval.zero, Interval.zero)
        var received = 0
        var (sent, sentCount) = (0, 0)
        var span: (first: Instant, last: Instant, lastByteCount: Int)?
        for index in 0..<count {
            let entry = slots[slot(index)]
            received += entry.byteCount
            if index > 0 {
                let wait = entry.arrivedAt - slots[slot(index - 1)].arrivedAt
                if wait > gap {
                    (gap, secondGap) = (wait, gap)
                } else if wait > secondGap {
                    secondGap = wait
                }
            }
            // What was overtaken by packets outside of the window would stretch the time of sending.
            if let discardedSentAt, entry.sentAt < discardedSentAt { continue }
            sent += entry.byteCount
            sentCount += 1
            guard var known = span else {
                span = (entry.sentAt, entry.sentAt, entry.byteCount)
                continue
            }
            known.first = min(known.first, entry.sentAt)
            if entry.sentAt > known.last {
                (known.last, known.lastByteCount) = (entry.sentAt, entry.byteCount)
            }
            span = known
        }
        // The first packet's transmission lies before the first arrival, the last one's after the last sending. One
        // longest gap is left out: a stall of the path is no lack of capacity.
        received -= slots[head].byteCount
        let arrival = slots[slot(count - 1)].arrivedAt - slots[head].arrivedAt - gap + secondGap
        let receiveRate = Bitrate(bytes: Double(received), over: max(arrival, .milliseconds(1)))
        guard sentCount >= Self.requiredCount, let span else { return receiveRate }
        let sendRate = Bitrate(
            bytes: Double(sent - span.lastByteCount), over: max(span.last - span.first, .milliseconds(1)))
        return min(sendRate, receiveRate)
    }

    private func slot(_ index: Int) -> Int { (head + index) & (slots.count - 1) }

    private mutating func grow() {
        var larger = ContiguousArray<Entry>(repeating: Entry(), count: max(64, slots.count * 2))
        for index in 0..<count { larger[index] = slots[slot(index)] }
        slots = larger
        head = 0
    }
}
