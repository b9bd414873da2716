import Probe
import Results

/// Figures of the generator's own health.
extension FigureBuilder {
    /// Three small figures, one per unit; none when the run went by virtual time and nothing was measured.
    func generatorHealth() -> [Figure] {
        guard !content.generator.isEmpty else { return [] }
        return [generatorLoad(), generatorLateness(), generatorPackets()]
    }

    private func generatorLoad() -> Figure {
        let series = series(
            "busy", .blue, binned: { $0.reduce(0) { $0 + $1.dataPlaneLoad * 100 } / Double($0.count) })
        let peak = (content.generator.map(\.dataPlaneLoad).max() ?? 0)
        return generatorFigure(
            "generator-load", title: "The generator's threads were at most \(NumberText.percent(peak)) busy",
            quantity: "load of the generator's media threads, %", series: [series],
            limits: [Limit(value: Validity.maximumLoad * 100, label: "invalid above 80 %")],
            upTo: max(100, peak * 100), column: "100 * data_plane_load AS busy"
        ) { NumberText.decimal($0, 0) }
    }

    private func generatorLateness() -> Figure {
        let worst = series("worst tick", .blue, binned: { $0.map(\.worstTickLateness).max() ?? 0 })
        let mean = series(
            "mean tick", .context, binned: { $0.reduce(0) { $0 + $1.meanTickLateness } / Double($0.count) })
        let peak = content.generator.map(\.worstTickLateness).max() ?? 0
        return generatorFigure(
            "generator-lateness",
            title: "The generator was at most \(NumberText.time(peak / 1000)) late with what was due",
            quantity: "lateness of the generator, ms", series: [worst, mean],
            limits: [Limit(value: Validity.maximumLateness, label: "invalid if p99 above")],
            upTo: max(peak, Validity.maximumLateness), column: "worst_tick_lateness_ms, mean_tick_lateness_ms"
        ) { NumberText.significant($0) }
    }

    private func generatorPackets() -> Figure {
        let incoming = series(
            "received", .blue,
            binned: { $0.reduce(0) { $0 + Double($1.packetsIn) } / Double($0.count) / 1000 })
        let outgoing = series(
            "sent", .orange, binned: { $0.reduce(0) { $0 + Double($1.packetsOut) } / Double($0.count) / 1000 }
        )
        let drops = content.generator.reduce(0) { $0 + $1.socketDrops }
        let failures = content.generator.reduce(0) { $0 + $1.sendFailures }
        let title =
            drops + failures == 0
            ? "No datagram was dropped by our own sockets"
            : "Our own sockets dropped \(NumberText.whole(drops)) datagrams and could not send \(NumberText.whole(failures))"
        return generatorFigure(
            "generator-packets", title: title, quantity: "datagrams per second, thousands",
            series: [incoming, outgoing], limits: [], upTo: Self.highest([incoming, outgoing]),
            column: "packets_in, packets_out, socket_drops, send_failures"
        ) { NumberText.significant($0) }
    }

    private func series(
        _ label: String, _ ink: Ink, binned value: ([GeneratorSecond]) -> Double
    ) -> Series {
        let last = content.generator.last?.second ?? 0
        let width = max(1, (last + Timeline.mostBins) / Timeline.mostBins)
        var bins: [Int: [GeneratorSecond]] = [:]
        for second in content.generator where second.second >= 0 {
            bins[second.second / width, default: []].append(second)
        }
        return Series(
            label: label, ink: ink,
            points: (0...max(0, last / width)).map { bin in
                Series.Point(x: (Double(bin) + 0.5) * Double(width), y: bins[bin].map(value))
            })
    }

    private func generatorFigure(
        _ name: String, title: String, quantity: String, series: [Series], limits: [Limit],
        upTo highest: Double,
        column: String, text: (Double) -> String
    ) -> Figure {
        timeFigure(
            name, title: title, quantity: quantity,
            alternative: series.map { series in
                "\(series.label): at most \(NumberText.significant(Self.highest([series])))"
            }.joined(separator: "; ") + ".",
            y: Scale.axis(upTo: highest, fallback: 1, marks: 3), series: series, limits: limits, height: 190,
            query: "SELECT second, \(column) FROM generator_second ORDER BY second", text: text)
    }
}
