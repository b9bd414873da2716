/// One figure: what it shows, in data; how it is drawn is `GnuplotScript`'s.
struct Figure {
    /// The name of its files, and its place in the page.
    var name: String
    /// The finding where there is one, else what is shown.
    var title: String
    /// What the vertical axis counts, with its unit.
    var quantity: String
    /// What the figure shows, in words and numbers, for those who cannot see it.
    var alternative: String
    /// The horizontal axis.
    var x: Axis
    /// The vertical axis.
    var y: Axis
    /// What is drawn, at most six.
    var series: [Series]
    /// Limits, drawn as labelled lines.
    var limits: [Limit] = []
    /// Named ranges of the vertical axis.
    var bands: [Band] = []
    /// Phases to shade; empty unless the horizontal axis is the time of the run.
    var phases: [PhaseSpan] = []
    /// Texts in the right margin beside values of the vertical axis, for figures whose series have no names.
    var marginTexts: [Axis.Tick] = []
    /// What stands above them.
    var marginHeader = ""
    /// Up to where the series' last value says the height of their names: before everybody leaves.
    var labelsAt = Double.infinity
    /// Height in CSS pixels.
    var height = 250
    /// Space for the marks of the vertical axis, in CSS pixels.
    var left = Figure.commonLeft
    /// The data as a table.
    var table: DataTable
    /// The data for machines, CSV with a header line.
    var csv: String
    /// The SQL that gets the data behind the figure.
    var query: String

    /// The left margin of all figures over time, so that they share one axis down the page.
    static let commonLeft = 62.0

    /// Whether there is anything to draw.
    var isEmpty: Bool { series.allSatisfy { $0.points.allSatisfy { $0.y == nil } } }
}

/// An axis from its lowest to its highest value, with the marks that stand on it.
struct Axis: Equatable {
    /// A mark and its text.
    struct Tick: Equatable {
        var value: Double
        var text: String
    }

    /// The lowest value.
    var lower: Double
    /// The highest value.
    var upper: Double
    /// The marks.
    var ticks: [Tick]
    /// The axis's name with its unit; empty where the figure's `quantity` says it.
    var label = ""
}

/// The colours by what they are for; those of series are Okabe and Ito's, which everybody can tell apart.
enum Ink: String, CaseIterable {
    case blue = "#0072b2"
    case orange = "#e69f00"
    case green = "#009e73"
    case purple = "#cc79a7"
    case sky = "#56b4e9"
    case vermillion = "#d55e00"
    /// What is context and not the matter.
    case context = "#6b7280"
    /// Text.
    case text = "#1b1f24"
    /// Axes.
    case axis = "#8a8f98"
    /// Grid lines.
    case grid = "#e2e5e9"
    /// Every other phase.
    case shade = "#f3f4f6"
    /// Bands of the vertical axis.
    case band = "#eaf3f8"

    /// The same hue dark enough for text on white (WCAG 2.2, 1.4.3: 4.5 to 1).
    var labelColour: String {
        switch self {
        case .orange: "#8a5a00"
        case .green: "#00704f"
        case .purple: "#9c4674"
        case .sky: "#1a6fa1"
        case .vermillion: "#b64400"
        case .blue, .context, .text, .axis, .grid, .shade, .band: rawValue
        }
    }

    /// For series in the order of their weight.
    static let palette: [Ink] = [.blue, .orange, .green, .purple, .sky, .vermillion]
}

/// One line, area or row of dots.
struct Series {
    /// How it is drawn.
    enum Style {
        case line, step, area, dots
        /// A bar from `y` at `x` to `x2`, for spans.
        case span
    }

    /// A point; without `y` the line is broken.
    struct Point: Equatable {
        var x: Double
        var y: Double?
        /// Areas.
        ///
        /// The lower edge. Spans: the other end.
        var other = 0.0
    }

    /// Its name, drawn beside it.
    var label: String
    /// Its colour.
    var ink: Ink
    /// How it is drawn.
    var style = Style.line
    /// Whether the line is dashed.
    var isDashed = false
    /// Whether the label stands beside the last point.
    var isLabelled = true
    /// The data.
    var points: [Point]
}

/// A line that something should stay on one side of.
struct Limit {
    /// Whether it stands on the horizontal axis.
    var isVertical = false
    /// Where.
    var value: Double
    /// What it is.
    var label: String
}

/// A named range of the vertical axis.
struct Band {
    var lower: Double
    var upper: Double
    var label: String
    var isShaded: Bool
}

/// A phase of the run.
struct PhaseSpan: Equatable {
    var start: Double
    var end: Double
    var name: String
}

/// A table of texts; columns of numbers are set to the right.
struct DataTable {
    var header: [String]
    var rows: [[String]]
    /// How many columns at the left are words.
    var wordColumns = 0
}
