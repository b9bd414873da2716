import Media
import Primitives
import RTC
import WireFormats

/// Sends VP8 from a clip: every layer as a stream of its own, at its own rate, each frame at its planned instant.
final class SimulcastSender: VideoSender {
    let section: Int
    private let clip: VideoClip
    private var playheads: [VideoPlayhead] = []
    private let timestampOffsets: [UInt32]
    private var isWanted: [Bool]
    private var affordable: Int
    private var keyFrameAt: [Instant]
    private var isRunning = false

    /// Prepares a sender; nothing is due before `start`.
    init(section: Int, clip: VideoClip, generator: inout SeededGenerator, start: Instant) {
        self.section = section
        self.clip = clip
        rates = clip.layers.map(\.rate)
        timestampOffsets = clip.layers.map { _ in UInt32(truncatingIfNeeded: generator.next()) }
        isWanted = Array(repeating: true, count: clip.layers.count)
        affordable = clip.layers.count
        keyFrameAt = Array(repeating: Instant(nanoseconds: .min / 2), count: clip.layers.count)
        for (layer, offset) in zip(clip.layers, timestampOffsets) {
            playheads.append(
                VideoPlayhead(
                    layer: layer, start: start, timestampOffset: offset,
                    pictureID: UInt16(truncatingIfNeeded: generator.next()) & 0x7fff))
        }
    }

    let rates: [Bitrate]

    var wantedLayers: UInt8 {
        guard isRunning else { return 0 }
        return isWanted.indices.reduce(0) { isWanted[$1] ? $0 | 1 << UInt8($1) : $0 }
    }

    var sentLayers: UInt8 {
        playheads.indices.reduce(0) { isSent($1) ? $0 | 1 << UInt8($1) : $0 }
    }

    var deadline: Instant? {
        guard isRunning else { return nil }
        var soonest: Instant?
        for layer in playheads.indices where isSent(layer) {
            soonest = earliest(soonest, playheads[layer].nextDue)
        }
        return soonest
    }

    private func isSent(_ layer: Int) -> Bool { isRunning && isWanted[layer] && layer < affordable }

    func start(now: Instant) {
        guard !isRunning else { return }
        isRunning = true
        for layer in playheads.indices { playheads[layer].resume(at: now) }
    }

    func stop() { isRunning = false }

    func setWanted(_ qualities: UInt8, now: Instant) {
        change(now: now) {
            for layer in isWanted.indices { isWanted[layer] = qualities >> UInt8(layer) & 1 == 1 }
        }
    }

    func setAffordable(_ layers: Int, now: Instant) {
        change(now: now) { affordable = layers }
    }

    /// Lets layers that come back start with a key frame.
    private func change(now: Instant, _ body: () -> Void) {
        let before = sentLayers
        body()
        for layer in playheads.indices where isSent(layer) && before >> UInt8(layer) & 1 == 0 {
            playheads[layer].resume(at: now)
        }
    }

    func requestKeyFrame(layer: Int, now: Instant) {
        guard layer < playheads.count, now - keyFrameAt[layer] >= keyFrameAnswerInterval else { return }
        keyFrameAt[layer] = now
        playheads[layer].requestKeyFrame()
    }

    func tick(
        peer: PeerConnection, payloadType: UInt8, wallClock: WallClockOrigin, now: Instant,
        into outbox: inout Outbox
    ) -> Interval {
        guard isRunning else { return .zero }
        var lateness = Interval.zero
        for layer in playheads.indices where isSent(layer) {
            while playheads[layer].nextDue <= now {
                let capture = playheads[layer].next()
                lateness = max(lateness, now - capture.instant)
                send(
                    capture, layer: layer, peer: peer, payloadType: payloadType, wallClock: wallClock,
                    now: now, into: &outbox)
            }
        }
        return lateness
    }

