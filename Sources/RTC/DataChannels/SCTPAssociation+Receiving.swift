public import Primitives
import WireFormats

extension SCTPAssociation {
    /// Takes in a packet that came out of DTLS.
    public mutating func receive(_ packet: UnsafeRawBufferPointer, now: Instant) {
        self.now = now
        counters.packetsReceived += 1
        let bytes = packet.bytes
        do throws(SCTPParseError) {
            let header = try SCTPHeader(verifying: bytes)
            guard header.sourcePort == Self.port, header.destinationPort == Self.port else { throw .badValue }
            try receiveChunks(of: bytes, tag: header.verificationTag)
        } catch .badChecksum {
            counters.badChecksums += 1
        } catch {
            counters.malformedPackets += 1
        }
        deliver()
        if !resets.wanted.isEmpty { beginReset() }
        continueShutdown()
    }

    private mutating func receiveChunks(of packet: RawSpan, tag: UInt32) throws(SCTPParseError) {
        var reader = SCTPChunkReader(packet)
        var data = DataArrival()
        defer { scheduleAcknowledgement(data) }
        while let chunk = try reader.next() {
            guard isAddressedToUs(chunk, tag: tag) else { throw .badValue }
            let value = reader.value(of: chunk)
            switch chunk.type {
            case .data: try receiveData(value, flags: chunk.flags, arrival: &data)
            case .initiate:
                // INIT must be alone (RFC 9260 section 3.1).
                return try receiveInitiate(value, tag: tag)
            case .initiateAck: return try receiveInitiateAck(value)
            case .selectiveAck: receiveAcknowledgement(try SCTPSelectiveAck(parsing: value))
            case .heartbeat: receiveHeartbeat(value)
            case .heartbeatAck: receiveHeartbeatAck(value)
            case .abort:
                return finish(.failed, event: .failed(reason: "the peer aborted: \(Self.cause(in: value))"))
            case .shutdown: receiveShutdown(value)
            case .shutdownAck: receiveShutdownAck()
            case .shutdownComplete: receiveShutdownComplete()
            case .error: continue
            case .cookieEcho: receiveCookieEcho(value, tag: tag)
            case .cookieAck: receiveCookieAck()
            case .reconfigure: try receiveReconfigure(value)
            case .forwardTSN: receiveForwardTSN(try SCTPForwardTSN(parsing: value), arrival: &data)
            default:
                if chunk.type.isReportedWhenUnknown, state == .established { report(chunk, in: packet) }
                if chunk.type.stopsWhenUnknown { return }
            }
            if state.isFinal { return }
        }
    }

    /// Checks the verification tag (RFC 9260 section 8.5).
    private func isAddressedToUs(_ chunk: SCTPChunk, tag: UInt32) -> Bool {
        switch chunk.type {
        case .initiate: tag == 0
        // A COOKIE ECHO carries the tag that its cookie names, which is not ours after a restart.
        case .cookieEcho: true
        case .abort, .shutdownComplete:
            // The T bit says that the sender had no association and sent our own tag back.
            chunk.flags & 1 == 0 ? tag == localTag : peerTag != 0 && tag == peerTag
        default: tag == localTag
        }
    }

    // MARK: Data

    /// What a packet's data asks of the next SACK.
    struct DataArrival {
        var hasData = false
        var isUrgent = false
    }

    private mutating func receiveData(
        _ value: RawSpan, flags: UInt8, arrival: inout DataArrival
    ) throws(SCTPParseError) {
        let chunk = try SCTPDataChunk(parsing: value, flags: flags)
        guard state.acceptsData else { return }
        counters.chunksReceived += 1
        arrival.hasData = true
        if chunk.flags.contains(.immediate) { arrival.isUrgent = true }
        switch tracker.judge(chunk.tsn) {
        case .duplicate:
            counters.duplicates += 1
            tracker.noteDuplicate(chunk.tsn)
            arrival.isUrgent = true
            return
        case .refused:
            counters.refused += 1
            arrival.isUrgent = true
            return
        case .early:
            arrival.isUrgent = true
            guard reassembler.heldBytes < Self.receiverWindow else {
                counters.refused += 1
                return
            }
        case .next:
            // The chunk in order is what frees the buffer; a peer that respects our window cannot get far beyond it.
            guard reassembler.heldBytes < 2 * Self.receiverWindow else {
                return fail("receive buffer exhausted")
            }
            if !tracker.blocks.isEmpty { arrival.isUrgent = true }
        }
        tracker.insert(chunk.tsn)
        guard reassembler.insert(chunk, userData: SCTPDataChunk.userData(in: value)) else {
            return fail("message too long")
        }
        serveDeferredReset()
    }

