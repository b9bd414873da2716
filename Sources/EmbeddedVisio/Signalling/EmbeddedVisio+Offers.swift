import Primitives
import RTC
import Visio
import WireFormats

/// LiveKit's older mode: the connection that everything goes to a participant by, for which the server makes the
/// offers.
extension EmbeddedVisio {
    /// Offers everything that is to go to a participant, or as soon as it has answered the offer before.
    func offer(to session: Session) {
        session.negotiateAt = nil
        guard session.offering.sentAt == nil else {
            session.offering.isStale = true
            return
        }
        for subscription in session.subscriptions
        where subscription.section == nil && subscription.offeredSection == nil {
            let track = outgoing(subscription, usesRED: !subscription.track.info.disableRed)
            subscription.offeredSection = session.downlink.addSendSection(track)
        }
        var offer = LiveKitSessionDescription()
        offer.type = "offer"
        offer.sdp = session.downlink.createOffer()
        offer.id = session.offering.nextID
        for subscription in session.subscriptions {
            guard let section = subscription.section ?? subscription.offeredSection else { continue }
            offer.midToTrackID[session.downlink.sections[section].mid] = subscription.track.info.sid
        }
        session.offering.nextID &+= 1
        session.offering.sentAt = now
        session.offering.isStale = false
        send(.offer(offer), to: session)
        for candidate in session.downlink.localCandidates {
            let fragment = session.downlink.localUsernameFragment
            let mid = session.downlink.sections.first?.mid
            let told = ICECandidateInit(candidate: "\(candidate.sdp) ufrag \(fragment)", mid: mid)
            send(.trickle(told.trickle(for: .subscriber)), to: session)
        }
        noteFragment(of: session)
        schedule(session)
    }

    /// Takes the answer to the last offer: what was offered may be sent.
    func takeAnswer(_ answer: LiveKitSessionDescription, of session: Session) {
        // A number that does not fit is no reason to refuse (LiveKit logs it), and zero stands for any.
        guard session.isDual, session.offering.sentAt != nil else { return }
        do throws(NegotiationError) {
            try session.downlink.applyAnswer(answer.sdp, now: now)
        } catch {
            return remove(session, reason: .stateMismatch, action: .reconnect)
        }
        session.offering.sentAt = nil
        agreeOnChannels(of: session, by: session.downlink)
        for subscription in session.subscriptions {
            guard let index = subscription.offeredSection else { continue }
            subscription.offeredSection = nil
            let section = session.downlink.sections[index]
            guard !section.isRejected, start(subscription, in: index, of: section) else {
                subscription.track.downTracks.removeAll { $0 === subscription }
                session.subscriptions.removeAll { $0 === subscription }
                continue
            }
            started(subscription)
        }
        if session.offering.isStale { renegotiate(session) }
        schedule(session)
    }

    /// Opens the channels that are ours to open, once there is somebody to open them to.
    func agreeOnChannels(of session: Session, by peer: PeerConnection) {
        let isKnown = peer === session.uplink ? session.channels.isEmpty : session.downChannels.isEmpty
        guard isKnown, peer.sections.contains(where: { $0.kind == .application && !$0.isRejected }) else {
            return
        }
        let isNegotiated = configuration.protocolVersion >= LiveKitDataChannel.firstNegotiatingProtocol
        for channel in LiveKitDataChannel.allCases {
            if isNegotiated {
                peer.addNegotiatedDataChannel(
                    channel.negotiatedID, label: channel.label, isOrdered: channel.isReliable,
                    reliability: channel.isReliable ? .reliable : .maxRetransmits(0))
            } else if peer !== session.uplink {
                let id = peer.openDataChannel(
                    label: channel.label, isOrdered: channel.isReliable,
                    reliability: channel.isReliable ? .reliable : .maxRetransmits(0))
                session.downChannels[channel.label] = id
            }
        }
    }
}
