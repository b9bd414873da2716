import Primitives

/// What a peer connection that adapts to its path has, and one that does not lacks.
final class Congestion {
    /// What may be sent.
    var controller: CongestionController
    /// What is sent when.
    var pacer: Pacer
    /// Headers of the lower layers, which count.
    let overheadByteCount: Int
    /// The stream that sent a picture's packet last: padding goes with it.
    var lastStream: Int?
    /// Bytes of padding that were asked for and have not left.
    var owedPadding = 0
    /// What was asked to be sent again of late (`kRetransmitWindowSizeMs`).
    private var requested = ByteWindow(length: .milliseconds(500))
    /// What left in the last second: pictures and repairs, and repairs alone.
    private var sent = ByteWindow(length: .seconds(1))
    private var repaired = ByteWindow(length: .seconds(1))
    /// The share of repairs in what leaves.
    private var repairShare = 0.0
    /// The rate for pictures that the owner was told to ask for last.
    private var toldTarget = Bitrate.zero

    /// Repairs take no more than this share from new pictures (`kProtectionOverheadRateThreshold`).
    private static let mostRepairShare = 0.5

    init(settings: CongestionSettings) {
        controller = CongestionController(settings: settings)
        pacer = Pacer(rate: settings.start * settings.pacingFactor)
        overheadByteCount = settings.overheadByteCount
    }

    /// When something is due.
    var deadline: Instant? { earliest(controller.deadline, pacer.deadline) }

    /// Everything that is known about the path.
    var state: CongestionState {
        var state = controller.state
        state.mediaTarget = state.target * (1 - min(repairShare, Self.mostRepairShare))
        return state
    }

    /// Carries over to the pacer what the controller decided.
    ///
    /// - Returns: Whether the rate for pictures has changed so much that the owner is to be told.
    func settle(now: Instant) -> Bool {
        if controller.pacingRate != pacer.rate || controller.paddingRate != pacer.paddingRate {
            pacer.setRates(controller.pacingRate, padding: controller.paddingRate, now: now)
        }
        while let cluster = controller.takeCluster() { pacer.add(cluster) }
        let all = sent.rate(now: now) ?? .zero
        repairShare = all > .zero ? (repaired.rate(now: now) ?? .zero) / all : 0
        let target = state.mediaTarget
        guard abs(target.bitsPerSecond - toldTarget.bitsPerSecond) > toldTarget.bitsPerSecond / 100 else {
            return false
        }
        toldTarget = target
        return true
    }

    /// Queues a packet that the peer missed, unless more is repaired than may be sent at all: libwebrtc's limit of
    /// retransmissions.
    func enqueue(_ repair: Retransmission, of sender: SendStream, now: Instant) -> Bool {
        guard requested.rate(now: now) ?? .zero <= controller.target, pacer.enqueue(repair, now: now) else {
            return false
        }
        requested.add(sender.meanPayloadByteCount + overheadByteCount, now: now)
        sender.setPending(repair.sequenceNumber)
        return true
    }

    /// A paced packet left.
    func notePaced(byteCount: Int, isRepair: Bool, now: Instant) {
        if owedPadding == 0 {
            sent.add(byteCount, now: now)
            if isRepair { repaired.add(byteCount, now: now) }
        }
        owedPadding = 0
        pacer.noteSent(byteCount: byteCount + overheadByteCount, now: now)
    }

    /// Padding that was asked for a moment ago and did not come will not come.
    func writeOffPadding(now: Instant) {
        guard owedPadding > 0 else { return }
        pacer.notePaddingFailed(byteCount: owedPadding, now: now)
        owedPadding = 0
    }
}
