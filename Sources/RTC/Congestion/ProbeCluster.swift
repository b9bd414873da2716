public import Primitives

/// A few packets in a row, sent at a rate above the estimate to find out whether the path carries it.
public struct ProbeCluster: Sendable, Hashable {
    /// Names the cluster in feedback; 0 is no cluster.
    public var id: UInt16
    /// The rate at which it is sent.
    public var rate: Bitrate
    /// It has at least so many packets (`min_probe_packets_sent`).
    public var packetCount = 5
    /// It lasts at least so long (`min_probe_duration`).
    public var duration = Interval.milliseconds(15)
    /// Packets are sent together for so long (`min_probe_delta`).
    public var step = Interval.milliseconds(2)
    /// When it was asked for.
    public var requestedAt: Instant

    /// Describes a cluster.
    public init(id: UInt16, rate: Bitrate, requestedAt: Instant) {
        self.id = id
        self.rate = rate
        self.requestedAt = requestedAt
    }

    /// It has at least so many bytes.
    public var byteCount: Double { rate.bytes(in: duration) }
    /// So many bytes are sent together.
    public var stepByteCount: Double { rate.bytes(in: step) }
}

/// What the last clusters found out (libwebrtc's `ProbeBitrateEstimator`).
public struct ProbeEstimator: Sendable {
    private struct Record {
        var cluster: ProbeCluster?
        var firstSentAt = Instant.distantFuture
        var lastSentAt = Instant(nanoseconds: .min)
        var lastSentByteCount = 0
        var firstArrivedAt = Instant.distantFuture
        var firstArrivedByteCount = 0
        var lastArrivedAt = Instant(nanoseconds: .min)
        var byteCount = 0
        var packetCount = 0
    }

    /// Clusters that are remembered: more are never on their way.
    private static let capacity = 8
    /// The share of a cluster's packets and bytes that must have arrived.
    private static let requiredShare = 0.8
    /// A cluster that seems to arrive faster than this multiple of its own rate says nothing (`kMaxValidRatio`).
    private static let mostAcceleration = 2.0
    /// Arriving slower than this share of its own rate, it has found the capacity (`kMinRatioForUnsaturatedLink`).
    private static let unsaturated = 0.9
    /// The share of the found capacity that is used (`kTargetUtilizationFraction`).
    private static let utilization = 0.95
    /// A cluster does not take longer than this on either side (`kMaxProbeInterval`).
    private static let longest = Interval.seconds(1)

    /// Each cluster at its id modulo the capacity.
    private var records = InlineArray<8, Record>(repeating: Record())
    /// The last result, until it is taken.
    private var result: Bitrate?

    /// Starts without clusters.
    public init() {}

    /// Takes note of a cluster that will be sent.
    public mutating func expect(_ cluster: ProbeCluster) {
        records[Int(cluster.id) % Self.capacity] = Record(cluster: cluster)
    }

    /// Takes a packet of a cluster that arrived.
    public mutating func receive(_ packet: TransportPacketResult) {
        let place = Int(packet.probe) % Self.capacity
        guard let arrivedAt = packet.arrivedAt, let cluster = records[place].cluster,
            cluster.id == packet.probe
        else { return }
        var record = records[place]
        record.firstSentAt = min(record.firstSentAt, packet.sentAt)
        if packet.sentAt > record.lastSentAt {
            record.lastSentAt = packet.sentAt
            record.lastSentByteCount = packet.byteCount
        }
        if arrivedAt < record.firstArrivedAt {
            record.firstArrivedAt = arrivedAt
            record.firstArrivedByteCount = packet.byteCount
        }
        record.lastArrivedAt = max(record.lastArrivedAt, arrivedAt)
        record.byteCount += packet.byteCount
        record.packetCount += 1
        records[place] = record
        if let rate = Self.rate(of: record, cluster) { result = rate }
    }

    /// The last result, once.
    public mutating func takeResult() -> Bitrate? {
        defer { result = nil }
        return result
    }

    private static func rate(of record: Record, _ cluster: ProbeCluster) -> Bitrate? {
        guard record.packetCount >= Int(Double(cluster.packetCount) * requiredShare),
            Double(record.byteCount) >= cluster.byteCount * requiredShare
        else { return nil }
        let sending = record.lastSentAt - record.firstSentAt
        let arriving = record.lastArrivedAt - record.firstArrivedAt
        guard sending > .zero, sending <= longest, arriving > .zero, arriving <= longest else { return nil }
        let sent = Bitrate(bytes: Double(record.byteCount - record.lastSentByteCount), over: sending)
        let arrived = Bitrate(bytes: Double(record.byteCount - record.firstArrivedByteCount), over: arriving)
        guard arrived / sent <= mostAcceleration else { return nil }
        return arrived < sent * unsaturated ? arrived * utilization : min(sent, arrived)
    }
}
