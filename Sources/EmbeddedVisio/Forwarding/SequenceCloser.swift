/// Numbers an outgoing stream from which packets are left out so that no gap shows (RFC 3550 section 5.1).
///
/// Outgoing numbers keep a distance from the incoming ones that grows with every packet left out. Late packets get the
/// distance that was in force at their own place, out of a fixed number of remembered changes.
struct SequenceCloser {
    private struct Epoch {
        /// The first incoming number for which the offset holds.
        var first: Int64
        /// Outgoing minus incoming number.
        var offset: Int64
        /// Incoming numbers right before the first that were left out.
        var omitted: Int64
    }

    private static let capacity = 256
    private var epochs: [Epoch] = []
    private var newestIncoming: Int64 = .min
    /// The frame of the newest packet, if it was left out.
    private var omittedFrame: Int64?
    /// The newest number that was given out.
    private(set) var newestOutgoing: Int64?

    /// Goes on with another source, or after a pause, whose next packet is `sequence`.
    mutating func begin(at sequence: Int64) {
        epochs.removeAll(keepingCapacity: true)
        let offset = newestOutgoing.map { $0 + 1 - sequence } ?? 0
        epochs.append(Epoch(first: sequence, offset: offset, omitted: 0))
        newestIncoming = sequence - 1
        omittedFrame = nil
    }

    /// Leaves out a packet.
    ///
    /// - Parameter frame: Its frame: numbers that are missing between two packets left out of one frame go with it.
    mutating func omit(_ sequence: Int64, frame: Int64) {
        guard sequence > newestIncoming, let last = epochs.last else { return }
        let missing = sequence - newestIncoming - 1
        let count = omittedFrame == frame ? missing + 1 : 1
        newestIncoming = sequence
        omittedFrame = frame
        let epoch = Epoch(first: sequence + 1, offset: last.offset - count, omitted: count)
        if last.first == sequence - count + 1 {
            epochs[epochs.count - 1] = Epoch(
                first: epoch.first, offset: epoch.offset, omitted: last.omitted + count)
        } else {
            if epochs.count == Self.capacity { epochs.removeFirst() }
            epochs.append(epoch)
        }
    }

    /// Whether a packet came since the beginning.
    func covers(_ sequence: Int64) -> Bool { (epochs.first?.first).map { sequence >= $0 } ?? false }

    /// The outgoing number of a packet; nil if it comes from before the beginning, or was left out.
    mutating func number(of sequence: Int64) -> Int64? {
        guard let index = epochs.lastIndex(where: { $0.first <= sequence }) else { return nil }
        if index + 1 < epochs.count, sequence >= epochs[index + 1].first - epochs[index + 1].omitted {
            return nil
        }
        if sequence > newestIncoming {
            newestIncoming = sequence
            omittedFrame = nil
        }
        let number = sequence + epochs[index].offset
        newestOutgoing = max(newestOutgoing ?? number, number)
        return number
    }
}
