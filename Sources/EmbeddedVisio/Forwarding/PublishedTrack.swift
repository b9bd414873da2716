import Primitives
import Visio
import WireFormats

/// A track that a participant publishes, with the subscribers it is forwarded to.
final class PublishedTrack {
    /// What everybody is told about the track.
    var info: LiveKitTrackInfo
    /// The id by which the publisher's offer names the track.
    let cid: String
    /// The publisher.
    unowned let publisher: Session
    /// Index of the section in the publisher's peer connection, once the offer carried it.
    var section: Int?
    /// Whether media may flow and subscribers may be told.
    var isLive = false
    /// Encodings seen so far: low, medium, high.
    var layers: [UplinkLayer?] = [nil, nil, nil]
    /// Where the track goes.
    var downTracks: [DownTrack] = []
    /// Which layers the publisher was last told to send.
    var demand = QualityDemand()
    /// Loudness within the current observation window.
    var loudness = Loudness()

    /// A track that was just announced.
    init(info: LiveKitTrackInfo, cid: String, publisher: Session) {
        self.info = info
        self.cid = cid
        self.publisher = publisher
    }

    /// Audio or video.
    var kind: MediaKind { info.type == .audio ? .audio : .video }

    /// The quality index of a simulcast layer, by its RTP stream id as LiveKit names them.
    static func quality(ofRID rid: String) -> Int {
        switch rid {
        case "q", "2": 0
        case "h", "1": 1
        default: 2
        }
    }

    /// The lowest layer that is high enough for a tile: at least 0.9 times the wanted height.
    func quality(forHeight height: Int) -> Int {
        let heights = Self.heights(of: info)
        return heights.firstIndex { Double($0) >= 0.9 * Double(height) } ?? heights.count - 1
    }

    /// The best layer not above `wanted` that is sending now, or the best of all when none is.
    func bestActive(upTo wanted: Int, now: Instant) -> Int? {
        var best: Int?
        for quality in 0...2 {
            guard let layer = layers[quality], layer.isActive(at: now) else { continue }
            if quality <= wanted || best == nil { best = quality }
        }
        return best
    }

    private static func heights(of info: LiveKitTrackInfo) -> [Int] {
        var heights = [180, 360, max(Int(info.height), 540)]
        for layer in info.layers where layer.height > 0 {
            switch layer.quality {
            case .low: heights[0] = Int(layer.height)
            case .medium: heights[1] = Int(layer.height)
            case .high: heights[2] = Int(layer.height)
            default: break
            }
        }
        let count = info.layers.isEmpty ? 3 : min(3, info.layers.count)
        return Array(heights.prefix(count))
    }
}
