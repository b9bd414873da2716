/// The last payloads of one uplink stream, for retransmission to any subscriber: one copy, however many watch.
struct PacketCache: ~Copyable {
    /// Largest payload that is kept, in bytes.
    private static let slotSize = 1500

    private let memory: UnsafeMutableRawBufferPointer
    private var entries: [Entry]
    private let mask: Int

    private struct Entry {
        var sequence: Int64 = -1
        var count = 0
    }

    /// Makes a cache for a power of two of packets: 512 of video or 256 of audio.
    init(capacity: Int) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0, "the capacity is a power of two")
        memory = .allocate(byteCount: capacity * Self.slotSize, alignment: 64)
        entries = Array(repeating: Entry(), count: capacity)
        mask = capacity - 1
    }

    deinit { memory.deallocate() }

    /// Keeps a payload under its extended uplink sequence number.
    mutating func store(_ payload: UnsafeRawBufferPointer, sequence: Int64) {
        guard payload.count <= Self.slotSize, sequence >= 0 else { return }
        let slot = Int(sequence) & mask
        entries[slot] = Entry(sequence: sequence, count: payload.count)
        if let source = payload.baseAddress, let base = memory.baseAddress {
            (base + slot * Self.slotSize).copyMemory(from: source, byteCount: payload.count)
        }
    }

    /// The payload that was stored under `sequence`; nil when it has been overwritten.
    func payload(of sequence: Int64) -> UnsafeRawBufferPointer? {
        guard sequence >= 0 else { return nil }
        let slot = Int(sequence) & mask
        guard entries[slot].sequence == sequence else { return nil }
        return UnsafeRawBufferPointer(
            rebasing: memory[slot * Self.slotSize..<slot * Self.slotSize + entries[slot].count])
    }
}
