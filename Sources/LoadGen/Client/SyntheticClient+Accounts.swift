import Primitives
import Probe
import RTC
import WireFormats

/// What a participant's streams tell about where packets were lost.
extension SyntheticClient {
    /// Received streams of which packets are missing; complete ones have nothing to tell.
    var downlinks: [DownlinkAccount] {
        guard let subscriber else { return [] }
        return subscriber.receiveStreams.enumerated().compactMap { index, stream in
            let receiver = stream.receiver
            let route = index < reception.routes.count ? reception.routes[index] : nil
            let account = DownlinkAccount(
                stream: index, track: route?.track,
                isVideo: subscriber.sections[stream.section].kind == .video,
                expected: UInt64(clamping: receiver.expectedCount),
                arrived: UInt64(clamping: receiver.statistics.ownCount),
                repaired: UInt64(clamping: receiver.statistics.loss.repaired),
                report: Self.report(of: receiver))
            return account.isComplete ? nil : account
        }
    }

    private static func report(of receiver: ReceiveStream) -> DownlinkAccount.Report? {
        // A source that numbered anew has counted on, and the two counts have nothing to do with each other.
        guard let account = receiver.senderAccount, receiver.statistics.restartCount == 0 else { return nil }
        return DownlinkAccount.Report(
            sent: UInt64(account.sentCount), expected: UInt64(clamping: account.expectedCount),
            arrived: UInt64(clamping: account.ownCount), repairs: UInt64(clamping: account.repairPacketCount),
            requested: UInt64(clamping: account.requestedCount))
    }

    /// All streams that were sent, with what the server last reported about each.
    var uplinks: [UplinkAccount] {
        guard let publisher else { return [] }
        return publisher.sendStreams.enumerated().map { index, stream in
            let isVideo = publisher.sections[stream.section].kind == .video
            let statistics = stream.sender.statistics
            return UplinkAccount(
                stream: index,
                track: isVideo ? tracks.sid(section: stream.section) : tracks.microphoneSID,
                isVideo: isVideo,
                sent: UInt64(clamping: statistics.packetCount),
                lost: stream.sender.lastReport.map { UInt64(clamping: $0.block.cumulativeLost) },
                requested: UInt64(clamping: statistics.requestedCount),
                unreported: UInt64(clamping: stream.sender.unreportedCount))
        }
    }
}
