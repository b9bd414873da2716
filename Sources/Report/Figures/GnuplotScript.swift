import Foundation

/// Writes the gnuplot commands that draw one figure as SVG on standard output.
///
/// Everything that could differ between machines is said: margins, marks, colours, encoding. All texts are
/// single-quoted, because gnuplot runs a shell for backquotes in any other kind of string.
struct GnuplotScript {
    /// The width of every figure in CSS pixels, so that figures over time share one axis down the page.
    static let width = 960
    /// Space for the names of the series.
    static let right = 190.0
    /// Space for the quantity and the phases' names.
    static let top = 46.0
    /// Space for the marks of the horizontal axis and its name.
    static let bottom = 52.0
    /// The distance of two lines of text.
    private static let line = 15.0
    /// What a character takes in the figures' font, on average.
    private static let character = 6.6

    private let figure: Figure
    private var commands: [String] = []
    private var objects = 0

    /// The commands for `figure`.
    static func text(for figure: Figure) -> String {
        var script = GnuplotScript(figure)
        script.write()
        return script.commands.joined(separator: "\n") + "\n"
    }

    private init(_ figure: Figure) { self.figure = figure }

    private var height: Double { Double(figure.height) }
    private var plotWidth: Double { Double(Self.width) - figure.left - Self.right }
    private var plotHeight: Double { height - Self.top - Self.bottom }

    private mutating func write() {
        setUp()
        shadePhases()
        drawBands()
        drawLimits()
        nameSeries()
        writeMargin()
        plot()
    }

    private mutating func setUp() {
        commands += [
            "set encoding utf8",
            "set terminal svg size \(Self.width),\(figure.height) fixed font 'sans-serif,13' noenhanced",
            "set lmargin at screen \(number(figure.left / Double(Self.width)))",
            "set rmargin at screen \(number(1 - Self.right / Double(Self.width)))",
            "set bmargin at screen \(number(Self.bottom / height))",
            "set tmargin at screen \(number(1 - Self.top / height))",
            "set border 3 lc rgb '\(Ink.axis.rawValue)'",
            "set tics nomirror out scale 0.5 textcolor rgb '\(Ink.context.rawValue)'",
            "set grid ytics back lt 1 lw 1 lc rgb '\(Ink.grid.rawValue)'",
            "unset key",
            "set xrange [\(number(figure.x.lower)):\(number(figure.x.upper))]",
            "set yrange [\(number(figure.y.lower)):\(number(figure.y.upper))]",
            "set xtics (\(ticks(figure.x)))",
            "set ytics (\(ticks(figure.y)))",
        ]
        label(figure.quantity, x: "screen 0.005", y: screen(height - 14), .text)
        label(
            figure.x.label, x: "graph 1", y: screen(9), .context, align: "right")
    }

    private mutating func shadePhases() {
        var free = -Double.infinity
        for (index, phase) in figure.phases.enumerated() {
            if !index.isMultiple(of: 2) {
                rectangle(
                    "first \(number(phase.start)), graph 0", "first \(number(phase.end)), graph 1", .shade)
            }
            let start = position(x: phase.start)
            // A name that would run into the one before is left out; the last has the margin to itself.
            if start >= free {
                label(
                    phase.name, x: "first \(number(phase.start))", y: screen(height - 34), .context, dx: 0.4)
                free = start + Double(phase.name.count + 2) * Self.character
            }
        }
    }

    private mutating func drawBands() {
        for band in figure.bands {
            if band.isShaded {
                rectangle(
                    "graph 0, first \(number(band.lower))", "graph 1, first \(number(band.upper))", .band)
            }
            label(
                band.label, x: "graph 0.01", y: "first \(number((band.lower + band.upper) / 2))", .context)
        }
    }

    private mutating func drawLimits() {
        for limit in figure.limits {
            let value = "first \(number(limit.value))"
            let ends =
                limit.isVertical
                ? "from \(value), graph 0 to \(value), graph 1"
                : "from graph 0, \(value) to graph 1, \(value)"
            commands.append(
                "set arrow \(ends) nohead front dt (4,4) lw 1.2 lc rgb '\(Ink.vermillion.rawValue)'")
            if limit.isVertical {
                label(limit.label, x: value, y: screen(height - 34), .vermillion, align: "center")
            }
        }
    }

