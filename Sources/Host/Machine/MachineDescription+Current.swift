import EmbeddedVisio
import Foundation
import Primitives
public import Scenario

extension MachineDescription {
    /// This machine as the process finds it, with the soft limit of open files raised to the hard one.
    public static func current() -> MachineDescription {
        var limit = rlimit()
        var files = 1024
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            if limit.rlim_cur < limit.rlim_max {
                limit.rlim_cur = limit.rlim_max
                _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            }
            files = Int(clamping: limit.rlim_cur)
        }
        return MachineDescription(
            cores: ProcessInfo.processInfo.activeProcessorCount, memoryBytes: availableMemory() ?? 1 << 30,
            openFileLimit: files, receiveBufferLimitBytes: receiveBufferLimit() ?? 212_992)
    }

    private static func availableMemory() -> Int64? {
        guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap { Int64($0) }
        return kibibytes.map { $0 * 1024 }
    }

    private static func receiveBufferLimit() -> Int? {
        // Root may exceed the limit (SO_RCVBUFFORCE), and the sockets do.
        if geteuid() == 0 { return 1 << 30 }
        let text = try? String(contentsOfFile: "/proc/sys/net/core/rmem_max", encoding: .utf8)
        return text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
}

/// What the process as a whole uses.
enum ProcessUsage {
    /// User and system CPU time so far, in seconds.
    static func cpuSeconds() -> Double { cpuSeconds(of: RUSAGE_SELF.rawValue) }

    /// What a process that serves uses of the machine.
    static func ofProcess() -> ServerUsage {
        ServerUsage(
            processorTime: .seconds(cpuSeconds()), residentBytes: residentBytes(),
            cores: ProcessInfo.processInfo.activeProcessorCount)
    }

    /// What the calling thread uses; the memory is the whole process's.
    static func ofThread() -> ServerUsage {
        // RUSAGE_THREAD, which glibc shows to _GNU_SOURCE alone.
        ServerUsage(processorTime: .seconds(cpuSeconds(of: 1)), residentBytes: residentBytes(), cores: 1)
    }

    private static func cpuSeconds(of who: Int32) -> Double {
        var usage = rusage()
        guard getrusage(__rusage_who_t(who), &usage) == 0 else { return 0 }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// Resident memory in bytes.
    static func residentBytes() -> UInt64 {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let pages = text.split(separator: " ").dropFirst().first.flatMap { UInt64($0) } ?? 0
        return pages * UInt64(sysconf(Int32(_SC_PAGESIZE)))
    }
}
