/// Turns plotting commands into SVG.
public protocol PlotRenderer {
    /// The SVG document that `script`, in gnuplot's language, describes.
    func render(_ script: String) throws(PlotError) -> String
}

/// Why a figure could not be drawn.
public enum PlotError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no gnuplot.
    case missing
    /// gnuplot did not accept the commands, or could not run.
    case failed(String)

    /// One line: what, and what to do.
    public var description: String {
        switch self {
        case .missing:
            "no figures: gnuplot is missing; apt-get install gnuplot-nox, then report again"
        case .failed(let detail): "a figure is missing, its table is there: gnuplot failed (\(detail))"
        }
    }
}
