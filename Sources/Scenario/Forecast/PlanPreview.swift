import Primitives

/// A plan and its load, drawn for a terminal before anything is sent.
public struct PlanPreview: Sendable {
    private let plan: Plan
    private let forecast: LoadForecast
    private let machine: MachineDescription

    /// Draws `plan` with what it will ask of `machine`.
    public init(_ plan: Plan, forecast: LoadForecast, machine: MachineDescription) {
        self.plan = plan
        self.forecast = forecast
        self.machine = machine
    }

    /// The drawing, at most `width` columns wide (but never less than 60), with ANSI colours if asked for.
    public func render(width: Int = 80, colour: Bool) -> String {
        let ink = Ink(isColoured: colour)
        let width = max(60, width)
        var lines = heading(ink, width)
        lines += [""] + ParticipantChart(plan: plan, forecast: forecast).lines(ink, width)
        lines += [""] + rooms(ink, width)
        lines += [""] + roles(ink, width)
        if !plan.networks.isEmpty { lines += [""] + networks(ink, width) }
        lines += [""] + traffic(ink, width)
        lines += [""] + needs(ink, width)
        if !plan.thresholds.isEmpty { lines += [""] + thresholds(ink, width) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func heading(_ ink: Ink, _ width: Int) -> [String] {
        let people = Self.counted(plan.participants.count, "participant")
        let facts = "\(people) in \(Self.counted(plan.rooms.count, "room")), \(plan.duration.scenarioText)"
        let target =
            switch plan.target {
            case .embedded(let options): "the embedded Visio on loopback" + Self.text(of: options)
            case .visio(let url): "Visio at \(url)"
            case .livekit(let url, _, _): "LiveKit at \(url)"
            }
        return [ink.bold(Ink.cut(plan.title, to: width)), Ink.cut("\(facts), seed \(plan.seed)", to: width)]
            + Ink.wrapped("against \(target)", to: width).map(ink.faint)
    }

    private static func counted(_ count: Int, _ thing: String) -> String {
        "\(Figures.whole(count)) \(thing)\(count == 1 ? "" : "s")"
    }

    private static func text(of options: EmbeddedOptions) -> String {
        var parts: [String] = []
        if options.delay > .zero { parts.append("\(options.delay.scenarioText) delay") }
        switch options.loss {
        case .none: break
        case .rate(let millionths): parts.append("\(ScenarioReader.percent(Double(millionths) / 1e6)) loss")
        case .numbers(let numbers): parts.append("\(numbers.count) lost packets in each stream")
        }
        if let freeze = options.freeze {
            parts.append("a freeze from \(freeze.start.scenarioText) to \(freeze.end.scenarioText)")
        }
        if let capacity = options.capacity { parts.append("room for \(capacity)") }
        return parts.isEmpty ? "" : " with " + parts.joined(separator: ", ")
    }

    private func rooms(_ ink: Ink, _ width: Int) -> [String] {
        var groups: [(name: String, sizes: [Int])] = []
        for room in plan.rooms {
            if groups.last?.name == room.group {
                groups[groups.count - 1].sizes.append(room.size)
            } else {
                groups.append((room.group, [room.size]))
            }
        }
        var table = TextTable(["rooms", "count", "smallest", "median", "largest", "participants"])
        for group in groups {
            let sizes = group.sizes.sorted()
            let figures = [sizes.count, sizes[0], sizes[(sizes.count - 1) / 2], sizes[sizes.count - 1]]
            table.add([group.name] + (figures + [sizes.reduce(0, +)]).map(Figures.whole))
        }
        return table.lines(ink, width, textColumns: 1)
    }

    private func roles(_ ink: Ink, _ width: Int) -> [String] {
        var table = TextTable(["roles", "microphone", "camera", "layout", "messages", "participants"])
        for role in plan.cohorts {
            let players = plan.participants.filter { $0.cohort == role }
            guard let first = players.first else { continue }
            let cameras = players.count { $0.camera != .off }
            let share = ScenarioReader.percent(Double(cameras) / Double(players.count))
            let isUniform = players.allSatisfy { $0.camera == first.camera }
            let camera = isUniform ? first.camera.rawValue : "\(share) on"
            let perSecond = ParticipantKind(first, isSharing: false).messagesPerSecond
            let messages = perSecond > 0 ? Self.perMinute(perSecond) : "none"
            table.add([
                role, first.microphone.rawValue, camera, first.layout.rawValue, messages,
                Figures.whole(players.count),
            ])
        }
        return table.lines(ink, width, textColumns: 4) + pages(width).map(ink.faint)
    }

    /// The browsers and the shared screens, where there is more to tell than that all use Chrome.
    private func pages(_ width: Int) -> [String] {
        let people = plan.participants
        var parts = Browser.allCases.compactMap { browser in
            let count = people.count { $0.browser == browser }
            return count > 0 && count < people.count || count > 0 && browser != .chrome
                ? "\(Figures.whole(count)) use \(browser.rawValue)" : nil
        }
        let sharing = people.count { !$0.screens.isEmpty }
        if sharing > 0 {
            parts.append("\(Figures.whole(sharing)) share\(sharing == 1 ? "s" : "") the screen")
        }
        return parts.isEmpty ? [] : Ink.wrapped(parts.joined(separator: ", "), to: width)
    }

    private func networks(_ ink: Ink, _ width: Int) -> [String] {
        var table = TextTable(["networks", "path", "firewall", "ip", "participants"])
        var impairments: [String] = []
        for (number, network) in plan.networks.enumerated() {
            let users = plan.participants.count { $0.network == number }
            table.add([
                network.name, network.path.rawValue, network.firewall.rawValue, network.ip.rawValue,
                Figures.whole(users),
            ])
            guard !network.isTransparent else { continue }
            let line = "\(network.name): up \(network.up.summary); down \(network.down.summary)"
            impairments += Ink.wrapped(line, to: width)
        }
        return table.lines(ink, width, textColumns: 4) + impairments.map(ink.faint)
    }

    private static func perMinute(_ perSecond: Double) -> String {
        let rate = 60 * perSecond
        let isWhole = abs(rate - rate.rounded()) < 1e-3
        return (isWhole ? Figures.whole(Int(rate.rounded())) : Figures.decimal(rate)) + "/min"
    }

    private func traffic(_ ink: Ink, _ width: Int) -> [String] {
        let (full, peak) = (forecast.fullest, forecast.peak)
        var table = TextTable([
            "estimated load", "with all: packets/s", "Mbit/s", "at \(peak.at.scenarioText): packets/s",
            "Mbit/s",
        ])
        func row(_ title: String, _ traffic: KeyPath<LoadForecast.Moment, Traffic>) {
            let cells = [full[keyPath: traffic], peak[keyPath: traffic]].flatMap { traffic in
                [
                    Figures.whole(Int(traffic.packetsPerSecond.rounded())),
                    Figures.decimal(traffic.bitsPerSecond / 1e6),
                ]
            }
            table.add([title] + cells)
        }
        row("they send", \.up)
        row("  without dynacast", \.upperBound)
        row("they receive", \.down)
        let tracks =
            "\(Figures.whole(full.publishedTracks)) tracks published, "
            + "\(Figures.whole(full.subscribedTracks)) subscribed, "
            + "\(Figures.whole(forecast.needs.sockets)) sockets, "
            + "at most \(Figures.whole(forecast.mostJoinsPerSecond)) joins/s"
        return table.lines(ink, width, textColumns: 1) + Ink.wrapped(tracks, to: width).map(ink.faint)
    }

    private func needs(_ ink: Ink, _ width: Int) -> [String] {
        let needs = forecast.needs
        var table = TextTable(["this machine", "needed", "there", ""])
        func row(_ resource: MachineResource, _ needed: String, _ there: String) {
            let isShort = forecast.shortages.contains { $0.resource == resource }
            table.add([resource.rawValue, needed, there, isShort ? "✗ too little" : "✓"])
        }
        row(.processor, "\(Figures.decimal(needs.cores)) cores", "\(machine.cores) cores")
        row(.memory, Figures.bytes(needs.memoryBytes), Figures.bytes(machine.memoryBytes))
        row(.openFiles, Figures.whole(needs.openFiles), Figures.whole(machine.openFileLimit))
        row(
            .receiveBuffer, Figures.bytes(Int64(needs.receiveBufferBytes)),
            Figures.bytes(Int64(machine.receiveBufferLimitBytes)))
        var lines = table.lines(ink, width, textColumns: 1)
        lines += forecast.shortages.map {
            ink.bad(Ink.cut("✗ \($0.resource.rawValue): \($0.remedy)", to: width))
        }
        let capacity = forecast.capacity
        let sentence =
            "It carries about \(Figures.whole(capacity.participants)) such participants; "
            + "\(capacity.limit.rawValue) would run out first."
        return lines + Ink.wrapped(sentence, to: width)
    }

    private func thresholds(_ ink: Ink, _ width: Int) -> [String] {
        [ink.bold("judged by")] + plan.thresholds.map { Ink.cut("  \($0.text)", to: width) }
    }
}
