import Primitives
import WireFormats

/// Received media.
extension PeerConnection {
    /// Authenticates, decrypts and assigns an RTP packet.
    func receiveRTP(_ datagram: UnsafeMutableRawBufferPointer, now: Instant) -> Inbound {
        guard var header = RTPHeader.parse(UnsafeRawBufferPointer(datagram).bytes) else {
            statistics.malformedRTPCount += 1
            return .none
        }
        var target = sources.find(header.ssrc)
        if target == nil, unassigned.isHopeless(header.ssrc) {
            statistics.ignoredSourceCount += 1
            return .none
        }
        guard let count = unprotect(datagram, header) else { return .none }
        let packet = UnsafeRawBufferPointer(rebasing: datagram[..<count])
        guard header.removePadding(in: packet.bytes) else {
            statistics.malformedRTPCount += 1
            return .none
        }
        let extensions = RTPHeaderExtensions(packet: packet.bytes, header: header, map: extensionMap)
        if let number = extensions.transportSequenceNumber { arrivals?.receive(number, now: now) }
        if target == nil { target = assign(header, extensions) }
        guard let target else {
            unassigned.note(header.ssrc)
            statistics.unassignedCount += 1
            return .none
        }
        if remoteEstimator != nil {
            estimate(extensions, byteCount: count - header.payloadOffset, stream: target.stream, now: now)
        }
        if target.isRepair, !unwrap(&header, packet, stream: target.stream) { return .none }
        return deliver(header, extensions, target, now: now)
    }

    private func unprotect(_ datagram: UnsafeMutableRawBufferPointer, _ header: RTPHeader) -> Int? {
        let result = srtp?.unprotectRTP(
            datagram, headerLength: header.payloadOffset, ssrc: header.ssrc,
            sequenceNumber: header.sequenceNumber)
        switch result {
        case .ok(let count, _): return count
        case .replay:
            statistics.replayCount += 1
            // A network that doubles datagrams shows here and nowhere else.
            if let target = sources.find(header.ssrc), !target.isRepair {
                receiveStreams[target.stream].receiver.noteReplay()
            }
        case .unauthentic: statistics.unauthenticCount += 1
        case nil: statistics.earlyCount += 1
        }
        return nil
    }

    /// Turns the header of a retransmission into that of the packet inside; false if there is none.
    private func unwrap(_ header: inout RTPHeader, _ packet: UnsafeRawBufferPointer, stream: Int) -> Bool {
        guard case .retransmission(let payloadType) = payloadTypes[header.payloadType] else {
            statistics.unknownPayloadTypeCount += 1
            return false
        }
        let original = RTXPayload.originalHeader(
            of: header, in: packet.bytes, ssrc: receiveStreams[stream].ssrc, payloadType: payloadType)
        guard let original else {
            receiveStreams[stream].paddingRepairCount += 1
            return false
        }
        header = original
        return true
    }

    private func deliver(
        _ header: RTPHeader, _ extensions: RTPHeaderExtensions, _ target: SourceTable.Target, now: Instant
    ) -> Inbound {
        guard case .codec(let codec) = payloadTypes[header.payloadType] else {
            statistics.unknownPayloadTypeCount += 1
            return .none
        }
        let stream = receiveStreams[target.stream]
        let arrival = stream.receiver.receive(header, isRepair: target.isRepair, now: now)
        feedbackTimes.noteArrival(
            missing: stream.receiver.deadline, reportInterval: configuration.receiverReportInterval, now: now)
        switch arrival.kind {
        case .outside, .implausible:
            statistics.implausibleCount += 1
            return .none
        case .new, .reordered, .recovered, .duplicate, .tooLate: break
        }
        // Padding keeps the numbers going and holds nothing.
        guard header.payloadCount > 0 else { return .none }
        return .media(
            InboundPacket(
                stream: target.stream, section: stream.section, layer: stream.layer, header: header,
                extendedSequence: arrival.extendedSequence, payloadOffset: header.payloadOffset,
                payloadCount: header.payloadCount, isRepair: target.isRepair || arrival.kind == .recovered,
                isDuplicate: !arrival.isUnique, audioLevel: extensions.audioLevel?.level, codec: codec.codec,
                dependencyDescriptor: extensions.dependencyDescriptor))
    }

