public import Primitives
import WireFormats

/// Media that we send.
extension PeerConnection {
    /// From which level in −dBov on we call audio speech; receivers take the flag for a hint (RFC 6464
    /// section 3).
    private static let speechThreshold: UInt8 = 50

    /// Sends one RTP packet of a layer of our track in a section.
    ///
    /// - Parameters:
    ///   - sequenceNumber: The packet's number; nil takes the stream's next one. A forwarder sets its own.
    ///   - token: What leads back to the payload if the peer asks for it again (`nextRetransmission`).
    ///   - audioLevel: Level of the audio in −dBov (RFC 6464), if there is one to tell.
    ///   - dependencyDescriptor: The bytes of a dependency descriptor, which go along if the peer takes them.
    ///   - writing: Writes the payload into the buffer it gets, and returns its size; 0 sends nothing.
    /// - Returns: Whether the packet is in the outbox. False as well before the connection is up, and for
    ///   layers that the peer did not accept.
    public func send(
        section: Int, layer: Int, payloadType: UInt8, timestamp: UInt32, marker: Bool,
        sequenceNumber: UInt16?,
        token: UInt64, audioLevel: UInt8?,
        dependencyDescriptor: UnsafeRawBufferPointer = .init(start: nil, count: 0),
        now: Instant, into outbox: inout Outbox,
        writing: (UnsafeMutableRawBufferPointer) -> Int
    ) -> Bool {
        guard phase == .connected, let pair = ice.selectedPair, let index = streamIndex(section, layer) else {
            return false
        }
        let first = outbox.entries.count
        defer { wrapRelayed(from: first, now: now, into: &outbox) }
        let sender = sendStreams[index].sender
        let number = sequenceNumber ?? sender.nextSequenceNumber
        var extensions = RTPHeaderExtensions()
        if !sendStreams[index].isIdentified {
            extensions.mid = sendStreams[index].mid
            extensions.rid = sendStreams[index].rid
        }
        if let audioLevel {
            extensions.audioLevel = .init(level: audioLevel, isVoice: audioLevel < Self.speechThreshold)
        }
        var payloadCount = 0
        var byteCount = 0
        outbox.append(from: pair.socket, to: pair.remote) { buffer in
            byteCount = compose(
                buffer, section: section, payloadType: payloadType, marker: marker, sequenceNumber: number,
                timestamp: timestamp, ssrc: sender.ssrc, extensions: &extensions,
                dependencyDescriptor: dependencyDescriptor, now: now
            ) { room in
                payloadCount = writing(room)
                return payloadCount
            }
            return byteCount
        }
        guard byteCount > 0 else { return false }
        sender.recordSent(
            SentPacket(
                token: token, sequenceNumber: number, timestamp: timestamp, marker: marker,
                payloadType: payloadType, sentAt: now),
            payloadByteCount: payloadCount)
        sendStreams[index].lastSentAt = now
        noteSent(now: now)
        return true
    }

