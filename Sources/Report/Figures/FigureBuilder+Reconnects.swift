import Probe
import Results
import Statistics

/// How long those who lost their connection were without it.
extension FigureBuilder {
    private static let causes: [(cause: ConnectionLoss.Cause, name: String)] = [
        (.signalling, "WebSocket broke"), (.silence, "no answer to pings"), (.server, "sent away"),
        (.publisher, "path up failed"), (.subscriber, "path down failed"),
        (.negotiation, "offer unanswered"), (.network, "network changed"), (.reload, "page reloaded"),
    ]

    func reconnects() -> Figure {
        let rows = Self.causes.compactMap { entry -> (name: String, losses: [RunFile.Loss])? in
            let losses = content.losses.filter { $0.cause == entry.cause }
            return losses.isEmpty ? nil : (entry.name, losses)
        }
        var spans = Series(label: "", ink: .sky, style: .span, isLabelled: false, points: [])
        var medians = Series(label: "", ink: .blue, style: .dots, isLabelled: false, points: [])
        var ends = Series(label: "", ink: .orange, style: .dots, isLabelled: false, points: [])
        var ticks: [Axis.Tick] = []
        var margin: [Axis.Tick] = []
        var table: [[String]] = []
        var csv = "cause,losses,resumed,restarted,rejoined,lost,left,p50_s,p95_s,max_s\n"
        let all = content.losses.compactMap(\.recovery).filter(\.isFinite)
        var x = Scale.axis(upTo: all.max() ?? 0, fallback: 1, marks: 6)
        x.label = "time without the connection, s"
        for (index, row) in rows.enumerated() {
            let y = Double(rows.count - index)
            ticks.append(Axis.Tick(value: y, text: row.name))
            let times = row.losses.compactMap(\.recovery).sorted()
            let quantiles = [0.5, 0.95, 1].map { OrderStatistics.quantile($0, ofSorted: times) }
            let cells = quantiles.map { $0.map(NumberText.time) ?? "–" }
            let outcomes = ConnectionLoss.Outcome.allCases.map { outcome in
                row.losses.count { $0.outcome == outcome }
            }
            table.append(
                [row.name, NumberText.whole(row.losses.count)] + outcomes.map { NumberText.whole($0) }
                    + cells)
            csv +=
                "\(row.name),\(row.losses.count)," + outcomes.map { String($0) }.joined(separator: ",") + ","
                + quantiles.map { value in
                    value.map { $0.isFinite ? NumberText.plain($0) : "never" } ?? ""
                }.joined(separator: ",") + "\n"
            margin.append(Axis.Tick(value: y, text: "\(cells[0]) · \(cells[1])"))
            guard let p50 = quantiles[0], p50.isFinite, let p95 = quantiles[1] else { continue }
            // A bar to the edge: the end lies beyond every figure.
            spans.points.append(Series.Point(x: p50, y: y, other: p95.isFinite ? p95 : x.upper))
            medians.points.append(Series.Point(x: p50, y: y))
            if p95.isFinite { ends.points.append(Series.Point(x: p95, y: y)) }
        }
        return Figure(
            name: "reconnects", title: reconnectTitle,
            quantity:
                "time without the connection, from the half (p50, blue) to all but one in twenty (p95, orange) of the losses",
            alternative: table.map { "\($0[0]): \($0[1]) losses, p50 \($0[7]), p95 \($0[8])" }
                .joined(separator: "; ") + ".",
            x: x, y: Axis(lower: 0.4, upper: Double(rows.count) + 0.6, ticks: ticks),
            series: [spans, medians, ends], marginTexts: margin, marginHeader: "p50 · p95",
            height: 110 + 24 * max(1, rows.count), left: 130,
            table: DataTable(
                header: ["cause", "losses"] + ConnectionLoss.Outcome.allCases.map(\.rawValue) + [
                    "p50", "p95", "longest",
                ], rows: table, wordColumns: 1),
            csv: csv,
            query: """
                SELECT participant, at_ms, cause, outcome, attempts, signalling_ms, media_ms
                FROM loss ORDER BY participant, at_ms
                """)
    }

    private var reconnectTitle: String {
        let count = NumberText.count(content.losses.count, "connection")
        let lost = content.losses.count { $0.outcome == .lost }
        let longest = content.losses.compactMap(\.recovery).filter(\.isFinite).max()
        guard lost == 0 else {
            return "\(count) broke, and \(NumberText.whole(lost)) of them never came back"
        }
        guard let longest else { return "\(count) broke" }
        return "\(count) broke; the longest was back after \(NumberText.time(longest))"
    }
}
