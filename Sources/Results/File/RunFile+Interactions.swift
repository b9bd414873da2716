import GRDB
public import Probe

/// What people did and noticed.
extension RunFile {
    /// One row of `interaction`: what a participant noticed of others in a stretch of time.
    public struct Noticed: Sendable, Hashable {
        /// The participant.
        public var participant: Int
        /// Start, in seconds of the run.
        public var start: Double
        /// End, in seconds of the run.
        public var end: Double
        /// What was noticed.
        public var kind: Interaction
        /// How often.
        public var count: Int
        /// How often its delay was told.
        public var timed: Int
        /// Those delays added up, in seconds.
        public var delaySum: Double
        /// The worst of them, in seconds.
        public var worst: Double
    }

    /// One row of `deed`: what a participant did over the whole call, and should have noticed.
    public struct Deed: Sendable, Hashable {
        /// The participant.
        public var participant: Int
        /// What was done.
        public var kind: Interaction
        /// How often it was due.
        public var due: Int
        /// How often it was done.
        public var done: Int
        /// How often it was refused.
        public var refused: Int
        /// How often others did it while the participant was there.
        public var expected: Int
        /// How often the participant noticed those.
        public var seen: Int

        /// Puts a row together.
        public init(
            participant: Int, kind: Interaction, due: Int, done: Int, refused: Int, expected: Int, seen: Int
        ) {
            self.participant = participant
            self.kind = kind
            self.due = due
            self.done = done
            self.refused = refused
            self.expected = expected
            self.seen = seen
        }
    }

    /// What everybody noticed, by participant and time.
    public func noticed() throws(RunFileError) -> [Noticed] {
        try all("SELECT * FROM interaction ORDER BY participant, start_ms, kind") {
            row throws(RowReader.Damage) in
            Noticed(
                participant: try row.integer("participant"), start: try row.real("start_ms") / 1000,
                end: try row.real("end_ms") / 1000, kind: try Self.kind(&row),
                count: try row.integer("count"), timed: try row.integer("timed"),
                delaySum: try row.real("delay_sum_ms") / 1000, worst: try row.real("worst_ms") / 1000)
        }
    }

    /// What everybody did, by participant.
    public func deeds() throws(RunFileError) -> [Deed] {
        try all("SELECT * FROM deed ORDER BY participant, kind") { row throws(RowReader.Damage) in
            Deed(
                participant: try row.integer("participant"), kind: try Self.kind(&row),
                due: try row.integer("due"), done: try row.integer("done"),
                refused: try row.integer("refused"), expected: try row.integer("expected"),
                seen: try row.integer("seen"))
        }
    }

    private static func kind(_ row: inout RowReader) throws(RowReader.Damage) -> Interaction {
        guard let kind = Interaction(rawValue: try row.text("kind")) else {
            throw RowReader.Damage(column: "kind")
        }
        return kind
    }
}
