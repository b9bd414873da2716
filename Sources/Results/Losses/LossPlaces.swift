public import Primitives
public import Probe

/// Where the packets that were missing on their way to a receiver were lost.
///
/// A receiver sees a gap in the server's numbers. What a retransmission brings was at the server, so it was lost between
/// there and the receiver. Of the rest the server's own count of what it sent (its sender reports) says how many it
/// never had or never sent; its reports to the publisher say how many of these were lost on the way up. What our own
/// sockets dropped is ours. What no report covers is said to be unassigned, not guessed.
public struct LossPlaces: Sendable {
    /// Missing packets by place.
    public struct Sum: Sendable, Hashable {
        /// Packets that the server's numbers say there were.
        public var expected = 0
        /// Of these, packets that did not come by themselves, whatever brought them later.
        public var missing = 0
        /// Lost between publisher and server, by the server's reports.
        public var uplink = 0
        /// Received by the server, and not sent on.
        public var server = 0
        /// Lost between server and receiver.
        public var downlink = 0
        /// Dropped by our own sockets, on either side.
        public var generator = 0
        /// Not covered by any report.
        public var unassigned = 0

        /// Nothing is missing.
        public init() {}

        /// Adds up.
        public static func += (left: inout Sum, right: Sum) {
            left.expected += right.expected
            left.missing += right.missing
            left.uplink += right.uplink
            left.server += right.server
            left.downlink += right.downlink
            left.generator += right.generator
            left.unassigned += right.unassigned
        }
    }

    /// Everybody together.
    public private(set) var total = Sum()
    /// By receiving participant.
    public private(set) var byParticipant: [Int: Sum] = [:]

    /// What the publishers of one track lost on the way up.
    private struct Uplink {
        var lost = 0
        var requested = 0
        var since = 0.0
        var unsent = 0
        var isReported = false
    }

    /// Assigns every missing packet of a run.
    ///
    /// - Parameters:
    ///   - downlinks: Streams of which something is missing, by receiver.
    ///   - uplinks: All streams that were sent, by publisher.
    ///   - sockets: Sockets that lost something, by participant.
    ///   - expected: Packets expected by each receiver, of all its streams.
    ///   - countsRepeats: Whether the server's sender reports count retransmissions too, as LiveKit's do.
    public init(
        downlinks: [(participant: Int, account: DownlinkAccount)],
        uplinks: [(participant: Int, account: UplinkAccount)], sockets: [Int: SocketLosses],
        expected: [Int: Int], countsRepeats: Bool
    ) {
        var ways: [String: Uplink] = [:]
        for (participant, account) in uplinks {
            guard let track = account.track else { continue }
            var way = ways[track] ?? Uplink()
            way.lost += Int(clamping: account.lost ?? 0)
            way.requested += Int(clamping: account.requested)
            way.since += Self.expectedSince(account)
            way.isReported = way.isReported || account.lost != nil
            way.unsent = max(way.unsent, sockets[participant]?.unsent ?? 0)
            ways[track] = way
        }
        for (participant, count) in expected { byParticipant[participant, default: Sum()].expected += count }
        for (participant, account) in downlinks {
            byParticipant[participant, default: Sum()] += Self.assign(
                account, way: account.track.flatMap { ways[$0] }, countsRepeats: countsRepeats)
        }
        for (participant, socket) in sockets {
            guard var sum = byParticipant[participant] else { continue }
            // Which datagrams a full buffer refused nobody knows: as many as there were, of those lost on the way here.
            let dropped = min(sum.downlink, socket.dropped)
            sum.downlink -= dropped
            sum.generator += dropped
            byParticipant[participant] = sum
        }
        for sum in byParticipant.values { total += sum }
    }

    /// Assigns what is missing of one stream; `expected` is not set, because complete streams have no account.
    private static func assign(_ account: DownlinkAccount, way: Uplink?, countsRepeats: Bool) -> Sum {
        var sum = Sum()
        sum.missing = Int(clamping: account.expected) - Int(clamping: account.arrived)
        guard sum.missing > 0 else {
            sum.missing = 0
            return sum
        }
        let repaired = min(sum.missing, Int(clamping: account.repaired))
        let unrepaired = sum.missing - repaired
        sum.downlink = repaired
        guard let report = account.report else {
            sum.unassigned = unrepaired
            return sum
        }
        // What is missing since the last report is not covered by it.
        let reported = Int(clamping: report.expected) - Int(clamping: report.arrived)
        let covered = min(unrepaired, max(0, reported - repaired))
        sum.unassigned = unrepaired - covered
        // Packets that the server numbered and did not send. Where its count holds retransmissions too, these were at
        // least those that came, and at most those that were asked for.
        let gap = Int(clamping: report.expected) - Int(clamping: report.sent)
        let least = max(0, min(covered, gap + (countsRepeats ? Int(clamping: report.repairs) : 0)))
        let most = max(least, min(covered, gap + (countsRepeats ? Int(clamping: report.requested) : 0)))
        sum.unassigned += most - least
        sum.downlink += covered - most
        assign(unsent: least, way, &sum)
        return sum
    }

    /// What the way up has lost since the server's last report, if it went on as before.
    private static func expectedSince(_ account: UplinkAccount) -> Double {
        guard let lost = account.lost, account.sent > account.unreported else { return 0 }
        return Double(lost) / Double(account.sent - account.unreported) * Double(account.unreported)
    }

    /// Divides what the server did not send between the way up to it and itself.
    private static func assign(unsent: Int, _ way: Uplink?, _ sum: inout Sum) {
        guard unsent > 0 else { return }
        // Without the publisher's side there is no telling.
        guard let way, way.isReported else {
            sum.unassigned += unsent
            return
        }
        let up = min(unsent, way.lost)
        let ours = min(up, way.unsent)
        sum.generator += ours
        sum.uplink += up - ours
        // What the server asked for and got may have come too late to be sent on, and the way up has gone on losing since
        // the server's last report, to three standard deviations of what it lost before: nobody's for certain.
        let since = Int((way.since + 3 * way.since.squareRoot()).rounded(.up))
        let late = min(unsent - up, max(0, way.requested - way.lost) + since)
        sum.unassigned += late
        sum.server += unsent - up - late
    }
}
