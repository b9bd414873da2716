import Primitives

/// A phase with its place.
struct ReadPhase {
    /// What was read.
    var phase: Phase
    /// Where the phase starts.
    var place: Place
}

extension ScenarioReader {
    /// Reads the phases.
    mutating func readPhases(_ element: Element) -> [ReadPhase] {
        guard let items = element.items, !items.isEmpty else {
            report(
                element.place, "\(element.found) as \"phases\"",
                expected: "a list such as - arrive: {constant: 5/s}, - hold: 30s, - leave: {over: 5s}")
            return []
        }
        let before = diagnostics.count
        var phases: [ReadPhase] = []
        for item in items {
            guard let fields = readFields(item, Vocabulary.phase, title: "phase"),
                let kind = readPhaseKind(fields)
            else {
                continue
            }
            let given = fields["name"].flatMap { readName($0, title: "\"name\" of a phase") }
            let name = given ?? Self.freeName(for: Self.word(of: kind), among: phases)
            if phases.contains(where: { $0.phase.name == name }) {
                report(
                    fields["name"]?.place ?? item.place, "phase \"\(name)\" a second time",
                    expected: "another name")
            }
            phases.append(ReadPhase(phase: Phase(name: name, kind: kind), place: item.place))
        }
        if diagnostics.count == before { checkOrder(of: phases, at: element.place) }
        return phases
    }

    private mutating func checkOrder(of phases: [ReadPhase], at place: Place) {
        var arrivals = 0
        var takesRest = false
        for (index, read) in phases.enumerated() {
            switch read.phase.kind {
            case .arrive(let share, _):
                arrivals += 1
                if takesRest {
                    report(
                        read.place, "an arrive phase after all have arrived",
                        expected: "\"participants\" with a number or share in the arrive phases before it")
                }
                takesRest = takesRest || share == .rest
            case .hold: break
            case .leave where index != phases.count - 1:
                report(
                    phases[index + 1].place, "a phase after everybody has left",
                    expected: "leave as the last phase")
            case .leave: break
            }
        }
        if arrivals == 0 {
            report(place, "phases in which nobody arrives", expected: "an arrive phase at first")
        } else if case .arrive = phases[0].phase.kind {
            return
        } else {
            report(
                phases[0].place, "\"\(phases[0].phase.name)\" before anybody has arrived",
                expected: "an arrive phase at first")
        }
    }

    private mutating func readPhaseKind(_ fields: Fields) -> Phase.Kind? {
        if let value = fields["arrive"] { return readArrive(value) }
        if let value = fields["hold"] {
            return readDuration(value, in: .milliseconds(100)...Self.longestRun, title: "\"hold\"").map {
                .hold($0)
            }
        }
        guard let value = fields["leave"] else { return nil }
        guard let fields = readFields(value, Vocabulary.leave, title: "\"leave\""), let over = fields["over"]
        else {
            return nil
        }
        return readDuration(over, in: .zero...Self.longestRun, title: "\"over\" of \"leave\"").map {
            .leave($0)
        }
    }

    private mutating func readArrive(_ element: Element) -> Phase.Kind? {
        guard let fields = readFields(element, Vocabulary.arrive, title: "\"arrive\"") else { return nil }
        let share = fields["participants"].map { readArrivalShare($0) } ?? .rest
        guard let pattern = readPattern(fields), let share else { return nil }
        return .arrive(share, pattern)
    }

    private mutating func readArrivalShare(_ element: Element) -> ArrivalShare? {
        if element.scalar == "rest" { return .rest }
        if let number = element.scalar.flatMap(Quantity.wholeNumber), number >= 1 { return .number(number) }
        if let share = element.scalar.flatMap(Quantity.share), share > 0, share <= 1 { return .share(share) }
        report(
            element.place, "\(element.found) as \"participants\" of \"arrive\"",
            expected: "a whole number from 1, a share such as 40%, or rest")
        return nil
    }

    private mutating func readPattern(_ fields: Fields) -> ArrivalPattern? {
        if let value = fields["constant"] {
            return readRate(value, maximum: Self.fastestArrival, title: "\"constant\"").map {
                .constant(rate: $0)
            }
        }
        if let value = fields["poisson"] {
            return readRate(value, maximum: Self.fastestArrival, title: "\"poisson\"").map {
                .poisson(rate: $0)
            }
        }
        if let value = fields["ramp"] { return readRamp(value) }
        if let value = fields["staircase"] { return readStaircase(value) }
        return fields["storm"].flatMap { readStorm($0) }
    }

    private mutating func readRamp(_ element: Element) -> ArrivalPattern? {
        guard let fields = readFields(element, Vocabulary.ramp, title: "\"ramp\"") else { return nil }
        let from = fields["from"].flatMap {
            readRate($0, minimum: 0, maximum: Self.fastestArrival, title: "\"from\"")
        }
        let to = fields["to"].flatMap {
            readRate($0, minimum: 0, maximum: Self.fastestArrival, title: "\"to\"")
        }
        let over = fields["over"].flatMap {
            readDuration($0, in: .milliseconds(100)...Self.longestRun, title: "\"over\" of \"ramp\"")
        }
        guard let from, let to, let over else { return nil }
        return .ramp(from: from, to: to, over: over)
    }

    private mutating func readStaircase(_ element: Element) -> ArrivalPattern? {
        guard let fields = readFields(element, Vocabulary.staircase, title: "\"staircase\"") else {
            return nil
        }
        let step = fields["step"].flatMap {
            readWholeNumber($0, in: 1...Self.mostParticipants, title: "\"step\"")
        }
        let every = fields["every"].flatMap {
            readDuration($0, in: .milliseconds(100)...Self.longestRun, title: "\"every\"")
        }
        guard let step, let every else { return nil }
        var over = Interval.zero
        if let value = fields["over"] {
            guard let length = readDuration(value, in: .zero...every, title: "\"over\" of \"staircase\"")
            else { return nil }
            over = length
        }
        return .staircase(step: step, every: every, over: over)
    }

    private mutating func readStorm(_ element: Element) -> ArrivalPattern? {
        let window = Interval.zero...Self.longestRun
        guard element.entries != nil else {
            return readDuration(element, in: window, title: "\"storm\"").map {
                .storm(over: $0, shape: .uniform)
            }
        }
        guard let fields = readFields(element, Vocabulary.storm, title: "\"storm\""),
            let value = fields["over"]
        else {
            return nil
        }
        let over = readDuration(value, in: window, title: "\"over\" of \"storm\"")
        var shape: StormShape? = .uniform
        if let value = fields["shape"] {
            shape = readChoice(value, Vocabulary.shape, title: "\"shape\"").flatMap(
                StormShape.init(rawValue:))
        }
        guard let over, let shape else { return nil }
        return .storm(over: over, shape: shape)
    }

    /// Joins per second beyond which no plan goes.
    private static let fastestArrival = 100_000.0

    private static func word(of kind: Phase.Kind) -> String {
        switch kind {
        case .arrive: "arrive"
        case .hold: "hold"
        case .leave: "leave"
        }
    }

    private static func freeName(for word: String, among phases: [ReadPhase]) -> String {
        let names = phases.map(\.phase.name)
        var number = 1
        while true {
            let name = number == 1 ? word : "\(word)-\(number)"
            if !names.contains(name) { return name }
            number += 1
        }
    }
}
