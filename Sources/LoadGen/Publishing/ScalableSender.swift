import Media
import Primitives
import RTC
import WireFormats

/// Sends VP9 from a clip: all spatial layers of a picture in one stream, described so that a server can take some out.
///
/// livekit-client treats such a stream as a whole: it sends all layers as long as anybody wants any, and nothing else
/// (`setPublishingLayersForSender`). Layers are left out, from the highest on, only when they cannot be afforded.
final class ScalableSender: VideoSender {
    /// A layer frame that was sent and may have to be sent again.
    private struct Sent {
        var frame: Int
        var spatial: Int
        var captured: Instant
        var description: LayerFrameDescriber.Description
    }

    /// Layer frames that are remembered: of three layers at 30 pictures a second almost three seconds, as packets may
    /// wait two in the pacer and are asked for again later.
    private static let historyCapacity = 256

    let section: Int
    private let clip: VideoClip
    private var playhead: VideoPlayhead
    private var describer: LayerFrameDescriber
    private var history: [Sent?] = Array(repeating: nil, count: historyCapacity)
    private var isWanted = true
    private var affordable: Int
    private var keyFrameAt = Instant(nanoseconds: .min / 2)
    private var isRunning = false

    /// Prepares a sender; nothing is due before `start`.
    ///
    /// - Parameter mode: How the clip is divided.
    init(
        section: Int, clip: VideoClip, mode: ScalabilityMode, generator: inout SeededGenerator, start: Instant
    ) {
        self.section = section
        self.clip = clip
        affordable = clip.layers.count
        rates = clip.layers.map(\.rate)
        playhead = VideoPlayhead(
            layer: clip.layers[0], start: start,
            timestampOffset: UInt32(truncatingIfNeeded: generator.next()), pictureID: 0)
        describer = LayerFrameDescriber(
            mode: mode,
            sizes: clip.layers.map { (width: $0.specification.width, height: $0.specification.height) },
            pictureID: UInt16(truncatingIfNeeded: generator.next()))
    }

    let rates: [Bitrate]

    var wantedLayers: UInt8 { isRunning && isWanted ? UInt8(1 << clip.layers.count - 1) : 0 }

    var sentLayers: UInt8 { UInt8(1 << activeCount - 1) }

    var deadline: Instant? { activeCount > 0 ? playhead.nextDue : nil }

    /// How many spatial layers are sent, from the lowest on.
    private var activeCount: Int { isRunning && isWanted ? min(affordable, clip.layers.count) : 0 }

    func start(now: Instant) { change(now: now) { isRunning = true } }

    func stop() { isRunning = false }

    func setWanted(_ qualities: UInt8, now: Instant) { change(now: now) { isWanted = qualities & 7 != 0 } }

    func setAffordable(_ layers: Int, now: Instant) { change(now: now) { affordable = layers } }

    /// With every layer that comes back all begin with a key picture, as it depends on those below.
    private func change(now: Instant, _ body: () -> Void) {
        let before = activeCount
        body()
        guard activeCount > before else { return }
        if before == 0 { playhead.resume(at: now) } else { playhead.requestKeyFrame() }
    }

    func requestKeyFrame(layer: Int, now: Instant) {
        guard now - keyFrameAt >= keyFrameAnswerInterval else { return }
        keyFrameAt = now
        playhead.requestKeyFrame()
    }

    func tick(
        peer: PeerConnection, payloadType: UInt8, wallClock: WallClockOrigin, now: Instant,
        into outbox: inout Outbox
    ) -> Interval {
        let active = activeCount
        guard active > 0 else { return .zero }
        var lateness = Interval.zero
        while playhead.nextDue <= now {
            let capture = playhead.next()
            lateness = max(lateness, now - capture.instant)
            for spatial in 0..<active {
                let description = describer.describe(
                    spatial: spatial, position: capture.frame, active: active)
                let sent = Sent(
                    frame: capture.frame, spatial: spatial, captured: capture.instant,
                    description: description)
                let number = description.dependency.frameNumber
                history[Int(number) % Self.historyCapacity] = sent
                let packetCount = clip.layers[spatial].frame(capture.frame).packetCount
                for packet in 0..<packetCount {
                    let marker = description.isLastOfPicture && packet == packetCount - 1
                    let paced = PacedPacket(
                        section: section, layer: 0, payloadType: payloadType, marker: marker,
                        timestamp: capture.timestamp, token: UInt64(number) << 16 | UInt64(packet))
                    if peer.isAdaptive {
                        let size = clip.layers[spatial].payloadByteCount(ofFrame: capture.frame)
                        _ = peer.pace(paced, byteCount: size, now: now)
                    } else {
                        send(paced, peer: peer, wallClock: wallClock, now: now, into: &outbox)
                    }
                }
            }
            describer.endPicture()
        }
        return lateness
    }

    func send(
        _ packet: PacedPacket, peer: PeerConnection, wallClock: WallClockOrigin, now: Instant,
        into outbox: inout Outbox
    ) {
        guard let sent = layerFrame(of: packet.token) else { return }
        write(sent, packet: Int(packet.token & 0xffff), wallClock: wallClock) { descriptor, payload in
            _ = peer.send(
                section: section, layer: 0, payloadType: packet.payloadType, timestamp: packet.timestamp,
                marker: packet.marker, sequenceNumber: nil, token: packet.token, audioLevel: nil,
                dependencyDescriptor: descriptor, now: now, into: &outbox, writing: payload)
        }
    }

    func retransmit(
        _ request: Retransmission, peer: PeerConnection, wallClock: WallClockOrigin, now: Instant,
        into outbox: inout Outbox
    ) {
        guard let sent = layerFrame(of: request.token) else { return }
        write(sent, packet: Int(request.token & 0xffff), wallClock: wallClock) { descriptor, payload in
            peer.retransmit(
                request, dependencyDescriptor: descriptor, now: now, into: &outbox, writing: payload)
        }
    }

    /// The layer frame that a packet belongs to, as long as it is remembered.
    private func layerFrame(of token: UInt64) -> Sent? {
        let number = UInt16(truncatingIfNeeded: token >> 16)
        guard let sent = history[Int(number) % Self.historyCapacity],
            sent.description.dependency.frameNumber == number,
            Int(token & 0xffff) < clip.layers[sent.spatial].frame(sent.frame).packetCount
        else { return nil }
        return sent
    }

    /// Gives `body` the dependency descriptor of a packet and what writes its payload.
    private func write(
        _ sent: Sent, packet: Int, wallClock: WallClockOrigin,
        _ body: (UnsafeRawBufferPointer, (UnsafeMutableRawBufferPointer) -> Int) -> Void
    ) {
        let encoded = clip.layers[sent.spatial]
        let microseconds = UInt64(clamping: wallClock.unixNanoseconds(at: sent.captured) / 1000)
        let tag = encoded.tag(frame: sent.frame, captureMicroseconds: microseconds)
        var dependency = sent.description.dependency
        dependency.isStartOfFrame = packet == 0
        dependency.isEndOfFrame = packet == encoded.frame(sent.frame).packetCount - 1
        if packet > 0 { dependency.structure = nil }
        withUnsafeTemporaryAllocation(byteCount: DependencyDescriptor.maximumByteCount, alignment: 8) {
            room in
            let count = dependency.write(known: describer.structure, into: room)
            body(UnsafeRawBufferPointer(rebasing: room[..<count])) { buffer in
                encoded.writePacket(
                    frame: sent.frame, packet: packet, description: sent.description.payload, tag: tag,
                    into: buffer)
            }
        }
    }
}
