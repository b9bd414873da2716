import Foundation
public import Primitives

/// When something that somebody does again and again is due next.
///
/// A timetable runs from the intended arrival on, whatever comes of it, so that the same seed does the same things at
/// the same moments however slow a deployment is.
public struct Timetable: Sendable {
    /// A moment at which something begins or ends.
    public struct Stop: Equatable, Sendable {
        /// When it is due.
        public var at: Instant
        /// Whether it begins; false for the end of something that lasts.
        public var isStart: Bool
        /// How many were before it.
        public var number: Int
    }

    private let timing: Timing
    private let lasting: Interval?
    private var generator: SeededGenerator
    private var number = 0
    /// What is due next; nil when nothing is.
    public private(set) var next: Stop?

    /// Begins at `start`.
    ///
    /// - Parameter lasting: How long something lasts that begins at random; nil for what does not last.
    public init(_ timing: Timing, from start: Instant, lasting: Interval? = nil, generator: SeededGenerator) {
        self.timing = timing
        self.lasting = lasting
        self.generator = generator
        next = stop(after: start, isFirst: true)
    }

    /// Goes on to the stop after the next one.
    public mutating func advance() {
        guard let current = next else { return }
        number += 1
        next = stop(after: current.at, isFirst: false)
    }

    private mutating func stop(after instant: Instant, isFirst: Bool) -> Stop? {
        switch timing {
        case .poisson(let gap):
            if let lasting, !isFirst, number % 2 == 1 {
                return Stop(at: instant + lasting, isStart: false, number: number)
            }
            // A Poisson process by inversion; microseconds, as arrivals have them.
            let wait = gap * -log(1 - generator.uniform())
            return Stop(
                at: instant + .microseconds(wait.wholeMicroseconds), isStart: true, number: number)
        case .moments(let moments):
            return moments.first { isFirst ? .zero + $0 >= instant : .zero + $0 > instant }
                .map { Stop(at: .zero + $0, isStart: true, number: number) }
        case .spans(let spans):
            for span in spans {
                if isFirst ? .zero + span.start >= instant : .zero + span.start > instant {
                    return Stop(at: .zero + span.start, isStart: true, number: number)
                }
                // Who arrives in the middle of a span begins at once, and everybody ends with it.
                if isFirst, .zero + span.end > instant {
                    return Stop(at: instant, isStart: true, number: number)
                }
                if !isFirst, .zero + span.end > instant {
                    return Stop(at: .zero + span.end, isStart: false, number: number)
                }
            }
            return nil
        }
    }
}
