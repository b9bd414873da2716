import Foundation
import GRDB
public import Probe
public import Scenario

/// Reads one run; everything a report shows comes from here, nothing from memory.
///
/// A damaged or foreign file leads to a `RunFileError`, never to a trap.
public final class RunFile {
    /// The path it was opened with.
    public let path: String
    private let queue: DatabaseQueue

    /// Opens a run file for reading.
    public init(path: String) throws(RunFileError) {
        self.path = path
        guard FileManager.default.fileExists(atPath: path) else { throw .missing(path: path) }
        let isOurs: Bool
        do {
            var configuration = Configuration()
            configuration.readonly = true
            queue = try DatabaseQueue(path: path, configuration: configuration)
            isOurs = try queue.read { try RunSchema.isCurrent($0) }
        } catch {
            throw .corrupt(path: path, detail: Self.text(of: error))
        }
        guard isOurs else { throw .foreign(path: path) }
    }

    /// The circumstances of the run by name; see `RunFact`.
    public func meta() throws(RunFileError) -> [String: String] {
        let pairs = try all("SELECT key, value FROM meta ORDER BY key") { row throws(RowReader.Damage) in
            (try row.text("key"), try row.text("value"))
        }
        return Dictionary(pairs) { first, _ in first }
    }

    /// The plan that was run.
    public func plan() throws(RunFileError) -> Plan {
        guard let text = try meta()[RunFact.plan] else {
            throw .corrupt(path: path, detail: "there is no plan in it")
        }
        do {
            return try Plan(encoded: Array(text.utf8))
        } catch {
            throw .corrupt(path: path, detail: "the plan in it cannot be read")
        }
    }

    /// The phases in order.
    public func phases() throws(RunFileError) -> [Phase] {
        try all("SELECT * FROM phase ORDER BY id") { row throws(RowReader.Damage) in
            Phase(
                id: try row.integer("id"), name: try row.text("name"), kind: try row.text("kind"),
                start: try row.real("start_ms") / 1000, end: try row.real("end_ms") / 1000)
        }
    }

    /// The cohorts' names; the position is the number.
    public func cohorts() throws(RunFileError) -> [String] {
        try all("SELECT name FROM cohort ORDER BY id") { row throws(RowReader.Damage) in try row.text("name")
        }
    }

    /// The rooms in order.
    public func rooms() throws(RunFileError) -> [Room] {
        try all("SELECT * FROM room ORDER BY id") { row throws(RowReader.Damage) in
            Room(
                id: try row.integer("id"), group: try row.text("room_group"), slug: try row.text("slug"),
                size: try row.integer("size"))
        }
    }

    /// Every planned participant, in order.
    public func participants() throws(RunFileError) -> [Participant] {
        try all(
            "SELECT p.*, o.* FROM participant p LEFT JOIN outcome o ON o.participant = p.id ORDER BY p.id",
            [], Self.participant)
    }

    /// Stretches of all participants, or of those that overlap a span of seconds, by participant and time.
    public func samples(during span: ClosedRange<Double>? = nil) throws(RunFileError) -> [Sample] {
        let filter = span == nil ? "" : "WHERE end_ms > ? AND start_ms < ?"
        return try all(
            "SELECT * FROM participant_sample \(filter) ORDER BY participant, start_ms",
            span.map { [$0.lowerBound * 1000, $0.upperBound * 1000] } ?? []
        ) { row throws(RowReader.Damage) in
            let counts = try CountColumns.read(&row)
            return Sample(
                participant: try row.integer("participant"), start: try row.real("start_ms") / 1000,
                end: try row.real("end_ms") / 1000, rating: try row.optionalReal("rating"),
                audioDelayP95: try row.optionalReal("audio_delay_p95_ms"),
                videoDelayP95: try row.optionalReal("video_delay_p95_ms"),
                jitter: try row.optionalReal("jitter_ms"), roundTrip: try row.optionalReal("rtt_ms"),
                audio: counts.audio, video: counts.video)
        }
    }

