import Foundation
import GRDB
import Primitives
public import Probe
public import Scenario

/// Writes one run into one SQLite file while it goes; whole after a crash (WAL, one transaction per batch).
public final class RunWriter {
    private let queue: DatabaseQueue
    private let path: String
    private let sampleInsert: String
    private let secondInsert: String
    private let outcomeInsert: String

    /// Creates the file with the plan and the circumstances of the run.
    ///
    /// - Parameters:
    ///   - path: Where; must not exist.
    ///   - plan: What is going to be run.
    ///   - meta: Circumstances by name: versions, machine, scenario text. Never a secret.
    public init(path: String, plan: Plan, meta: [String: String]) throws(RunFileError) {
        self.path = path
        guard !FileManager.default.fileExists(atPath: path) else { throw .exists(path: path) }
        let counts = CountColumns.names
        let stages = JoinTimeline.Stage.allCases.map(RunSchema.column)
        sampleInsert = Self.insert(
            "participant_sample",
            [
                "participant", "start_ms", "end_ms", "rating", "audio_delay_p95_ms", "video_delay_p95_ms",
                "jitter_ms", "rtt_ms", "sent_packets", "sent_bytes",
            ] + counts)
        secondInsert = Self.secondInsert(counts)
        outcomeInsert = Self.insert(
            "outcome",
            ["participant", "ending", "failed_stage", "failed_cause", "failed_code", "ended_ms"] + stages + [
                "tracks_expected", "tracks_received", "sent_packets", "sent_bytes", "retransmissions",
                "key_frame_requests", "data_messages", "throttled", "repeated_requests", "path", "path_ip",
            ] + counts)
        do {
            var configuration = Configuration()
            configuration.journalMode = .wal
            // After a crash of this process nothing is lost; after one of the machine perhaps the last second.
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = NORMAL") }
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try RunSchema.migrator.migrate(queue)
            try queue.write { try Self.write(plan, meta, into: $0) }
        } catch {
            throw RunFileError.unwritable(path: path, detail: Self.text(of: error))
        }
    }

    /// Writes everything a shard has measured.
    public func write(_ batch: SampleBatch) throws(RunFileError) {
        guard !batch.isEmpty else { return }
        try transact { database in
            for sample in batch.participants { try self.write(sample, into: database) }
            for second in batch.cohorts { try self.write(second, into: database) }
            for outcome in batch.outcomes { try self.write(outcome, into: database) }
            for loss in batch.losses {
                try database.cachedStatement(sql: "INSERT INTO loss VALUES (?, ?, ?, ?, ?, ?, ?)")
                    .execute(arguments: [
                        loss.participant, loss.at.seconds * 1000, loss.cause.rawValue,
                        loss.outcome.rawValue, loss.attempts, loss.signalling?.milliseconds,
                        loss.media?.milliseconds,
                    ])
            }
            for event in batch.events {
                try database.cachedStatement(
                    sql: "INSERT INTO event (at_ms, participant, kind, text) VALUES (?, ?, ?, ?)"
                ).execute(arguments: [
                    event.at.seconds * 1000, event.participant, event.kind.rawValue, event.text,
                ])
            }
            for delays in batch.delays { try self.write(delays, into: database) }
            for session in batch.sessions { try Self.write(session, into: database) }
        }
    }

