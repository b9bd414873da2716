/// The tables of the server's own side: docs/run-file.md explains every column.
extension RunSchema {
    static var serverStatements: [String] {
        [
            """
            CREATE TABLE session (participant INTEGER NOT NULL, at_ms REAL NOT NULL, sid TEXT NOT NULL,
              room_sid TEXT NOT NULL, server TEXT NOT NULL, PRIMARY KEY (participant, at_ms)) WITHOUT ROWID
            """,
            """
            CREATE TABLE exchange (participant INTEGER PRIMARY KEY,
              \(ExchangeColumns.names.map { "\($0) INTEGER NOT NULL" }.joined(separator: ", ")))
            """,
            """
            CREATE TABLE downlink (participant INTEGER NOT NULL, stream INTEGER NOT NULL, track_sid TEXT,
              kind TEXT NOT NULL, expected INTEGER NOT NULL, arrived INTEGER NOT NULL,
              repaired INTEGER NOT NULL, report_sent INTEGER, report_expected INTEGER, report_arrived INTEGER,
              report_repairs INTEGER, report_requested INTEGER, PRIMARY KEY (participant, stream)) WITHOUT ROWID
            """,
            """
            CREATE TABLE uplink (participant INTEGER NOT NULL, stream INTEGER NOT NULL, track_sid TEXT,
              kind TEXT NOT NULL, sent INTEGER NOT NULL, lost INTEGER, requested INTEGER NOT NULL,
              unreported INTEGER NOT NULL,
              PRIMARY KEY (participant, stream)) WITHOUT ROWID
            """,
            """
            CREATE TABLE socket (participant INTEGER PRIMARY KEY, dropped INTEGER NOT NULL,
              unsent INTEGER NOT NULL)
            """,
            """
            CREATE TABLE server_page (id INTEGER PRIMARY KEY, name TEXT NOT NULL, url TEXT NOT NULL,
              every_ms REAL NOT NULL)
            """,
            """
            CREATE TABLE server_reading (id INTEGER PRIMARY KEY, page INTEGER NOT NULL, asked_ms REAL NOT NULL,
              answered_ms REAL NOT NULL, bytes INTEGER NOT NULL, failure TEXT)
            """,
            """
            CREATE TABLE server_series (id INTEGER PRIMARY KEY, page INTEGER NOT NULL, name TEXT NOT NULL,
              labels TEXT NOT NULL, kind TEXT NOT NULL)
            """,
            """
            CREATE TABLE server_value (series INTEGER NOT NULL, reading INTEGER NOT NULL, value REAL,
              PRIMARY KEY (series, reading)) WITHOUT ROWID
            """,
            """
            CREATE TABLE server_census (id INTEGER PRIMARY KEY, asked_ms REAL NOT NULL,
              answered_ms REAL NOT NULL, other_rooms INTEGER NOT NULL, failure TEXT)
            """,
            """
            CREATE TABLE server_room (census INTEGER NOT NULL, room_sid TEXT NOT NULL,
              participants INTEGER NOT NULL, active INTEGER NOT NULL, audio_tracks INTEGER NOT NULL,
              video_tracks INTEGER NOT NULL, PRIMARY KEY (census, room_sid)) WITHOUT ROWID
            """,
            """
            CREATE TABLE server_participant (census INTEGER NOT NULL, sid TEXT NOT NULL, room_sid TEXT NOT NULL,
              PRIMARY KEY (census, sid)) WITHOUT ROWID
            """,
        ]
    }
}
