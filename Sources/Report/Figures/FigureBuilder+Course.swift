import Probe
import Results
import Scenario

/// Figures of participants, loss and delay over the run's time.
extension FigureBuilder {
    /// Sound or picture.
    enum Medium {
        case sound, picture

        var name: String { self == .sound ? "sound" : "picture" }
        var column: String { self == .sound ? "audio" : "video" }

        func packets(_ totals: Timeline.Totals) -> PacketCounts {
            self == .sound ? totals.audio.packets : totals.video.packets
        }
    }

    func participants() -> Figure {
        func series(
            _ label: String, _ ink: Ink, dashed: Bool = false, _ value: @escaping (Timeline.Totals) -> Int
        )
            -> Series
        {
            Series(
                label: label, ink: ink, style: .step, isDashed: dashed,
                points: whole.points(0, atEnd: true) { Double(value($0)) })
        }
        let all = [
            series("planned", .context, dashed: true, \.planned), series("in", .blue, \.connected),
            series("connecting", .orange, \.connecting), series("failed so far", .vermillion, \.failed),
        ]
        // A line that never leaves zero says nothing that the text does not.
        let drawn = all.filter { $0.label != "failed so far" || Self.highest([$0]) > 0 }
        let most = Self.highest([all[1]])
        return timeFigure(
            "participants", title: participantsTitle, quantity: "participants",
            alternative: """
                At most \(NumberText.whole(Int(most))) were in at once, of \
                \(NumberText.count(content.participants.count, "planned participant")); \
                \(NumberText.count(content.failed.count, "participant")) failed.
                """,
            y: Scale.axis(upTo: Self.highest(all), fallback: 4), series: drawn, columns: all,
            query: """
                SELECT second, SUM(planned), SUM(connected), SUM(connecting), SUM(failed)
                FROM cohort_second GROUP BY second ORDER BY second
                """
        ) { NumberText.decimal($0, 0) }
    }

    private var participantsTitle: String {
        let total = content.participants.count
        if !content.failed.isEmpty {
            return "\(NumberText.whole(content.failed.count)) of \(NumberText.count(total, "participant")) "
                + "could not join or were lost"
        }
        let entries = content.participants.compactMap { person in
            person.join[.dtls].map { person.arrival + $0 / 1000 }
        }
        guard entries.count == total, let last = entries.max() else { return "Participants over time" }
        return "All \(NumberText.whole(total)) participants were in after \(NumberText.moment(last))"
    }

    func loss(of medium: Medium) -> Figure {
        var series: [Series] = []
        for (index, line) in fewLines.enumerated() {
            let prefix = hasCohorts ? line.name + ", " : ""
            func share(_ part: @escaping (PacketCounts) -> UInt64) -> [Series.Point] {
                fewTimeline.points(index) { totals in
                    let packets = medium.packets(totals)
                    return packets.expected == 0
                        ? nil : 100 * Double(part(packets)) / Double(packets.expected)
                }
            }
            series.append(
                Series(
                    label: prefix + "on the way", ink: hasCohorts ? line.ink : .orange, isDashed: true,
                    points: share(\.lostBeforeRepair)))
            series.append(
                Series(
                    label: prefix + "for good", ink: hasCohorts ? line.ink : .blue, points: share(\.lost)))
        }
        var sum = PacketCounts()
        for row in whole.totals { sum += medium.packets(row[0]) }
        let highest = Self.highest(series)
        let limits = limits(
            medium == .sound
                ? [.audioLoss, .audioLossBeforeRepair] : [.videoLoss, .videoLossBeforeRepair],
            highest: highest, scale: 100)
        let name = medium.column
        return timeFigure(
            "loss-\(name)", title: lossTitle(medium, sum),
            quantity: "packets of \(medium.name) lost, % of those sent",
            alternative: """
                Of \(NumberText.whole(sum.expected)) packets, \(NumberText.whole(sum.lostBeforeRepair)) were missing \
                at first and \(NumberText.whole(sum.lost)) for good; the worst moment was \
                \(NumberText.significant(highest)) %.
                """,
            y: Scale.axis(upTo: max(highest, limits.map(\.value).max() ?? 0), fallback: 1), series: series,
            limits: limits, height: 220,
            query: """
                SELECT second, cohort, 100.0 * \(name)_lost_before_repair / \(name)_expected AS on_the_way,
                  100.0 * \(name)_lost / \(name)_expected AS for_good
                FROM cohort_second WHERE \(name)_expected > 0 ORDER BY second, cohort
                """
        ) { NumberText.percentNumber($0 / 100) }
    }

    private func lossTitle(_ medium: Medium, _ sum: PacketCounts) -> String {
        guard sum.expected > 0 else { return "No \(medium.name) was expected" }
        let before = NumberText.percent(Double(sum.lostBeforeRepair) / Double(sum.expected))
        let after = NumberText.percent(Double(sum.lost) / Double(sum.expected))
        if sum.lost == 0, sum.lostBeforeRepair == 0 { return "No packet of \(medium.name) was lost" }
        if sum.lost == 0 {
            return "\(before) of the \(medium.name) was lost on the way, and all of it repaired"
        }
        return "\(before) of the \(medium.name) was lost on the way, \(after) for good"
    }

    func delayOverTime() -> Figure {
        var series: [Series] = []
        for (index, line) in fewLines.enumerated() {
            let prefix = hasCohorts ? line.name + ", " : ""
            series.append(
                Series(
                    label: prefix + "sound played", ink: hasCohorts ? line.ink : .blue,
                    points: fewTimeline.points(index) { $0.audio.meanPlayoutDelayMilliseconds }))
            series.append(
                Series(
                    label: prefix + "picture whole", ink: hasCohorts ? line.ink : .green, isDashed: true,
                    points: fewTimeline.points(index) { $0.video.meanDelayMilliseconds }))
        }
        var audio = AudioCounts()
        var video = VideoCounts()
        for row in whole.totals {
            audio += row[0].audio
            video += row[0].video
        }
        let sound = audio.meanPlayoutDelayMilliseconds.map { NumberText.time($0 / 1000) }
        let picture = video.meanDelayMilliseconds.map { NumberText.time($0 / 1000) }
        let parts = [sound.map { "sound \($0)" }, picture.map { "pictures \($0)" }].compactMap(\.self)
        let highest = Self.highest(series)
        let limits = limits([.audioDelay, .videoDelay], highest: highest, scale: 1000)
        let peak = Self.peak(series).map {
            "; the highest mean was \(NumberText.time(($0.y ?? 0) / 1000)) at \(NumberText.moment($0.x))"
        }
        return timeFigure(
            "delay",
            title: parts.isEmpty
                ? "No delay could be measured"
                : "On average, \(parts.joined(separator: " and ")) old on arrival",
            quantity: "mean delay since capture, ms",
            alternative: "Mean delay since capture: \(parts.joined(separator: ", "))\(peak ?? "").",
            y: Scale.axis(upTo: max(highest, limits.map(\.value).max() ?? 0), fallback: 100), series: series,
            limits: limits,
            query: """
                SELECT second, cohort, 1.0 * audio_playout_delay_sum_ms / audio_delay_count AS sound_played_ms,
                  video_delay_sum_us / 1000.0 / video_recognised AS picture_whole_ms
                FROM cohort_second ORDER BY second, cohort
                """
        ) { NumberText.significant($0) }
    }
}
