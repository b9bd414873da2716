public import Results

/// Why a report could not be written.
public enum ReportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The run file cannot be read.
    case runFile(RunFileError)
    /// The folder holds files with the names of a report's, but no run: they may be somebody's.
    case notARunFolder(path: String)
    /// A file cannot be written.
    case unwritable(path: String, detail: String)

    /// One line: what, where, what to do.
    public var description: String {
        switch self {
        case .runFile(let error): error.description
        case .notARunFolder(let path):
            "\(path): there is a file of that name, but no run.sqlite beside it; choose the folder of a run"
        case .unwritable(let path, let detail):
            "\(path): cannot be written (\(detail)); free some space or choose another folder"
        }
    }
}