    /// Finds out where an authentic packet of a new source belongs (RFC 9143 section 9.2).
    ///
    /// First by `a=ssrc`, as the genuine server sends no mid; then by mid and rid; then by a payload type
    /// that only one section with a track of unknown source can mean.
    private func assign(_ header: RTPHeader, _ extensions: RTPHeaderExtensions) -> SourceTable.Target? {
        if let declared = declaredTarget(header) { return declared }
        if let repaired = extensions.repairedRid { return repairTarget(header, extensions.mid, repaired) }
        if extensions.mid != nil || extensions.rid != nil {
            return identifiedTarget(header, mid: extensions.mid, rid: extensions.rid)
        }
        return onlyPossibleTarget(header)
    }

    private func declaredTarget(_ header: RTPHeader) -> SourceTable.Target? {
        for index in negotiator.sections.indices {
            for (layer, source) in negotiator.sections[index].remoteSources.enumerated() {
                if source.ssrc == header.ssrc {
                    return start(header, section: index, layer: layer, rtxSSRC: source.rtxSSRC)
                }
                // The retransmission came first: there is nothing yet that it could repair.
                if source.rtxSSRC == header.ssrc { return nil }
            }
        }
        return nil
    }

    private func identifiedTarget(
        _ header: RTPHeader, mid: RTPIdentifier?, rid: RTPIdentifier?
    ) -> SourceTable.Target? {
        guard let section = section(mid: mid, rid: rid) else { return nil }
        if case .retransmission = payloadTypes[header.payloadType] {
            // Without rrid a retransmission can only repair the section's one stream.
            guard rids[section].isEmpty, let stream = activeStream(section: section, layer: 0) else {
                return nil
            }
            return attachRepair(header.ssrc, to: stream)
        }
        var layer = 0
        if !rids[section].isEmpty {
            guard let rid, let index = rids[section].firstIndex(of: rid) else { return nil }
            layer = index
        }
        return start(header, section: section, layer: layer, rtxSSRC: nil)
    }

    private func repairTarget(
        _ header: RTPHeader, _ mid: RTPIdentifier?, _ repaired: RTPIdentifier
    ) -> SourceTable.Target? {
        guard let section = section(mid: mid, rid: repaired),
            let layer = rids[section].firstIndex(of: repaired),
            let stream = activeStream(section: section, layer: layer)
        else { return nil }
        return attachRepair(header.ssrc, to: stream)
    }

    private func onlyPossibleTarget(_ header: RTPHeader) -> SourceTable.Target? {
        guard case .codec(let codec) = payloadTypes[header.payloadType] else { return nil }
        var found: Int?
        for (index, section) in negotiator.sections.enumerated() {
            guard section.remoteTrack != nil, section.remoteSources.isEmpty, section.remoteRIDs.isEmpty,
                section.codecs.contains(codec), activeStream(section: index, layer: 0) == nil
            else { continue }
            guard found == nil else { return nil }
            found = index
        }
        return found.flatMap { start(header, section: $0, layer: 0, rtxSSRC: nil) }
    }

    /// The section that a mid names, or else the only one that has a rid.
    private func section(mid: RTPIdentifier?, rid: RTPIdentifier?) -> Int? {
        var found: Int?
        for index in mids.indices where negotiator.sections[index].remoteDirection.sends {
            if let mid {
                if mids[index] == mid { return index }
            } else if let rid, rids[index].contains(rid) {
                guard found == nil else { return nil }
                found = index
            }
        }
        return found
    }

    private func activeStream(section: Int, layer: Int) -> Int? {
        receiveStreams.firstIndex { $0.isActive && $0.section == section && $0.layer == layer }
    }

    private func attachRepair(_ ssrc: UInt32, to stream: Int) -> SourceTable.Target {
        receiveStreams[stream].rtxSSRC = ssrc
        sources.assign(ssrc, to: stream, isRepair: true)
        return SourceTable.Target(stream: stream, isRepair: true)
    }

    /// Starts the stream of a new source; one that was in its place has ended.
    private func start(_ header: RTPHeader, section: Int, layer: Int, rtxSSRC: UInt32?) -> SourceTable.Target?
    {
        guard case .codec(let codec) = payloadTypes[header.payloadType] else { return nil }
        if let previous = activeStream(section: section, layer: layer) { endStream(previous) }
        let index = receiveStreams.count
        receiveStreams.append(
            InboundStream(section: section, layer: layer, ssrc: header.ssrc, rtxSSRC: rtxSSRC, codec: codec))
        sources.assign(header.ssrc, to: index, isRepair: false)
        if let rtxSSRC { sources.assign(rtxSSRC, to: index, isRepair: true) }
        emit(.streamAdded(index))
        return SourceTable.Target(stream: index, isRepair: false)
    }
}
