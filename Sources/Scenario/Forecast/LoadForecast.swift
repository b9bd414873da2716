public import Primitives

/// What a plan will ask of the network and of the machine that generates it: estimated, before anything is
/// sent.
///
/// Traffic follows from the plan by the rules of Visio's page; processor and memory from costs that were
/// measured for single packets and participants (`MachineNeeds`). All figures are for the generator's own
/// participants.
public struct LoadForecast: Equatable, Sendable {
    /// The load at one moment.
    public struct Moment: Equatable, Sendable {
        /// When, since the start of the run.
        public var at: Interval
        /// How many participants are there.
        public var participants: Int
        /// What they send, with dynacast obeyed.
        public var up: Traffic
        /// What they receive.
        public var down: Traffic
        /// Tracks that they publish.
        public var publishedTracks: Int
        /// Tracks that they are subscribed to.
        public var subscribedTracks: Int
        /// What they would send if every simulcast layer was always wanted.
        public var upperBound: Traffic

        /// Both directions together.
        var packetsPerSecond: Double { up.packetsPerSecond + down.packetsPerSecond }

        static let nobody = Moment(
            at: .zero, participants: 0, up: .none, down: .none, publishedTracks: 0, subscribedTracks: 0,
            upperBound: .none)
    }

    /// Participants over the run, each the most within one of equal slices of it.
    public var participants: [Int]
    /// The moment of the largest traffic; often while rooms still fill, because small grids have large
    /// pictures.
    public var peak: Moment
    /// The moment with the most participants, and among those of the largest traffic.
    public var fullest: Moment
    /// The most joins that are due within one second.
    public var mostJoinsPerSecond: Int
    /// What the machine needs for it.
    public var needs: MachineNeeds
    /// What it needs but does not have, the most serious first.
    public var shortages: [Shortage]
    /// How many such participants the machine carries, and what ends it.
    public var capacity: Capacity

    /// The most participants at one time.
    public var mostParticipants: Int { fullest.participants }

    /// Into how many slices the run is cut for `participants`.
    public static let sliceCount = 240

    /// Forecasts the load of the whole `plan`, or of the part of it that `shard` runs, on `machine`.
    ///
    /// The plan must be the whole one: what a participant receives depends on everybody in the room.
    public init(_ plan: Plan, on machine: MachineDescription, shard: Shard? = nil) {
        precondition(plan.shard == nil, "a forecast needs the whole plan")
        var timeline = Timeline(plan, shard: shard)
        timeline.run()
        participants = timeline.slices
        peak = timeline.peak
        fullest = timeline.fullest
        mostJoinsPerSecond = timeline.mostJoinsPerSecond
        var isEmbedded = false
        if case .embedded = plan.target { isEmbedded = true }
        needs = MachineNeeds(
            peak: peak, participants: fullest.participants, joinsPerSecond: mostJoinsPerSecond,
            isEmbedded: isEmbedded)
        shortages = needs.shortages(on: machine)
        capacity = needs.capacity(of: machine, participants: fullest.participants)
    }
}

/// Walks through the joins and leaves of a plan, and keeps the sum of all rooms' loads up to date.
private struct Timeline {
    private struct Event {
        var at: Interval
        var participant: Int
        var kind: Int
        /// Whether a participant is there from now on as this kind, or no longer.
        var comes: Bool
        /// Whether it comes into the room, or only becomes another kind.
        var joins: Bool
    }

    private let plan: Plan
    private var events: [Event] = []
    private let kinds: [ParticipantKind]
    private let isOwn: [Bool]
    /// Participants by room and kind, all of them and the generator's own.
    private var present: [[Int]]
    private var own: [[Int]]
    private var loads: [RoomLoad]

    var slices = [Int](repeating: 0, count: LoadForecast.sliceCount)
    var peak = LoadForecast.Moment.nobody
    var fullest = LoadForecast.Moment.nobody
    var mostJoinsPerSecond = 0

