/// Packets and bits per second in one direction.
public struct Traffic: Equatable, Sendable {
    /// Packets per second.
    public var packetsPerSecond: Double
    /// Bits per second on the wire, IP and UDP headers included.
    public var bitsPerSecond: Double

    /// Makes a rate.
    public init(packetsPerSecond: Double, bitsPerSecond: Double) {
        self.packetsPerSecond = packetsPerSecond
        self.bitsPerSecond = bitsPerSecond
    }

    /// No traffic.
    public static let none = Traffic(packetsPerSecond: 0, bitsPerSecond: 0)

    static func + (left: Traffic, right: Traffic) -> Traffic {
        Traffic(
            packetsPerSecond: left.packetsPerSecond + right.packetsPerSecond,
            bitsPerSecond: left.bitsPerSecond + right.bitsPerSecond)
    }

    static func - (left: Traffic, right: Traffic) -> Traffic { left + right * -1 }

    static func * (left: Traffic, factor: Double) -> Traffic {
        Traffic(
            packetsPerSecond: left.packetsPerSecond * factor, bitsPerSecond: left.bitsPerSecond * factor)
    }

    static func * (left: Traffic, factor: Int) -> Traffic { left * Double(factor) }

    static func += (left: inout Traffic, right: Traffic) { left = left + right }
}

/// A layer of the camera: 180, 360 and 720 lines.
enum VideoLayer: Int, CaseIterable, Comparable {
    case low
    case medium
    case high

    static func < (left: VideoLayer, right: VideoLayer) -> Bool { left.rawValue < right.rawValue }

    /// The layer that the server sends for a tile: the lowest that has nine tenths of its height.
    init(forTile height: Int) {
        self = Self.allCases.first { 180 << $0.rawValue >= height * 9 / 10 } ?? .high
    }
}

/// How a picture is sent, as far as its traffic goes.
enum VideoStream {
    /// A camera with simulcast layers: 160 kbit/s and 450 kbit/s at 20 frames/s, 1.7 Mbit/s at 30.
    case simulcast
    /// A camera with layers in one stream, at 30 frames/s.
    case scalable
    /// A shared screen: one layer at 15 frames/s.
    case screen

    /// How a camera is sent; nil if it is not.
    init?(_ camera: Camera) {
        switch camera {
        case .off: return nil
        case .vp8Simulcast: self = .simulcast
        case .vp9SVC: self = .scalable
        }
    }

    /// One layer as it travels.
    func traffic(_ layer: VideoLayer) -> Traffic {
        let (bitrate, frameRate) = rates(layer)
        let packetsPerFrame = (bitrate / frameRate / 8 / TrafficModel.videoPayload).rounded(.up)
        return TrafficModel.packets(packetsPerFrame * frameRate, payloadBits: bitrate)
    }

    /// Everything up to a layer, as a sender sends it when that is the best that anybody looks at; the page sends all
    /// layers of one stream, or none.
    func sent(upTo layer: VideoLayer) -> Traffic {
        switch self {
        case .simulcast: VideoLayer.allCases.filter { $0 <= layer }.reduce(.none) { $0 + traffic($1) }
        case .scalable: VideoLayer.allCases.reduce(.none) { $0 + traffic($1) }
        case .screen: traffic(.high)
        }
    }

    private func rates(_ layer: VideoLayer) -> (bitrate: Double, frameRate: Double) {
        switch (self, layer) {
        case (.simulcast, .low): (160_000, 20)
        case (.simulcast, .medium): (450_000, 20)
        case (.simulcast, .high): (1_700_000, 30)
        case (.scalable, .low): (142_000, 30)
        case (.scalable, .medium): (418_000, 30)
        case (.scalable, .high): (885_000, 30)
        case (.screen, _): (2_500_000, 15)
        }
    }
}

/// What single streams cost on the wire.
enum TrafficModel {
    /// Video payload bytes that a packet carries.
    static let videoPayload = 1150.0
    /// IPv4 20, UDP 8, RTP 12, header extensions 16 and the tag of AEAD_AES_128_GCM 16 bytes.
    static let overhead = 72.0

    /// RTCP of one direction: one compound of feedback each 100 ms.
    static let feedback = packets(10, payloadBits: 10 * 60 * 8)

    /// An Opus microphone at 48 kbit/s that carries speech for the share `activity` of the time.
    static func microphone(activity: Double, red: Bool) -> Traffic {
        // 50 packets/s of speech; in silence DTX leaves one small packet in 400 ms (RFC 6716 section 2.1.9).
        let speech = packets(50, payloadBits: red ? 2 * 48_000 + 50 * 5 * 8 : 48_000)
        let silence = packets(2.5, payloadBits: 2.5 * 8 * 8)
        return speech * activity + silence * (1 - activity)
    }

    /// A data message of some 200 bytes, with the acknowledgement that travels the other way counted as one
    /// more.
    static func messages(perSecond rate: Double) -> Traffic { packets(2 * rate, payloadBits: rate * 300 * 8) }

    static func packets(_ perSecond: Double, payloadBits: Double) -> Traffic {
        Traffic(packetsPerSecond: perSecond, bitsPerSecond: payloadBits + perSecond * overhead * 8)
    }

    /// The mean share of the time in which each of several conversing speakers talks.
    ///
    /// One cycle of the conversational model is a single talk and, 4 times in 10, a double talk, else a
    /// silence: 0.854 + 0.4 * 0.226 + 0.6 * 0.456 = 1.218 s, with 0.854 + 2 * 0.4 * 0.226 = 1.035 s of
    /// somebody's speech.
    static func conversationActivity(speakers: Int) -> Double {
        speakers > 1 ? 1.0348 / 1.218 / Double(speakers) : monologueActivity
    }

    /// The share of the time in which one who talks alone talks: 0.854 / (0.854 + 0.456).
    static let monologueActivity = 0.652
}