    /// Names stand to the right of what they name, moved apart where they would overlap.
    private mutating func nameSeries() {
        var names: [(y: Double, text: String, ink: Ink)] = []
        for series in figure.series where series.isLabelled {
            let known = series.points.filter { $0.y != nil }
            guard let last = known.last(where: { $0.x <= figure.labelsAt }) ?? known.last, let y = last.y
            else {
                continue
            }
            let middle = series.style == .area ? (y + last.other) / 2 : y
            names.append((position(y: middle), series.label, series.ink))
        }
        for limit in figure.limits where !limit.isVertical {
            names.append((position(y: limit.value), limit.label, .vermillion))
        }
        let placed = Self.spread(names.map(\.y), apart: Self.line, within: 0...plotHeight)
        for (name, y) in zip(names, placed) {
            label(
                shortened(name.text), x: "graph 1", y: screen(Self.bottom + y), name.ink, dx: 1)
        }
    }

    private mutating func writeMargin() {
        for text in figure.marginTexts {
            label(text.text, x: "graph 1", y: "first \(number(text.value))", .text, dx: 1)
        }
        label(figure.marginHeader, x: "graph 1", y: screen(height - 34), .context, dx: 1)
    }

    /// Moves positions apart until none is closer than `apart` to another, as little as a pass in either
    /// direction needs; the order stays.
    static func spread(_ positions: [Double], apart: Double, within range: ClosedRange<Double>) -> [Double] {
        let order = positions.indices.sorted { (positions[$0], $0) < (positions[$1], $1) }
        var result = positions
        var lowest = range.lowerBound
        for index in order {
            result[index] = max(lowest, result[index])
            lowest = result[index] + apart
        }
        var highest = range.upperBound
        for index in order.reversed() {
            result[index] = min(highest, result[index])
            highest = result[index] - apart
        }
        return result
    }

    private mutating func plot() {
        var parts: [String] = []
        for (index, series) in figure.series.enumerated() where series.points.contains(where: { $0.y != nil })
        {
            commands.append("$series\(index) << END")
            for point in series.points {
                commands.append(
                    "\(number(point.x)) \(point.y.map(number) ?? "NaN") \(number(point.other))")
            }
            commands.append("END")
            let dash = series.isDashed ? " dt (6,3)" : ""
            let ink = "lc rgb '\(series.ink.rawValue)'"
            let source = "$series\(index) using "
            switch series.style {
            case .line: parts.append(source + "1:2 with lines lw 2 \(ink)\(dash)")
            case .step: parts.append(source + "1:2 with fsteps lw 2 \(ink)\(dash)")
            case .area:
                parts.append(
                    source + "1:3:2 with filledcurves fc rgb '\(series.ink.rawValue)' fs solid noborder")
            case .dots: parts.append(source + "1:2 with points pt 7 ps 0.7 \(ink)")
            case .span: parts.append(source + "1:2:($3-$1):(0) with vectors nohead lw 7 \(ink)")
            }
        }
        commands.append("plot " + parts.joined(separator: ", \\\n     "))
    }

    private mutating func rectangle(_ from: String, _ to: String, _ ink: Ink) {
        objects += 1
        commands.append(
            "set object \(objects) rectangle from \(from) to \(to) behind fc rgb '\(ink.rawValue)' fs solid noborder"
        )
    }

    private mutating func label(
        _ text: String, x: String, y: String, _ ink: Ink, align: String = "left", dx: Double = 0
    ) {
        guard !text.isEmpty else { return }
        commands.append(
            "set label \(quoted(text)) at \(x), \(y) \(align) front offset \(number(dx)),0 "
                + "textcolor rgb '\(ink.labelColour)'")
    }

    private func ticks(_ axis: Axis) -> String {
        axis.ticks.map {
            // Texts of marks are formats to gnuplot, so a percent sign is doubled.
            "\(quoted($0.text.replacing("%", with: "%%"))) \(number($0.value))"
        }.joined(separator: ", ")
    }

    private func quoted(_ text: String) -> String {
        let unquoted = PlainText.line(text).unicodeScalars.map { scalar in
            switch scalar {
            case "'", "`": "’"
            case "\"": "”"
            case "\\": "/"
            default: String(scalar)
            }
        }
        return "'" + unquoted.joined() + "'"
    }

    private func shortened(_ text: String) -> String {
        let room = Int((Self.right - 14) / Self.character)
        return text.count <= room ? text : text.prefix(room - 1) + "…"
    }

    private func screen(_ pixels: Double) -> String { "screen \(number(pixels / height))" }

    private func position(x: Double) -> Double {
        (x - figure.x.lower) / (figure.x.upper - figure.x.lower) * plotWidth
    }

    private func position(y: Double) -> Double {
        (y - figure.y.lower) / (figure.y.upper - figure.y.lower) * plotHeight
    }

    private func number(_ value: Double) -> String { NumberText.plain(value) }
}
