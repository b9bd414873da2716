/// What can be wrong with a run file, in words for the person who gave its path.
public enum RunFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no file.
    case missing(path: String)
    /// The file is no SQLite database, or damaged.
    case corrupt(path: String, detail: String)
    /// The file is a database, but no run of ours, or of a later version.
    case foreign(path: String)
    /// A new run would overwrite an earlier one.
    case exists(path: String)
    /// Writing failed: the disk is full, or the folder cannot be written.
    case unwritable(path: String, detail: String)

    /// One line: what, where, what to do.
    public var description: String {
        switch self {
        case .missing(let path):
            "\(path): there is no run file here; give the folder or the run.sqlite that `visiobench run` wrote"
        case .corrupt(let path, let detail):
            "\(path): the run file is damaged (\(detail)); try `sqlite3 \(path) .recover`, or run again"
        case .foreign(let path):
            "\(path): this is no run file of this version of visiobench"
        case .exists(let path):
            "\(path): there is a run here already and it is kept; choose another folder with --out"
        case .unwritable(let path, let detail):
            "\(path): cannot be written (\(detail)); free some space or choose another folder with --out"
        }
    }
}
