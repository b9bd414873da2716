import Primitives
import Probe
import RTC
import Visio
import WireFormats

/// Everything a participant receives: which stream is whose, and its meters.
struct Reception {
    /// One received stream.
    struct Route {
        /// Section in the peer connection.
        var section: Int
        /// Whether it is video.
        var isVideo: Bool
        /// Position in `audio` or `video`.
        var meter: Int
        /// The track, as far as known.
        var track: String?
    }

    /// By index of the stream in the peer connection.
    var routes: [Route?] = []
    /// One meter for each received microphone.
    var audio: [AudioReceptionMeter] = []
    /// One meter for each received camera.
    var video: [VideoReceptionMeter] = []
    /// One for each video meter.
    private var watches: [Watch] = []

    /// The track of each meter, as far as known.
    private var audioTracks: [String?] = []
    private var videoTracks: [String?] = []

    /// How a video stream is watched.
    private struct Watch {
        /// Its index in the peer connection.
        var stream: Int
        /// Whether its picture is in sight, so that standing still is noticed.
        var isShown = true
        /// Lines of the layer that the server was asked for, and since when.
        var requested: Int?
        var requestedSince = Instant.zero
        /// Since when a key frame is missing, or when it was last asked for; nil while none is missing.
        var missedSince: Instant?
    }

    /// A server has this long to send the layer that it was asked for, before what arrives is held against it: an answer
    /// and a key frame take less than a second, and a publisher may have to be asked first.
    static let layerPatience = Interval.seconds(3)
    /// libwebrtc asks again for a key frame after this long without one.
    static let keyFrameInterval = Interval.milliseconds(200)
    /// When key frames must be asked for next.
    private(set) var keyFrameDeadline: Instant?

    /// Notes a stream that was heard or seen first.
    mutating func add(stream: Int, of peer: PeerConnection, signal: SignalClient) {
        while routes.count <= stream { routes.append(nil) }
        guard routes[stream] == nil else { return }
        let inbound = peer.receiveStreams[stream]
        let section = peer.sections[inbound.section]
        let isVideo = section.kind == .video
        let track = Self.track(of: section, signal: signal)
        let known = meter(of: track, isVideo: isVideo, in: peer)
        let meter = known ?? (isVideo ? video.count : audio.count)
        routes[stream] = Route(section: inbound.section, isVideo: isVideo, meter: meter, track: track)
        switch (isVideo, known) {
        case (true, nil):
            video.append(VideoReceptionMeter())
            videoTracks.append(track)
            watches.append(Watch(stream: stream))
        case (true, let known?):
            video[known].changeSource()
            watches[known].stream = stream
            watches[known].missedSince = nil
        case (false, nil):
            audio.append(AudioReceptionMeter())
            audioTracks.append(track)
        case (false, let known?): audio[known].changeSource()
        }
    }

    /// The meter of a track that came by another stream before, which is no more: it goes on with the new one.
    private func meter(of track: String?, isVideo: Bool, in peer: PeerConnection) -> Int? {
        guard let track, let meter = (isVideo ? videoTracks : audioTracks).lastIndex(of: track) else {
            return nil
        }
        for (stream, route) in routes.enumerated() {
            guard let route, route.isVideo == isVideo, route.meter == meter else { continue }
            if peer.receiveStreams[stream].isActive { return nil }
        }
        return meter
    }

    /// The streams are gone with their connection; the meters wait for the tracks to come by another one.
    mutating func retire() {
        routes = []
        keyFrameDeadline = nil
        for meter in watches.indices { watches[meter].missedSince = nil }
    }

    /// What the streams of a connection counted.
    func packets(of peer: PeerConnection) -> (audio: PacketCounts, video: PacketCounts) {
        var total = (audio: PacketCounts(), video: PacketCounts())
        for (index, route) in routes.enumerated() {
            guard let route else { continue }
            var packets = PacketCounts(peer.receiveStreams[index].receiver)
            if route.isVideo {
                total.video += packets
            } else {
                // What RED brought back is not lost: the playout's own count decides.
                packets.lost = 0
                total.audio += packets
            }
        }
        return total
    }

    /// Names may have come with an answer; a stream that has one keeps it, whatever its section carries later.
    mutating func refresh(sections: [MediaSection], signal: SignalClient) {
        for index in routes.indices where routes[index]?.track == nil {
            guard let section = routes[index]?.section, section < sections.count else { continue }
            let track = Self.track(of: sections[section], signal: signal)
            routes[index]?.track = track
            guard let route = routes[index] else { continue }
            if route.isVideo { videoTracks[route.meter] = track } else { audioTracks[route.meter] = track }
        }
    }

    /// Pictures out of sight, or of cameras that were turned off, cannot freeze.
    mutating func update(shown layout: LayoutState, now: Instant) {
        // A new session has listed nobody yet: until it does, what stands still stands still for the viewer.
        guard !layout.isBlank else { return }
        for meter in watches.indices {
            guard let track = videoTracks[meter] else { continue }
            let isShown = layout.isShown(track)
            let requested = layout.requestedHeight(of: track)
            if watches[meter].requested != requested {
                watches[meter].requested = requested
                watches[meter].requestedSince = now
            }
            if watches[meter].isShown, !isShown { video[meter].pause() }
            watches[meter].isShown = isShown
        }
    }

    /// Whether the picture of a video meter is in sight; what still arrives of others is not looked at.
    func isShown(meter: Int) -> Bool { watches[meter].isShown }

    /// Lines of the layer that a video meter should see by now; nil while that is open.
    func askedHeight(meter: Int, now: Instant) -> Int? {
        let watch = watches[meter]
        return now - watch.requestedSince >= Self.layerPatience ? watch.requested : nil
    }

    /// The tracks of which anything arrived.
    var arrivedTracks: Set<String> { Set((audioTracks + videoTracks).compactMap { $0 }) }

    /// Notes a packet of a video meter, and when a key frame has to be asked for.
    mutating func noteVideo(meter: Int, now: Instant) {
        guard video[meter].isWaitingForKeyFrame, watches[meter].isShown else {
            watches[meter].missedSince = nil
            return
        }
        // The first packet starts the wait; asking begins when no key frame has come by then.
        if watches[meter].missedSince == nil {
            watches[meter].missedSince = now
            keyFrameDeadline = earliest(keyFrameDeadline, now + Self.keyFrameInterval)
        }
    }

    /// The streams that need a key frame now.
    mutating func takeKeyFrameRequests(now: Instant) -> [Int] {
        guard let due = keyFrameDeadline, now >= due else { return [] }
        keyFrameDeadline = nil
        var streams: [Int] = []
        for meter in watches.indices {
            guard var since = watches[meter].missedSince else { continue }
            guard watches[meter].isShown, video[meter].isWaitingForKeyFrame else {
                watches[meter].missedSince = nil
                continue
            }
            if now - since >= Self.keyFrameInterval {
                since = now
                watches[meter].missedSince = now
                streams.append(watches[meter].stream)
            }
            keyFrameDeadline = earliest(keyFrameDeadline, since + Self.keyFrameInterval)
        }
        return streams
    }

    private static func track(of section: MediaSection, signal: SignalClient) -> String? {
        signal.trackID(mid: section.mid, msid: section.remoteTrack.map { "\($0.streamID) \($0.trackID)" })
    }
}
