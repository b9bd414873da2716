/// A quantity that every participant, or the generator, yields exactly one value of per judged window.
///
/// A threshold never pools packets or seconds of different participants: each participant contributes one
/// value (its own figure over the window), and the statistic is taken across participants, because only
/// participants are independent of each other. The two `generator` metrics have one value per second of the
/// run instead, those of the server what its metrics page tells.
public enum Metric: String, CaseIterable, Hashable, Sendable {
    /// Time from the intended join to the room token.
    case joinAPI = "join.api"
    /// Time from the intended join to the open WebSocket.
    case joinWebSocket = "join.websocket"
    /// Time from the intended join to LiveKit's join response.
    case joinSignalling = "join.signalling"
    /// Time from the intended join to the first selected ICE pair.
    case joinICE = "join.ice"
    /// Time from the intended join to the end of the DTLS handshake.
    case joinDTLS = "join.dtls"
    /// Time from the intended join to a connected peer connection with its data channels.
    case joinConnected = "join.connected"
    /// Time from the intended join to the first media packet.
    case joinFirstPacket = "join.first-packet"
    /// Time from the intended join to the first audio that could be played.
    case joinFirstAudio = "join.first-audio"
    /// Time from the intended join to the first complete key frame.
    case joinFirstKeyFrame = "join.first-key-frame"
    /// Time from the intended join to the first video frame that could be shown.
    case joinFirstVideo = "join.first-video"
    /// Time from the intended join to the session of somebody who logs in.
    case joinLogin = "join.login"
    /// Time from the intended join to the opened door, of somebody who waited in the lobby.
    case joinLobby = "join.lobby"
    /// Whether the participant failed to join.
    case joinFailed = "join.failed"
    /// The longest time from the loss of a connection until signalling and media were back.
    case reconnectTime = "reconnect.time"
    /// Whether the participant lost its connection for good.
    case reconnectFailed = "reconnect.failed"
    /// Whether media went another way than straight by UDP.
    case pathFallback = "path.fallback"
    /// Whether media went through a TURN server.
    case pathRelayed = "path.relayed"
    /// Share of audio packets that never arrived, after repair.
    case audioLoss = "audio.loss"
    /// Share of audio packets that did not arrive at first, before RED or retransmission mended anything.
    case audioLossBeforeRepair = "audio.loss-before-repair"
    /// Estimated mean opinion score of the sound.
    case audioMOS = "audio.mos"
    /// Transmission rating R of the wideband E-model.
    case audioR = "audio.r"
    /// Share of played time that had to be concealed.
    case audioConcealment = "audio.concealment"
    /// Mouth-to-ear delay with the modelled playout buffer.
    case audioDelay = "audio.delay"
    /// Interarrival jitter of audio packets.
    case audioJitter = "audio.jitter"
    /// Share of video packets that never arrived, after repair.
    case videoLoss = "video.loss"
    /// Share of video packets that did not arrive at first.
    case videoLossBeforeRepair = "video.loss-before-repair"
    /// Share of watched time in which a picture stood still.
    case videoFreezeRatio = "video.freeze-ratio"
    /// Freezes per minute of watched video.
    case videoFreezes = "video.freezes"
    /// Frames shown per second.
    case videoFrameRate = "video.fps"
    /// Capture-to-arrival delay of video frames.
    case videoDelay = "video.delay"
    /// Luma PSNR of received frames against the source.
    case videoPSNR = "video.psnr"
    /// Luma SSIM of received frames against the source.
    case videoSSIM = "video.ssim"
    /// Height of received pictures.
    case videoHeight = "video.height"
    /// Share of frames in the layer that was asked for.
    case videoLayerMatch = "video.layer-match"
    /// Received video bit rate, all streams together.
    case videoBitrate = "video.bitrate"
    /// Round-trip time between the participant and the server.
    case roundTrip = "rtt"
    /// Time until a chat line of somebody else can be read.
    case chatDelay = "chat.delay"
    /// Time until somebody else's raised hand is seen.
    case handDelay = "hand.delay"
    /// Time until somebody else's new name is seen.
    case renameDelay = "rename.delay"
    /// Time until a host's mute is seen.
    case muteDelay = "mute.delay"
    /// Time until somebody whom a host sends away is gone.
    case kickDelay = "kick.delay"
    /// Time from a host's opening of the door to media.
    case lobbyDelay = "lobby.delay"
    /// Share of what a participant did that came to nothing.
    case actionsFailed = "actions.failed"
    /// Share of what others did that a participant never noticed.
    case actionsUnseen = "actions.unseen"
    /// Processor time of the media server as a share of its cores.
    case serverCPU = "server.cpu"
    /// How long the media server takes to forward a packet.
    case serverForwardLatency = "server.forward-latency"
    /// Processor time of the generator as a share of its cores.
    case generatorCPU = "generator.cpu"
    /// How late the generator's own ticks were.
    case generatorLateness = "generator.lateness"
}