    /// Writes how the generator itself was doing.
    public func write(_ second: GeneratorSecond) throws(RunFileError) {
        try transact { database in
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO generator_second VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"
            ).execute(arguments: [
                second.second, second.dataPlaneLoad, second.processCPUSeconds, second.worstTickLateness,
                second.meanTickLateness, Int64(clamping: second.packetsIn),
                Int64(clamping: second.packetsOut),
                Int64(clamping: second.bytesIn), Int64(clamping: second.bytesOut),
                Int64(clamping: second.socketDrops), Int64(clamping: second.sendFailures),
                Int64(clamping: second.lostSamples), Int64(clamping: second.residentBytes),
            ])
        }
    }

    /// Writes or replaces a circumstance, such as how the run ended.
    public func set(_ key: String, _ value: String) throws(RunFileError) {
        try transact {
            try $0.execute(sql: "INSERT OR REPLACE INTO meta VALUES (?, ?)", arguments: [key, value])
        }
    }

    /// Brings everything into the one file and closes it.
    public func close() throws(RunFileError) {
        do {
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
            try queue.close()
        } catch {
            throw RunFileError.unwritable(path: path, detail: Self.text(of: error))
        }
    }

    func transact(_ body: (Database) throws -> Void) throws(RunFileError) {
        do {
            try queue.write(body)
        } catch {
            throw RunFileError.unwritable(path: path, detail: Self.text(of: error))
        }
    }

    private static func write(_ plan: Plan, _ meta: [String: String], into database: Database) throws {
        for (key, value) in meta.sorted(by: { $0.key < $1.key }) {
            try database.execute(sql: "INSERT INTO meta VALUES (?, ?)", arguments: [key, value])
        }
        try database.execute(
            sql: "INSERT OR REPLACE INTO meta VALUES (?, ?)",
            arguments: [RunFact.plan, String(decoding: plan.encoded(), as: UTF8.self)])
        for (index, phase) in plan.phases.enumerated() {
            try database.execute(
                sql: "INSERT INTO phase VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    index, phase.name, phase.kind.rawValue, phase.start.milliseconds, phase.end.milliseconds,
                ])
        }
        var cohorts: [String: Int] = [:]
        for (index, cohort) in plan.cohorts.enumerated() {
            cohorts[cohort] = index
            try database.execute(sql: "INSERT INTO cohort VALUES (?, ?)", arguments: [index, cohort])
        }
        for room in plan.rooms {
            try database.execute(
                sql: "INSERT INTO room VALUES (?, ?, ?, ?)",
                arguments: [room.index, room.group, room.slug, room.size])
        }
        for participant in plan.participants {
            try database.cachedStatement(sql: "INSERT INTO participant VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
                .execute(
                    arguments: [
                        participant.index, participant.room, cohorts[participant.cohort] ?? 0,
                        participant.role,
                        participant.name, participant.arrival.milliseconds,
                        participant.departure.milliseconds,
                        plan.network(of: participant)?.name,
                    ])
        }
    }

    private func write(_ sample: ParticipantSample, into database: Database) throws {
        var values: [(any DatabaseValueConvertible)?] = [
            sample.participant, sample.start.seconds * 1000, sample.end.seconds * 1000, sample.rating,
            sample.audioDelayP95, sample.videoDelayP95, sample.jitterMilliseconds,
            sample.roundTripMilliseconds,
            Int64(clamping: sample.sentPackets), Int64(clamping: sample.sentBytes),
        ]
        values += CountColumns.values(sample.audio, sample.video)
        try database.cachedStatement(sql: sampleInsert).execute(arguments: StatementArguments(values))
        for noticed in sample.interactions {
            try database.cachedStatement(sql: "INSERT INTO interaction VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
                .execute(
                    arguments: [
                        sample.participant, sample.start.seconds * 1000, sample.end.seconds * 1000,
                        noticed.kind.rawValue, Int64(clamping: noticed.count), Int64(clamping: noticed.timed),
                        Double(noticed.delaySumMicroseconds) / 1000, Double(noticed.worstMicroseconds) / 1000,
                    ])
        }
    }

    private func write(_ second: CohortSecond, into database: Database) throws {
        let rating = second.ratingCount == 0 ? nil : second.ratingSum / Double(second.ratingCount)
        let roundTrip = second.roundTripCount == 0 ? nil : second.roundTripSum / Double(second.roundTripCount)
        var values: [(any DatabaseValueConvertible)?] = [
            second.second, second.cohort, second.planned, second.connecting, second.connected, second.failed,
            rating,
            second.ratingCount, roundTrip, second.roundTripCount, Int64(clamping: second.sentPackets),
            Int64(clamping: second.sentBytes),
        ]
        values += CountColumns.values(second.audio, second.video)
        try database.cachedStatement(sql: secondInsert).execute(arguments: StatementArguments(values))
    }

    private func write(_ outcome: ParticipantOutcome, into database: Database) throws {
        var values: [(any DatabaseValueConvertible)?] = [outcome.participant]
        switch outcome.end {
        case .left: values += ["left", nil, nil, nil]
        case .cut: values += ["cut", nil, nil, nil]
        case .neverStarted: values += ["never started", nil, nil, nil]
        case .denied: values += ["denied", nil, nil, nil]
        case .removed: values += ["removed", nil, nil, nil]
        case .failed(let failure): values += ["failed", failure.stage.rawValue, failure.cause, failure.code]
        }
        values.append(outcome.endedAt.map { $0.seconds * 1000 })
        values += JoinTimeline.Stage.allCases.map { outcome.join[$0]?.milliseconds }
        values += [
            outcome.tracksExpected, outcome.tracksReceived, Int64(clamping: outcome.sentPackets),
            Int64(clamping: outcome.sentBytes), Int64(clamping: outcome.retransmissions),
            Int64(clamping: outcome.keyFrameRequests), Int64(clamping: outcome.dataMessages),
            Int64(clamping: outcome.throttled), Int64(clamping: outcome.repeatedRequests),
            outcome.path?.path, outcome.path.map { $0.isIPv6 ? 6 : 4 },
        ]
        values += CountColumns.values(outcome.audio, outcome.video)
        try database.cachedStatement(sql: outcomeInsert).execute(arguments: StatementArguments(values))
        try Self.write(outcome.exchange, of: outcome.participant, into: database)
        if let emulated = outcome.emulated {
            for (direction, path) in [("up", emulated.up), ("down", emulated.down)] {
                try write(path, direction: direction, of: outcome.participant, into: database)
            }
        }
        for deed in outcome.interactions {
            try database.cachedStatement(sql: "INSERT INTO deed VALUES (?, ?, ?, ?, ?, ?, ?)").execute(
                arguments: [
                    outcome.participant, deed.kind.rawValue, Int64(clamping: deed.due),
                    Int64(clamping: deed.done), Int64(clamping: deed.refused),
                    Int64(clamping: deed.expected), Int64(clamping: deed.seen),
                ])
        }
        try Self.writeAccounts(of: outcome, into: database)
        for (kind, count) in outcome.malformed {
            try database.execute(
                sql: """
                    INSERT INTO malformed VALUES (?, ?, ?)
                      ON CONFLICT (participant, kind) DO UPDATE SET count = count + excluded.count
                    """,
                arguments: [outcome.participant, kind, Int64(clamping: count)])
        }
    }

    private func write(
        _ path: PathCounts, direction: String, of participant: Int, into database: Database
    ) throws {
        let counts = [
            path.entered, path.delivered, path.lost, path.overflowed, path.lostInOutages, path.duplicated,
            path.reordered,
        ]
        let values: [(any DatabaseValueConvertible)?] =
            [participant, direction] + counts.map { Int64(clamping: $0) }
        try database.cachedStatement(sql: "INSERT INTO emulated_path VALUES (?,?,?,?,?,?,?,?,?)").execute(
            arguments: StatementArguments(values))
    }

    private func write(_ delays: PhaseDelays, into database: Database) throws {
        // Shards report separately: what is there already is merged.
        let key: StatementArguments = [delays.phase, delays.cohort, delays.quantity.rawValue]
        let known = try Data.fetchOne(
            database,
            sql: "SELECT cells FROM delay_histogram WHERE phase = ? AND cohort = ? AND quantity = ?",
            arguments: key)
        let cells = HistogramCoding.sum([
            delays.cells, known.flatMap { HistogramCoding.decode(Array($0)) } ?? [],
        ])
        let count = cells.reduce(0) { $0 + $1.count }
        try database.execute(
            sql: "INSERT OR REPLACE INTO delay_histogram VALUES (?, ?, ?, ?, ?)",
            arguments: key + [Int64(clamping: count), Data(HistogramCoding.encode(cells))])
    }

    /// Shards report the same second of the same cohort separately: numbers add up, means are weighted.
    private static func secondInsert(_ counts: [String]) -> String {
        let sums =
            [
                "planned", "connecting", "connected", "failed", "rating_count", "rtt_count", "sent_packets",
                "sent_bytes",
            ] + counts
        let means = [("rating", "rating_count"), ("rtt_ms", "rtt_count")].map { mean, weight in
            """
            \(mean) = (ifnull(\(mean), 0) * \(weight) + ifnull(excluded.\(mean), 0) * excluded.\(weight))
              / nullif(\(weight) + excluded.\(weight), 0)
            """
        }
        let columns =
            [
                "second", "cohort", "planned", "connecting", "connected", "failed", "rating", "rating_count",
                "rtt_ms", "rtt_count", "sent_packets", "sent_bytes",
            ] + counts
        return insert("cohort_second", columns) + " ON CONFLICT (second, cohort) DO UPDATE SET "
            + (sums.map { "\($0) = \($0) + excluded.\($0)" } + means).joined(separator: ", ")
    }

    private static func insert(_ table: String, _ columns: [String]) -> String {
        let marks = Array(repeating: "?", count: columns.count).joined(separator: ", ")
        return "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(marks))"
    }

    private static func text(of error: any Error) -> String {
        (error as? DatabaseError)?.message ?? String(describing: error)
    }
}
