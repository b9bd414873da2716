import Probe
import Results
import Scenario

/// What the server counted, held against what we counted: differences with their causes, and what is left of them.
struct ServerAccount {
    /// One thing that both sides counted.
    struct Line {
        /// A reason for which the two differ, with how much it makes out.
        struct Cause {
            var name: String
            var amount: Double
        }

        /// What was counted.
        var what: String
        /// Our count.
        var ours: Double
        /// The server's count.
        var server: Double
        /// Why the server's should be larger (or, below zero, smaller).
        var causes: [Cause] = []
        /// Words for a difference that no count of ours can size.
        var remark = ""

        var difference: Double { server - ours }
        var explained: Double { causes.reduce(0) { $0 + $1.amount } }
        /// What nothing known explains.
        var left: Double { difference - explained }
    }

    /// By the metrics pages.
    private(set) var counted: [Line] = []
    /// By the API, at the moments at which it was asked.
    private(set) var listed: [(moment: Double, lines: [Line])] = []
    /// What could not be read, in words.
    private(set) var failures: [String] = []

    private let content: RunContent

    init(_ content: RunContent) {
        self.content = content
        if !content.server.mediaServers.isEmpty { count() }
        for census in content.censuses where census.failure == nil { list(census) }
        tellFailures()
    }

    /// Whether the server was looked at at all.
    static func isKnown(_ content: RunContent) -> Bool {
        !content.server.pages.isEmpty || !content.censuses.isEmpty
    }

    private mutating func count() {
        let people = content.participants
        var exchange = ExchangeCounts()
        for counts in content.exchanges.values { exchange += counts }
        var packets = PacketCounts()
        for person in people {
            packets += person.audio.packets
            packets += person.video.packets
        }
        // What was missing on the way counts as sent, whatever brought it back later.
        let lostDown = Double(packets.lostBeforeRepair)
        let messagesUp = Double(exchange.signalsSent + exchange.dataSent)
        let messagesDown = Double(exchange.signalsReceived + exchange.dataReceived)

        add(
            "participants whose signalling stood", Double(content.sessions.count),
            "livekit_participant_join_total", ["state": "signal_connected"])
        add(
            "participants whose media was up", Double(people.count { $0.join[.dtls] != nil }),
            "livekit_participant_join_total", ["state": "rtc_success"])
        add(
            "packets into the server", Double(people.reduce(0) { $0 + $1.sentPackets }),
            "livekit_packet_total", ["direction": "incoming"],
            causes: [
                .init(
                    name: "messages of signalling and data channels, which LiveKit counts too",
                    amount: messagesUp),
                .init(
                    name: "padding sent to find out what the path carries",
                    amount: Double(exchange.paddingSent)),
                .init(
                    name: "lost on the way, by its own count",
                    amount: -grown("livekit_packet_loss_total", ["direction": "incoming"])),
            ])
        add(
            "packets out of the server, first sending", Double(exchange.packetsReceived),
            "livekit_packet_total", ["direction": "outgoing", "transmission": "initial"],
            causes: [
                .init(
                    name: "messages of signalling and data channels, which LiveKit counts too",
                    amount: messagesDown),
                .init(name: "missing on the way", amount: lostDown),
            ], remark: "packets still under way when somebody left are on the server's side alone")
        add(
            "packets out of the server, again", Double(exchange.repairsReceived), "livekit_packet_total",
            ["direction": "outgoing", "transmission": "retransmit"],
            remark: "retransmissions that were lost themselves are on the server's side alone")
        add(
            "packets we asked for again (NACK)", Double(exchange.packetsRequested), "livekit_nack_total",
            ["direction": "outgoing"])
        add(
            "packets the server asked for again (NACK)", Double(exchange.requestsReceived),
            "livekit_nack_total", ["direction": "incoming"])
        add(
            "key frames we asked for (PLI)", Double(exchange.keyFramesRequested), "livekit_pli_total",
            ["direction": "outgoing"])
        add(
            "key frames the server asked for (PLI)", Double(people.reduce(0) { $0 + $1.keyFrameRequests }),
            "livekit_pli_total", ["direction": "incoming"])
    }

    private func grown(_ name: String, _ labels: [String: String]) -> Double {
        content.server.mediaServers.reduce(0) {
            $0 + (content.server.growth(name, labels, on: $1)?.total ?? 0)
        }
    }

