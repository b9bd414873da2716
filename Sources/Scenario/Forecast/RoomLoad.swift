/// What makes participants equal as far as their load goes.
struct ParticipantKind: Hashable {
    var microphone: Microphone
    var camera: Camera
    var layout: Layout
    var behaviour: Behaviour

    init(_ participant: PlannedParticipant) {
        microphone = participant.microphone
        camera = participant.camera
        layout = participant.layout
        behaviour = participant.behaviour
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
            let hasCamera = kind.camera != .off
            let microphone = room.microphone(kind.microphone)
            var sent =
                microphone + TrafficModel.messages(perSecond: kind.messagesPerSecond) + TrafficModel.feedback
            upperBound += (sent + (hasCamera ? RoomFacts.everyLayer : .none)) * count
            if hasCamera { sent += room.cameraMean }
            up += sent * count
            let others = room.microphones - microphone
            let messages = room.messagesPerSecond - kind.messagesPerSecond
            let publishes = hasCamera || kind.microphone.isPublished
            let received =
                others + TrafficModel.messages(perSecond: messages) + room.video(for: kind)
                + (publishes ? TrafficModel.feedback : .none)
            down += received * count
            published += count * ((hasCamera ? 1 : 0) + (kind.microphone.isPublished ? 1 : 0))
            let audible = room.publishedMicrophones - (kind.microphone.isPublished ? 1 : 0)
            let visible = kind.layout == .none ? 0 : room.cameras - (hasCamera ? 1 : 0)
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
    /// Published microphones, muted ones too.
    var publishedMicrophones = 0
    /// The sound of all microphones together.
    var microphones = Traffic.none
    /// What one camera sends on average, with dynacast obeyed.
    var cameraMean = Traffic.none
    /// Data messages of all together.
    var messagesPerSecond = 0.0

    private var conversing = 0
    private let red: Bool

    init(kinds: [ParticipantKind], present: [Int], media: MediaOptions) {
        red = media.red
        var gridViewers = 0
        var focusViewers = 0
        for (kind, count) in zip(kinds, present) {
            people += count
            if kind.camera != .off { cameras += count }
            if kind.microphone.isPublished { publishedMicrophones += count }
            if kind.microphone == .conversation { conversing += count }
            if kind.layout == .grid { gridViewers += count }
            if kind.layout == .focus { focusViewers += count }
            messagesPerSecond += kind.messagesPerSecond * Double(count)
        }
        for (kind, count) in zip(kinds, present) where count > 0 {
            microphones += microphone(kind.microphone) * count
        }
        guard cameras > 0, people > 1 else { return }
        cameraMean =
            wantedLayers(gridViewers: gridViewers, focusViewers: focusViewers) * (1 / Double(cameras))
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
        let remote = cameras - (kind.camera != .off ? 1 : 0)
        guard remote > 0 else { return .none }
        switch kind.layout {
        case .none: return .none
        case .grid: return PageLayout.gridLayer(tiles: tiles).traffic * min(remote, tiles - 1)
        case .focus:
            return VideoLayer.high.traffic + VideoLayer.low.traffic
                * min(remote - 1, PageLayout.carouselTiles)
        }
    }

    /// All cameras together, each with the layers up to the largest one that anybody looks at.
    ///
    /// Everybody's page sorts its tiles by the same rules, so that the cameras beyond the first page are
    /// wanted by nobody; in focus everybody looks at the speaker, and the speaker at somebody else.
    private func wantedLayers(gridViewers: Int, focusViewers: Int) -> Traffic {
        let gridLayer = PageLayout.gridLayer(tiles: tiles)
        let inGrid = gridViewers > 0 ? min(cameras, PageLayout.largestGrid) : 0
        let large = focusViewers > 0 ? min(cameras, 2) : 0
        let small = focusViewers > 0 ? min(cameras, 1 + PageLayout.carouselTiles) : 0
        let high = max(large, gridLayer == .high ? inGrid : 0)
        let medium = max(high, gridLayer >= .medium ? inGrid : 0)
        let low = max(medium, inGrid, small)
        return VideoLayer.high.traffic * high + VideoLayer.medium.traffic * medium + VideoLayer.low.traffic
            * low
    }

    private var tiles: Int { min(people, PageLayout.largestGrid) }

    /// A camera with nothing switched off.
    static let everyLayer = VideoLayer.allCases.reduce(Traffic.none) { $0 + $1.traffic }
}
