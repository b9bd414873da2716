import Primitives
import WireFormats

extension SCTPAssociation {
    /// Bytes of an unknown chunk that are quoted in an ERROR.
    static let reportedByteCount = 64
    /// Error cause "Unrecognized Chunk Type" (RFC 9260 section 3.3.10.6).
    private static let unrecognizedChunkCause: UInt16 = 6
    /// Error cause "User-Initiated Abort" (RFC 9260 section 3.3.10.12).
    static let userInitiatedAbortCause: UInt16 = 12

    /// Composes the next packet in `buffer`; returns its length, 0 if there is none.
    ///
    /// - Parameter buffer: `maximumPacketSize` bytes at least.
    public mutating func pollTransmit(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        precondition(buffer.count >= Self.maximumPacketSize, "buffer shorter than a packet")
        guard answer != nil || !pending.isEmpty || (state.sendsData && outbound.canSend) else { return 0 }
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Self.maximumPacketSize])
        let count = composeAlone(in: room) ?? composeBundle(in: room)
        if count > 0 { counters.packetsSent += 1 }
        return count
    }

    private func packet(in buffer: UnsafeMutableRawBufferPointer, tag: UInt32) -> SCTPPacketWriter {
        SCTPPacketWriter(
            buffer,
            header: SCTPHeader(sourcePort: Self.port, destinationPort: Self.port, verificationTag: tag))
    }

    /// Composes a packet whose chunk must or may as well be alone; nil if there is none.
    private mutating func composeAlone(in buffer: UnsafeMutableRawBufferPointer) -> Int? {
        if let answer {
            self.answer = nil
            var packet = packet(in: buffer, tag: answer.peer.initiateTag)
            packet.writeInitiate(initiate(tag: answer.localTag), cookie: answer.bytes)
            return packet.finish()
        }
        if pending.remove(.initiate) != nil {
            var packet = packet(in: buffer, tag: 0)
            packet.writeInitiate(initiate(tag: localTag))
            return packet.finish()
        }
        var packet = packet(in: buffer, tag: peerTag)
        if pending.remove(.abort) != nil {
            packet.beginChunk(.abort)
            let reason = Array(abortReason.utf8.prefix(128))
            packet.writeParameter(Self.userInitiatedAbortCause) { $0.write(reason) }
            packet.endChunk()
            return packet.finish()
        }
        if pending.remove(.shutdownComplete) != nil {
            packet.writeEmptyChunk(.shutdownComplete)
            return packet.finish()
        }
        if pending.remove(.cookieEcho) != nil {
            packet.beginChunk(.cookieEcho)
            packet.write { $0.write(cookie) }
            packet.endChunk()
            return packet.finish()
        }
        return nil
    }

    private mutating func composeBundle(in buffer: UnsafeMutableRawBufferPointer) -> Int {
        // Nothing but COOKIE ECHO may leave before the peer has confirmed it (RFC 9260 section 5.1, C).
        guard state != .cookieEchoed, !state.isFinal, peerTag != 0 else { return 0 }
        var packet = packet(in: buffer, tag: peerTag)
        if pending.remove(.cookieAck) != nil { packet.writeEmptyChunk(.cookieAck) }
        writeReports(into: &packet)
        let bundlesAcknowledgement =
            timers.isArmed(.acknowledgement) && state.sendsData && outbound.canSend
        if pending.contains(.acknowledgement) || bundlesAcknowledgement {
            writeAcknowledgement(into: &packet)
        }
        writeResets(into: &packet)
        if pending.remove(.shutdown) != nil {
            packet.beginChunk(.shutdown)
            packet.write { $0.write(tracker.cumulative) }
            packet.endChunk()
        }
        if pending.remove(.shutdownAck) != nil { packet.writeEmptyChunk(.shutdownAck) }
        if state.sendsData { writeData(into: &packet) }
        return packet.finish()
    }

    private mutating func writeReports(into packet: inout SCTPPacketWriter) {
        if pending.remove(.heartbeatAck) != nil {
            packet.beginChunk(.heartbeatAck)
            packet.write { $0.write(heartbeatEcho) }
            packet.endChunk()
            heartbeatEcho = []
        }
        if pending.remove(.heartbeat) != nil, let heartbeatSentAt {
            packet.beginChunk(.heartbeat)
            packet.writeParameter(1) { $0.write(UInt64(bitPattern: heartbeatSentAt.nanoseconds)) }
            packet.endChunk()
        }
        if pending.remove(.error) != nil {
            packet.beginChunk(.error)
            packet.writeParameter(Self.unrecognizedChunkCause) { $0.write(unknownChunk) }
            packet.endChunk()
            unknownChunk = []
        }
    }

    private mutating func writeAcknowledgement(into packet: inout SCTPPacketWriter) {
        pending.remove(.acknowledgement)
        timers.cancel(.acknowledgement)
        unacknowledgedPackets = 0
        let room = max(0, (packet.remaining - SCTPSelectiveAck.headerByteCount) / 4)
        let blockCount = min(tracker.blocks.count, room)
        let duplicateCount = min(tracker.duplicates.count, room - blockCount)
        packet.beginSelectiveAck(
            cumulativeTSN: tracker.cumulative,
            receiverWindow: UInt32(max(0, Self.receiverWindow - reassembler.heldBytes)),
            gapBlockCount: blockCount, duplicateCount: duplicateCount)
        for block in tracker.blocks.prefix(blockCount) {
            packet.writeGapBlock(
                start: UInt16(truncatingIfNeeded: block.first &- tracker.cumulative),
                end: UInt16(truncatingIfNeeded: block.last &- tracker.cumulative))
        }
        for tsn in tracker.duplicates.prefix(duplicateCount) { packet.writeDuplicate(tsn) }
        packet.endChunk()
        tracker.duplicates = []
    }

    private mutating func writeResets(into packet: inout SCTPPacketWriter) {
        let request = pending.remove(.resetRequest) != nil
        let response = pending.remove(.resetResponse) != nil
        guard request || response else { return }
        packet.beginChunk(.reconfigure)
        if response {
            packet.writeReconfiguration(resets.answer)
        }
        if request {
            packet.writeReconfiguration(
                .resetOutgoing(
                    requestSequence: resets.requestSequence, responseSequence: resets.lastPeerRequest,
                    lastTSN: resets.requestLastTSN, streams: resets.requested))
        }
        packet.endChunk()
    }

    private mutating func writeData(into packet: inout SCTPPacketWriter) {
        if pending.remove(.forwardTSN) != nil, outbound.needsForwardTSN {
            outbound.writeForwardTSN(into: &packet)
        }
        let advanced = outbound.advancedTSN
        let count = outbound.write(into: &packet, now: now)
        if outbound.advancedTSN != advanced { pending.insert(.forwardTSN) }
        counters.chunksSent += count
        guard !outbound.chunks.isEmpty else { return }
        // T3 runs whenever something is unacknowledged (RFC 9260 section 6.3.2, R1).
        if !timers.isArmed(.retransmission) { timers.arm(.retransmission, at: now + timeout.current) }
    }
}
