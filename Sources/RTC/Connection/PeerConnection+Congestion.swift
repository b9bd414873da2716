public import Primitives
import WireFormats

/// Adapting to the path: what may be sent, and when it leaves.
extension PeerConnection {
    /// The most padding that one packet holds: RTP counts it in a byte, and libwebrtc stays a little below
    /// (`kMaxPaddingLength`).
    private static let paddingByteCount = 224
    /// Less padding than this is not worth a picture's packet (`kMinPayloadPaddingBytes`).
    private static let leastRepetition = 50

    /// Whether pictures are paced, and the rate of sending follows the path.
    public var isAdaptive: Bool { congestion != nil }

    /// What is known about the path; nil unless the connection adapts to it.
    public var congestionState: CongestionState? { congestion?.state }

    /// Bytes of pictures that wait in the pacer.
    public var pacedByteCount: Int { congestion?.pacer.waitingByteCount ?? 0 }

    /// Takes a start rate that a description told (`x-google-start-bitrate`).
    public func setStartBitrate(_ rate: Bitrate, now: Instant) {
        congestion?.controller.restart(at: rate, now: now)
        settleCongestion(now: now)
    }

    /// Takes what our pictures need at least, can fill at most, and want to be padded to; headers included.
    ///
    /// - Parameter probesPeriodically: Whether a screen is among them, which is probed for while it does not change.
    public func setWantedBitrates(
        minimum: Bitrate, maximum: Bitrate, padding: Bitrate, probesPeriodically: Bool, now: Instant
    ) {
        congestion?.controller.setWanted(
            minimum: minimum, maximum: maximum, padding: padding, probesPeriodically: probesPeriodically,
            now: now)
        settleCongestion(now: now)
    }

    /// Hands a picture's packet to the pacer, which gives it back by `nextOutgoing` when it may leave.
    ///
    /// - Parameter byteCount: Its payload.
    /// - Returns: Whether it was taken: not before the connection is up, nor for layers that the peer did not accept.
    public func pace(_ packet: PacedPacket, byteCount: Int, now: Instant) -> Bool {
        guard let congestion, phase == .connected, let stream = streamIndex(packet.section, packet.layer)
        else { return false }
        // The headers' true length is known when it leaves.
        let size = byteCount + RTPHeader.fixedByteCount + congestion.overheadByteCount
        let isTaken = congestion.pacer.enqueue(packet, stream: stream, byteCount: size, now: now)
        if !isTaken { statistics.droppedPacketCount += 1 }
        return isTaken
    }

    /// The next packet that is to leave now; nil when it is enough.
    ///
    /// Send it before the next call. Without pacing these are the packets that the peer missed. With it the pacer decides, and padding without
    /// content is written at once.
    public func nextOutgoing(now: Instant, into outbox: inout Outbox) -> OutgoingPacket? {
        guard let congestion else { return nextRetransmission().map { .again($0) } }
        guard phase == .connected else { return nil }
        while true {
            congestion.writeOffPadding(now: now)
            switch congestion.pacer.next(now: now) {
            case nil: return nil
            case .first(let packet): return .first(packet)
            case .again(let repair): return .again(repair)
            case .padding(let byteCount):
                congestion.owedPadding = byteCount
                if byteCount >= Self.leastRepetition, let repetition = paddingRepetition() {
                    return .again(repetition)
                }
                sendPadding(now: now, into: &outbox)
            }
        }
    }

    /// The stream that padding goes with: the last one that sent, as long as it has a source for it.
    private var paddingStream: Int? {
        guard let index = congestion?.lastStream, sendStreams[index].isActive,
            sendStreams[index].sender.retransmissionSSRC != nil,
            streamIndex(sendStreams[index].section, sendStreams[index].layer) != nil
        else { return nil }
        return index
    }

    /// A recent packet that is worth more than nothing as padding.
    private func paddingRepetition() -> Retransmission? {
        guard let index = paddingStream, let packet = sendStreams[index].sender.paddingPacket(),
            sendStreams[index].rtxPayloadType(for: packet.payloadType) != nil
        else { return nil }
        return Retransmission(
            section: sendStreams[index].section, layer: sendStreams[index].layer,
            sequenceNumber: packet.sequenceNumber, timestamp: packet.timestamp, marker: packet.marker,
            payloadType: packet.payloadType, token: packet.token, isPadding: true)
    }