    private mutating func add(
        _ what: String, _ ours: Double, _ name: String, _ labels: [String: String], causes: [Line.Cause] = [],
        remark: String = ""
    ) {
        counted.append(
            Line(
                what: what, ours: ours, server: grown(name, labels), causes: causes.filter { $0.amount != 0 },
                remark: remark))
    }

    /// Who was in by our own account at the moment of a census, and who by the server's.
    private mutating func list(_ census: RunFile.Census) {
        let moment = (census.asked + census.answered) / 2
        let plans = Dictionary(content.plan.participants.map { ($0.index, $0) }) { first, _ in first }
        var latest: [Int: RunFile.Session] = [:]
        for session in content.sessions where session.at <= moment { latest[session.participant] = session }
        let present = content.participants.filter { person in
            guard let connected = person.join[.dtls] else { return false }
            let start = person.arrival + connected / 1000
            return start <= moment && moment < person.ended ?? .infinity
        }
        let listed = Set(census.rooms.flatMap(\.sessions))
        let mine = Set(present.compactMap { latest[$0.id]?.sid })
        let strangers = Double(listed.subtracting(mine).count)
        let tracks = present.compactMap { plans[$0.id] }
        self.listed.append(
            (
                moment,
                [
                    Line(
                        what: "participants in our rooms", ours: Double(present.count),
                        server: Double(census.rooms.reduce(0) { $0 + $1.participants }),
                        causes: strangers == 0
                            ? [] : [.init(name: "sessions that are none of ours", amount: strangers)],
                        remark: mine.subtracting(listed).isEmpty
                            ? "" : "\(mine.subtracting(listed).count) of ours are not listed"),
                    Line(
                        what: "of these with media up", ours: Double(present.count),
                        server: Double(census.rooms.reduce(0) { $0 + $1.active })),
                    Line(
                        what: "microphones published",
                        ours: Double(tracks.count { $0.microphone.isPublished }),
                        server: Double(census.rooms.reduce(0) { $0 + $1.audioTracks })),
                    Line(
                        what: "cameras published", ours: Double(tracks.count { $0.camera != .off }),
                        server: Double(census.rooms.reduce(0) { $0 + $1.videoTracks })),
                    Line(
                        what: "our rooms on the server", ours: Double(Set(present.map(\.room)).count),
                        server: Double(census.rooms.count)),
                ]
            ))
    }

    private mutating func tellFailures() {
        let servers = content.server.mediaServers
        let isForwardingTold =
            ServerMetrics(content.server).forwarding(in: -.infinity..<Double.infinity)
            .map { $0.total > 0 } ?? false
        if !servers.isEmpty, !isForwardingTold {
            failures.append(
                "The server told no forwarding times; LiveKit does so when its configuration has rtc: forward_stats."
            )
        }
        for page in content.server.pages {
            let readings = content.server.readings.filter { $0.page == page.id }
            let failed = readings.filter { $0.failure != nil }
            guard let first = failed.first else { continue }
            failures.append(
                "\(failed.count) of \(NumberText.count(readings.count, "reading")) of \(PlainText.line(page.name, limit: 40)) "
                    + "failed, the first with: \(PlainText.line(first.failure ?? "", limit: 120))")
        }
        for census in content.censuses {
            guard let failure = census.failure else { continue }
            failures.append(
                "the API could not be asked at \(NumberText.moment(census.asked)): \(PlainText.line(failure, limit: 120))"
            )
        }
    }

    /// The lines as a table.
    static func table(_ lines: [Line]) -> DataTable {
        DataTable(
            header: [
                "what", "the server's is larger by", "we counted", "the server counted", "difference",
                "explained", "left",
            ],
            rows: lines.map { line in
                let causes = line.causes.map { "\(signed($0.amount)) \($0.name)" }
                let by = causes + (line.remark.isEmpty || line.left == 0 ? [] : [line.remark])
                return [
                    line.what, by.joined(separator: "; "), NumberText.decimal(line.ours, 0),
                    NumberText.decimal(line.server, 0), signed(line.difference),
                    line.causes.isEmpty ? "" : signed(line.explained), signed(line.left),
                ]
            }, wordColumns: 2)
    }

    private static func signed(_ value: Double) -> String {
        value == 0 ? "0" : (value > 0 ? "+" : "") + NumberText.decimal(value, 0)
    }
}
