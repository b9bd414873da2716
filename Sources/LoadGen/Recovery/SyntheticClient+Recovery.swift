import Primitives
import Probe
import RTC
import Scenario
import Visio
import WireFormats

/// Losing the connection and coming back.
extension SyntheticClient {
    /// Whether there is a session that one could come back to.
    var canRecover: Bool { (phase == .signalling || phase == .connected) && signal.canResume && end == nil }

    /// The connection is lost: the first attempt to come back is due at once.
    ///
    /// - Parameters:
    ///   - cause: Why.
    ///   - reason: What the server is told about it.
    ///   - startsOver: Whether the session cannot go on.
    ///   - patience: How long nothing is done about it.
    func lose(
        _ cause: ConnectionLoss.Cause, reason: LiveKitReconnectReason = .rrUnknown, startsOver: Bool = false,
        after patience: Interval = .zero, _ text: String, now: Instant
    ) {
        note(.disconnected, text, at: now)
        guard var recovery else {
            recovery = Recovery(
                cause: cause, lostAt: now, reason: reason, startsOver: startsOver,
                step: .waiting(until: now + patience))
            return
        }
        // Lost again on the way back: the attempt that is under way is looked at when its time has come.
        recovery.startsOver = recovery.startsOver || startsOver
        switch recovery.step {
        case .waiting, .joining: recovery.step = .waiting(until: now + patience)
        case .signalling, .settling, .lacking: break
        }
        self.recovery = recovery
    }

    /// Does what the way back needs now.
    func tickRecovery(now: Instant, into outbox: inout Outbox) {
        followTransports(now: now)
        guard let recovery else { return }
        switch recovery.step {
        case .waiting(let until): if now >= until { attemptToRecover(now: now, into: &outbox) }
        case .settling(let from, let until):
            guard now >= from else { return }
            self.recovery?.step = .lacking(until: until)
            followTransports(now: now)
            if self.recovery != nil, areTransportsBack {
                attemptFailed("signalling broke again", startsOver: false, now: now, into: &outbox)
            }
        case .lacking(let until):
            if areTransportsBack {
                attemptFailed("signalling broke again", startsOver: false, now: now, into: &outbox)
            } else if now >= until {
                attemptFailed("the transports did not come back", startsOver: true, now: now, into: &outbox)
            }
        case .signalling, .joining: break
        }
    }

    /// Notes that the transports are back, and whether that was all that was missing.
    func followTransports(now: Instant) {
        guard let recovery, areTransportsBack else { return }
        if recovery.carriedAt == nil, recovery.signalledAt != nil { self.recovery?.carriedAt = now }
        switch recovery.step {
        case .lacking where signal.state == .joined: recovered(now: now)
        case .joining where phase == .connected: recovered(now: now)
        default: break
        }
    }

    /// Whether everything has a path, by the credentials agreed last.
    private var areTransportsBack: Bool {
        guard let transports else { return false }
        return transports.areConnected && transports.haveICE
    }

    private func attemptToRecover(now: Instant, into outbox: inout Outbox) {
        guard let recovery else { return }
        // A connection that never began to look for a path cannot be restarted.
        let isNew = publisher?.iceState == .new
        self.recovery?.step = .signalling
        self.recovery?.signalledAt = nil
        self.recovery?.carriedAt = nil
        guard recovery.startsOver || isNew else {
            return signal.resume(reason: recovery.reason, now: now)
        }
        self.recovery?.startsOver = true
        note(.joining, "begins a new session", at: now)
        retireTransports(now: now, into: &outbox)
        guard openTransports(isDual: mode == .dual, now: now, into: &outbox) else { return }
        isOfferPending = mode != .dual && profile.offersWithJoin
        signal.restart(joinOffer: isOfferPending ? publisher?.createOffer() : nil, now: now)
    }

    /// Signalling goes on: the server is told what is remembered, and ICE is restarted.
    func resumed(_ response: LiveKitReconnectResponse, now: Instant) {
        guard recovery != nil, let publisher else { return }
        signal.sync(
            channels: dataChannelStates, disabledTracks: layout.disabledTracks, received: receivedStates)
        transports?.forEach { dropBrokenWays(of: $0) }
        gather(response.iceServers, response.clientConfiguration, now: now)
        publisher.restartICE(now: now)
        isOfferPending = true
        needsOffer = false
        offeredAt = now
        signal.offer(publisher.createOffer())
        settle(now: now)
    }

