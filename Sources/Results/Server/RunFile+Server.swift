import GRDB
public import Probe

/// Reads the server's own side of the run.
extension RunFile {
    /// One row of `server_page`.
    public struct ServerPage: Sendable, Hashable {
        /// Its position in the run's list.
        public var id: Int
        /// What it is called.
        public var name: String
        /// Where it was.
        public var url: String
        /// The time from one reading to the next, in seconds.
        public var interval: Double
    }

    /// One row of `server_census` with its rooms.
    public struct Census: Sendable {
        /// When it was begun, in seconds of the run.
        public var asked: Double
        /// When the last answer was there, in seconds of the run.
        public var answered: Double
        /// Why it could not be taken; nil when it was.
        public var failure: String?
        /// Rooms of others on the server.
        public var otherRooms: Int
        /// Our rooms.
        public var rooms: [ServerCensus.Room]
    }

    /// One row of `session`.
    public struct Session: Sendable, Hashable {
        /// The participant.
        public var participant: Int
        /// When the server told, in seconds of the run.
        public var at: Double
        /// The session's id on the server.
        public var sid: String
        /// The room's id on the server.
        public var room: String
        /// What the server called itself.
        public var server: String
    }

    /// The metrics pages that were read.
    public func serverPages() throws(RunFileError) -> [ServerPage] {
        try all("SELECT * FROM server_page ORDER BY id") { row throws(RowReader.Damage) in
            ServerPage(
                id: try row.integer("id"), name: try row.text("name"), url: try row.text("url"),
                interval: try row.real("every_ms") / 1000)
        }
    }

    /// Everything that the metrics pages told.
    public func serverRecord() throws(RunFileError) -> ServerRecord {
        let pages = try serverPages()
        let readings = try all("SELECT * FROM server_reading ORDER BY id") { row throws(RowReader.Damage) in
            ServerRecord.Reading(
                id: try row.integer("id"), page: try row.integer("page"),
                asked: try row.real("asked_ms") / 1000, answered: try row.real("answered_ms") / 1000,
                failure: try row.optionalText("failure"))
        }
        let series = try all("SELECT * FROM server_series ORDER BY id") { row throws(RowReader.Damage) in
            let labels = SeriesLabels.decode(try row.text("labels"))
            guard let labels else { throw RowReader.Damage(column: "labels") }
            return ServerSeries(
                number: try row.integer("id"), page: try row.integer("page"), name: try row.text("name"),
                labels: labels, kind: try row.text("kind"))
        }
        let values = try all("SELECT * FROM server_value ORDER BY series, reading") {
            row throws(RowReader.Damage) in
            ServerRecord.Change(
                series: try row.integer("series"), reading: try row.integer("reading"),
                value: try row.measure("value"))
        }
        return ServerRecord(pages: pages, readings: readings, series: series, changes: values)
    }

    /// Who was there, by the server's API.
    public func censuses() throws(RunFileError) -> [Census] {
        let rooms = try all(
            "SELECT * FROM server_room ORDER BY census, room_sid"
        ) { row throws(RowReader.Damage) in
            (
                census: try row.integer("census"),
                room: ServerCensus.Room(
                    id: try row.text("room_sid"), participants: try row.integer("participants"),
                    active: try row.integer("active"), audioTracks: try row.integer("audio_tracks"),
                    videoTracks: try row.integer("video_tracks"), sessions: [])
            )
        }
        let people = try all("SELECT * FROM server_participant ORDER BY census, room_sid, sid") {
            row throws(RowReader.Damage) in
            (census: try row.integer("census"), room: try row.text("room_sid"), sid: try row.text("sid"))
        }
        return try all("SELECT * FROM server_census ORDER BY id") { row throws(RowReader.Damage) in
            let id = try row.integer("id")
            var mine = rooms.filter { $0.census == id }.map(\.room)
            for index in mine.indices {
                mine[index].sessions = people.filter { $0.census == id && $0.room == mine[index].id }.map(
                    \.sid)
            }
            return Census(
                asked: try row.real("asked_ms") / 1000, answered: try row.real("answered_ms") / 1000,
                failure: try row.optionalText("failure"), otherRooms: try row.integer("other_rooms"),
                rooms: mine)
        }
    }

    /// The participants' sessions on the server, by participant and time.
    public func sessions() throws(RunFileError) -> [Session] {
        try all("SELECT * FROM session ORDER BY participant, at_ms") { row throws(RowReader.Damage) in
            Session(
                participant: try row.integer("participant"), at: try row.real("at_ms") / 1000,
                sid: try row.text("sid"), room: try row.text("room_sid"),
                server: try row.text("server"))
        }
    }

    /// What passed to and fro besides whole media packets, by participant.
    public func exchanges() throws(RunFileError) -> [Int: ExchangeCounts] {
        let rows = try all("SELECT * FROM exchange ORDER BY participant") { row throws(RowReader.Damage) in
            var counts = ExchangeCounts()
            for column in ExchangeColumns.all { counts[keyPath: column.path] = try row.count(column.name) }
            return (try row.integer("participant"), counts)
        }
        return Dictionary(rows) { first, _ in first }
    }
}