    /// Sends a packet that holds nothing, on the source of the retransmissions.
    private func sendPadding(now: Instant, into outbox: inout Outbox) {
        guard let pair = ice.selectedPair, let index = paddingStream,
            let payloadType = sendStreams[index].anyRTXPayloadType,
            let ssrc = sendStreams[index].sender.retransmissionSSRC
        else { return }
        let stream = sendStreams[index]
        var extensions = RTPHeaderExtensions()
        if !stream.isRTXIdentified {
            extensions.mid = stream.mid
            extensions.repairedRid = stream.rid
        }
        var byteCount = 0
        outbox.append(from: pair.socket, to: pair.remote) { buffer in
            byteCount = compose(
                buffer, section: stream.section, payloadType: payloadType, marker: false,
                sequenceNumber: stream.sender.nextRetransmissionSequenceNumber,
                timestamp: stream.sender.lastTimestamp, ssrc: ssrc, isPadding: true,
                extensions: &extensions, now: now
            ) { room in
                guard room.count >= Self.paddingByteCount else { return 0 }
                let padding = UnsafeMutableRawBufferPointer(rebasing: room[..<Self.paddingByteCount])
                padding.initializeMemory(as: UInt8.self, repeating: 0)
                padding[Self.paddingByteCount - 1] = UInt8(Self.paddingByteCount)
                return Self.paddingByteCount
            }
            return byteCount
        }
        guard byteCount > 0 else { return }
        stream.sender.recordPadding(byteCount: Self.paddingByteCount)
    }

    /// Takes note of a packet that leaves.
    func noteLeaving(byteCount: Int, section: Int, ssrc: UInt32, now: Instant) {
        guard let outbound = outboundSections[section] else { return }
        guard let congestion, outbound.isPaced else {
            if outbound.usesTransportFeedback {
                _ = transportFeedback?.recordSent(byteCount: byteCount, now: now)
            }
            return
        }
        if outbound.usesTransportFeedback {
            let probe = congestion.pacer.prober.currentCluster
            _ = transportFeedback?.recordSent(byteCount: byteCount, probe: probe, now: now)
            congestion.controller.noteSent(byteCount: byteCount, now: now)
        }
        let target = ownSources.find(ssrc)
        if let target, !target.isRepair { congestion.lastStream = target.stream }
        congestion.notePaced(byteCount: byteCount, isRepair: target?.isRepair ?? false, now: now)
    }

    /// Reads a transport-wide feedback message.
    func takeTransportFeedback(
        _ header: TransportFeedbackHeader, _ reader: borrowing RTCPReader, now: Instant
    ) {
        guard let congestion else {
            transportFeedback?.receive(header, in: reader, now: now)
            return
        }
        transportFeedback?.receive(header, in: reader, now: now) { congestion.controller.receive($0) }
        congestion.controller.finishFeedback(now: now)
        settleCongestion(now: now)
    }

    /// Takes the receiver's own estimate.
    func takeReceiverEstimate(_ bitsPerSecond: UInt64, now: Instant) {
        emit(.receiverEstimatedMaximumBitrate(bitsPerSecond))
        guard let congestion else { return }
        congestion.controller.receive(receiverLimit: .bitsPerSecond(Double(bitsPerSecond)), now: now)
        settleCongestion(now: now)
    }

    /// Does what is due about the path.
    func tickCongestion(now: Instant) {
        guard let congestion, phase == .connected else { return }
        congestion.controller.tick(now: now)
        settleCongestion(now: now)
    }

    /// Carries a decision over to the pacer, and tells the owner about it.
    func settleCongestion(now: Instant) {
        if congestion?.settle(now: now) == true { emit(.sendingRateChanged) }
    }

    // MARK: The receiver's side

    /// Takes a received packet into account for what we say we can take (REMB): pictures with a send time and without
    /// a transport-wide number, as libwebrtc does.
    func estimate(
        _ extensions: RTPHeaderExtensions, byteCount: Int, stream index: Int, now: Instant
    ) {
        guard remoteEstimator != nil, extensions.transportSequenceNumber == nil,
            let sentAt = extensions.absoluteSendTime, receiveStreams[index].usesBitrateEstimate
        else { return }
        receiveStreams[index].estimatedAt = now
        let rate = remoteEstimator?.receive(absoluteSendTime: sentAt, byteCount: byteCount, now: now)
        guard let rate else { return }
        feedbackTimes.estimate = earliest(feedbackTimes.estimate, now)
        toldEstimate = rate
    }

    /// Writes what we say we can take, with the sources it is about.
    func writeEstimate(_ writer: inout RTCPWriter, now: Instant) {
        guard let toldEstimate, feedbackTimes.estimate != nil else { return }
        let isBegun = writer.beginBitrateEstimate(
            sender: feedbackSSRC, bitsPerSecond: UInt64(toldEstimate.bitsPerSecond))
        guard isBegun else { return }
        feedbackTimes.estimate = nil
        statistics.sentEstimateCount += 1
        for stream in receiveStreams where stream.isActive {
            guard let heard = stream.estimatedAt, now - heard < .seconds(2) else { continue }
            _ = writer.append(ssrc: stream.ssrc)
        }
    }
}