    /// Signalling is back; the transports get their time.
    func settle(now: Instant) {
        let from = now + ReconnectPolicy.settlingTime
        recovery?.signalledAt = now
        recovery?.step = .settling(from: from, until: from + ReconnectPolicy.transportTimeout)
    }

    /// An attempt failed; the next one is due later, or there is none.
    func attemptFailed(_ obstacle: String, startsOver: Bool, now: Instant, into outbox: inout Outbox) {
        guard var recovery else { return }
        recovery.failures += 1
        recovery.startsOver = recovery.startsOver || startsOver
        recovery.obstacle = obstacle
        let delay = ReconnectPolicy().delay(before: recovery.failures, using: &generator)
        recovery.step = .waiting(until: now + (delay ?? .zero))
        self.recovery = recovery
        if delay == nil { giveUp(now: now, into: &outbox) }
    }

    /// It is over: livekit-client tells the page, and the page its user.
    func giveUp(code: Int? = nil, now: Instant, into outbox: inout Outbox) {
        guard let recovery else { return }
        let seconds = Int((now - recovery.lostAt).seconds.rounded())
        let cause =
            "lost the connection (\(recovery.cause.rawValue)) and did not come back in "
            + "\(max(1, recovery.failures)) attempts and \(seconds) s: \(recovery.obstacle)"
        fail(CallFailure(stage: .call, cause: cause, code: code), now: now, into: &outbox)
    }

    private func recovered(now: Instant) {
        guard let recovery else { return }
        let outcome: ConnectionLoss.Outcome =
            recovery.step == .joining ? .rejoined : recovery.startsOver ? .restarted : .resumed
        let loss = recovery.loss(of: planned.index, outcome: outcome)
        self.recovery = nil
        losses.append(loss)
        let milliseconds = (loss.recovery ?? now - recovery.lostAt).milliseconds.rounded()
        note(.reconnected, "\(outcome.rawValue) after \(Int(milliseconds)) ms", at: now)
        signal.settle()
        announceMissingTracks(now: now)
    }

    /// The call ends while the participant was on its way back.
    func endRecovery(isLost: Bool) {
        guard let recovery else { return }
        losses.append(recovery.loss(of: planned.index, outcome: isLost ? .lost : .left))
        self.recovery = nil
    }

    /// The old connections are of no use any more; what they counted stays.
    func retireTransports(now: Instant, into outbox: inout Outbox) {
        if let transports {
            retired.take(transports)
            retired.take(reception, of: transports.subscriber.peer)
            reception.retire()
        }
        closeTransports(now: now, into: &outbox)
        closeSockets()
        transports = nil
        // Whether relays are forced is said anew in each session.
        policy = PathPolicy(network)
        needsOffer = false
        isOfferPending = false
        offeredAt = nil
        reliableChannel = nil
        isReliableOpen = false
        hasAgreedOnDownChannels = false
        composer = DataPacketComposer()
        receivedSequences = []
        // Everything is published again, from the first frame on.
        microphone = nil
        tracks.startOver()
        layout.startOver()
    }

    // MARK: What a resumed session is told

    private var dataChannelStates: [LiveKitDataChannelInfo] {
        guard let transports else { return [] }
        var states: [LiveKitDataChannelInfo] = []
        transports.forEach { transport in
            for channel in transport.peer.openDataChannels where channel.label != "_data_track" {
                var state = LiveKitDataChannelInfo()
                state.label = channel.label
                state.id = UInt32(channel.id)
                state.target = transport === transports.publisher ? .publisher : .subscriber
                states.append(state)
            }
        }
        return states
    }

    private var receivedStates: [LiveKitDataChannelReceiveState] {
        receivedSequences.map { publisher, sequence in
            var state = LiveKitDataChannelReceiveState()
            state.publisherSid = publisher
            state.lastSeq = sequence
            return state
        }
    }

    /// Notes a packet of the reliable channel; false if it was delivered before, as happens after a resume.
    func isNews(_ packet: LiveKitDataPacket) -> Bool {
        guard packet.sequence > 0, !packet.participantSid.isEmpty else { return true }
        guard let index = receivedSequences.firstIndex(where: { $0.publisher == packet.participantSid })
        else {
            receivedSequences.append((packet.participantSid, packet.sequence))
            return true
        }
        guard packet.sequence > receivedSequences[index].sequence else { return false }
        receivedSequences[index].sequence = packet.sequence
        return true
    }
}
