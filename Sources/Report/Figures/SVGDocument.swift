/// A drawing of gnuplot's, made fit for a page: colours that style sheets can match, no names that could occur
/// twice, and a text for those who cannot see it.
struct SVGDocument {
    /// What stands inside of the `svg` element.
    private let body: String
    private let figure: Figure

    /// Takes gnuplot's output; nil when it is no drawing.
    init?(_ source: String, figure: Figure) {
        guard let root = source.firstRange(of: "<svg"),
            let open = source[root.upperBound...].firstIndex(of: ">"),
            let close = source.lastRange(of: "</svg>"), open < close.lowerBound
        else { return nil }
        var body = String(source[source.index(after: open)..<close.lowerBound])
        body = Self.withoutElements(body, "title")
        body = Self.withoutElements(body, "desc")
        if !body.contains("<use xlink:href='#gpPt6'") || figure.series.allSatisfy({ $0.style != .dots }) {
            body = Self.withoutElements(body, "defs")
        }
        body = body.replacing("gpPt", with: "\(figure.name)-pt")
        body = body.replacing("gpDot", with: "\(figure.name)-dot")
        body = body.replacing("id='textbox'", with: "id='\(figure.name)-textbox'")
        body = body.replacing("id='greybox'", with: "id='\(figure.name)-greybox'")
        body = body.replacing("xlink:href", with: "href")
        body = body.replacing("id=\"gnuplot_canvas\"", with: "")
        for index in 1...max(1, figure.series.count) {
            body = body.replacing("id=\"gnuplot_plot_\(index)\"", with: "")
        }
        body = body.replacing("\t", with: "")
        self.body = Self.withHexColours(body)
        self.figure = figure
    }

    /// The element for the page, as wide as its place and coloured by the page's style sheet.
    var inline: String {
        """
        <svg viewBox="0 0 \(GnuplotScript.width) \(figure.height)" role="img" aria-label="\(alternative)">\(body)</svg>
        """
    }

    /// A file of its own, with the title drawn above and a white ground.
    var standalone: String {
        let height = figure.height + 34
        return """
            <?xml version="1.0" encoding="utf-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" width="\(GnuplotScript.width)" height="\(height)" \
            viewBox="0 -34 \(GnuplotScript.width) \(height)" role="img" aria-label="\(alternative)">
            <rect x="0" y="-34" width="\(GnuplotScript.width)" height="\(height)" fill="#ffffff"/>
            <text x="4" y="-12" font-family="sans-serif" font-size="16" font-weight="bold" \
            fill="\(Ink.text.rawValue)">\(PlainText.escaped(figure.title))</text>
            \(body)</svg>

            """
    }

    private var alternative: String { PlainText.escaped(figure.title + ". " + figure.alternative) }

    /// Removes elements with everything in them; they do not nest.
    private static func withoutElements(_ text: String, _ name: String) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "<\(name)>") {
            guard let end = rest[start.upperBound...].firstRange(of: "</\(name)>") else { break }
            result += rest[..<start.lowerBound]
            rest = rest[end.upperBound...]
        }
        return result + rest
    }

    /// Writes `rgb(  0, 114, 178)` as `#0072b2`.
    private static func withHexColours(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "rgb("), let end = rest[start.upperBound...].firstIndex(of: ")")
        {
            let parts = rest[start.upperBound..<end].split(separator: ",").compactMap {
                UInt8($0.drop { $0 == " " })
            }
            result += rest[..<start.lowerBound]
            result += "#" + parts.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}

extension StringProtocol where SubSequence == Substring {
    /// The last occurrence of `other`.
    fileprivate func lastRange(of other: String) -> Range<Index>? {
        ranges(of: other).last
    }
}