    init(_ plan: Plan, shard: Shard?) {
        self.plan = plan
        var kinds: [ParticipantKind] = []
        var numbers: [ParticipantKind: Int] = [:]
        for participant in plan.participants {
            for (span, isSharing) in Self.stretches(of: participant) {
                let kind = ParticipantKind(participant, isSharing: isSharing)
                let number = numbers[kind] ?? kinds.count
                if number == kinds.count {
                    numbers[kind] = number
                    kinds.append(kind)
                }
                let joins = span.start == participant.arrival
                events.append(
                    Event(
                        at: span.start, participant: participant.index, kind: number, comes: true,
                        joins: joins))
                events.append(
                    Event(
                        at: span.end, participant: participant.index, kind: number, comes: false,
                        joins: false))
            }
        }
        self.kinds = kinds
        isOwn = plan.participants.map { participant in shard.map { plan.belongs(participant, to: $0) } ?? true
        }
        present = Array(repeating: Array(repeating: 0, count: kinds.count), count: plan.rooms.count)
        own = present
        loads = Array(repeating: RoomLoad(), count: plan.rooms.count)
        // Who leaves makes room before who comes.
        events.sort { left, right in
            if left.at != right.at { return left.at < right.at }
            if left.comes != right.comes { return !left.comes }
            return left.participant < right.participant
        }
    }

    /// A participant's presence, cut where it begins and ends to share its screen.
    private static func stretches(of participant: PlannedParticipant) -> [(span: TimeSpan, isSharing: Bool)] {
        var stretches: [(span: TimeSpan, isSharing: Bool)] = []
        var from = participant.arrival
        for screen in participant.screens {
            let (start, end) = (max(from, screen.start), min(participant.departure, screen.end))
            guard start < end else { continue }
            if from < start { stretches.append((TimeSpan(start: from, end: start), false)) }
            stretches.append((TimeSpan(start: start, end: end), true))
            from = end
        }
        if from < participant.departure || stretches.isEmpty {
            stretches.append((TimeSpan(start: from, end: participant.departure), false))
        }
        return stretches
    }

    mutating func run() {
        var total = RoomLoad()
        var count = 0
        var slice = 0
        for (index, event) in events.enumerated() {
            slice = fill(from: slice, to: event.at, count: count)
            let room = plan.participants[event.participant].room
            let step = event.comes ? 1 : -1
            present[room][event.kind] += step
            if isOwn[event.participant] {
                own[room][event.kind] += step
                count += step
            }
            // Joins of one moment and room are worked out together.
            let isLast = index + 1 == events.count
            if !isLast, events[index + 1].at == event.at,
                plan.participants[events[index + 1].participant].room == room
            {
                continue
            }
            let load = RoomLoad(kinds: kinds, present: present[room], own: own[room], media: plan.media)
            total = total - loads[room] + load
            loads[room] = load
            note(total, count: count, at: event.at)
            slices[slice] = max(slices[slice], count)
        }
        _ = fill(from: slice, to: plan.duration, count: count)
        findMostJoins()
    }

    /// Carries `count` over the slices up to the one of `time`, and gives that one.
    private mutating func fill(from slice: Int, to time: Interval, count: Int) -> Int {
        let last = LoadForecast.sliceCount - 1
        let length = max(1, plan.duration.nanoseconds)
        let target = min(
            last, Int(Double(time.nanoseconds) / Double(length) * Double(LoadForecast.sliceCount)))
        for index in slice...max(slice, target) { slices[index] = max(slices[index], count) }
        return max(slice, target)
    }

    private mutating func note(_ total: RoomLoad, count: Int, at time: Interval) {
        let moment = LoadForecast.Moment(
            at: time, participants: count, up: total.up, down: total.down, publishedTracks: total.published,
            subscribedTracks: total.subscribed, upperBound: total.upperBound)
        // A thousandth of a packet keeps rounding from moving the peak about.
        if moment.packetsPerSecond > peak.packetsPerSecond + 1e-3 || peak.participants == 0 { peak = moment }
        let isBusier = moment.packetsPerSecond > fullest.packetsPerSecond + 1e-3
        if count > fullest.participants || count == fullest.participants && isBusier { fullest = moment }
    }

    private mutating func findMostJoins() {
        let joins = events.filter { $0.joins && isOwn[$0.participant] }.map(\.at)
        var first = 0
        for (index, time) in joins.enumerated() {
            while joins[first] + .milliseconds(Int64(1000)) <= time { first += 1 }
            mostJoinsPerSecond = max(mostJoinsPerSecond, index - first + 1)
        }
    }
}
