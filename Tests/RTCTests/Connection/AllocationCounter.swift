import CAllocationCounter

/// Counts what the calling thread allocates: class instances, array buffers, closure contexts, boxes, raw
/// memory.
enum AllocationCounter {
    /// Whether allocations can be counted in this process: not under a sanitizer.
    static var isAvailable: Bool { callocationcounter_is_available() }

    /// Whether counts say something about the product: unoptimised code allocates the frames of its
    /// accessors.
    static var isConclusive: Bool {
        #if DEBUG
            false
        #else
            isAvailable
        #endif
    }

    /// How many blocks this thread took from the allocator so far.
    static var total: Int { Int(callocationcounter_count()) }

    /// How many blocks `body` took from the allocator.
    static func count(_ body: () throws -> Void) rethrows -> Int {
        let before = total
        try body()
        return total - before
    }
}
