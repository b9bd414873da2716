import Foundation
import Host
import Media

/// Shows how a long job goes: a moving line on a terminal, a plain line every five seconds elsewhere.
struct ProgressDisplay {
    /// Whether nothing is to be shown.
    let isQuiet: Bool
    private var lastLine = -5.0

    /// Makes a display.
    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    /// Shows how far the clips are.
    func show(_ progress: PreparationProgress) {
        guard !isQuiet, Terminal.isInteractive, progress.total > 1 else { return }
        Terminal.status(
            "preparing clips \(Self.bar(Double(progress.done) / Double(progress.total), width: 40))")
    }

    /// Shows how a run goes.
    mutating func show(_ progress: LiveRun.Progress, duration: Double) {
        guard !isQuiet else { return }
        let text = Self.text(progress)
        if Terminal.isInteractive {
            Terminal.status("\(Self.bar(progress.elapsed / duration, width: 10)) \(text)")
        } else if progress.elapsed - lastLine >= 5 {
            lastLine = progress.elapsed
            Terminal.error(text)
        }
    }

    /// Removes what was drawn.
    func finish() { if !isQuiet, Terminal.isInteractive { Terminal.clearStatus() } }

    private static func text(_ progress: LiveRun.Progress) -> String {
        let opinion = progress.opinion.map { String(format: "%.2f", $0) } ?? "–"
        let failed = progress.failed > 0 ? " \(progress.failed) failed" : ""
        return String(
            format: "%3.0fs %@ %d/%d in%@  ↓%.1f ↑%.1f Mbit/s  loss %.2f %%  MOS %@  generator %.0f %%",
            progress.elapsed, progress.phase, progress.connected, progress.planned, failed,
            progress.receivedBitrate / 1e6, progress.sentBitrate / 1e6, progress.loss * 100, opinion,
            progress.load * 100)
    }

    private static func bar(_ share: Double, width: Int) -> String {
        let filled = Int((max(0, min(1, share)) * Double(width)).rounded())
        return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    }
}
