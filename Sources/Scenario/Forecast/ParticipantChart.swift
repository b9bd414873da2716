import Primitives

/// Participants over time as a chart of block characters, with the phases under its axis.
struct ParticipantChart {
    let plan: Plan
    let forecast: LoadForecast

    /// Rows of the chart; each has eight steps.
    private static let height = 8
    private static let blocks: [Character] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    func lines(_ ink: Ink, _ width: Int) -> [String] {
        let top = Self.niceTop(forecast.mostParticipants)
        let margin = Figures.whole(top).count + 1
        let columns = width - margin - 1
        let values = values(columns)
        var lines = [ink.bold("participants")]
        for row in stride(from: Self.height - 1, through: 0, by: -1) {
            let label = (row + 1) % 4 == 0 ? Figures.whole(top * (row + 1) / Self.height) : ""
            let bars = values.map { value in
                let eighths = Int((Double(value) / Double(top) * Double(Self.height * 8)).rounded())
                // One participant is never nothing.
                let filled = value > 0 ? max(1, eighths) : 0
                return Self.blocks[min(8, max(0, filled - row * 8))]
            }
            lines.append(ink.faint(Ink.right(label, margin) + "┤") + ink.accent(Ink.trimmed(bars)))
        }
        lines.append(ink.faint(Ink.right("0", margin) + axis(columns)))
        lines.append(
            ink.faint(Ink.trimmed(Array(String(repeating: " ", count: margin + 1) + times(columns)))))
        lines += phases(ink, width, margin)
        return lines
    }

    /// The most participants under each column.
    private func values(_ columns: Int) -> [Int] {
        let slices = forecast.participants
        return (0..<columns).map { column in
            let first = column * slices.count / columns
            let last = max(first, (column + 1) * slices.count / columns - 1)
            return slices[first...last].max() ?? 0
        }
    }

    /// The axis, with a tick where a phase starts.
    private func axis(_ columns: Int) -> String {
        var marks = [Character](repeating: "─", count: columns)
        for phase in plan.phases.dropFirst() { marks[column(of: phase.start, columns)] = "┬" }
        return "└" + String(marks)
    }

    /// The starts of the phases and the end of the run, where they do not run into each other.
    private func times(_ columns: Int) -> String {
        var text = [Character](repeating: " ", count: columns)
        func write(_ label: String, at start: Int) -> Bool {
            let start = min(start, columns - label.count)
            guard start >= 0 else { return false }
            let around = max(0, start - 1)..<min(columns, start + label.count + 1)
            guard text[around].allSatisfy({ $0 == " " }) else { return false }
            text.replaceSubrange(start..<(start + label.count), with: Array(label))
            return true
        }
        _ = write(plan.duration.scenarioText, at: columns)
        for phase in plan.phases { _ = write(phase.start.scenarioText, at: column(of: phase.start, columns)) }
        return String(text)
    }

    private func phases(_ ink: Ink, _ width: Int, _ margin: Int) -> [String] {
        let indent = String(repeating: " ", count: margin + 1)
        var lines: [String] = []
        var line = indent
        for phase in plan.phases {
            let text = "\(phase.name) \(phase.span.length.scenarioText)"
            if line.count + text.count + 3 > width, line != indent {
                lines.append(ink.faint(line))
                line = indent
            }
            line += (line == indent ? "" : " · ") + text
        }
        return lines + [ink.faint(Ink.cut(line, to: width))]
    }

    private func column(of time: Interval, _ columns: Int) -> Int {
        let share = plan.duration > .zero ? time / plan.duration : 0
        return min(columns - 1, max(0, Int(share * Double(columns))))
    }

    /// The smallest 2, 4, 6, 8, 10, 12 or 16 times a power of ten that is not below `value`; its half is
    /// whole.
    private static func niceTop(_ value: Int) -> Int {
        var power = 1
        while true {
            for step in [2, 4, 6, 8, 10, 12, 16] where step * power >= value { return step * power }
            power *= 10
        }
    }
}
