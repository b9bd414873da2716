public import Primitives

/// The browser whose page a participant is.
public enum Browser: String, CaseIterable, Codable, Hashable, Sendable {
    /// Chrome: VP9 in scalable layers, with VP8 for viewers that cannot take it.
    case chrome
    /// Firefox: VP8 in simulcast layers.
    case firefox
}

/// A browser, and how many participants use it.
public struct BrowserShare: Equatable, Sendable {
    /// The browser.
    public var browser: Browser
    /// The share, 0...1.
    public var share: Double
}

/// The best picture that somebody has chosen to receive of cameras.
public enum ReceiveQuality: String, CaseIterable, Codable, Hashable, Sendable {
    /// Whatever the tiles ask for.
    case high
    /// At most the middle layer.
    case medium
    /// Only the lowest layer.
    case low
}

/// How the person in front of the page uses it.
public struct PageUse: Codable, Hashable, Sendable {
    /// The window that the page is shown in.
    public var geometry = PageGeometry.standard
    /// The time between two turns of the grid's pages; nil for never.
    public var pageTurnInterval: Interval?
    /// What is received of cameras.
    public var receiveQuality = ReceiveQuality.high

    /// A page of 1920 x 1080 that nobody touches.
    public init() {}
}
