import Media
import Primitives
import Probe
import RTC
import Visio
import WireFormats

/// The receiving data path and the cumulative counts that come out of it.
extension SyntheticClient {
    /// Takes one datagram; `delays` gets what it told about delays.
    func receive(
        _ datagram: UnsafeMutableRawBufferPointer, on socket: Int32, from source: SocketAddress, now: Instant,
        delays: inout DelayCollector, into outbox: inout Outbox
    ) {
        guard phase == .signalling || phase == .connected,
            let peer = transports?.owner(of: socket)?.peer, !isSwallowed(socket)
        else { return }
        let first = outbox.entries.count
        defer { swallow(from: first, in: &outbox) }
        let inbound = peer.receive(datagram, on: socket, from: source, now: now, into: &outbox)
        guard case .media(let packet) = inbound else { return pump(now: now, into: &outbox) }
        if packet.stream >= reception.routes.count || reception.routes[packet.stream] == nil {
            receive(stream: packet.stream, of: peer, now: now)
        }
        guard !packet.isDuplicate, let route = reception.routes[packet.stream] else { return }
        let payload = UnsafeRawBufferPointer(
            rebasing: datagram[packet.payloadOffset..<packet.payloadOffset + packet.payloadCount])
        if join[.firstPacket] == nil { join.reach(.firstPacket, after: now - mediaDue) }
        if route.isVideo {
            guard reception.isShown(meter: route.meter) else { return }
            receiveVideo(packet, payload, meter: route.meter, now: now, delays: &delays)
        } else {
            receiveAudio(packet, payload, meter: route.meter, now: now, delays: &delays)
        }
    }

    /// Notes a stream that was heard or seen first; its picture may be out of sight.
    func receive(stream: Int, of peer: PeerConnection, now: Instant) {
        reception.add(stream: stream, of: peer, signal: signal)
        reception.update(shown: layout, now: now)
    }

    private func receiveAudio(
        _ packet: InboundPacket, _ payload: UnsafeRawBufferPointer, meter: Int, now: Instant,
        delays: inout DelayCollector
    ) {
        if join[.firstAudio] == nil { join.reach(.firstAudio, after: now - soundDue) }
        let seen = reception.audio[meter].receive(
            sequence: packet.extendedSequence, timestamp: packet.header.timestamp, payload: payload,
            isRED: packet.codec == .red, now: now, wallClock: environment.wallClock)
        if let seen { delays.audioNetwork.add(microseconds: seen.networkDelayMicroseconds) }
    }

    private func receiveVideo(
        _ packet: InboundPacket, _ payload: UnsafeRawBufferPointer, meter: Int, now: Instant,
        delays: inout DelayCollector
    ) {
        let clips = environment.clips
        let progress = reception.video[meter].receive(
            sequence: packet.extendedSequence, timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            payload: payload, format: packet.codec == .vp9 ? .vp9 : .vp8,
            asked: reception.askedHeight(meter: meter, now: now), now: now, wallClock: environment.wallClock,
            quality: { tag in
                guard let quality = clips.quality(of: tag), let layer = clips.layer(of: tag) else {
                    return nil
                }
                return VideoReceptionMeter.FrameQuality(
                    psnr: quality.psnr, ssim: quality.ssim, height: layer.specification.height)
            },
            onDelay: { delays.video.add(microseconds: $0) })
        if progress.sawKeyFrame, join[.firstKeyFrame] == nil {
            join.reach(.firstKeyFrame, after: now - pictureDue)
        }
        if progress.frames > 0, join[.firstVideo] == nil {
            join.reach(.firstVideo, after: now - pictureDue)
            note(.firstVideo, "sees the first picture", at: now)
        }
        if progress.freezes > 0 { note(.freeze, "a picture froze", at: now) }
        reception.noteVideo(meter: meter, now: now)
    }

    func requestKeyFrames(now: Instant) {
        guard let due = reception.keyFrameDeadline, now >= due, let subscriber else { return }
        for stream in reception.takeKeyFrameRequests(now: now) {
            subscriber.requestKeyFrame(stream: stream, now: now)
        }
    }

    /// Brings the meters up to `now`, or to the end of the call, and returns everything counted since it began.
    func count(now: Instant, delays: inout DelayCollector) -> (audio: AudioCounts, video: VideoCounts) {
        let now = min(now, receptionEnd ?? now)
        var audio = AudioCounts()
        var video = VideoCounts()
        for meter in reception.audio.indices {
            reception.audio[meter].advance(to: now) { delays.audioPlayout.add(microseconds: $0) }
            audio += reception.audio[meter].counts
        }
        for meter in reception.video.indices {
            reception.video[meter].advance(to: now)
            video += reception.video[meter].counts
        }
        audio.packets += retired.audio
        video.packets += retired.video
        if let subscriber {
            let packets = reception.packets(of: subscriber)
            audio.packets += packets.audio
            video.packets += packets.video
        }
        return (audio, video)
    }

    /// Nothing is watched or listened to from now on: what stands still afterwards is no freeze.
    func finishReception(now: Instant) {
        if receptionEnd == nil { receptionEnd = now }
    }
}

extension PacketCounts {
    /// What an RTP stream has counted.
    init(_ stream: ReceiveStream) {
        self.init()
        let statistics = stream.statistics
        expected = UInt64(clamping: stream.expectedCount)
        received = UInt64(clamping: statistics.uniqueCount)
        lostBeforeRepair = UInt64(clamping: statistics.loss.lostBeforeRepair)
        repaired = UInt64(clamping: statistics.loss.repaired)
        lost = UInt64(clamping: statistics.loss.lostAfterRepair)
        duplicates = UInt64(clamping: statistics.duplicateCount)
        reordered = UInt64(clamping: statistics.reorderedCount)
        bytes = UInt64(clamping: statistics.payloadByteCount + statistics.repairPayloadByteCount)
    }
}
