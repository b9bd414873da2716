/// Where a report was written.
public struct ReportPaths: Sendable, Hashable {
    /// The folder.
    public var folder: String
    /// The run file it was made from.
    public var runFile: String
    /// The report for people, one self-contained HTML file.
    public var html: String
    /// The report for programs, JSON.
    public var summary: String
    /// The thresholds as JUnit test cases.
    public var junit: String
    /// The figures, SVG and CSV, in the order of the report.
    public var figures: [String]
    /// What the reader should know about the report itself, such as why figures are missing; one line each.
    public var notes: [String]
}
