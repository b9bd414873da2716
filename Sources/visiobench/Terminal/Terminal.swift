import Foundation

/// Standard output and error, and what they can show.
enum Terminal {
    /// Whether standard error is a terminal: progress is drawn only there.
    static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    /// Whether standard output may carry colours (https://no-color.org).
    static var hasColour: Bool {
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    }

    /// Columns of the terminal, 80 when unknown.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 40 else { return 80 }
        return min(120, Int(size.ws_col))
    }

    /// Writes a line to standard output, at once.
    static func line(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

    /// Writes a line to standard error.
    static func error(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

    /// Overwrites the current line of standard error.
    static func status(_ text: String) { FileHandle.standardError.write(Data("\r\u{1b}[2K\(text)".utf8)) }

    /// Removes the status line.
    static func clearStatus() { FileHandle.standardError.write(Data("\r\u{1b}[2K".utf8)) }
}