    /// Every second of every cohort, by second and cohort.
    public func seconds() throws(RunFileError) -> [Second] {
        try all("SELECT * FROM cohort_second ORDER BY second, cohort") { row throws(RowReader.Damage) in
            let counts = try CountColumns.read(&row)
            return Second(
                second: try row.integer("second"), cohort: try row.integer("cohort"),
                planned: try row.integer("planned"), connecting: try row.integer("connecting"),
                connected: try row.integer("connected"), failed: try row.integer("failed"),
                rating: try row.optionalReal("rating"), ratingCount: try row.integer("rating_count"),
                roundTrip: try row.optionalReal("rtt_ms"), roundTripCount: try row.integer("rtt_count"),
                sentBytes: try row.integer("sent_bytes"), sentPackets: try row.integer("sent_packets"),
                audio: counts.audio, video: counts.video)
        }
    }

    /// The generator's own seconds.
    public func generator() throws(RunFileError) -> [GeneratorSecond] {
        try all("SELECT * FROM generator_second ORDER BY second") { row throws(RowReader.Damage) in
            var second = GeneratorSecond(second: try row.integer("second"))
            second.dataPlaneLoad = try row.real("data_plane_load")
            second.processCPUSeconds = try row.real("process_cpu_s")
            second.worstTickLateness = try row.real("worst_tick_lateness_ms")
            second.meanTickLateness = try row.real("mean_tick_lateness_ms")
            second.packetsIn = try row.count("packets_in")
            second.packetsOut = try row.count("packets_out")
            second.bytesIn = try row.count("bytes_in")
            second.bytesOut = try row.count("bytes_out")
            second.socketDrops = try row.count("socket_drops")
            second.sendFailures = try row.count("send_failures")
            second.lostSamples = try row.count("lost_samples")
            second.residentBytes = try row.count("resident_bytes")
            return second
        }
    }

    /// Lost connections, by participant and time.
    public func losses() throws(RunFileError) -> [Loss] {
        try all("SELECT * FROM loss ORDER BY participant, at_ms, rowid") { row throws(RowReader.Damage) in
            guard let cause = ConnectionLoss.Cause(rawValue: try row.text("cause")) else {
                throw RowReader.Damage(column: "cause")
            }
            guard let outcome = ConnectionLoss.Outcome(rawValue: try row.text("outcome")) else {
                throw RowReader.Damage(column: "outcome")
            }
            return Loss(
                participant: try row.integer("participant"), at: try row.real("at_ms") / 1000, cause: cause,
                outcome: outcome, attempts: try row.integer("attempts"),
                signalling: try row.optionalReal("signalling_ms").map { $0 / 1000 },
                media: try row.optionalReal("media_ms").map { $0 / 1000 })
        }
    }

    /// The story of one participant, or of all, in order of time.
    public func events(of participant: Int? = nil) throws(RunFileError) -> [Event] {
        let filter = participant == nil ? "" : "WHERE participant = ?"
        return try all(
            "SELECT * FROM event \(filter) ORDER BY at_ms, rowid", participant.map { [$0] } ?? []
        ) { row throws(RowReader.Damage) in
            Event(
                at: try row.real("at_ms") / 1000, participant: try row.optionalInteger("participant"),
                kind: try row.text("kind"), text: try row.text("text"))
        }
    }

