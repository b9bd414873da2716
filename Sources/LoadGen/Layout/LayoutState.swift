import Primitives
import Scenario
import Visio

/// What one participant's page shows, and the settings that follow from it, told as the page tells them.
struct LayoutState {
    /// A participant as the page lists it, in the order of joining.
    struct Person {
        var sid: String
        var isLocal = false
        var camera: RemoteTrack?
        var screen: RemoteTrack?
        /// Whether the own camera or screen is published: those have no remote track.
        var hasOwnCamera = false
        var hasOwnScreen = false
    }

    /// How the person in front of the page uses it.
    struct Habits {
        var layout: Layout
        var window: PageGeometry
        /// The most the person wants to receive of cameras.
        var preference: ReceiveQuality
    }

    /// Somebody's voice.
    private struct Voice {
        var level: Float
        var lastSpoke: Instant
    }

    private let habits: Habits
    private var people: [Person] = []
    private var order = TileOrder()
    private var carousel = TileOrder()
    private var page = 0
    private var pageCount = 1
    /// The tile that has the focus.
    private var pinned: TileID?
    /// The shared screen that got the focus by itself.
    private var autoFocused: TileID?
    /// Who speaks or spoke, by sid; for look-up only.
    private var voices: [String: Voice] = [:]
    /// Every remote picture that was ever listed, in order of appearance.
    private var tracks: [(sid: String, tile: TrackTile)] = []
    /// Positions in `tracks` by sid; for look-up only.
    private var positions: [String: Int] = [:]
    /// Pictures that are listed now, with what is known of them; for look-up only.
    private var listed: [String: RemoteTrack] = [:]
    /// Cameras that the preference holds for; for look-up only.
    private var limited: Set<String> = []
    private var pending: [LiveKitUpdateTrackSettings] = []

    /// Starts with an empty page.
    init(_ habits: Habits) { self.habits = habits }

    /// Forgets what an old session was told: the new one has to be told everything.
    mutating func startOver() { self = LayoutState(habits) }

    /// Whether nobody was listed yet, so that nothing is known of any track.
    var isBlank: Bool { people.isEmpty }

    /// The tracks that the server was asked not to send, in order of appearance.
    var disabledTracks: [String] {
        tracks.filter { listed[$0.sid] != nil && $0.tile.isDisabled == true }.map(\.sid)
    }

    /// When settings must be sent.
    var deadline: Instant? {
        tracks.reduce(nil) { earliest($0, $1.tile.deadline) }
    }

    /// Notes who is heard; returns whether the page must be laid out anew: somebody speaks who is not on it.
    mutating func note(speakers: [LiveKitSpeakerInfo], now: Instant) -> Bool {
        for speaker in speakers {
            voices[speaker.sid] = Voice(level: speaker.active ? speaker.level : 0, lastSpoke: now)
        }
        let shown = Set(visibleTiles.map(\.participant))
        let isHidden = people.contains { person in
            (voices[person.sid]?.level ?? 0) > 0 && !shown.contains(person.sid)
        }
        // In the focus view nobody is promoted, but who is waited for gets the focus.
        return pinned == nil ? isHidden || habits.layout == .focus : false
    }

    /// Turns to the next page of the grid, or from the last to the first; returns whether there is one.
    mutating func turnPage(now: Instant) -> Bool {
        guard pinned == nil, pageCount > 1 else { return false }
        page = (page + 1) % pageCount
        place(now: now)
        return true
    }

    /// Lays the page out anew.
    mutating func update(_ people: [Person], now: Instant) {
        self.people = people
        listed = [:]
        for track in people.flatMap({ [$0.camera, $0.screen] }) {
            guard let track else { continue }
            listed[track.sid] = track
            if positions[track.sid] == nil {
                positions[track.sid] = tracks.count
                tracks.append((track.sid, TrackTile()))
            }
        }
        focus()
        let ranks = ranks()
        if let pinned {
            carousel.update(ranks.filter { $0.id != pinned }, tilesPerPage: habits.window.carouselCount)
        } else {
            let perPage = habits.window.tilesPerPage(of: ranks.count)
            order.update(ranks, tilesPerPage: perPage)
            pageCount = max(1, (ranks.count + perPage - 1) / perPage)
            page = min(page, pageCount - 1)
        }
        place(now: now)
    }

    private func ranks() -> [TileRank] {
        var ranks: [TileRank] = []
        for (joined, person) in people.enumerated() {
            let voice = voices[person.sid]
            var rank = TileRank(id: TileID(participant: person.sid, isScreen: false))
            rank.isLocal = person.isLocal
            rank.hasTrack = person.camera != nil
            rank.isEnabled = person.camera.map { !$0.isMuted } ?? false
            rank.level = voice.flatMap { $0.level > 0 ? $0.level : nil }
            rank.lastSpoke = voice?.lastSpoke
            rank.joined = joined
            ranks.append(rank)
            guard person.screen != nil || person.hasOwnScreen else { continue }
            rank.id.isScreen = true
            ranks.append(rank)
        }
        return ranks
    }

