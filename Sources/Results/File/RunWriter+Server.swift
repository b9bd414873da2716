import Foundation
import GRDB
public import Primitives
public import Probe

/// The server's own side of the run.
extension RunWriter {
    /// Names the metrics pages that are read; their positions are what readings refer to.
    ///
    /// - Parameter pages: Name, address and the time from one reading to the next; never a login.
    public func write(pages: [(name: String, url: String, interval: Interval)]) throws(RunFileError) {
        try transact { database in
            for (index, page) in pages.enumerated() {
                try database.execute(
                    sql: "INSERT INTO server_page VALUES (?, ?, ?, ?)",
                    arguments: [index, page.name, page.url, page.interval.milliseconds])
            }
        }
    }

    /// Writes what was seen of the server.
    public func write(_ batch: ServerBatch) throws(RunFileError) {
        guard !batch.isEmpty else { return }
        try transact { database in
            for series in batch.series { try Self.write(series, into: database) }
            for reading in batch.readings { try Self.write(reading, into: database) }
            for census in batch.censuses { try Self.write(census, into: database) }
        }
    }

    static func write(_ session: ServerSession, into database: Database) throws {
        try database.cachedStatement(sql: "INSERT OR REPLACE INTO session VALUES (?, ?, ?, ?, ?)").execute(
            arguments: [
                session.participant, session.at.seconds * 1000, session.id, session.room, session.server,
            ])
    }

    static func write(_ exchange: ExchangeCounts, of participant: Int, into database: Database) throws {
        let columns = ExchangeColumns.all
        let marks = Array(repeating: "?", count: columns.count + 1).joined(separator: ", ")
        let values = [Int64(participant)] + columns.map { Int64(clamping: exchange[keyPath: $0.path]) }
        try database.cachedStatement(sql: "INSERT OR REPLACE INTO exchange VALUES (\(marks))").execute(
            arguments: StatementArguments(values))
    }

    private static func write(_ series: ServerSeries, into database: Database) throws {
        try database.cachedStatement(sql: "INSERT INTO server_series VALUES (?, ?, ?, ?, ?)").execute(
            arguments: [
                series.number, series.page, series.name, SeriesLabels.encode(series.labels), series.kind,
            ])
    }

    private static func write(_ reading: ServerReading, into database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO server_reading (page, asked_ms, answered_ms, bytes, failure) VALUES (?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            reading.page, reading.askedAt.seconds * 1000, reading.answeredAt.seconds * 1000,
            reading.byteCount, reading.failure,
        ])
        let id = database.lastInsertedRowID
        for change in reading.changes {
            try database.cachedStatement(sql: "INSERT INTO server_value VALUES (?, ?, ?)").execute(
                arguments: [change.series, id, change.value])
        }
    }

    private static func write(_ census: ServerCensus, into database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO server_census (asked_ms, answered_ms, other_rooms, failure) VALUES (?, ?, ?, ?)
                """,
            arguments: [
                census.askedAt.seconds * 1000, census.answeredAt.seconds * 1000, census.otherRooms,
                census.failure,
            ])
        let id = database.lastInsertedRowID
        for room in census.rooms {
            try database.execute(
                sql: "INSERT OR REPLACE INTO server_room VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    id, room.id, room.participants, room.active, room.audioTracks, room.videoTracks,
                ])
            for session in room.sessions {
                try database.cachedStatement(
                    sql: "INSERT OR REPLACE INTO server_participant VALUES (?, ?, ?)"
                )
                .execute(arguments: [id, session, room.id])
            }
        }
    }
}

/// Labels as a JSON object, which SQLite's own functions can look into.
enum SeriesLabels {
    static func encode(_ labels: [ServerSeries.Label]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let table = Dictionary(labels.map { ($0.name, $0.value) }) { first, _ in first }
        // Encoding texts cannot fail.
        return (try? encoder.encode(table)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    static func decode(_ text: String) -> [ServerSeries.Label]? {
        guard let table = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)) else {
            return nil
        }
        return table.sorted { $0.key < $1.key }.map { ServerSeries.Label(name: $0.key, value: $0.value) }
    }
}
