import Primitives

/// The tracks of others that should be heard and seen, and since when.
///
/// A track is held against the server only if it was due for long enough to have arrived: whoever comes in one second
/// before the others leave is no loss to them.
struct ExpectedTracks {
    private struct Expectation {
        /// When the track was listed first.
        var since: Instant
        /// When it was last seen in the list.
        var until: Instant
    }

    /// A track that was due for less than this need not have arrived: renegotiation, a key frame, and some delay.
    static let patience = Interval.seconds(3)

    private var expectations: [String: Expectation] = [:]
    private var current: [String] = []

    /// Takes the list of the tracks that are due from now on.
    mutating func update(_ tracks: [String], now: Instant) {
        extend(to: now)
        for track in tracks where expectations[track] == nil {
            expectations[track] = Expectation(since: now, until: now)
        }
        current = tracks
    }

    /// How many tracks were due for long enough, and how many of these are among those that `arrived`.
    mutating func settle(arrived: Set<String>, now: Instant) -> (expected: Int, received: Int) {
        extend(to: now)
        var expected = 0
        var received = 0
        for (track, expectation) in expectations {
            let hasArrived = arrived.contains(track)
            guard hasArrived || expectation.until - expectation.since >= Self.patience else { continue }
            expected += 1
            if hasArrived { received += 1 }
        }
        return (expected, received)
    }

    private mutating func extend(to now: Instant) {
        for track in current { expectations[track]?.until = now }
    }
}
