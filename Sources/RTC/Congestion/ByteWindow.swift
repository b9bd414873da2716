import Primitives

/// Counts bytes over the last moments, in fifty pieces.
struct ByteWindow: Sendable {
    private static let pieceCount = 50

    /// The length of a piece.
    private let piece: Interval
    /// Bytes by piece, each at its number modulo the count.
    private var pieces = InlineArray<50, Int>(repeating: 0)
    /// The number of the newest piece, counted from the start of the run.
    private var newest: Int64 = 0
    /// Bytes in all pieces.
    private var sum = 0
    /// When the counting began; nil before the first byte.
    private var startedAt: Instant?

    /// Counts over `length`.
    init(length: Interval) { piece = length / Self.pieceCount }

    /// Adds bytes.
    mutating func add(_ byteCount: Int, now: Instant) {
        let number = now.nanoseconds / piece.nanoseconds
        if startedAt == nil {
            startedAt = now
            newest = number
        }
        forget(until: number)
        pieces[Int(number % Int64(Self.pieceCount))] += byteCount
        sum += byteCount
    }

    /// Forgets everything.
    mutating func reset() { self = ByteWindow(length: piece * Self.pieceCount) }

    /// The rate over the window, or over the time since the start; nil before the first byte.
    mutating func rate(now: Instant) -> Bitrate? {
        guard let startedAt else { return nil }
        forget(until: now.nanoseconds / piece.nanoseconds)
        return Bitrate(bytes: Double(sum), over: min(max(now - startedAt, piece), piece * Self.pieceCount))
    }

    private mutating func forget(until number: Int64) {
        guard number > newest else { return }
        for skipped in 1...min(number - newest, Int64(Self.pieceCount)) {
            let place = Int((newest + skipped) % Int64(Self.pieceCount))
            sum -= pieces[place]
            pieces[place] = 0
        }
        newest = number
    }
}
