public import Primitives

/// How long each stage of a join took, always from the *intended* instant of the join.
///
/// A stage that was not reached has no value. What made the participant late counts in: a retry, a slow API or a
/// generator that was behind can never hide inside a latency.
public struct JoinTimeline: Sendable, Hashable, Codable {
    /// The stages in the order a healthy join passes them.
    public enum Stage: String, Sendable, Hashable, Codable, CaseIterable {
        /// The identity provider and Meet knew who it was.
        case login
        /// Somebody opened the door of the lobby.
        case lobby
        /// Meet answered with a LiveKit token.
        case api
        /// The signalling WebSocket was open.
        case webSocket = "websocket"
        /// LiveKit's join response was there.
        case signalling
        /// ICE found a working path.
        case ice
        /// DTLS finished; media can flow.
        case dtls
        /// The first RTP packet of anybody arrived.
        case firstPacket = "first-packet"
        /// The first audio packet of another participant arrived.
        case firstAudio = "first-audio"
        /// The first packet of a video key frame arrived.
        case firstKeyFrame = "first-key-frame"
        /// The first video frame was whole and decodable.
        case firstVideo = "first-video"
    }

    private var microseconds: [Int64?]

    /// Starts with no stage reached.
    public init() { microseconds = Array(repeating: nil, count: Stage.allCases.count) }

    /// The time to a stage; nil while it is not reached.
    public subscript(stage: Stage) -> Interval? {
        microseconds[Self.index(of: stage)].map { .microseconds($0) }
    }

    /// Notes that `stage` was reached `elapsed` after the intended instant; only the first time counts.
    public mutating func reach(_ stage: Stage, after elapsed: Interval) {
        let index = Self.index(of: stage)
        if microseconds[index] == nil { microseconds[index] = elapsed.wholeMicroseconds }
    }

    private static func index(of stage: Stage) -> Int {
        switch stage {
        case .login: 0
        case .lobby: 1
        case .api: 2
        case .webSocket: 3
        case .signalling: 4
        case .ice: 5
        case .dtls: 6
        case .firstPacket: 7
        case .firstAudio: 8
        case .firstKeyFrame: 9
        case .firstVideo: 10
        }
    }
}
