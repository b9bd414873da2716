import Primitives
import Probe
import RTC
import Scenario
import Visio
import WireFormats

/// What is left of a call when it is over.
extension SyntheticClient {
    /// Media sent so far, retransmissions included.
    var sent: (bytes: UInt64, packets: UInt64, resent: UInt64) {
        var total = retired.sent
        guard let publisher else { return total }
        let now = Self.sent(by: publisher)
        total = (total.bytes + now.bytes, total.packets + now.packets, total.resent + now.resent)
        return total
    }

    /// Media that one connection sent, retransmissions included.
    static func sent(by peer: PeerConnection) -> (bytes: UInt64, packets: UInt64, resent: UInt64) {
        var total = (bytes: UInt64(0), packets: UInt64(0), resent: UInt64(0))
        for stream in peer.sendStreams {
            let statistics = stream.sender.statistics
            total.bytes += UInt64(clamping: statistics.payloadByteCount + statistics.resentPayloadByteCount)
            total.packets += UInt64(clamping: statistics.packetCount + statistics.resentPacketCount)
            total.resent += UInt64(clamping: statistics.resentPacketCount)
        }
        return total
    }

    /// What passed to and fro besides whole media packets.
    private var exchange: ExchangeCounts {
        var counts = ExchangeCounts()
        for stream in subscriber?.receiveStreams ?? [] {
            let statistics = stream.receiver.statistics
            counts.packetsReceived += UInt64(clamping: statistics.packetCount)
            counts.repairsReceived += UInt64(
                clamping: statistics.repairPacketCount + stream.paddingRepairCount)
            counts.paddingReceived += UInt64(
                clamping: statistics.paddingPacketCount + stream.paddingRepairCount)
            counts.packetsRequested += UInt64(clamping: statistics.requestedCount)
            counts.keyFramesRequested += UInt64(clamping: stream.keyFrameRequestCount)
        }
        for stream in publisher?.sendStreams ?? [] {
            counts.requestsReceived += UInt64(clamping: stream.sender.statistics.requestedCount)
            counts.paddingSent += UInt64(clamping: stream.sender.statistics.paddingPacketCount)
        }
        counts.signalsSent = UInt64(clamping: signal.statistics.framesSent)
        counts.signalsReceived = UInt64(clamping: signal.statistics.framesReceived)
        counts.dataSent = counters.dataSent
        counts.dataReceived = counters.dataReceived
        return counts
    }

    /// The worst RFC 3550 jitter of the received microphones, in milliseconds.
    var worstAudioJitter: Double? {
        guard let subscriber else { return nil }
        var worst: Double?
        for (index, route) in reception.routes.enumerated() {
            guard let route, !route.isVideo else { continue }
            worst = max(worst ?? 0, subscriber.receiveStreams[index].receiver.jitter.interval.milliseconds)
        }
        return worst
    }

    /// The participant's row in the results.
    func makeOutcome(delays: inout DelayCollector, now: Instant) -> ParticipantOutcome {
        let counts = count(now: now, delays: &delays)
        var outcome = ParticipantOutcome(
            participant: planned.index, end: end ?? .cut, endedAt: endedAt, join: join)
        outcome.audio = counts.audio
        outcome.video = counts.video
        let sent = sent
        outcome.sentBytes = sent.bytes
        outcome.sentPackets = sent.packets
        outcome.retransmissions = sent.resent
        outcome.keyFrameRequests = counters.keyFrameRequests
        outcome.dataMessages = counters.dataMessages
        outcome.exchange = exchange
        outcome.throttled = UInt64((calls?.browser ?? meet?.browser)?.throttleCount ?? 0)
        outcome.repeatedRequests = counters.repeatedRequests
        outcome.interactions = settleNotices(now: now)
        outcome.downlinks = downlinks
        outcome.uplinks = uplinks
        outcome.sockets = socketLosses
        outcome.path = pathTaken
        let tracks = tracksExpected.settle(arrived: reception.arrivedTracks, now: receptionEnd ?? now)
        outcome.tracksExpected = tracks.expected
        outcome.tracksReceived = tracks.received
        var all = retired
        if let transports { all.take(transports) }
        var malformed = all.malformed
        malformed.append(("signalling", UInt64(clamping: signal.statistics.malformedFrames)))
        malformed.append(("data packet", counters.malformedData))
        malformed.append(("candidate outside the allow block", counters.forbiddenCandidates))
        malformed.append(("STUN or TURN server outside the allow block", counters.forbiddenServers))
        outcome.malformed = malformed.filter { $0.count > 0 }.sorted { $0.kind < $1.kind }
        return outcome
    }

    static func malformed(_ statistics: PeerStatistics) -> [(kind: String, count: UInt64)] {
        [
            ("STUN", statistics.malformedSTUNCount), ("RTP", statistics.malformedRTPCount),
            ("RTCP", statistics.malformedRTCPCount), ("unknown datagram", statistics.unknownDatagramCount),
            ("unauthentic SRTP", statistics.unauthenticCount),
        ].map { ($0.0, UInt64(clamping: $0.1)) }
    }
}
