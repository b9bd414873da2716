import Foundation
import Probe
import Results
import Scenario

/// Figures of the server's own side, on the run's time.
extension FigureBuilder {
    /// What the pages allow; none where nothing was read.
    func server() -> [Figure] {
        let timeline = ServerTimeline(content)
        let servers = content.server.mediaServers
        var figures: [Figure] = []
        if let figure = processorTime(timeline) { figures.append(figure) }
        guard !servers.isEmpty else { return figures }
        figures += [
            presence(timeline, servers), forwarding(timeline, servers), serverPackets(timeline, servers),
            serverLoss(timeline, servers),
        ]
        // What a server does not tell leaves no empty figure.
        return figures.filter { !$0.isEmpty }
    }

    private func processorTime(_ timeline: ServerTimeline) -> Figure? {
        let metrics = ServerMetrics(content.server)
        let pages = content.server.pages.filter {
            content.server.growth(ServerMetrics.processorTime, on: $0.id) != nil
        }
        guard !pages.isEmpty else { return nil }
        let series = zip(pages.prefix(6), Ink.palette).map { page, ink in
            Series(
                label: PlainText.line(page.name, limit: 24), ink: ink,
                points: timeline.rate(ServerMetrics.processorTime, on: [page.id]))
        }
        let highest = Self.highest(series)
        let peak = series.max { Self.highest([$0]) < Self.highest([$1]) }
        let cores = pages.first.flatMap { metrics.cores(of: $0.id) }
        let of = cores.map { " of \(NumberText.decimal($0, 0))" } ?? ""
        return serverFigure(
            "server-cpu",
            title: "\(peak?.label ?? "") used at most \(NumberText.significant(highest))\(of) cores",
            quantity: "processor time, cores", series: series,
            alternative: series.map {
                "\($0.label): at most \(NumberText.significant(Self.highest([$0]))) cores"
            }
            .joined(separator: "; ") + ".",
            limits: cores.map { limits([.serverCPU], highest: highest, scale: $0) } ?? [],
            query: Self.query("process_cpu_seconds_total")
        ) { NumberText.significant($0) }
    }

    private func presence(_ timeline: ServerTimeline, _ servers: [Int]) -> Figure {
        // At the very moments at which the server was read, because people come and go in between.
        let ours = timeline.points { start, end in
            guard let moment = timeline.lastReading(from: start, to: end, on: servers) else { return nil }
            let ended = content.seconds.filter { Double($0.second + 1) <= moment + 0.5 }
            guard let last = ended.last?.second else { return 0 }
            return Double(ended.filter { $0.second == last }.reduce(0) { $0 + $1.connected })
        }
        let series = [
            Series(
                label: "participants", ink: .blue, style: .step,
                points: timeline.level("livekit_participant_total", on: servers)),
            Series(label: "ours with media", ink: .sky, style: .step, isDashed: true, points: ours),
            Series(
                label: "rooms", ink: .orange, style: .step,
                points: timeline.level("livekit_room_total", on: servers)),
        ]
        let most = Int(Self.highest([series[0]]))
        return serverFigure(
            "server-participants",
            title: "The server knew of at most \(NumberText.count(most, "participant"))",
            quantity: "participants and rooms", series: series,
            alternative:
                "At most \(NumberText.whole(most)) participants in \(NumberText.whole(Int(Self.highest([series[2]])))) "
                + "rooms by the server's count; of ours at most \(NumberText.whole(Int(Self.highest([series[1]])))) had media.",
            query: Self.query("livekit_participant_total")
        ) { NumberText.decimal($0, 0) }
    }

    private func forwarding(_ timeline: ServerTimeline, _ servers: [Int]) -> Figure {
        let series = [(0.5, "median", Ink.blue), (0.99, "p99", Ink.orange)].map { share, label, ink in
            Series(
                label: label, ink: ink,
                points: timeline.quantile(share, of: ServerMetrics.forwardLatency, on: servers).map {
                    Series.Point(x: $0.x, y: $0.y.map { $0 / 1e6 })
                })
        }
        let whole = ServerMetrics(content.server).forwarding(in: -.infinity..<Double.infinity)
        let figures = [0.5, 0.99].map { share in
            whole?.quantile(share).map { estimate in
                estimate.upper.map { "≤\(NumberText.thinSpace)\(NumberText.time($0))" }
                    ?? ">\(NumberText.thinSpace)\(NumberText.time(estimate.lower))"
            } ?? "–"
        }
        let highest = Self.highest(series)
        let limits = limits([.serverForwardLatency], highest: highest, scale: 1000)
        return serverFigure(
            "server-forwarding",
            title: "Half of the packets left the server after \(figures[0]), 99 % after \(figures[1])",
            quantity: "time in the server, ms, between the borders of its buckets", series: series,
            alternative:
                "Time from a packet's arrival at the server to its departure, by the server's histogram.",
            limits: limits, query: Self.query(ServerMetrics.forwardLatency + "_bucket")
        ) { NumberText.significant($0) }
    }

