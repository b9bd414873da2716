import Primitives
import WireFormats

/// RTCP that we receive.
extension PeerConnection {
    /// Authenticates, decrypts and reads an RTCP datagram.
    func receiveRTCP(_ datagram: UnsafeMutableRawBufferPointer, now: Instant) {
        let count: Int
        switch srtp?.unprotectRTCP(datagram) {
        case .ok(let bytes, _): count = bytes
        case .replay:
            statistics.replayCount += 1
            return
        case .unauthentic:
            statistics.unauthenticCount += 1
            return
        case nil:
            statistics.earlyCount += 1
            return
        }
        let packets = UnsafeRawBufferPointer(rebasing: datagram[..<count])
        var reader = RTCPReader(packets.bytes)
        while let packet = reader.next() { take(packet, reader, now: now) }
        if reader.isMalformed {
            statistics.malformedRTCPCount += 1
        } else {
            statistics.receivedFeedbackCount += 1
        }
    }

    private func take(_ packet: RTCPPacket, _ reader: borrowing RTCPReader, now: Instant) {
        switch packet {
        case .senderReport(let report, let blocks):
            if let target = sources.find(report.ssrc), !target.isRepair {
                receiveStreams[target.stream].receiver.receive(report, now: now)
            }
            takeBlocks(blocks, reader, now: now)
        case .receiverReport(_, let blocks):
            takeBlocks(blocks, reader, now: now)
        case .genericNACK(let sources, let entries):
            takeNACK(sources, entries, reader, now: now)
        case .pictureLossIndication(let sources):
            if let target = ownSources.find(sources.media) { takeKeyFrameRequest(target.stream) }
        case .fullIntraRequest(_, let entries):
            for index in 0..<entries.count { takeIntraRequest(reader.fullIntraRequest(index, of: entries)) }
        case .bitrateEstimate(_, let bitrate, _):
            takeReceiverEstimate(bitrate, now: now)
        case .transportFeedback(_, let header):
            takeTransportFeedback(header, reader, now: now)
        case .extendedReport(let ssrc, let list):
            takeExtendedReport(from: ssrc, list, reader, now: now)
        case .goodbye(let list):
            for index in 0..<list.count {
                let ssrc = reader.ssrc(index, of: list)
                if sources.find(ssrc) != nil { emit(.bye(ssrc: ssrc)) }
            }
        case .sourceDescription, .other:
            break
        }
    }

    private func takeBlocks(_ blocks: RTCPList, _ reader: borrowing RTCPReader, now: Instant) {
        var (lost, expected) = (0, 0)
        for index in 0..<blocks.count {
            let block = reader.reportBlock(index, of: blocks)
            guard let target = ownSources.find(block.ssrc) else { continue }
            guard !target.isRepair else {
                sendStreams[target.stream].isRTXIdentified = true
                continue
            }
            sendStreams[target.stream].isIdentified = true
            let stream = sendStreams[target.stream]
            if congestion != nil, let last = stream.sender.lastReport?.block {
                expected += Int(Int32(bitPattern: block.highestSequence &- last.highestSequence))
                lost += Int(block.cumulativeLost &- last.cumulativeLost)
            }
            stream.sender.receive(block, now: now)
            let trip = roundTrip.receive(block, compactNow: configuration.wallClock.compactNTP(at: now))
            if let trip { congestion?.controller.receive(roundTripTime: trip) }
            let report = RemoteReport(
                fractionLost: Double(block.fractionLost) / 256, cumulativeLost: block.cumulativeLost,
                jitter: .seconds(Double(block.jitter) / Double(stream.sender.clockRate)), roundTripTime: trip)
            emit(.remoteReport(section: stream.section, layer: stream.layer, report: report))
        }
        // To tell loss from silence at least one packet must have arrived.
        guard let congestion, expected > 0, expected - lost > 0 else { return }
        congestion.controller.receiveReport(lost: lost, expected: expected, now: now)
    }

    private func takeNACK(
        _ feedback: FeedbackSources, _ entries: RTCPList, _ reader: borrowing RTCPReader, now: Instant
    ) {
        guard let target = ownSources.find(feedback.media), !target.isRepair else { return }
        let stream = sendStreams[target.stream]
        for index in 0..<entries.count {
            reader.nackEntry(index, of: entries).forEach { number in
                let packet = stream.sender.packet(
                    requested: number, now: now, roundTripTime: roundTripTime)
                guard let packet else { return }
                let request = Retransmission(
                    section: stream.section, layer: stream.layer, sequenceNumber: number,
                    timestamp: packet.timestamp, marker: packet.marker, payloadType: packet.payloadType,
                    token: packet.token)
                let isQueued =
                    congestion?.enqueue(request, of: stream.sender, now: now) ?? requests.append(request)
                if !isQueued { statistics.droppedRequestCount += 1 }
            }
        }
    }

    private func takeIntraRequest(_ entry: FullIntraRequestEntry) {
        guard let target = ownSources.find(entry.ssrc),
            sendStreams[target.stream].lastIntraRequest != entry.sequenceNumber
        else { return }
        sendStreams[target.stream].lastIntraRequest = entry.sequenceNumber
        takeKeyFrameRequest(target.stream)
    }

    private func takeKeyFrameRequest(_ index: Int) {
        sendStreams[index].keyFrameRequestCount += 1
        emit(.keyFrameRequested(section: sendStreams[index].section, layer: sendStreams[index].layer))
    }

    private func takeExtendedReport(
        from ssrc: UInt32, _ list: RTCPList, _ reader: borrowing RTCPReader, now: Instant
    ) {
        var blocks = reader.extendedReportBlocks(list)
        while let block = blocks.next() {
            switch block {
            case .receiverReferenceTime(let ntp):
                echoes.receive(referenceTime: ntp, from: ssrc, now: now)
                feedbackTimes.echo = earliest(feedbackTimes.echo, now + Self.echoDelay)
            case .delaySinceLastReference(let echo):
                guard echo.ssrc == feedbackSSRC else { continue }
                let trip = roundTrip.receive(
                    echo, compactNow: configuration.wallClock.compactNTP(at: now))
                if let trip { remoteEstimator?.setRoundTripTime(trip) }
            case .other:
                break
            }
        }
    }
}