    private mutating func receiveForwardTSN(_ forward: borrowing SCTPForwardTSN, arrival: inout DataArrival) {
        guard state.acceptsData else { return }
        arrival.hasData = true
        arrival.isUrgent = true
        let tsn = forward.newCumulativeTSN
        guard tsn.isAfter(tracker.cumulative), tsn &- tracker.cumulative <= TSNTracker.window else { return }
        tracker.forward(to: tsn)
        reassembler.forward(to: tsn)
        for index in 0..<forward.streamCount {
            let skipped = forward.skipped(index)
            reassembler.skip(stream: skipped.stream, through: skipped.streamSequence)
        }
        serveDeferredReset()
    }

    /// Decides when to acknowledge: every second packet with data, or after a while (RFC 9260 section 6.2).
    private mutating func scheduleAcknowledgement(_ arrival: DataArrival) {
        guard arrival.hasData, !state.isFinal else { return }
        unacknowledgedPackets += 1
        // After SHUTDOWN, each packet with data is acknowledged at once (RFC 9260 section 9.2).
        if arrival.isUrgent || unacknowledgedPackets >= 2 || state == .shutdownSent {
            pending.insert(.acknowledgement)
        } else if !timers.isArmed(.acknowledgement) {
            timers.arm(.acknowledgement, at: now + Self.acknowledgementDelay)
        }
    }

    /// Moves complete messages into the events.
    mutating func deliver() {
        while let message = reassembler.popDelivered() {
            counters.messagesReceived += 1
            events.append(
                .message(
                    stream: message.stream, protocolIdentifier: message.protocolIdentifier,
                    bytes: message.bytes))
        }
    }

    // MARK: Acknowledgements

    private mutating func receiveAcknowledgement(_ ack: borrowing SCTPSelectiveAck) {
        guard state.sendsData else { return }
        guard let result = outbound.acknowledge(ack, now: now) else { return }
        acknowledged(result)
    }

    mutating func acknowledged(_ result: Outbound.Acknowledgement) {
        if let roundTrip = result.roundTrip { timeout.measure(roundTrip) }
        if result.bytes > 0 || result.movedCumulative {
            failures = 0
            timeout.endBackoff()
        }
        if outbound.chunks.isEmpty {
            timers.cancel(.retransmission)
            armHeartbeat()
        } else if result.movedCumulative {
            timers.arm(.retransmission, at: now + timeout.current)
        }
        pending.remove(.forwardTSN)
        if outbound.needsForwardTSN { pending.insert(.forwardTSN) }
    }

    // MARK: Heartbeats and errors

    private mutating func receiveHeartbeat(_ value: RawSpan) {
        // What does not fit into a packet of ours beside its headers is not returned.
        guard state.acceptsData, value.byteCount <= Self.maximumPacketSize / 2 else { return }
        heartbeatEcho = value.withUnsafeBytes { Array($0) }
        pending.insert(.heartbeatAck)
    }

    private mutating func receiveHeartbeatAck(_ value: RawSpan) {
        guard let sentAt = heartbeatSentAt else { return }
        var reader = ByteReader(value)
        reader.skip(4)
        guard reader.readUInt64() == UInt64(bitPattern: sentAt.nanoseconds), !reader.failed else { return }
        heartbeatSentAt = nil
        failures = 0
        timeout.measure(now - sentAt)
        armHeartbeat()
    }

    private mutating func report(_ chunk: SCTPChunk, in packet: RawSpan) {
        let start = chunk.value.lowerBound - SCTPChunk.headerByteCount
        let end = min(chunk.value.upperBound, start + Self.reportedByteCount)
        unknownChunk = packet.extracting(start..<end).withUnsafeBytes { Array($0) }
        pending.insert(.error)
    }

    /// The first error cause of an ABORT, in words (RFC 9260 section 3.3.10).
    private static func cause(in value: RawSpan) -> String {
        var causes = SCTPParameterReader(value)
        guard let cause = try? causes.next() else { return "no cause given" }
        guard cause.type == userInitiatedAbortCause else { return "cause \(cause.type)" }
        return causes.value(of: cause).withUnsafeBytes { String(decoding: $0.prefix(128), as: UTF8.self) }
    }
}
