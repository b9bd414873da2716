public import Primitives

/// Gathers packets that were sent in one burst and gives the differences between bursts
/// (draft-ietf-rmcat-gcc-02 section 5.2; libwebrtc's `InterArrivalDelta`).
///
/// Only differences are taken on either axis, so sender and receiver may have unrelated clocks.
public struct PacketGroups: Sendable {
    /// How one burst differs from the one before.
    public struct Delta: Sendable, Hashable {
        /// Time between the last packets of both as they were sent.
        public var sent: Interval
        /// Time between the last packets of both as they arrived.
        public var arrived: Interval

        /// Describes a difference.
        public init(sent: Interval, arrived: Interval) {
            self.sent = sent
            self.arrived = arrived
        }
    }

    private struct Group {
        var firstSentAt: Instant
        var lastSentAt: Instant
        var firstArrivedAt: Instant
        var lastArrivedAt: Instant
        var lastObservedAt: Instant
    }

    /// Packets sent within this time of a burst's first belong to it (`kSendTimeGroupLength`).
    private static let length = Interval.milliseconds(5)
    /// Packets that arrive this close behind each other, and faster than they were sent, were held up together
    /// (`kBurstDeltaThreshold`).
    private static let burstGap = Interval.milliseconds(5)
    /// A burst that was held up together is not longer than this (`kMaxBurstDuration`).
    private static let longestBurst = Interval.milliseconds(100)
    /// A jump of the receiver's clock against ours by this much starts everything anew
    /// (`kArrivalTimeOffsetThreshold`).
    private static let clockJump = Interval.seconds(3)
    /// So many bursts that arrived before their predecessor start everything anew (`kReorderedResetThreshold`).
    private static let reorderLimit = 3

    /// The burst that is still growing.
    private var current: Group?
    /// The last complete burst.
    private var previous: Group?
    /// Bursts in a row that arrived before their predecessor.
    private var reorderedCount = 0

    /// Starts without packets.
    public init() {}

    /// Takes a packet.
    ///
    /// - Parameters:
    ///   - sentAt: By the sender's clock.
    ///   - arrivedAt: By the receiver's clock.
    ///   - observedAt: By our clock, when the packet, or the feedback about it, came.
    /// - Returns: How the last two complete bursts differ, if the packet begins a new one.
    public mutating func add(sentAt: Instant, arrivedAt: Instant, observedAt: Instant) -> Delta? {
        guard var group = current else {
            current = Group(
                firstSentAt: sentAt, lastSentAt: sentAt, firstArrivedAt: arrivedAt,
                lastArrivedAt: arrivedAt, lastObservedAt: observedAt)
            return nil
        }
        // A packet from an earlier burst says nothing about this one.
        guard sentAt >= group.firstSentAt else { return nil }
        guard startsGroup(after: group, sentAt: sentAt, arrivedAt: arrivedAt) else {
            group.lastSentAt = max(group.lastSentAt, sentAt)
            group.lastArrivedAt = arrivedAt
            group.lastObservedAt = observedAt
            current = group
            return nil
        }
        var delta: Delta?
        if let previous {
            let arrived = group.lastArrivedAt - previous.lastArrivedAt
            if arrived - (group.lastObservedAt - previous.lastObservedAt) >= Self.clockJump {
                self = PacketGroups()
                return nil
            }
            guard arrived >= .zero else {
                reorderedCount += 1
                if reorderedCount >= Self.reorderLimit { self = PacketGroups() }
                return nil
            }
            reorderedCount = 0
            delta = Delta(sent: group.lastSentAt - previous.lastSentAt, arrived: arrived)
        }
        previous = group
        current = Group(
            firstSentAt: sentAt, lastSentAt: sentAt, firstArrivedAt: arrivedAt, lastArrivedAt: arrivedAt,
            lastObservedAt: observedAt)
        return delta
    }

    private func startsGroup(after group: Group, sentAt: Instant, arrivedAt: Instant) -> Bool {
        let sent = sentAt - group.lastSentAt
        let arrived = arrivedAt - group.lastArrivedAt
        if sent == .zero { return false }
        let isHeldUp =
            arrived < sent && arrived <= Self.burstGap
            && arrivedAt - group.firstArrivedAt < Self.longestBurst
        return isHeldUp ? false : sentAt - group.firstSentAt > Self.length
    }
}