extension Metric {
    /// What the metric is counted in, and with it the units that a threshold may use.
    public enum Unit: Hashable, Sendable {
        /// Time; the base unit is the second.
        case time
        /// A part of a whole; the base unit is 1, written as a percentage.
        case share
        /// Mean opinion score, 1 to 5.
        case meanOpinionScore
        /// The E-model's R, which has no unit.
        case rating
        /// Events per minute.
        case perMinute
        /// Frames per second.
        case framesPerSecond
        /// Decibel.
        case decibel
        /// The structural similarity index, 0 to 1.
        case similarity
        /// Picture lines.
        case lines
        /// Bit rate; the base unit is bit/s.
        case bitrate
    }

    /// The direction in which a metric gets better.
    public enum Direction: Hashable, Sendable {
        /// Less is better, as for delay.
        case lowerIsBetter
        /// More is better, as for MOS.
        case higherIsBetter
    }

    /// What the values of this metric are counted in.
    public var unit: Unit {
        switch self {
        case .joinLogin, .joinLobby, .chatDelay, .handDelay, .renameDelay, .muteDelay, .kickDelay,
            .lobbyDelay,
            .joinAPI, .joinWebSocket, .joinSignalling, .joinICE, .joinDTLS, .joinConnected, .joinFirstPacket,
            .joinFirstAudio, .joinFirstKeyFrame, .joinFirstVideo, .reconnectTime, .audioDelay, .audioJitter,
            .videoDelay, .roundTrip, .serverForwardLatency, .generatorLateness:
            .time
        case .joinFailed, .reconnectFailed, .pathFallback, .pathRelayed, .actionsFailed, .actionsUnseen,
            .audioLoss, .audioLossBeforeRepair, .audioConcealment, .videoLoss, .videoLossBeforeRepair,
            .videoFreezeRatio, .videoLayerMatch, .serverCPU, .generatorCPU:
            .share
        case .audioMOS: .meanOpinionScore
        case .audioR: .rating
        case .videoFreezes: .perMinute
        case .videoFrameRate: .framesPerSecond
        case .videoPSNR: .decibel
        case .videoSSIM: .similarity
        case .videoHeight: .lines
        case .videoBitrate: .bitrate
        }
    }

    /// Whether less or more of this metric is better.
    public var direction: Direction {
        switch self {
        case .audioMOS, .audioR, .videoFrameRate, .videoPSNR, .videoSSIM, .videoHeight, .videoLayerMatch,
            .videoBitrate:
            .higherIsBetter
        default: .lowerIsBetter
        }
    }

    /// The statistic of a threshold that names none: the badly served end, but the mean of yes-or-no values.
    public var defaultStatistic: Statistic {
        if isYesOrNo { return .mean }
        return direction == .lowerIsBetter ? .p95 : .p10
    }

    /// The statistics that mean something for this metric.
    ///
    /// What is 0 or 1 for each participant has a mean, the share of those concerned, and nothing else; a histogram
    /// tells percentiles and nothing else.
    public var statistics: [Statistic] {
        if isYesOrNo { return [.mean] }
        return self == .serverForwardLatency ? [.p50, .p95, .p99, .p10] : Statistic.allCases
    }

    /// Whether a participant's value is 0 or 1.
    public var isYesOrNo: Bool {
        self == .joinFailed || self == .reconnectFailed || self == .pathFallback || self == .pathRelayed
    }

    /// Whether the value belongs to the generator.
    public var isAboutGenerator: Bool { self == .generatorCPU || self == .generatorLateness }

    /// Whether the value belongs to the media server, by its own account.
    public var isAboutServer: Bool { self == .serverCPU || self == .serverForwardLatency }

    /// Whether every participant has a value of its own; where not, `for` makes no sense.
    public var isAboutParticipants: Bool { !isAboutGenerator && !isAboutServer }

