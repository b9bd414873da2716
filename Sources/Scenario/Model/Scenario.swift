public import Primitives

/// A scenario file that was read without a mistake.
public struct Scenario: Equatable, Sendable {
    /// What the run is called.
    public var title: String
    /// The seed that the file names, if it names one.
    public var seed: UInt64?
    /// The deployment that is tested.
    public var target: Target
    /// Which of LiveKit's signalling modes participants use.
    public var signalling = SignallingMode.auto
    /// How participants get accounts, and who makes rooms.
    public var signIn: SignIn
    /// The browsers of the roles that name none, by share.
    public var browsers = [BrowserShare(browser: .chrome, share: 1)]
    /// The hosts that may be contacted besides loopback, and the size that may not be exceeded.
    public var allow: AllowList
    /// What is looked at beside the run.
    public var observation = Observation()
    /// The room groups in the order of the file.
    public var rooms: [RoomGroup]
    /// The roles in the order of the file.
    public var roles: [Role]
    /// The phases in the order of the file.
    public var phases: [Phase]
    /// The access networks in the order of the file; empty when everybody is next to the deployment.
    public var networks: [NetworkShare]
    /// How closely receivers look at what they receive.
    public var depth: ProbeDepth
    /// How media is sent.
    public var media: MediaOptions
    /// The promises that the run is judged by.
    public var thresholds: [Threshold]
}

/// How closely receivers look at what they receive.
public enum ProbeDepth: String, CaseIterable, Codable, Hashable, Sendable {
    /// Packet headers only.
    case count
    /// Every packet is decrypted and authenticated, every frame recognised.
    case verify
}

/// How much of its pictures a participant sends.
public enum SendingRate: String, CaseIterable, Codable, Hashable, Sendable {
    /// Everything that the server asks for: pure load.
    case fixed
    /// What the path turns out to carry, as the page does it.
    case adaptive
}

/// How media is sent.
public struct MediaOptions: Codable, Hashable, Sendable {
    /// How much of its pictures a participant sends.
    public var bitrate: SendingRate
    /// Whether Opus carries in-band forward error correction (RFC 6716 section 2.1.7).
    public var fec: Bool
    /// Whether Opus is sent with redundancy (RED, RFC 2198), as Visio's page does.
    public var red: Bool

    /// Chooses the options; by default those of Visio's page, but at a fixed rate.
    public init(bitrate: SendingRate = .fixed, fec: Bool = false, red: Bool = true) {
        self.bitrate = bitrate
        self.fec = fec
        self.red = red
    }
}

/// A part of the run that the scenario asks for.
public struct Phase: Equatable, Sendable {
    /// What happens in a phase.
    public enum Kind: Equatable, Sendable {
        /// Participants join: how many of those still missing, and by which pattern.
        case arrive(ArrivalShare, ArrivalPattern)
        /// Nobody comes or goes for this long.
        case hold(Interval)
        /// Everybody leaves, evenly spread over this long.
        case leave(Interval)
    }

    /// The name that thresholds and reports use.
    public var name: String
    /// What happens.
    public var kind: Kind
}

/// How many participants arrive in a phase.
public enum ArrivalShare: Equatable, Sendable {
    /// This many.
    case number(Int)
    /// This share of all participants.
    case share(Double)
    /// All that have not arrived before.
    case rest
}

/// In which pattern participants arrive.
public enum ArrivalPattern: Equatable, Sendable {
    /// At a steady rate per second.
    case constant(rate: Double)
    /// At a rate per second that changes evenly, and stays at its end value afterwards.
    case ramp(from: Double, to: Double, over: Interval)
    /// In equal groups at equal distances; each group takes `over` to come in.
    case staircase(step: Int, every: Interval, over: Interval)
    /// Independently of each other, at a mean rate per second.
    case poisson(rate: Double)
    /// All within one window.
    case storm(over: Interval, shape: StormShape)
}

/// How a storm is spread over its window.
public enum StormShape: String, CaseIterable, Codable, Hashable, Sendable {
    /// Evenly: every moment of the window is as likely as any other.
    case uniform
    /// Most in the middle: a normal distribution, three standard deviations to either end.
    case normal
}