    /// Sends a packet again, by RTX if that was negotiated, else as it was.
    ///
    /// - Parameters:
    ///   - dependencyDescriptor: The bytes of the descriptor that was sent with the packet, or an empty buffer.
    ///   - writing: Writes the same payload that was sent with the packet's token; 0 sends nothing.
    public func retransmit(
        _ packet: Retransmission, dependencyDescriptor: UnsafeRawBufferPointer = .init(start: nil, count: 0),
        now: Instant, into outbox: inout Outbox,
        writing: (UnsafeMutableRawBufferPointer) -> Int
    ) {
        guard phase == .connected, let pair = ice.selectedPair,
            let index = streamIndex(packet.section, packet.layer)
        else { return }
        let first = outbox.entries.count
        defer { wrapRelayed(from: first, now: now, into: &outbox) }
        let stream = sendStreams[index]
        // Where no RTX was negotiated the packet itself is repeated, as libwebrtc does it (RFC 4588 section
        // 5.3).
        let rtx = stream.sender.retransmissionSSRC.flatMap { ssrc in
            stream.rtxPayloadType(for: packet.payloadType).map { (ssrc: ssrc, payloadType: $0) }
        }
        var extensions = RTPHeaderExtensions()
        if rtx == nil, !stream.isIdentified {
            extensions.mid = stream.mid
            extensions.rid = stream.rid
        } else if rtx != nil, !stream.isRTXIdentified {
            extensions.mid = stream.mid
            extensions.repairedRid = stream.rid
        }
        let number = rtx == nil ? packet.sequenceNumber : stream.sender.nextRetransmissionSequenceNumber
        var payloadCount = 0
        var byteCount = 0
        outbox.append(from: pair.socket, to: pair.remote) { buffer in
            byteCount = compose(
                buffer, section: packet.section, payloadType: rtx?.payloadType ?? packet.payloadType,
                marker: packet.marker, sequenceNumber: number, timestamp: packet.timestamp,
                ssrc: rtx?.ssrc ?? stream.ssrc, extensions: &extensions,
                dependencyDescriptor: dependencyDescriptor, now: now
            ) { room in
                var head = 0
                if rtx != nil {
                    head = RTXPayload.write(originalSequenceNumber: packet.sequenceNumber, into: room)
                }
                payloadCount = writing(UnsafeMutableRawBufferPointer(rebasing: room[head...]))
                return payloadCount > 0 ? head + payloadCount : 0
            }
            return byteCount
        }
        guard byteCount > 0 else { return }
        _ = stream.sender.recordResent(
            packet.sequenceNumber, payloadByteCount: payloadCount, isPadding: packet.isPadding, now: now)
    }

    /// The stream of a layer that is sent and that the peer takes.
    func streamIndex(_ section: Int, _ layer: Int) -> Int? {
        guard outboundSections.indices.contains(section), let outbound = outboundSections[section],
            0..<outbound.layerCount ~= layer
        else { return nil }
        return outbound.acceptedLayers & (1 << UInt64(layer)) == 0 ? nil : outbound.firstStream + layer
    }

    /// Writes and protects a packet; returns its length, 0 if it was not made.
    ///
    /// - Parameter isPadding: Whether what is written is padding, which ends in its own length.
    func compose(
        _ buffer: UnsafeMutableRawBufferPointer, section: Int, payloadType: UInt8, marker: Bool,
        sequenceNumber: UInt16, timestamp: UInt32, ssrc: UInt32, isPadding: Bool = false,
        extensions: inout RTPHeaderExtensions,
        dependencyDescriptor: UnsafeRawBufferPointer = .init(start: nil, count: 0), now: Instant,
        writing: (UnsafeMutableRawBufferPointer) -> Int
    ) -> Int {
        guard let outbound = outboundSections[section], let overhead = srtp?.rtpOverhead else { return 0 }
        extensions.absoluteSendTime = AbsoluteSendTime.encode(now)
        if outbound.usesTransportFeedback {
            extensions.transportSequenceNumber = transportFeedback?.nextSequenceNumber
        }
        let headerCount = outbound.header.write(
            marker: marker, payloadType: payloadType, sequenceNumber: sequenceNumber, timestamp: timestamp,
            ssrc: ssrc, extensions: extensions, dependencyDescriptor: dependencyDescriptor, into: buffer)
        guard headerCount > 0 else { return 0 }
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[headerCount..<buffer.count - overhead])
        let payloadCount = writing(room)
        guard payloadCount > 0, payloadCount <= room.count else { return 0 }
        // RFC 3550 section 5.1: the padding bit.
        if isPadding { buffer[0] |= 0x20 }
        let count =
            srtp?.protectRTP(
                buffer, count: headerCount + payloadCount, headerLength: headerCount, ssrc: ssrc,
                sequenceNumber: sequenceNumber) ?? 0
        guard count > 0 else { return 0 }
        noteLeaving(byteCount: count, section: section, ssrc: ssrc, now: now)
        statistics.sentPacketCount += 1
        statistics.sentByteCount += count
        return count
    }
}
