/// What makes participants equal as far as their load goes.
struct ParticipantKind: Hashable {
    var microphone: Microphone
    var camera: Camera
    var layout: Layout
    var geometry: PageGeometry
    var behaviour: Behaviour
    /// Whether the screen is being shared.
    var isSharing: Bool

    init(_ participant: PlannedParticipant, isSharing: Bool) {
        microphone = participant.microphone
        camera = participant.camera
        layout = participant.layout
        geometry = participant.page.geometry
        behaviour = participant.behaviour
        self.isSharing = isSharing
    }

    /// Data messages: a chat line goes out twice, as a stream and in the form of old clients.
    var messagesPerSecond: Double {
        (behaviour.reactions?.perSecond ?? 0) + 2 * (behaviour.chat?.perSecond ?? 0)
    }
}

/// The load that the participants of one room make, from how many of each kind are there.
struct RoomLoad {
    /// What the generator's participants send, with dynacast obeyed.
    var up = Traffic.none
    /// What they would send if every layer was always wanted.
    var upperBound = Traffic.none
    /// What they receive.
    var down = Traffic.none
    /// Tracks that they publish.
    var published = 0
    /// Tracks that they are subscribed to.
    var subscribed = 0

    init() {}

    /// The load of the generator's `own` participants among all who are `present`, by kind.
    init(kinds: [ParticipantKind], present: [Int], own: [Int], media: MediaOptions) {
        let room = RoomFacts(kinds: kinds, present: present, media: media)
        for (index, kind) in kinds.enumerated() where own[index] > 0 {
            let count = own[index]
            let camera = VideoStream(kind.camera)
            let screen = kind.isSharing ? VideoStream.screen.sent(upTo: .high) : .none
            let microphone = room.microphone(kind.microphone)
            var sent =
                microphone + TrafficModel.messages(perSecond: kind.messagesPerSecond) + TrafficModel.feedback
            upperBound += (sent + screen + (camera?.sent(upTo: .high) ?? .none)) * count
            if let camera { sent += room.mean(of: camera) }
            if room.hasViewers { sent += screen }
            up += sent * count
            let others = room.microphones - microphone
            let messages = room.messagesPerSecond - kind.messagesPerSecond
            let publishes = camera != nil || kind.isSharing || kind.microphone.isPublished
            let received =
                others + TrafficModel.messages(perSecond: messages) + room.video(for: kind)
                + (publishes ? TrafficModel.feedback : .none)
            down += received * count
            let pictures = (camera != nil ? 1 : 0) + (kind.isSharing ? 1 : 0)
            published += count * (pictures + (kind.microphone.isPublished ? 1 : 0))
            let audible = room.publishedMicrophones - (kind.microphone.isPublished ? 1 : 0)
            let visible = kind.layout == .none ? 0 : room.cameras + room.screens - pictures
            subscribed += count * (audible + visible)
        }
    }

    static func + (left: RoomLoad, right: RoomLoad) -> RoomLoad { left.adding(right, 1) }

    static func - (left: RoomLoad, right: RoomLoad) -> RoomLoad { left.adding(right, -1) }

    private func adding(_ other: RoomLoad, _ sign: Int) -> RoomLoad {
        var sum = self
        sum.up += other.up * sign
        sum.upperBound += other.upperBound * sign
        sum.down += other.down * sign
        sum.published += other.published * sign
        sum.subscribed += other.subscribed * sign
        return sum
    }
}

/// What everybody in a room has to do with.
private struct RoomFacts {
    /// Everybody.
    var people = 0
    /// Cameras that are on.
    var cameras = 0
    /// Screens that are shared.
    var screens = 0
    /// Published microphones, muted ones too.
    var publishedMicrophones = 0
    /// The sound of all microphones together.
    var microphones = Traffic.none
    /// Data messages of all together.
    var messagesPerSecond = 0.0
    /// Whether anybody looks at others at all.
    var hasViewers: Bool { viewers > 1 || viewers == 1 && people > 1 }

