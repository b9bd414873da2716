import Primitives
import Scenario

/// From when on there is somebody else to see and hear in a room, by the plan.
///
/// Who comes first into a room waits for others: that wait is theirs, not the deployment's. The first packet, sound
/// and picture are therefore timed from the later of the own intended arrival and the intended arrival of the first
/// other participant that sends.
struct RoomCompany {
    /// When others are due, from one participant's point of view; nil where nobody else sends.
    struct Arrivals {
        /// The first other microphone.
        var sound: Instant?
        /// The first other camera.
        var picture: Instant?
    }

    private struct Earliest {
        var first: (participant: Int, at: Instant)?
        var second: Instant?

        mutating func add(_ participant: Int, _ at: Instant) {
            if let known = first, known.at <= at {
                second = min(second ?? at, at)
            } else {
                second = first?.at
                first = (participant, at)
            }
        }

        func excluding(_ participant: Int) -> Instant? {
            first?.participant == participant ? second : first?.at
        }
    }

    private var sound: [Earliest]
    private var picture: [Earliest]

    /// Looks through a plan once.
    init(_ plan: Plan) {
        sound = Array(repeating: Earliest(), count: plan.rooms.count)
        picture = sound
        for participant in plan.participants {
            let arrival = Instant.zero + participant.arrival
            if participant.microphone.isPublished { sound[participant.room].add(participant.index, arrival) }
            if participant.camera != .off { picture[participant.room].add(participant.index, arrival) }
        }
    }

    /// When others are due in the room of `participant`.
    func arrivals(beside participant: PlannedParticipant) -> Arrivals {
        Arrivals(
            sound: sound[participant.room].excluding(participant.index),
            picture: picture[participant.room].excluding(participant.index))
    }
}