    private func serverPackets(_ timeline: ServerTimeline, _ servers: [Int]) -> Figure {
        func thousands(_ points: [Series.Point]) -> [Series.Point] {
            points.map { Series.Point(x: $0.x, y: $0.y.map { $0 / 1000 }) }
        }
        func ours(_ count: @escaping (RunFile.Second) -> Double) -> [Series.Point] {
            timeline.points { start, end in
                let inside = content.seconds.filter { Double($0.second) >= start && Double($0.second) < end }
                return inside.isEmpty ? nil : inside.reduce(0) { $0 + count($1) } / (end - start)
            }
        }
        let series = [
            Series(
                label: "in", ink: .blue,
                points: thousands(
                    timeline.rate("livekit_packet_total", ["direction": "incoming"], on: servers))),
            Series(
                label: "we sent", ink: .sky, isDashed: true,
                points: thousands(ours { Double($0.sentPackets) })),
            Series(
                label: "out", ink: .vermillion,
                points: thousands(
                    timeline.rate("livekit_packet_total", ["direction": "outgoing"], on: servers))),
            Series(
                label: "we received", ink: .orange, isDashed: true,
                points: thousands(ours { Double($0.audio.packets.received + $0.video.packets.received) })),
        ]
        return serverFigure(
            "server-packets",
            title:
                "Up to \(NumberText.significant(Self.highest([series[0]]))) thousand packets per second came in, "
                + "\(NumberText.significant(Self.highest([series[2]]))) thousand went out",
            quantity: "packets per second, thousands, by the server's count and by ours", series: series,
            alternative: series.map {
                "\($0.label): at most \(NumberText.significant(Self.highest([$0]))) thousand"
            }
            .joined(separator: "; ") + ".",
            query: Self.query("livekit_packet_total")
        ) { NumberText.significant($0) }
    }

    private func serverLoss(_ timeline: ServerTimeline, _ servers: [Int]) -> Figure {
        let series = [("in", "incoming", Ink.blue), ("out", "outgoing", Ink.vermillion)].map {
            label, direction, ink in
            let lost = timeline.rate("livekit_packet_loss_total", ["direction": direction], on: servers)
            let packets = timeline.rate("livekit_packet_total", ["direction": direction], on: servers)
            return Series(
                label: label, ink: ink,
                points: zip(lost, packets).map { lost, packets in
                    // LiveKit shows the counter only once something is lost.
                    guard let carried = packets.y, carried > 0 else {
                        return Series.Point(x: packets.x, y: nil)
                    }
                    let missing = lost.y ?? 0
                    return Series.Point(x: packets.x, y: 100 * missing / (carried + missing))
                })
        }
        let highest = Self.highest(series)
        return serverFigure(
            "server-loss",
            title: highest == 0
                ? "The server saw no packet lost"
                : "The server saw at most \(NumberText.percent(highest / 100)) of packets lost",
            quantity: "packets lost by the server's count, %", series: series,
            alternative: series.map { "\($0.label): at most \(NumberText.significant(Self.highest([$0]))) %" }
                .joined(separator: "; ") + ".",
            query: Self.query("livekit_packet_loss_total")
        ) { NumberText.percentNumber($0 / 100) }
    }

    private func serverFigure(
        _ name: String, title: String, quantity: String, series: [Series], alternative: String,
        limits: [Limit] = [], query: String, text: (Double) -> String
    ) -> Figure {
        timeFigure(
            name, title: title, quantity: quantity, alternative: alternative,
            y: Scale.axis(
                upTo: max(Self.highest(series), limits.map(\.value).max() ?? 0), fallback: 1, marks: 3),
            series: series, limits: limits, height: 190, query: query, text: text)
    }

    private static func query(_ name: String) -> String {
        """
        SELECT p.name, (r.asked_ms + r.answered_ms) / 2000 AS second, s.labels, v.value
        FROM server_value v JOIN server_series s ON s.id = v.series JOIN server_reading r ON r.id = v.reading
          JOIN server_page p ON p.id = s.page
        WHERE s.name = '\(name)' ORDER BY second, s.id
        """
    }
}
