import Primitives
import Scenario
import Visio

/// What one participant's page shows, and the settings that follow from it, gathered for 100 ms as the page does.
struct LayoutState {
    /// A remote camera in the order the page lists it.
    struct Camera: Hashable {
        var participant: String
        var track: String
        var isMuted: Bool
    }

    /// livekit-client's adaptive stream waits this long before it tells the server.
    static let debounce = Interval.milliseconds(100)

    /// The tile of every listed camera, by track; nil for those out of sight.
    private var wanted: [String: PageLayout.Tile?] = [:]
    /// What the server was told last, by track.
    private var told: [String: PageLayout.Tile?] = [:]
    /// Tracks of cameras that are listed and turned off.
    private var muted: Set<String> = []
    /// The tracks in the order of the page.
    private var order: [String] = []
    /// When gathered changes must be told.
    private var due: Instant?
    /// Whether nothing was listed yet, so that nothing is known of any track.
    private var isBlank = true
    /// The participant that was heard last.
    private var loudest: String?

    /// When settings must be sent.
    var deadline: Instant? { due }

    /// Notes who is heard, for the layout that follows the speaker.
    mutating func note(speakers: [LiveKitSpeakerInfo]) {
        if let speaker = speakers.filter(\.active).max(by: { $0.level < $1.level }) { loudest = speaker.sid }
    }

    /// Lays the page out anew.
    mutating func update(cameras: [Camera], layout: Layout, now: Instant) {
        let focus = cameras.firstIndex { $0.participant == loudest }
        let tiles = PageLayout.tiles(for: layout, cameras: cameras.count, focus: focus)
        isBlank = false
        wanted = [:]
        muted = []
        order = cameras.map(\.track)
        for (camera, tile) in zip(cameras, tiles) {
            wanted.updateValue(tile, forKey: camera.track)
            if camera.isMuted { muted.insert(camera.track) }
        }
        let hasNews = order.contains { told[$0] != wanted[$0] }
        if hasNews, due == nil { due = now + Self.debounce }
    }

    /// Forgets what an old session was told: the new one has to be told everything.
    mutating func startOver() {
        isBlank = true
        told = [:]
        wanted = [:]
        order = []
        due = nil
    }

    /// The tracks that the server was asked not to send, in the order of the page.
    var disabledTracks: [String] { order.filter { told[$0] == .some(.none) } }

    /// Whether a track's picture is in sight and its camera is on.
    func isShown(_ track: String) -> Bool { (wanted[track] ?? nil) != nil && !muted.contains(track) }

    /// Whether the server may be sending a track's picture: it does until it is told otherwise.
    func isSent(_ track: String) -> Bool {
        if muted.contains(track) { return false }
        guard let tile = told[track] else { return isBlank || order.contains(track) }
        // A track that was told about and is no longer listed has ended.
        return wanted[track] != nil && tile != nil
    }

    /// The settings to send now, in the order of the page; nil when nothing is due.
    mutating func takeSettings(now: Instant) -> [LiveKitUpdateTrackSettings]? {
        guard let due, now >= due else { return nil }
        self.due = nil
        var settings: [LiveKitUpdateTrackSettings] = []
        for track in order where told[track] != wanted[track] {
            guard let tile = wanted[track] else { continue }
            var setting = LiveKitUpdateTrackSettings()
            setting.trackSids = [track]
            if let tile {
                setting.width = tile.width
                setting.height = tile.height
            } else {
                setting.disabled = true
            }
            settings.append(setting)
        }
        told = wanted
        return settings
    }
}
