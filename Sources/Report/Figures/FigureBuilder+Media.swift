import Probe
import Results
import Scenario

/// Figures of sound, picture and bit rate over the run's time.
extension FigureBuilder {
    /// What MOS means to people: the lower bounds of ITU-T G.107 Annex B.
    static let soundBands = [
        Band(lower: 4.34, upper: 4.6, label: "", isShaded: true),
        Band(lower: 4.03, upper: 4.34, label: "satisfied", isShaded: false),
        Band(lower: 3.6, upper: 4.03, label: "some dissatisfied", isShaded: true),
        Band(lower: 3.1, upper: 3.6, label: "many dissatisfied", isShaded: false),
        Band(lower: 2.58, upper: 3.1, label: "nearly all dissatisfied", isShaded: true),
    ]

    func soundOverTime() -> Figure {
        let series = lines.enumerated().map { index, line in
            Series(
                label: hasCohorts ? line.name : "sound", ink: line.ink,
                points: timeline.points(index, \.sound))
        }
        let lowest = series.flatMap(\.points).filter { $0.y != nil }.min { ($0.y ?? 5) < ($1.y ?? 5) }
        let title: String
        if let lowest, let value = lowest.y {
            title =
                value >= ServiceLevel.sound
                ? "The sound satisfied throughout: MOS \(NumberText.decimal(value, 2)) at its lowest"
                : "The sound fell to MOS \(NumberText.decimal(value, 2)) at \(NumberText.moment(lowest.x))"
        } else {
            title = "Nobody heard anything"
        }
        let ticks = [1.0, 2, 3, 4].map { Axis.Tick(value: $0, text: NumberText.decimal($0, 0)) }
        return timeFigure(
            "sound", title: title, quantity: "estimated sound quality, MOS (ITU-T G.107.1)",
            alternative: """
                \(title). The scale goes from 1, bad, to 4.5, excellent; from 4.03 on people are satisfied.
                """,
            y: Axis(lower: 1, upper: 4.6, ticks: ticks), series: series,
            limits: limits([.audioMOS], highest: 4.5, scale: 1), bands: Self.soundBands, height: 270,
            query:
                "SELECT second, cohort, rating FROM cohort_second WHERE rating NOT NULL ORDER BY second, cohort"
        ) { NumberText.decimal($0, 2) }
    }

    func freezes() -> Figure {
        let series = lines.enumerated().map { index, line in
            Series(
                label: hasCohorts ? line.name : "frozen", ink: line.ink,
                points: timeline.points(index) { $0.frozen.map { $0 * 100 } })
        }
        let still = whole.totals.reduce(0) { $0 + $1[0].still }
        let watched = whole.totals.reduce(0) { $0 + Double($1[0].video.watchedMilliseconds) }
        let count = whole.totals.reduce(0) { $0 + $1[0].video.freezes }
        let highest = Self.highest(series)
        let title: String
        if watched == 0 {
            title = "Nobody saw any picture"
        } else if highest == 0 {
            title = "No picture froze"
        } else {
            title = "Pictures stood still for \(NumberText.percent(still / watched)) of the time"
        }
        let limits = limits([.videoFreezeRatio], highest: highest, scale: 100)
        return timeFigure(
            "freezes", title: title, quantity: "time in which pictures stood still, % of the time watched",
            alternative: """
                \(title); \(NumberText.whole(count)) freezes in \(NumberText.length(watched / 1000)) of watching, \
                all participants together; the worst moment was \(NumberText.significant(highest)) %.
                """,
            y: Scale.axis(upTo: max(highest, limits.map(\.value).max() ?? 0), fallback: 1), series: series,
            limits: limits, height: 220,
            query: """
                SELECT second, cohort, 100.0 * (video_frozen_ms + video_stalled_ms - lag(video_stalled_ms, 1, 0)
                  OVER (PARTITION BY cohort ORDER BY second)) / video_watched_ms AS frozen
                FROM cohort_second WHERE video_watched_ms > 0 ORDER BY second, cohort
                """
        ) { NumberText.percentNumber($0 / 100) }
    }

    func bitrate() -> Figure {
        let parts: [(label: String, ink: Ink, bytes: (Timeline.Totals) -> UInt64)] = [
            ("sound", .context, { $0.audio.packets.bytes }),
            ("picture, 180 lines", .sky, { $0.video.layerBytes.low }),
            ("picture, 360 lines", .blue, { $0.video.layerBytes.medium }),
            ("picture, 720 lines", .green, { $0.video.layerBytes.high }),
        ]
        let scale = 8 / Double(whole.width) / 1e6
        var floor = Array(repeating: 0.0, count: whole.totals.count)
        var areas: [Series] = []
        var columns: [Series] = []
        for part in parts {
            let values = whole.totals.map { Double(part.bytes($0[0])) * scale }
            let points = values.indices.map { bin in
                Series.Point(x: whole.middle(bin), y: floor[bin] + values[bin], other: floor[bin])
            }
            let isSeen = values.contains { $0 > 0 }
            if isSeen { areas.append(Series(label: part.label, ink: part.ink, style: .area, points: points)) }
            columns.append(
                Series(
                    label: part.label, ink: part.ink,
                    points: values.indices.map { Series.Point(x: whole.middle($0), y: values[$0]) }))
            floor = zip(floor, values).map(+)
        }
        let shares = columns.map { column in column.points.reduce(0) { $0 + ($1.y ?? 0) } }
        let total = shares.reduce(0, +)
        let peak = floor.max() ?? 0
        let largest = shares.indices.max { shares[$0] < shares[$1] } ?? 0
        return timeFigure(
            "bitrate",
            title: total == 0
                ? "Nothing was received"
                : "Together they received up to \(NumberText.bitrate(peak * 1e6)), most of it \(parts[largest].label)",
            quantity: "received by all participants together, Mbit/s, stacked",
            alternative: "Shares of what was received: "
                + zip(parts, shares).map { part, share in
                    "\(part.label) \(NumberText.percent(total == 0 ? 0 : share / total))"
                }.joined(separator: ", ") + ".",
            y: Scale.axis(upTo: peak, fallback: 1), series: areas, columns: columns,
            query: """
                SELECT second, SUM(audio_bytes) * 8e-6 AS sound, SUM(video_low_bytes) * 8e-6 AS low,
                  SUM(video_medium_bytes) * 8e-6 AS medium, SUM(video_high_bytes) * 8e-6 AS high
                FROM cohort_second GROUP BY second ORDER BY second
                """
        ) { NumberText.significant($0) }
    }
}
