import Primitives
import RTC
import Visio
import WireFormats

/// A track that a participant publishes, with the subscribers it is forwarded to.
final class PublishedTrack {
    /// What everybody is told about the track.
    var info: LiveKitTrackInfo
    /// The publisher.
    unowned let publisher: Session
    /// The codecs it was announced in, the preferred one first.
    var codings: [PublishedCoding]
    /// Whether its codec is still open: the announcement named none, and no offer has shown it yet.
    var isCodecOpen = false
    /// Whether media may flow and subscribers may be told.
    var isLive = false
    /// Where the track goes.
    var downTracks: [DownTrack] = []
    /// Loudness within the current observation window.
    var loudness = Loudness()
    /// Whether everybody now gets the second codec, because somebody cannot take the first.
    var isRegressed = false

    /// A track that was just announced.
    init(info: LiveKitTrackInfo, codings: [PublishedCoding], publisher: Session) {
        self.info = info
        self.codings = codings
        self.publisher = publisher
    }

    /// Audio or video.
    var kind: MediaKind { info.type == .audio ? .audio : .video }
    /// The preferred coding.
    var primary: PublishedCoding { codings[0] }

    /// When hesitation about some layers ends.
    var demandDeadline: Instant? {
        codings.reduce(nil) { earliest($0, $1.demand.deadline) }
    }

    /// The coding that is sent in a section which can take `codecs`: the preferred one that is not given up.
    func coding(for codecs: [NegotiatedCodec], without unusable: Set<String>) -> PublishedCoding? {
        let usable = codings.filter { coding in
            codecs.contains { $0.codec == coding.codec } && !unusable.contains(coding.name)
        }
        return usable.first { !isRegressed || $0 !== primary } ?? usable.first
    }

    /// The quality index of a simulcast layer, by its RTP stream id as LiveKit names them.
    static func quality(ofRID rid: String) -> Int {
        switch rid {
        case "q", "2": 0
        case "h", "1": 1
        default: 2
        }
    }
}

/// A published track in one codec: where it arrives, and how much of it anybody wants.
final class PublishedCoding {
    /// What is sent; RED and Opus are one coding, `.opus`.
    let codec: Codec
    /// The name of the codec without its kind, as quality requests have it.
    let name: String
    /// The id by which the publisher's offer names the track; empty until it is announced for the codec.
    var cid: String
    /// Index of the section in the publisher's peer connection, once the offer carried it.
    var section: Int?
    /// Encodings seen so far: low, medium, high; a scalable stream is one encoding, the first.
    var layers: [UplinkLayer?] = [nil, nil, nil]
    /// The layers inside the one stream of a scalable coding.
    var scalability = ScalableUplink()
    /// Which layers the publisher was last told to send.
    var demand = QualityDemand()

    /// A coding that was just announced.
    init(codec: Codec, name: String, cid: String) {
        self.codec = codec
        self.name = name
        self.cid = cid
    }

    /// How a section that sends it is described.
    func trackCodec(red: Bool) -> OutgoingTrack.TrackCodec {
        switch codec {
        case .vp8: .vp8
        case .vp9: .vp9
        default: .opus(red: red)
        }
    }

    /// Whether its layers come in one stream.
    var isScalable: Bool { codec == .vp9 }

    /// The best layer not above `wanted` that is sending now, or the best of all when none is.
    func bestActive(upTo wanted: Int, now: Instant) -> Int? {
        if isScalable { return layers[0]?.isActive(at: now) == true ? 0 : nil }
        var best: Int?
        for quality in 0...2 {
            guard let layer = layers[quality], layer.isActive(at: now) else { continue }
            if quality <= wanted || best == nil { best = quality }
        }
        return best
    }
}

/// What a section of a publisher carries: a track in one codec.
struct Publication {
    var track: PublishedTrack
    var coding: PublishedCoding
}
