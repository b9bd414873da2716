import GRDB
import Primitives
import Probe

/// Where packets were lost, as far as streams and sockets tell.
extension RunWriter {
    static func writeAccounts(of outcome: ParticipantOutcome, into database: Database) throws {
        for account in outcome.downlinks {
            let report = account.report
            func number(_ value: UInt64?) -> Int64? { value.map { Int64(clamping: $0) } }
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO downlink VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [
                outcome.participant, account.stream, account.track, kind(account.isVideo),
                number(account.expected), number(account.arrived), number(account.repaired),
                number(report?.sent), number(report?.expected), number(report?.arrived),
                number(report?.repairs), number(report?.requested),
            ])
        }
        for account in outcome.uplinks {
            try database.cachedStatement(sql: "INSERT OR REPLACE INTO uplink VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
                .execute(arguments: [
                    outcome.participant, account.stream, account.track, kind(account.isVideo),
                    Int64(clamping: account.sent), account.lost.map { Int64(clamping: $0) },
                    Int64(clamping: account.requested), Int64(clamping: account.unreported),
                ])
        }
        guard outcome.sockets != SocketLosses() else { return }
        try database.execute(
            sql: "INSERT OR REPLACE INTO socket VALUES (?, ?, ?)",
            arguments: [outcome.participant, outcome.sockets.dropped, outcome.sockets.unsent])
    }

    private static func kind(_ isVideo: Bool) -> String { isVideo ? "video" : "audio" }
}