    private func send(
        _ capture: VideoPlayhead.Capture, layer: Int, peer: PeerConnection, payloadType: UInt8,
        wallClock: WallClockOrigin, now: Instant, into outbox: inout Outbox
    ) {
        let packetCount = clip.layers[layer].frame(capture.frame).packetCount
        for packet in 0..<packetCount {
            let token = SimulcastToken(
                layer: layer, frame: capture.frame, packet: packet, pictureID: capture.pictureID)
            let paced = PacedPacket(
                section: section, layer: layer, payloadType: payloadType, marker: packet == packetCount - 1,
                timestamp: capture.timestamp, token: token.raw)
            if peer.isAdaptive {
                let size = clip.layers[layer].payloadByteCount(ofFrame: capture.frame)
                _ = peer.pace(paced, byteCount: size, now: now)
            } else {
                send(
                    paced, token, captured: capture.instant, peer: peer, wallClock: wallClock, now: now,
                    into: &outbox)
            }
        }
    }

    func send(
        _ packet: PacedPacket, peer: PeerConnection, wallClock: WallClockOrigin, now: Instant,
        into outbox: inout Outbox
    ) {
        let token = SimulcastToken(packet.token)
        send(
            packet, token, captured: captureInstant(of: packet.timestamp, layer: token.layer, now: now),
            peer: peer, wallClock: wallClock, now: now, into: &outbox)
    }

    private func send(
        _ packet: PacedPacket, _ token: SimulcastToken, captured: Instant, peer: PeerConnection,
        wallClock: WallClockOrigin, now: Instant, into outbox: inout Outbox
    ) {
        let encoded = clip.layers[token.layer]
        let microseconds = UInt64(clamping: wallClock.unixNanoseconds(at: captured) / 1000)
        let tag = encoded.tag(frame: token.frame, captureMicroseconds: microseconds)
        _ = peer.send(
            section: section, layer: packet.layer, payloadType: packet.payloadType,
            timestamp: packet.timestamp, marker: packet.marker, sequenceNumber: nil, token: packet.token,
            audioLevel: nil, now: now, into: &outbox
        ) { buffer in
            encoded.writePacket(
                frame: token.frame, packet: token.packet, pictureID: token.pictureID, tag: tag, into: buffer)
        }
    }

    /// When a picture was captured follows from its timestamp: both run on one clock.
    private func captureInstant(of timestamp: UInt32, layer: Int, now: Instant) -> Instant {
        let ticksAgo = VideoPlayhead.timestamp(at: now, offset: timestampOffsets[layer]) &- timestamp
        return now - .nanoseconds(Int64(ticksAgo) * 100_000 / 9)
    }

    func retransmit(
        _ request: Retransmission, peer: PeerConnection, wallClock: WallClockOrigin, now: Instant,
        into outbox: inout Outbox
    ) {
        let token = SimulcastToken(request.token)
        guard token.layer < clip.layers.count else { return }
        let encoded = clip.layers[token.layer]
        guard token.frame < encoded.frameCount, token.packet < encoded.frame(token.frame).packetCount else {
            return
        }
        let captured = captureInstant(of: request.timestamp, layer: token.layer, now: now)
        let tag = encoded.tag(
            frame: token.frame,
            captureMicroseconds: UInt64(clamping: wallClock.unixNanoseconds(at: captured) / 1000))
        peer.retransmit(request, now: now, into: &outbox) { buffer in
            encoded.writePacket(
                frame: token.frame, packet: token.packet, pictureID: token.pictureID, tag: tag, into: buffer)
        }
    }
}

/// Names one packet of a clip in the sender's history.
private struct SimulcastToken {
    var layer: Int
    var frame: Int
    var packet: Int
    var pictureID: UInt16

    init(layer: Int, frame: Int, packet: Int, pictureID: UInt16) {
        self.layer = layer
        self.frame = frame
        self.packet = packet
        self.pictureID = pictureID
    }

    init(_ raw: UInt64) {
        layer = Int(raw >> 56)
        frame = Int(raw >> 32 & 0xffff)
        packet = Int(raw >> 16 & 0xffff)
        pictureID = UInt16(truncatingIfNeeded: raw)
    }

    var raw: UInt64 {
        UInt64(layer) << 56 | UInt64(frame & 0xffff) << 32 | UInt64(packet & 0xffff) << 16 | UInt64(pictureID)
    }
}
