/// A first-in first-out queue of datagrams in one growing buffer.
///
/// The buffer is reused once the queue has run empty, so that a queue which is drained after every use allocates
/// nothing in steady state.
public struct DatagramQueue {
    /// The bytes of all datagrams, taken ones included until the queue runs empty.
    private var bytes: [UInt8] = []
    /// The size of each datagram.
    private var sizes: [Int] = []
    /// How many datagrams have been taken.
    private var takenCount = 0
    /// Where the next datagram starts in `bytes`.
    private var offset = 0

    /// Starts empty, without memory.
    public init() {}

    /// Whether nothing is queued.
    public var isEmpty: Bool { takenCount == sizes.count }

    /// Appends a copy of `datagram`; an empty one is ignored.
    public mutating func append(_ datagram: UnsafeRawBufferPointer) {
        guard !datagram.isEmpty else { return }
        bytes.append(contentsOf: datagram)
        sizes.append(datagram.count)
    }

    /// Appends a datagram that `writing` composes in place, of the count it returns; zero takes it back.
    public mutating func append(atMost maximumCount: Int, writing: (UnsafeMutableRawBufferPointer) -> Int) {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: maximumCount))
        let size = bytes.withUnsafeMutableBytes {
            writing(UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
        }
        precondition(size <= maximumCount, "a datagram was composed beyond its buffer")
        bytes.removeLast(maximumCount - max(size, 0))
        if size > 0 { sizes.append(size) }
    }

    /// Moves the first datagram into `buffer` and returns its size; zero if there is none.
    ///
    /// Datagrams that do not fit are lost.
    public mutating func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        while !isEmpty {
            let size = sizes[takenCount]
            let start = offset
            takenCount += 1
            offset += size
            let fits = size <= buffer.count
            if fits {
                bytes.withUnsafeBytes {
                    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + size]))
                }
            }
            if isEmpty { reset() }
            if fits { return size }
        }
        return 0
    }

    /// Gives the memory back, and forgets what is queued.
    public mutating func release() { self = DatagramQueue() }

    private mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        sizes.removeAll(keepingCapacity: true)
        takenCount = 0
        offset = 0
    }
}
