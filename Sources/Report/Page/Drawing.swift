/// Small drawings inside of the text, too simple for gnuplot.
enum Drawing {
    /// How near a figure came to its limit: a bar up to the figure and a mark at the limit.
    static func bar(value: Double, limit: Double, base: Double, isKept: Bool) -> String {
        let width = 150.0
        let far = max(value.isFinite ? value : limit * 2, limit, base) - base
        let scale = far > 0 ? width * 0.86 / far : 0
        let end = value.isFinite ? max(0, (value - base) * scale) : width
        let mark = max(0, (limit - base) * scale)
        let ink = isKept ? Ink.green : Ink.vermillion
        return """
            <svg width="150" height="14" viewBox="0 0 150 14" aria-hidden="true">\
            <rect x="0" y="4" width="150" height="6" fill="\(Ink.grid.rawValue)"/>\
            <rect x="0" y="4" width="\(number(end))" height="6" fill="\(ink.rawValue)"/>\
            <path d="M\(number(mark + 0.75)) 0V14" stroke="\(Ink.text.rawValue)" stroke-width="1.5"/></svg>
            """
    }

    /// A line without axes, from `base` to the largest value.
    static func spark(_ values: [Double?], base: Double?, ink: Ink = .blue) -> String {
        let known = values.compactMap(\.self).filter(\.isFinite)
        guard let highest = known.max(), let smallest = known.min(), values.count > 1 else { return "" }
        let low = base ?? smallest
        let span = max(highest - low, 1e-9)
        var path = ""
        var isDown = false
        for (index, value) in values.enumerated() {
            guard let value, value.isFinite else {
                isDown = false
                continue
            }
            let x = 2 + 196 * Double(index) / Double(values.count - 1)
            let y = 29 - 26 * (value - low) / span
            path += (isDown ? "L" : "M") + number(x) + " " + number(y)
            isDown = true
        }
        return """
            <svg viewBox="0 0 200 32" preserveAspectRatio="none" aria-hidden="true">\
            <path d="M2 30.5H198" stroke="\(Ink.grid.rawValue)"/>\
            <path d="\(path)" fill="none" stroke="\(ink.rawValue)" stroke-width="2" vector-effect="non-scaling-stroke"/></svg>
            """
    }

    /// A moment in somebody's story.
    struct Mark {
        var at: Double
        var ink: Ink
        var isTall: Bool
    }

    /// A participant's call on the axis of the run: a bar while in, and marks for what happened.
    static func story(from start: Double, to end: Double, of duration: Double, marks: [Mark]) -> String {
        let scale = 756 / max(duration, 1)
        let from = 2 + start * scale
        let ticks = marks.map { mark in
            let x = number(2 + min(mark.at, duration) * scale)
            return
                "<path d=\"M\(x) \(mark.isTall ? 2 : 6)V\(mark.isTall ? 22 : 18)\" stroke=\"\(mark.ink.rawValue)\" stroke-width=\"2.5\"/>"
        }.joined()
        return """
            <svg viewBox="0 0 760 24" preserveAspectRatio="none" aria-hidden="true">\
            <path d="M2 12H758" stroke="\(Ink.grid.rawValue)"/>\
            <rect x="\(number(from))" y="9" width="\(number(max(1, (end - start) * scale)))" height="6" \
            fill="\(Ink.sky.rawValue)"/>\(ticks)</svg>
            """
    }

    private static func number(_ value: Double) -> String {
        NumberText.plain((value * 10).rounded() / 10)
    }
}

extension DataTable {
    /// The table as HTML, every text escaped and direction-isolated.
    var html: String {
        func cell(_ tag: String, _ index: Int, _ text: String) -> String {
            let isNumber = index >= wordColumns
            let open = tag == "th" ? "<th scope=\"col\"" : "<td"
            return open + (isNumber ? " class=\"n\"" : "") + "><bdi>" + PlainText.escaped(text)
                + "</bdi></\(tag)>"
        }
        func row(_ tag: String, _ cells: [String]) -> String {
            "<tr>" + cells.enumerated().map { cell(tag, $0.offset, $0.element) }.joined() + "</tr>\n"
        }
        let head = header.isEmpty ? "" : "<thead>" + row("th", header) + "</thead>"
        return "<div class=\"scroll\"><table>" + head + "<tbody>\n" + rows.map { row("td", $0) }.joined()
            + "</tbody></table></div>"
    }
}