    /// Whether the value is of a whole call, so that `during` makes no sense.
    public var isAboutWholeCall: Bool { self == .actionsFailed || self == .actionsUnseen }

    /// One sentence that says what one value is.
    public var summary: String {
        switch self {
        case .joinAPI: "time from the intended join until the room token has arrived"
        case .joinWebSocket: "time from the intended join until the signalling WebSocket is open"
        case .joinSignalling: "time from the intended join until LiveKit's join response has arrived"
        case .joinICE: "time from the intended join until ICE has a working pair of addresses"
        case .joinDTLS: "time from the intended join until the DTLS handshake is done"
        case .joinConnected: "time from the intended join until media and data can flow"
        case .joinFirstPacket: "time from the intended join until the first media packet"
        case .joinFirstAudio: "time from the intended join until the first playable sound"
        case .joinFirstKeyFrame: "time from the intended join until the first complete key frame"
        case .joinFirstVideo: "time from the intended join until the first picture can be shown"
        case .joinLogin: "time from the intended join until Meet knows who logs in"
        case .joinLobby: "time from the intended join until the lobby's door is opened"
        case .joinFailed: "share of participants who could not join"
        case .reconnectTime:
            "the longest time from the loss of a connection until signalling and media were back"
        case .reconnectFailed: "share of participants who lost their connection for good"
        case .pathFallback: "share of participants whose media did not go straight by UDP"
        case .pathRelayed: "share of participants whose media went through a TURN server"
        case .audioLoss: "share of audio packets lost for good, after RED and retransmission"
        case .audioLossBeforeRepair: "share of audio packets lost on the way, before any repair"
        case .audioMOS: "estimated mean opinion score of the sound (ITU-T G.107.1)"
        case .audioR: "transmission rating R of the sound (ITU-T G.107.1)"
        case .audioConcealment: "share of played time that the modelled playout had to invent"
        case .audioDelay: "mouth-to-ear delay, network measured and playout modelled"
        case .audioJitter: "interarrival jitter of audio (RFC 3550)"
        case .videoLoss: "share of video packets lost for good, after retransmission"
        case .videoLossBeforeRepair: "share of video packets lost on the way, before any repair"
        case .videoFreezeRatio: "share of watched time in which the picture stood still"
        case .videoFreezes: "freezes per minute of watched video"
        case .videoFrameRate: "frames shown per second"
        case .videoDelay: "delay from capture to complete arrival of a frame"
        case .videoPSNR: "luma PSNR of received frames against the source"
        case .videoSSIM: "luma SSIM of received frames against the source"
        case .videoHeight: "height of the received pictures"
        case .videoLayerMatch: "share of pictures in the layer that the viewer's tile asked for"
        case .videoBitrate: "received video, all streams of a participant together"
        case .roundTrip: "round-trip time between participant and server"
        case .chatDelay: "mean time until a chat line of somebody else can be read"
        case .handDelay: "mean time until somebody else's raised hand is seen"
        case .renameDelay: "mean time until somebody else's new name is seen"
        case .muteDelay: "mean time from a host's click until the others see the microphone closed"
        case .kickDelay: "mean time from a host's click until whoever is sent away is gone"
        case .lobbyDelay: "time from a host's click until whoever waited has media"
        case .actionsFailed: "share of what the participant did (chat, hand, mute …) that came to nothing"
        case .actionsUnseen: "share of what others did that the participant never noticed"
        case .serverCPU: "processor time of the media server, as a share of its cores"
        case .serverForwardLatency:
            "how long the media server takes to forward a packet, by its own histogram"
        case .generatorCPU: "processor time of the generator, as a share of its cores"
        case .generatorLateness: "how late the generator did what was due"
        }
    }
}

/// How the values of many participants become one figure.
public enum Statistic: String, CaseIterable, Hashable, Sendable {
    /// The median.
    case p50
    /// The value that 95 % of the participants do not exceed.
    case p95
    /// The value that 99 % of the participants do not exceed.
    case p99
    /// The value that 10 % of the participants do not exceed: the badly served end where more is better.
    case p10
    /// The smallest value.
    case min
    /// The largest value.
    case max
    /// The arithmetic mean.
    case mean

    /// The quantile in 0...1; nil for the mean.
    public var quantile: Double? {
        switch self {
        case .p50: 0.5
        case .p95: 0.95
        case .p99: 0.99
        case .p10: 0.1
        case .min: 0
        case .max: 1
        case .mean: nil
        }
    }
}
