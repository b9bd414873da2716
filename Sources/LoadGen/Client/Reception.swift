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
    var audio: [AudioReceptionMeter] = []
    var video: [VideoReceptionMeter] = []
    /// Stream of each video meter.
    private var streamOfVideo: [Int] = []
    private var isShown: [Bool] = []
    private var keyFrameAsked: [Instant?] = []

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
        routes[stream] = Route(
            section: inbound.section, isVideo: isVideo, meter: isVideo ? video.count : audio.count,
            track: Self.track(of: section, signal: signal))
        if isVideo {
            video.append(VideoReceptionMeter())
            streamOfVideo.append(stream)
            isShown.append(true)
            keyFrameAsked.append(nil)
        } else {
            audio.append(AudioReceptionMeter())
        }
    }

    /// Names may have come with an answer.
    mutating func refresh(sections: [MediaSection], signal: SignalClient) {
        for index in routes.indices {
            guard let section = routes[index]?.section, section < sections.count else { continue }
            routes[index]?.track = Self.track(of: sections[section], signal: signal)
        }
    }

    /// Pictures out of sight, or of cameras that were turned off, cannot freeze.
    mutating func update(shown layout: LayoutState, now: Instant) {
        for route in routes {
            guard let route, route.isVideo, let track = route.track else { continue }
            let shown = layout.isShown(track)
            if isShown[route.meter], !shown { video[route.meter].pause() }
            isShown[route.meter] = shown
        }
    }

    /// Notes a packet of a video meter, and when a key frame has to be asked for.
    mutating func noteVideo(meter: Int, now: Instant) {
        guard video[meter].isWaitingForKeyFrame, isShown[meter] else {
            keyFrameAsked[meter] = nil
            return
        }
        // The first packet starts the wait; asking begins when no key frame has come by then.
        if keyFrameAsked[meter] == nil {
            keyFrameAsked[meter] = now
            keyFrameDeadline = earliest(keyFrameDeadline, now + Self.keyFrameInterval)
        }
    }

    /// The streams that need a key frame now.
    mutating func takeKeyFrameRequests(now: Instant) -> [Int] {
        guard let due = keyFrameDeadline, now >= due else { return [] }
        keyFrameDeadline = nil
        var streams: [Int] = []
        for meter in video.indices {
            guard let asked = keyFrameAsked[meter], isShown[meter], video[meter].isWaitingForKeyFrame else { continue }
            if now - asked >= Self.keyFrameInterval {
                keyFrameAsked[meter] = now
                streams.append(streamOfVideo[meter])
            }
            keyFrameDeadline = earliest(keyFrameDeadline, (keyFrameAsked[meter] ?? now) + Self.keyFrameInterval)
        }
        return streams
    }

    private static func track(of section: MediaSection, signal: SignalClient) -> String? {
        signal.trackID(mid: section.mid, msid: section.remoteTrack.map { "\($0.streamID) \($0.trackID)" })
    }
}
