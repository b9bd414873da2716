import GRDB
import Primitives
import Probe

/// Reads where packets were lost.
extension RunFile {
    /// The software that counts in the sense of RFC 3550: retransmissions are no packets of the stream.
    private static let plainCounter = "visiobench-embedded"

    /// Every missing packet with its place.
    public func lossPlaces() throws(RunFileError) -> LossPlaces {
        let downlinks = try all("SELECT * FROM downlink ORDER BY participant, stream") {
            row throws(RowReader.Damage) in
            (participant: try row.integer("participant"), account: try Self.downlink(&row))
        }
        let uplinks = try all("SELECT * FROM uplink ORDER BY participant, stream") {
            row throws(RowReader.Damage) in
            let lost = try row.optionalCount("lost")
            return (
                participant: try row.integer("participant"),
                account: UplinkAccount(
                    stream: try row.integer("stream"), track: try row.optionalText("track_sid"),
                    isVideo: try row.text("kind") == "video", sent: try row.count("sent"), lost: lost,
                    requested: try row.count("requested"), unreported: try row.count("unreported"))
            )
        }
        let sockets = try all("SELECT * FROM socket ORDER BY participant") { row throws(RowReader.Damage) in
            (
                try row.integer("participant"),
                SocketLosses(dropped: try row.integer("dropped"), unsent: try row.integer("unsent"))
            )
        }
        let expected = try participants().filter { $0.ending != nil }.map { person in
            (
                person.id,
                Int(clamping: person.audio.packets.expected) + Int(clamping: person.video.packets.expected)
            )
        }
        let servers = try sessions().map(\.server)
        return LossPlaces(
            downlinks: downlinks, uplinks: uplinks, sockets: Dictionary(sockets) { first, _ in first },
            expected: Dictionary(expected) { first, _ in first },
            countsRepeats: servers.contains { $0 != Self.plainCounter })
    }

    private static func downlink(_ row: inout RowReader) throws(RowReader.Damage) -> DownlinkAccount {
        var report: DownlinkAccount.Report?
        if let sent = try row.optionalCount("report_sent") {
            report = DownlinkAccount.Report(
                sent: sent, expected: try row.count("report_expected"),
                arrived: try row.count("report_arrived"),
                repairs: try row.count("report_repairs"), requested: try row.count("report_requested"))
        }
        return DownlinkAccount(
            stream: try row.integer("stream"), track: try row.optionalText("track_sid"),
            isVideo: try row.text("kind") == "video", expected: try row.count("expected"),
            arrived: try row.count("arrived"), repaired: try row.count("repaired"), report: report)
    }
}
