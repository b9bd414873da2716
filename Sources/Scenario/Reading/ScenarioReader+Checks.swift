import Primitives

/// Checks that need more than one part of the scenario.
extension ScenarioReader {
    /// The room groups with complete mixes, after checking that roles exist and numbers add up.
    mutating func complete(_ rooms: [ReadRoomGroup], with roles: [ReadRole], named names: [String])
        -> [RoomGroup]
    {
        var slugs: Set<String> = []
        return rooms.map { read in
            var group = read.group
            for slug in group.slugs where !slugs.insert(slug).inserted {
                report(read.place, "room \"\(slug)\" in two groups", expected: "each room once")
            }
            guard let mixPlace = read.mixPlace else {
                if names.count == 1 {
                    group.mix = Mix(parts: [(role: names[0], part: .rest)])
                } else if names.count > 1 {
                    report(
                        read.place, "room group \"\(group.name)\" without \"mix\"",
                        expected: "a mix of \(names.joined(separator: ", "))")
                }
                return group
            }
            for (part, place) in zip(group.mix.parts, read.partPlaces)
            where !names.isEmpty && !names.contains(part.role) {
                report(
                    place,
                    "unknown role \"\(Element.shortened(part.role))\" in the mix of group \"\(group.name)\"",
                    expected: Self.oneOf(names), hint: NearestWord.to(part.role, in: names))
            }
            if read.hasSize { checkSum(of: group, at: mixPlace) }
            return group
        }
    }

    private mutating func checkSum(of group: RoomGroup, at place: Place) {
        guard !group.mix.parts.isEmpty else { return }
        let sizes = group.size.smallest...group.size.largest
        // Between the ends nothing new can go wrong that a thousand sizes do not show.
        let failing = sizes.prefix(1000).first { group.mix.divide($0) == nil }
        guard let size = failing ?? (group.mix.divide(sizes.upperBound) == nil ? sizes.upperBound : nil)
        else { return }
        let parts = group.mix.parts.map { part in
            switch part.part {
            case .number(let number): "\(number)"
            case .share(let share): Self.percent(share)
            case .rest: "rest"
            }
        }
        let room = sizes.count == 1 ? "\(size) participants" : "every size, such as \(size)"
        report(
            place, "a mix of \(parts.joined(separator: " + ")) in room group \"\(group.name)\"",
            expected: "parts that add up to \(room); a role with rest takes what is left")
    }

    /// Draws the plan's outline from the scenario's own seed, and checks what only the whole shows.
    mutating func checkOutline(
        of scenario: Scenario, roles: [ReadRole], phases: [ReadPhase], allowPlace: Place, at place: Place
    ) {
        let outline: PlanOutline
        do {
            outline = try PlanOutline(scenario, seed: scenario.seed ?? Planner.defaultSeed)
        } catch {
            let phasePlace = error.phase.flatMap { name in phases.first { $0.phase.name == name }?.place }
            report(
                phasePlace ?? (error.isAboutAllowance ? allowPlace : place), error.found,
                expected: error.expected)
            return
        }
        for read in roles {
            for (screen, place) in zip(read.role.screens, read.screenPlaces)
            where screen.start >= outline.duration {
                report(
                    place, "\"screen\" of role \"\(read.role.name)\" from \(screen.start.scenarioText)",
                    expected: "a span that starts before the run ends at \(outline.duration.scenarioText)")
            }
        }
        for read in roles where read.role.microphone.speaks {
            for (mute, place) in zip(read.role.mutes, read.mutePlaces) {
                if mute.start >= outline.duration {
                    report(
                        place, "\"mute\" of role \"\(read.role.name)\" from \(mute.start.scenarioText)",
                        expected: "a span that starts before the run ends at \(outline.duration.scenarioText)"
                    )
                } else if mute.start <= .zero, mute.end >= outline.duration {
                    report(
                        place,
                        "\"mute\" over the whole run in role \"\(read.role.name)\", whose microphone is "
                            + read.role.microphone.rawValue,
                        expected: "a shorter span, or microphone: muted")
                }
            }
        }
    }
}
