import Primitives

/// What a participant of one kind has and does.
public struct Role: Equatable, Sendable {
    /// The role's name.
    public var name: String
    /// What the microphone does.
    public var microphone: Microphone
    /// What the camera sends, by share; one choice with share 1 when all do the same.
    public var cameras: [CameraShare]
    /// How the participant's page shows the others.
    public var layout: Layout
    /// As whom its participants come.
    public var login: Login
    /// What they do besides talking and showing themselves.
    public var behaviour: Behaviour
    /// When the microphone is muted for a while, since the start of the run, in order and apart.
    public var mutes: [TimeSpan]
    /// When the page is loaded anew; nil for never.
    public var reload: Moments?
    /// When the device moves to another network; nil for never.
    public var networkChange: Moments?
    /// When the tab is closed; nil for never.
    public var closeTab: Moments?
    /// The name of the access network that everybody in this role has; nil when it is drawn by share.
    public var network: String? = nil
    /// The browser, by share; empty when the scenario's own shares hold.
    public var browsers: [BrowserShare] = []
    /// When the screen is shared, since the start of the run, in order and apart.
    public var screens: [TimeSpan] = []
    /// How the page is used.
    public var page = PageUse()
}

/// One way to use the camera, and how many participants of the role use it so.
public struct CameraShare: Equatable, Sendable {
    /// What the camera sends.
    public var camera: Camera
    /// The share of the role's participants, 0...1.
    public var share: Double
}

/// What a microphone does.
public enum Microphone: String, CaseIterable, Codable, Hashable, Sendable {
    /// There is none: nothing is published.
    case off
    /// It is published and muted for the whole run.
    case muted
    /// It takes turns with the other conversation microphones of the room (ITU-T P.59).
    case conversation
    /// It talks with short pauses, whatever the others do.
    case monologue

    /// Whether anything is published.
    public var isPublished: Bool { self != .off }

    /// Whether the microphone ever carries speech.
    public var speaks: Bool { self == .conversation || self == .monologue }
}

/// What a camera sends.
public enum Camera: String, CaseIterable, Codable, Hashable, Sendable {
    /// Nothing.
    case off
    /// VP8 in three simulcast layers, 180p, 360p and 720p.
    case vp8Simulcast = "vp8-simulcast"
    /// VP9 in three spatial and three temporal layers of one stream, up to 720p.
    case vp9SVC = "vp9-svc"
}

/// How a participant's page shows the others, and so which video layers it asks for.
public enum Layout: String, CaseIterable, Codable, Hashable, Sendable {
    /// Equal tiles, up to 25 on a page with the own one among them.
    case grid
    /// One large tile and a row of small ones.
    case focus
    /// No video is subscribed at all.
    case none
}
