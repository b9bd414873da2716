import Foundation
import Results
import Scenario

/// What all figures of one run are built with.
struct FigureBuilder {
    let content: RunContent
    /// Up to three lines, for figures that draw two quantities of each.
    let fewLines: [CohortLine]
    /// Up to six lines.
    let lines: [CohortLine]
    let fewTimeline: Timeline
    let timeline: Timeline
    /// Everybody as one line.
    let whole: Timeline

    init(_ content: RunContent) {
        self.content = content
        fewLines = CohortLine.lines(content, most: 3)
        lines = CohortLine.lines(content, most: 6)
        fewTimeline = Timeline(content, fewLines)
        timeline = Timeline(content, lines)
        let everybody = CohortLine(name: "all", ink: .blue, cohorts: Set(content.cohorts.indices))
        whole = Timeline(content, [everybody])
    }

    /// The figures of the run's course, of one shared time axis.
    func course() -> [Figure] {
        [
            participants(), loss(of: .sound), loss(of: .picture), delayOverTime(), soundOverTime(), freezes(),
            bitrate(),
        ] + generatorHealth()
    }

    /// The figures of how people differed.
    func people() -> [Figure] {
        [joinStages(), firstPicture(), delays(), soundAcrossPeople()]
            + (content.losses.isEmpty ? [] : [reconnects()])
    }

    /// The run's time as an axis.
    var time: Axis { Scale.time(content.duration, label: "time since the start") }

    /// The phases as they are shaded.
    var phaseSpans: [PhaseSpan] {
        content.phases.filter { $0.start < content.duration }.map {
            PhaseSpan(
                start: $0.start, end: min($0.end, content.duration), name: PlainText.line($0.name, limit: 24))
        }
    }

    /// Whether there is more than one cohort to tell apart.
    var hasCohorts: Bool { content.cohorts.count > 1 }

    /// The promises about `metrics`, as lines of a figure; those beyond four times the data are left to the text.
    func limits(_ metrics: Set<Metric>, highest: Double, scale: Double, isVertical: Bool = false) -> [Limit] {
        var limits: [Limit] = []
        for threshold in content.plan.thresholds where metrics.contains(threshold.metric) {
            let value = threshold.limit * scale
            guard value <= max(highest, 1e-9) * 4 || highest == 0, value.isFinite else { continue }
            let label = "promise: \(threshold.statistic.rawValue) \(JudgementText.limit(threshold))"
            if !limits.contains(where: { $0.value == value }) {
                limits.append(Limit(isVertical: isVertical, value: value, label: label))
            }
        }
        return limits
    }

    /// A figure over the run's time, whose table and CSV have a row per bin.
    func timeFigure(
        _ name: String, title: String, quantity: String, alternative: String, y: Axis, series: [Series],
        columns: [Series]? = nil, limits: [Limit] = [], bands: [Band] = [], height: Int = 250, query: String,
        text: (Double) -> String
    ) -> Figure {
        let columns = columns ?? series
        let xs = columns.first?.points.map(\.x) ?? []
        var rows: [[String]] = []
        var csv = "second," + columns.map { Self.field($0.label) }.joined(separator: ",") + "\n"
        for (index, x) in xs.enumerated() {
            let values = columns.map { index < $0.points.count ? $0.points[index].y : nil }
            rows.append([NumberText.moment(x)] + values.map { $0.map(text) ?? "–" })
            csv +=
                ([NumberText.plain(x)] + values.map { $0.map(NumberText.plain) ?? "" }).joined(separator: ",")
                + "\n"
        }
        let inside = series.map { series in
            var series = series
            series.points.removeAll { $0.x > time.upper + 1e-9 }
            return series
        }
        return Figure(
            name: name, title: title, quantity: quantity, alternative: alternative, x: time, y: y,
            series: inside,
            limits: limits, bands: bands, phases: phaseSpans,
            labelsAt: content.phases.last { $0.kind != PlannedPhase.Kind.leave.rawValue }?.end ?? .infinity,
            height: height,
            table: DataTable(header: ["time"] + columns.map(\.label), rows: rows), csv: csv, query: query)
    }

    /// The largest value of some series.
    static func highest(_ series: [Series]) -> Double {
        series.flatMap(\.points).compactMap(\.y).filter(\.isFinite).max() ?? 0
    }

    /// Where the largest value of some series stands.
    static func peak(_ series: [Series]) -> Series.Point? {
        series.flatMap(\.points).filter { $0.y != nil }.max { ($0.y ?? 0) < ($1.y ?? 0) }
    }

    /// One field of a CSV line (RFC 4180).
    static func field(_ text: String) -> String {
        text.contains { ",\"\n\r".contains($0) } ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
}