    private var viewers = 0
    private var conversing = 0
    private var scalableCameras = 0
    private let red: Bool
    /// How many cameras somebody looks at in a layer, or in a better one.
    private var wanted: [VideoLayer: Int] = [:]

    init(kinds: [ParticipantKind], present: [Int], media: MediaOptions) {
        red = media.red
        for (kind, count) in zip(kinds, present) {
            people += count
            if kind.camera != .off { cameras += count }
            if kind.camera == .vp9SVC { scalableCameras += count }
            if kind.isSharing { screens += count }
            if kind.microphone.isPublished { publishedMicrophones += count }
            if kind.microphone == .conversation { conversing += count }
            if kind.layout != .none { viewers += count }
            messagesPerSecond += kind.messagesPerSecond * Double(count)
        }
        for (kind, count) in zip(kinds, present) where count > 0 {
            microphones += microphone(kind.microphone) * count
            guard people > 1 else { continue }
            for view in views(of: kind) {
                // Everybody's page sorts its tiles by the same rules: the same cameras are in sight for all, and one
                // more for those among them that do not look at themselves.
                let seen = min(cameras, view.count + 1)
                for layer in VideoLayer.allCases where layer <= view.layer {
                    wanted[layer] = max(wanted[layer] ?? 0, seen)
                }
            }
        }
    }

    /// One microphone of the given kind.
    func microphone(_ microphone: Microphone) -> Traffic {
        switch microphone {
        case .off: .none
        case .muted: TrafficModel.microphone(activity: 0, red: red)
        case .conversation:
            TrafficModel.microphone(
                activity: TrafficModel.conversationActivity(speakers: conversing), red: red)
        case .monologue: TrafficModel.microphone(activity: TrafficModel.monologueActivity, red: red)
        }
    }

    /// The video that one participant of the given kind receives.
    func video(for kind: ParticipantKind) -> Traffic {
        guard kind.layout != .none else { return .none }
        var sum = VideoStream.screen.traffic(.high) * (screens - (kind.isSharing ? 1 : 0))
        for view in views(of: kind) { sum += received(view.layer) * view.count }
        return sum
    }

    /// What one camera sends on average, with dynacast obeyed.
    func mean(of stream: VideoStream) -> Traffic {
        guard cameras > 0 else { return .none }
        let (high, medium) = (wanted[.high] ?? 0, wanted[.medium] ?? 0)
        let low = wanted[.low] ?? 0
        let sum =
            stream.sent(upTo: .high) * high + stream.sent(upTo: .medium) * (medium - high)
            + stream.sent(upTo: .low) * (low - medium)
        return sum * (1 / Double(cameras))
    }

    /// The cameras of others that a page of the given kind shows, and in which layer.
    private func views(of kind: ParticipantKind) -> [(count: Int, layer: VideoLayer)] {
        let remote = cameras - (kind.camera != .off ? 1 : 0)
        guard remote > 0, kind.layout != .none else { return [] }
        let geometry = kind.geometry
        guard kind.layout == .focus || screens > 0 else {
            let shown = min(people, geometry.tilesPerPage(of: people))
            let tile = geometry.gridTile(shown: shown, of: people)
            return [(min(remote, shown - 1), VideoLayer(forTile: tile.height))]
        }
        // A shared screen takes the focus, and the own tile a place beside it.
        let focused = screens > 0 ? 0 : 1
        return [
            (focused, VideoLayer(forTile: geometry.focusedTile.height)),
            (
                min(remote - focused, geometry.carouselCount - 1),
                VideoLayer(forTile: geometry.carouselTile.height)
            ),
        ].filter { $0.0 > 0 }
    }

    /// A layer of a camera whose kind is open.
    private func received(_ layer: VideoLayer) -> Traffic {
        let share = Double(scalableCameras) / Double(max(1, cameras))
        return VideoStream.scalable.traffic(layer) * share + VideoStream.simulcast.traffic(layer)
            * (1 - share)
    }
}