    /// Delays of a quantity, merged over cohorts and phases unless told which.
    public func delays(
        _ quantity: PhaseDelays.Quantity, phase: Int? = nil, cohort: Int? = nil
    ) throws(RunFileError) -> DelayHistogram {
        let blobs: [Data] = try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT cells FROM delay_histogram WHERE quantity = ?1 AND (?2 IS NULL OR phase = ?2)
                      AND (?3 IS NULL OR cohort = ?3)
                    """,
                arguments: [quantity.rawValue, phase, cohort]
            ).map { try $0.decode(Data.self, forColumn: "cells") }
        }
        var histograms: [[DelayHistogram.Cell]] = []
        for blob in blobs {
            guard let cells = HistogramCoding.decode(Array(blob)) else {
                throw .corrupt(path: path, detail: "a delay histogram in it cannot be read")
            }
            histograms.append(cells)
        }
        var histogram = DelayHistogram()
        histogram.add(HistogramCoding.sum(histograms))
        return histogram
    }

    /// What emulated access networks did, by participant; of those that had none there is nothing.
    public func emulatedPaths() throws(RunFileError) -> [EmulatedPaths] {
        let rows = try all("SELECT * FROM emulated_path ORDER BY participant, direction") {
            row throws(RowReader.Damage) in
            var counts = PathCounts()
            counts.entered = try row.count("entered")
            counts.delivered = try row.count("delivered")
            counts.lost = try row.count("lost")
            counts.overflowed = try row.count("overflowed")
            counts.lostInOutages = try row.count("lost_in_outages")
            counts.duplicated = try row.count("duplicated")
            counts.reordered = try row.count("reordered")
            return (
                participant: try row.integer("participant"), isUp: try row.text("direction") == "up", counts
            )
        }
        var paths: [EmulatedPaths] = []
        for (participant, isUp, counts) in rows {
            if paths.last?.participant != participant {
                paths.append(EmulatedPaths(participant: participant))
            }
            if isUp { paths[paths.count - 1].up = counts } else { paths[paths.count - 1].down = counts }
        }
        return paths
    }

    /// Malformed input by kind, over all participants.
    public func malformed() throws(RunFileError) -> [(kind: String, count: Int)] {
        let rows = try all("SELECT kind, count FROM malformed ORDER BY kind") {
            row throws(RowReader.Damage) in
            (kind: try row.text("kind"), count: Int(clamping: try row.count("count")))
        }
        var sums: [(kind: String, count: Int)] = []
        for row in rows {
            if sums.last?.kind == row.kind {
                sums[sums.count - 1].count += row.count
            } else {
                sums.append(row)
            }
        }
        return sums
    }

    func all<Value>(
        _ sql: String, _ arguments: StatementArguments = StatementArguments(),
        _ body: (inout RowReader) throws(RowReader.Damage) -> Value
    ) throws(RunFileError) -> [Value] {
        try read { try RowReader.all($0, sql: sql, arguments: arguments, body) }
    }

    private func read<Value>(_ body: (Database) throws -> Value) throws(RunFileError) -> Value {
        do {
            return try queue.read(body)
        } catch {
            throw .corrupt(path: path, detail: Self.text(of: error))
        }
    }

    private static func participant(_ row: inout RowReader) throws(RowReader.Damage) -> Participant {
        var join: [JoinTimeline.Stage: Double] = [:]
        for stage in JoinTimeline.Stage.allCases {
            if let time = try row.optionalReal(RunSchema.column(of: stage)) { join[stage] = time }
        }
        var person = Participant(
            id: try row.integer("id"), room: try row.integer("room"), cohort: try row.integer("cohort"),
            role: try row.text("role"), name: try row.text("name"),
            arrival: try row.real("arrival_ms") / 1000,
            departure: try row.real("departure_ms") / 1000, network: try row.optionalText("network"),
            join: join)
        guard let ending = try row.optionalText("ending") else { return person }
        person.ending = Ending(rawValue: ending)
        if person.ending == nil { throw RowReader.Damage(column: "ending") }
        person.failedStage = try row.optionalText("failed_stage")
        person.failedCause = try row.optionalText("failed_cause")
        person.failedCode = try row.optionalInteger("failed_code")
        person.ended = try row.optionalReal("ended_ms").map { $0 / 1000 }
        person.tracksExpected = try row.integer("tracks_expected")
        person.tracksReceived = try row.integer("tracks_received")
        person.sentPackets = try row.integer("sent_packets")
        person.sentBytes = try row.integer("sent_bytes")
        person.retransmissions = try row.integer("retransmissions")
        person.keyFrameRequests = try row.integer("key_frame_requests")
        person.dataMessages = try row.integer("data_messages")
        person.throttled = try row.integer("throttled")
        person.repeatedRequests = try row.integer("repeated_requests")
        person.path = try row.optionalText("path")
        person.isIPv6 = try row.optionalInteger("path_ip").map { $0 == 6 }
        (person.audio, person.video) = try CountColumns.read(&row)
        return person
    }

    private static func text(of error: any Error) -> String {
        if let error = error as? DatabaseError { return error.message ?? "SQLite error \(error.resultCode)" }
        if let damage = error as? RowReader.Damage { return damage.description }
        return "a value in it cannot be read"
    }
}
