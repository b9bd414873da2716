import Primitives

/// Sends clusters of packets at their own rates, one after the other (libwebrtc's `BitrateProber`).
struct Prober: Sendable {
    /// A cluster that has waited so long is forgotten when another comes (`kProbeClusterTimeout`).
    private static let timeout = Interval.seconds(5)
    /// More clusters never wait (`kMaxPendingProbeClusters`).
    private static let mostClusters = 5
    /// Later than this a step would falsify the rate (`max_probe_delay`).
    private static let mostLateness = Interval.milliseconds(10)
    /// A step may come a little early (`kMaxEarlyProbeProcessing`).
    private static let earliness = Interval.milliseconds(1)
    /// A cluster begins with a packet of at least this size, because smaller ones say little (`min_packet_size`).
    private static let leastPacketByteCount = 200.0

    /// Clusters that are sent or wait; the first is sent.
    private var clusters: ContiguousArray<ProbeCluster> = []
    /// Whether clusters are being sent.
    private var isActive = false
    /// Whether the last attempt to send something failed.
    private var hasFailed = false
    /// Whether the first cluster's opening packet was asked for.
    private var hasBegun = false
    /// When the first cluster's first step was sent.
    private var startedAt: Instant?
    /// When its next step is due; nil for at once.
    private var dueAt: Instant?
    /// Its bytes and steps so far.
    private var byteCount = 0.0
    private var stepCount = 0
    /// Bytes of the step that is being sent.
    private var stepByteCount = 0.0

    init() {}

    /// The cluster to which a packet belongs that is sent now; 0 for none.
    var currentCluster: UInt16 { isActive && !hasFailed && hasBegun ? clusters.first?.id ?? 0 : 0 }

    /// When the next step is due; nil when there is none.
    var deadline: Instant? {
        guard isActive, !hasFailed, !clusters.isEmpty else { return nil }
        return dueAt.map { $0 - Self.earliness } ?? Instant(nanoseconds: .min)
    }

    /// Bytes that the current step still needs.
    var remainingByteCount: Int {
        clusters.first.map { max(1, Int(($0.stepByteCount - stepByteCount).rounded(.up))) } ?? 0
    }

    /// Takes a cluster; it begins with the next packet of some size.
    mutating func add(_ cluster: ProbeCluster) {
        while let first = clusters.first,
            cluster.requestedAt - first.requestedAt > Self.timeout || clusters.count > Self.mostClusters
        {
            drop()
        }
        if clusters.isEmpty { clusters.reserveCapacity(8) }
        clusters.append(cluster)
    }

    /// A packet came into the queue.
    mutating func notePacket(byteCount: Int) {
        hasFailed = false
        guard !isActive, let first = clusters.first,
            Double(byteCount) >= min(first.stepByteCount, Self.leastPacketByteCount)
        else { return }
        isActive = true
        dueAt = nil
    }

    /// Whether a cluster begins now: with a small packet, so that its first bytes have a sharp start.
    mutating func begins(now: Instant) -> Bool {
        discardIfLate(now)
        guard isActive, !hasFailed, !hasBegun, !clusters.isEmpty else { return false }
        hasBegun = true
        stepByteCount = 0
        return true
    }

    /// Whether the step that is due needs more bytes; nil when no cluster is being sent.
    mutating func isDue(now: Instant) -> Bool? {
        guard isActive, !hasFailed, let cluster = clusters.first else { return nil }
        if stepByteCount >= cluster.stepByteCount {
            finishStep(cluster, now: now)
            return false
        }
        return true
    }

    /// A packet left.
    mutating func noteSent(byteCount: Int, now: Instant) {
        guard isActive, hasBegun else { return }
        if startedAt == nil { startedAt = now }
        stepByteCount += Double(byteCount)
    }

    /// Nothing could be sent: the cluster waits for the next packet.
    mutating func noteFailed() { if isActive { hasFailed = true } }

    private mutating func finishStep(_ cluster: ProbeCluster, now: Instant) {
        byteCount += stepByteCount
        stepCount += 1
        stepByteCount = 0
        guard byteCount < cluster.byteCount || stepCount < cluster.packetCount else { return drop() }
        dueAt = (startedAt ?? now) + cluster.rate.time(forBytes: byteCount)
    }

    private mutating func discardIfLate(_ now: Instant) {
        guard isActive, let dueAt, now - dueAt > Self.mostLateness else { return }
        drop()
    }

    /// Ends the first cluster; the next one follows at once.
    private mutating func drop() {
        if !clusters.isEmpty { clusters.removeFirst() }
        hasBegun = false
        startedAt = nil
        dueAt = nil
        byteCount = 0
        stepCount = 0
        stepByteCount = 0
        if clusters.isEmpty { isActive = false }
    }
}
