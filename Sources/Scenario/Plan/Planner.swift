import Primitives

/// Turns a scenario and a seed into a plan.
public enum Planner {
    /// The seed of a scenario that names none.
    public static let defaultSeed: UInt64 = 1

    /// Plans `scenario` with `seed`, or else the scenario's own seed; equal input gives an equal plan.
    public static func plan(_ scenario: Scenario, seed: UInt64? = nil) throws(PlanError) -> Plan {
        let seed = seed ?? scenario.seed ?? defaultSeed
        let outline = try PlanOutline(scenario, seed: seed)
        let chance = SeededGenerator(seed: seed)
        var (rooms, participants) = seats(scenario, outline, chance)
        setTimes(of: &participants, outline, chance)
        setDevices(of: &participants, scenario, chance)
        setNetworks(of: &participants, scenario, chance)
        setChanges(of: &participants, scenario.roles, chance)
        setAccounts(of: &participants)
        setMaking(of: &rooms, participants, scenario)
        for participant in participants where participant.microphone == .conversation {
            rooms[participant.room].speakers.append(
                Speaker(
                    participant: participant.index, presence: participant.presence, mutes: participant.mutes))
        }
        return Plan(
            seed: seed, title: scenario.title, target: scenario.target, signalling: scenario.signalling,
            signIn: scenario.signIn, allow: scenario.allow, observation: scenario.observation,
            phases: outline.phases, rooms: rooms, participants: participants,
            networks: scenario.networks.map(\.network), thresholds: scenario.thresholds,
            depth: scenario.depth, media: scenario.media, duration: outline.duration, shard: nil)
    }

    /// Every room and, room by room and role by role, everybody in it.
    private static func seats(_ scenario: Scenario, _ outline: PlanOutline, _ chance: SeededGenerator)
        -> ([PlannedRoom], [PlannedParticipant])
    {
        let given = scenario.rooms.flatMap(\.slugs)
        var slugs = Set(given)
        var rooms: [PlannedRoom] = []
        var participants: [PlannedParticipant] = []
        participants.reserveCapacity(outline.total)
        for (group, sizes) in zip(scenario.rooms, outline.sizes) {
            for (number, size) in sizes.enumerated() {
                let index = rooms.count
                var generator = chance.fork("room", index)
                var slug = group.slugs.isEmpty ? RoomSlug.draw(from: &generator) : group.slugs[number]
                while group.slugs.isEmpty, !slugs.insert(slug).inserted {
                    slug = RoomSlug.draw(from: &generator)
                }
                rooms.append(
                    PlannedRoom(
                        index: index, group: group.name, slug: slug, size: size, access: group.access))
                for (part, count) in zip(group.mix.parts, group.mix.divide(size) ?? []) {
                    guard let role = scenario.roles.first(where: { $0.name == part.role }) else { continue }
                    for _ in 0..<count {
                        participants.append(participant(participants.count, in: index, as: role))
                    }
                }
            }
        }
        return (rooms, participants)
    }

    private static func participant(_ index: Int, in room: Int, as role: Role) -> PlannedParticipant {
        var planned = PlannedParticipant(
            index: index, room: room, role: role.name, cohort: role.name, name: "\(role.name)-\(index)",
            presence: TimeSpan(start: .zero, end: .zero), microphone: role.microphone, camera: .off,
            layout: role.layout, login: role.login, behaviour: role.behaviour, mutes: role.mutes)
        planned.screens = role.screens
        planned.page = role.page
        return planned
    }

    /// Accounts are numbered through, so that those of one room are different even if there are few of them.
    private static func setAccounts(of participants: inout [PlannedParticipant]) {
        var next = 0
        for index in participants.indices where participants[index].login != .guest {
            participants[index].account = next
            next += 1
        }
    }

    /// A room that the scenario does not name is made by its owner, by the application, or not at all.
    private static func setMaking(
        of rooms: inout [PlannedRoom], _ participants: [PlannedParticipant], _ scenario: Scenario
    ) {
        let existing = Set(scenario.rooms.flatMap(\.slugs))
        var isNeedy = rooms.map { $0.access != nil }
        var hasOwner = rooms.map { _ in false }
        for participant in participants {
            if participant.login == .owner { hasOwner[participant.room] = true }
            if participant.behaviour.needsRegisteredRoom { isNeedy[participant.room] = true }
        }
        for index in rooms.indices where !existing.contains(rooms[index].slug) {
            switch scenario.target {
            case .livekit: break
            case .visio:
                if scenario.signIn.application != nil {
                    rooms[index].making = .application
                } else if hasOwner[index] {
                    rooms[index].making = .owner
                }
            case .embedded:
                if hasOwner[index] {
                    rooms[index].making = .owner
                } else if isNeedy[index] {
                    rooms[index].making = .application
                    // Like the rooms that nobody registers, unless the scenario says otherwise.
                    rooms[index].access = rooms[index].access ?? .public
                }
            }
        }
    }

