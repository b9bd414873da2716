import GRDB
import Probe

/// The tables of a run file, as named, append-only migrations.
///
/// Docs/run-file.md explains every column.
enum RunSchema {
    /// The application id in the file's header: "VBNC".
    static let applicationID = 0x5642_4e43

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 runs") { database in
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
            for statement in statements { try database.execute(sql: statement) }
        }
        migrator.registerMigration("2 server") { database in
            for statement in serverStatements { try database.execute(sql: statement) }
        }
        return migrator
    }

    /// Whether a file holds a run in exactly the form that this version knows.
    static func isCurrent(_ database: Database) throws -> Bool {
        guard try Int.fetchOne(database, sql: "PRAGMA application_id") == applicationID else { return false }
        return try migrator.hasCompletedMigrations(database) && !migrator.hasBeenSuperseded(database)
    }

    private static var counts: String {
        CountColumns.names.map { "\($0) INTEGER NOT NULL" }.joined(separator: ", ")
    }

    private static var stages: String {
        JoinTimeline.Stage.allCases.map { "\(column(of: $0)) REAL" }.joined(separator: ", ")
    }

    /// The column that holds the time to a join stage, in milliseconds.
    static func column(of stage: JoinTimeline.Stage) -> String {
        "join_" + stage.rawValue.replacing("-", with: "_") + "_ms"
    }

    private static var statements: [String] {
        [
            "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
            """
            CREATE TABLE phase (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL,
              start_ms REAL NOT NULL, end_ms REAL NOT NULL)
            """,
            "CREATE TABLE cohort (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
            """
            CREATE TABLE room (id INTEGER PRIMARY KEY, room_group TEXT NOT NULL, slug TEXT NOT NULL,
              size INTEGER NOT NULL)
            """,
            """
            CREATE TABLE participant (id INTEGER PRIMARY KEY, room INTEGER NOT NULL,
              cohort INTEGER NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL, arrival_ms REAL NOT NULL,
              departure_ms REAL NOT NULL, network TEXT)
            """,
            """
            CREATE TABLE outcome (participant INTEGER PRIMARY KEY, ending TEXT NOT NULL, failed_stage TEXT,
              failed_cause TEXT, failed_code INTEGER, ended_ms REAL, \(stages),
              tracks_expected INTEGER NOT NULL, tracks_received INTEGER NOT NULL,
              sent_packets INTEGER NOT NULL, sent_bytes INTEGER NOT NULL, retransmissions INTEGER NOT NULL,
              key_frame_requests INTEGER NOT NULL, data_messages INTEGER NOT NULL,
              throttled INTEGER NOT NULL, repeated_requests INTEGER NOT NULL, path TEXT, path_ip INTEGER,
              \(counts))
            """,
            """
            CREATE TABLE interaction (participant INTEGER NOT NULL, start_ms REAL NOT NULL,
              end_ms REAL NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL, timed INTEGER NOT NULL,
              delay_sum_ms REAL NOT NULL, worst_ms REAL NOT NULL, PRIMARY KEY (participant, start_ms, kind))
              WITHOUT ROWID
            """,
            """
            CREATE TABLE deed (participant INTEGER NOT NULL, kind TEXT NOT NULL, due INTEGER NOT NULL,
              done INTEGER NOT NULL, refused INTEGER NOT NULL, expected INTEGER NOT NULL,
              seen INTEGER NOT NULL, PRIMARY KEY (participant, kind)) WITHOUT ROWID
            """,
            """
            CREATE TABLE malformed (participant INTEGER NOT NULL, kind TEXT NOT NULL,
              count INTEGER NOT NULL, PRIMARY KEY (participant, kind)) WITHOUT ROWID
            """,
            """
            CREATE TABLE emulated_path (participant INTEGER NOT NULL, direction TEXT NOT NULL,
              entered INTEGER NOT NULL, delivered INTEGER NOT NULL, lost INTEGER NOT NULL,
              overflowed INTEGER NOT NULL, lost_in_outages INTEGER NOT NULL, duplicated INTEGER NOT NULL,
              reordered INTEGER NOT NULL, PRIMARY KEY (participant, direction)) WITHOUT ROWID
            """,
            """
            CREATE TABLE participant_sample (participant INTEGER NOT NULL, start_ms REAL NOT NULL,
              end_ms REAL NOT NULL, rating REAL, audio_delay_p95_ms REAL, video_delay_p95_ms REAL,
              jitter_ms REAL, rtt_ms REAL, sent_packets INTEGER NOT NULL, sent_bytes INTEGER NOT NULL,
              \(counts), PRIMARY KEY (participant, start_ms)) WITHOUT ROWID
            """,
            """
            CREATE TABLE cohort_second (second INTEGER NOT NULL, cohort INTEGER NOT NULL,
              planned INTEGER NOT NULL, connecting INTEGER NOT NULL, connected INTEGER NOT NULL,
              failed INTEGER NOT NULL, rating REAL, rating_count INTEGER NOT NULL, rtt_ms REAL,
              rtt_count INTEGER NOT NULL, sent_packets INTEGER NOT NULL, sent_bytes INTEGER NOT NULL,
              \(counts), PRIMARY KEY (second, cohort)) WITHOUT ROWID
            """,
            """
            CREATE TABLE generator_second (second INTEGER PRIMARY KEY, data_plane_load REAL NOT NULL,
              process_cpu_s REAL NOT NULL, worst_tick_lateness_ms REAL NOT NULL,
              mean_tick_lateness_ms REAL NOT NULL, packets_in INTEGER NOT NULL, packets_out INTEGER NOT NULL,
              bytes_in INTEGER NOT NULL, bytes_out INTEGER NOT NULL, socket_drops INTEGER NOT NULL,
              send_failures INTEGER NOT NULL, lost_samples INTEGER NOT NULL, resident_bytes INTEGER NOT NULL)
            """,
            """
            CREATE TABLE loss (participant INTEGER NOT NULL, at_ms REAL NOT NULL, cause TEXT NOT NULL,
              outcome TEXT NOT NULL, attempts INTEGER NOT NULL, signalling_ms REAL, media_ms REAL)
            """,
            "CREATE INDEX loss_by_participant ON loss (participant)",
            "CREATE TABLE event (at_ms REAL NOT NULL, participant INTEGER, kind TEXT NOT NULL, text TEXT NOT NULL)",
            "CREATE INDEX event_by_participant ON event (participant)",
            """
            CREATE TABLE delay_histogram (phase INTEGER NOT NULL, cohort INTEGER NOT NULL,
              quantity TEXT NOT NULL, count INTEGER NOT NULL, cells BLOB NOT NULL, PRIMARY KEY (phase, cohort,
              quantity)) WITHOUT ROWID
            """,
        ]
    }
}