    /// A shared screen takes the focus by itself, and gives it back when it ends; who likes the focus view pins whoever
    /// speaks first.
    private mutating func focus() {
        let screens = people.filter { $0.screen != nil || $0.hasOwnScreen }.map {
            TileID(participant: $0.sid, isScreen: true)
        }
        if let shared = autoFocused {
            if !screens.contains(shared) {
                autoFocused = nil
                pinned = nil
            }
        } else if let first = screens.first {
            autoFocused = first
            pinned = first
        }
        if let tile = pinned, !tile.isScreen, !people.contains(where: { $0.sid == tile.participant }) {
            pinned = nil
        }
        guard habits.layout == .focus, pinned == nil else { return }
        let cameras = people.filter { !$0.isLocal && $0.camera != nil }
        let speaker = cameras.first { (voices[$0.sid]?.level ?? 0) > 0 }
        pinned = (speaker ?? cameras.first).map { TileID(participant: $0.sid, isScreen: false) }
    }

    private var visibleTiles: ArraySlice<TileID> {
        let perPage = habits.window.tilesPerPage(of: order.tiles.count)
        return order.tiles.dropFirst(page * perPage).prefix(perPage)
    }

    /// Tells every picture where it is now.
    private mutating func place(now: Instant) {
        var places: [TileID: TrackTile.Place] = [:]
        if habits.layout != .none {
            if let pinned {
                places[pinned] = .present(habits.window.focusedTile, isVisible: true)
                for (index, tile) in carousel.tiles.enumerated() {
                    places[tile] = .present(
                        habits.window.carouselTile, isVisible: index < habits.window.carouselCount)
                }
            } else {
                let shown = visibleTiles
                let size = habits.window.gridTile(shown: shown.count, of: order.tiles.count)
                for tile in shown { places[tile] = .present(size, isVisible: true) }
            }
        }
        var placeOfTrack: [String: TrackTile.Place] = [:]
        for person in people {
            if let camera = person.camera {
                placeOfTrack[camera.sid] = places[TileID(participant: person.sid, isScreen: false)]
            }
            if let screen = person.screen {
                placeOfTrack[screen.sid] = places[TileID(participant: person.sid, isScreen: true)]
            }
        }
        for index in tracks.indices {
            let sid = tracks[index].sid
            guard listed[sid] != nil else { continue }
            if habits.layout == .none {
                // Whoever looks at nothing says so.
                if tracks[index].tile.refuse() { pending.append(settings(at: index)) }
            } else if tracks[index].tile.move(to: placeOfTrack[sid] ?? .absent, now: now) {
                pending.append(settings(at: index))
            }
        }
    }

    /// A camera was published while the participant was in the room: only for such does the page tell the preference.
    mutating func notePublished(_ track: RemoteTrack) {
        guard habits.preference.limit != nil, track.source == .camera, let index = positions[track.sid],
            limited.insert(track.sid).inserted
        else { return }
        pending.append(settings(at: index))
    }

    /// The server has begun to send a picture.
    mutating func noteStream(of track: String) {
        guard let index = positions[track], tracks[index].tile.streamStarted() else { return }
        pending.append(settings(at: index))
    }

    /// Whether a track's picture is in sight and its source is on.
    func isShown(_ track: String) -> Bool {
        guard let index = positions[track], let known = listed[track] else { return false }
        return tracks[index].tile.isVisible && !known.isMuted
    }

    /// Lines of the layer that the server should be sending of a picture, by what it was told; nil if nothing was told
    /// or nothing should come.
    func requestedHeight(of track: String) -> Int? {
        guard let index = positions[track], let known = listed[track], isShown(track),
            tracks[index].tile.isDisabled == false
        else { return nil }
        let settings = settings(at: index)
        guard known.layers.count > 0 else { return nil }
        let layer =
            settings.width > 0
            ? known.layers.layer(forHeight: Int(settings.height)) : settings.quality.rawValue
        return known.layers[layer].height
    }

    /// The settings to send now, in the order they came up; empty when nothing is due.
    mutating func takeSettings(now: Instant) -> [LiveKitUpdateTrackSettings] {
        for index in tracks.indices {
            guard let due = tracks[index].tile.deadline, due <= now else { continue }
            let messages = tracks[index].tile.tick(now: now)
            guard listed[tracks[index].sid] != nil else { continue }
            for _ in 0..<messages { pending.append(settings(at: index)) }
        }
        defer { pending.removeAll(keepingCapacity: true) }
        return pending
    }

    private func settings(at index: Int) -> LiveKitUpdateTrackSettings {
        let track = tracks[index]
        guard let quality = habits.preference.limit, limited.contains(track.sid),
            let known = listed[track.sid], known.layers.count > 0
        else { return track.tile.settings(of: track.sid, preference: nil) }
        let layer = known.layers[quality.rawValue]
        return track.tile.settings(
            of: track.sid,
            preference: (quality, PageGeometry.Tile(width: layer.width, height: layer.height)))
    }
}

extension ReceiveQuality {
    /// The quality that the page asks for; nil where it never asks.
    var limit: LiveKitVideoQuality? {
        switch self {
        case .high: nil
        case .medium: .medium
        case .low: .low
        }
    }
}