    /// Joins and leaves go to participants in shuffled orders, so that all rooms fill and empty together.
    private static func setTimes(
        of participants: inout [PlannedParticipant], _ outline: PlanOutline, _ chance: SeededGenerator
    ) {
        var generator = chance.fork("arrival-order")
        let arriving = Array(participants.indices).shuffled(using: &generator)
        generator = chance.fork("departure-order")
        let leaving = Array(participants.indices).shuffled(using: &generator)
        let leave = outline.phases.last { $0.kind == .leave }?.span
        for (rank, index) in arriving.enumerated() {
            participants[index].presence.start = outline.arrivals[rank]
            participants[index].presence.end = outline.duration
        }
        guard let leave else { return }
        for (rank, index) in leaving.enumerated() {
            let microseconds = leave.length.wholeMicroseconds * Int64(rank) / Int64(leaving.count)
            participants[index].presence.end = leave.start + .microseconds(microseconds)
        }
    }

    /// Networks as the roles name them, and for everybody else by exact shares: 60 % of ten participants are six,
    /// whatever the seed.
    private static func setNetworks(
        of participants: inout [PlannedParticipant], _ scenario: Scenario, _ chance: SeededGenerator
    ) {
        let networks = scenario.networks
        for role in scenario.roles {
            guard let number = networks.firstIndex(where: { $0.network.name == role.network }) else {
                continue
            }
            for index in participants.indices where participants[index].role == role.name {
                participants[index].network = number
            }
        }
        var generator = chance.fork("networks")
        let users = participants.indices.filter { participants[$0].network == nil }
            .shuffled(using: &generator)
        deal(networks.map(\.share), to: users) { participants[$0].network = $1 }
    }

    /// What becomes of each connection while its participant is there; nothing happens after the tab was closed.
    private static func setChanges(
        of participants: inout [PlannedParticipant], _ roles: [Role], _ chance: SeededGenerator
    ) {
        for index in participants.indices {
            guard let role = roles.first(where: { $0.name == participants[index].role }) else { continue }
            let wishes: [(ConnectionChange, Moments?, StaticString)] = [
                (.reload, role.reload, "reload"), (.network, role.networkChange, "network-change"),
                (.close, role.closeTab, "close-tab"),
            ]
            var changes: [PlannedChange] = []
            for (change, moments, label) in wishes {
                guard let moments else { continue }
                var generator = chance.fork(label, index)
                changes += moments.draw(within: participants[index].presence, using: &generator)
                    .map { PlannedChange(at: $0, change: change) }
            }
            changes.sort { $0.at < $1.at }
            if let end = changes.firstIndex(where: { $0.change == .close }) {
                changes.removeSubrange((end + 1)...)
            }
            participants[index].changes = changes
        }
    }

    /// Cameras and browsers by exact shares within each role: 60 % of ten viewers are six, whatever the seed.
    private static func setDevices(
        of participants: inout [PlannedParticipant], _ scenario: Scenario, _ chance: SeededGenerator
    ) {
        for (number, role) in scenario.roles.enumerated() {
            let players = participants.indices.filter { participants[$0].role == role.name }
            var generator = chance.fork("cameras", number)
            deal(role.cameras.map(\.share), to: players.shuffled(using: &generator)) { player, choice in
                participants[player].camera = role.cameras[choice].camera
            }
            let browsers = role.browsers.isEmpty ? scenario.browsers : role.browsers
            generator = chance.fork("browsers", number)
            deal(browsers.map(\.share), to: players.shuffled(using: &generator)) { player, choice in
                participants[player].browser = browsers[choice].browser
            }
            // Firefox sends no scalable streams: Meet's page falls back to VP8 there.
            for player in players where participants[player].browser == .firefox {
                if participants[player].camera == .vp9SVC { participants[player].camera = .vp8Simulcast }
            }
        }
    }

    /// Divides players among choices by exact shares.
    private static func deal(_ shares: [Double], to players: [Int], _ give: (Int, Int) -> Void) {
        var next = 0
        for (choice, count) in Apportionment.largestRemainder(of: players.count, shares: shares).enumerated()
        {
            for player in players[next..<(next + count)] { give(player, choice) }
            next += count
        }
    }
}
