import Primitives
import Probe
import Reactor

/// Turns the reactors' running totals into seconds: the meter is metered.
struct GeneratorMeter {
    private var before: [ReactorHealth]
    private var cpuBefore = ProcessUsage.cpuSeconds()
    private var nextSecond = 1
    private var worst: Interval = .zero

    /// Starts to measure reactors that have just started.
    init(threads: Int) { before = Array(repeating: ReactorHealth(), count: threads) }

    /// The second that has just ended, once per second of `elapsed`; nil in between.
    mutating func measure(_ health: [ReactorHealth], elapsed: Double) -> GeneratorSecond? {
        for reactor in health { worst = max(worst, reactor.worstLateness) }
        guard elapsed >= Double(nextSecond) else { return nil }
        // Reactors publish once a second on a beat of their own: a second without news waits for them.
        let news = zip(before, health).map { $1.elapsed - $0.elapsed }.max() ?? .zero
        guard news >= .milliseconds(500) || elapsed >= Double(nextSecond + 1) else { return nil }
        var second = GeneratorSecond(second: nextSecond - 1)
        nextSecond = Int(elapsed) + 1
        var busy = Interval.zero
        var passed = Interval.zero
        var lateness = Interval.zero
        var ticks = 0
        for (old, new) in zip(before, health) {
            busy += new.cpuTime - old.cpuTime
            passed += new.elapsed - old.elapsed
            lateness += new.totalLateness - old.totalLateness
            ticks += new.ticks - old.ticks
            second.packetsIn += Self.growth(
                old.traffic.datagramsReceived + old.streams.messagesReceived,
                new.traffic.datagramsReceived + new.streams.messagesReceived)
            second.packetsOut += Self.growth(
                old.traffic.datagramsSent + old.streams.messagesSent,
                new.traffic.datagramsSent + new.streams.messagesSent)
            second.bytesIn += Self.growth(
                old.traffic.bytesReceived + old.streams.bytesReceived,
                new.traffic.bytesReceived + new.streams.bytesReceived)
            second.bytesOut += Self.growth(
                old.traffic.bytesSent + old.streams.bytesSent,
                new.traffic.bytesSent + new.streams.bytesSent)
            second.socketDrops += Self.growth(old.traffic.receiveBufferDrops, new.traffic.receiveBufferDrops)
            second.sendFailures += Self.growth(
                old.traffic.sendBufferFull + old.traffic.sendFailures + old.outboxDrops,
                new.traffic.sendBufferFull + new.traffic.sendFailures + new.outboxDrops)
        }
        second.dataPlaneLoad = passed > .zero ? busy / passed : 0
        second.worstTickLateness = worst.milliseconds
        second.meanTickLateness = ticks > 0 ? lateness.milliseconds / Double(ticks) : 0
        let cpu = ProcessUsage.cpuSeconds()
        second.processCPUSeconds = cpu - cpuBefore
        second.residentBytes = ProcessUsage.residentBytes()
        cpuBefore = cpu
        before = health
        worst = .zero
        return second
    }

    private static func growth(_ old: Int, _ new: Int) -> UInt64 { UInt64(clamping: new - old) }
}
