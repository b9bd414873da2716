import Foundation
import Media
import Probe
import Scenario

/// What a run file says about the circumstances: versions, machine and scenario, but never a secret.
enum Circumstances {
    /// Values by name.
    static func collect(mode: String, scenario: String, file: String, machine: MachineDescription) -> [String:
        String]
    {
        [
            "version": Version.text, "mode": mode, "scenario": scenario, "scenario_file": file,
            "opus_table": OpusImpairment.tableName, "libopus": OpusEncoder.libraryVersion,
            "libvpx": VP8Encoder.libraryVersion, "cores": String(machine.cores),
            "memory_bytes": String(machine.memoryBytes), "kernel": kernel, "processor": processor,
            "started_at": mode == "simulate" ? "virtual time" : ISO8601DateFormatter().string(from: Date()),
        ]
    }

    private static var kernel: String {
        (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8))?
            .trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"
    }

    private static var processor: String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown"
    }
}
