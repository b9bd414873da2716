import Connections
import Dispatch
import LoadGen
import Primitives
import Reactor
import Scenario
import Synchronization
import Visio

/// Makes a plan's rooms before its run, with a carrier of its own.
enum RoomMaker {
    /// Longest time for all rooms together, in seconds.
    private static let limit = 300.0

    /// Makes the rooms; blocks until they are there.
    static func make(
        _ plan: Plan, baseURL: String, material: SignInMaterial, allow: HostAllowList,
        isInterrupted: () -> Bool
    ) throws(HostError) -> PreparedRooms {
        let clock = MonotonicClock()
        let preparation = RoomPreparation(
            plan: plan, baseURL: baseURL, material: material, wallClock: clock.wallClock)
        guard preparation.roomCount > 0 else { return PreparedRooms() }
        let pulse = DispatchSemaphore(value: 0)
        let inbox = Inbox(pulse: pulse)
        let carrier: ClientCarrier
        do {
            carrier = try ClientCarrier(allow: allow) { inbox.put($0, $1) }
        } catch {
            throw .carrier(String(describing: error))
        }
        defer { carrier.shutdown() }
        while !preparation.isFinished {
            preparation.tick(now: clock.now)
            for (job, event) in inbox.take() { preparation.receive(event, job: job, now: clock.now) }
            for (job, command) in preparation.takeCommands() { carrier.submit(command, client: job) }
            guard !isInterrupted() else { throw .cannotPrepare("interrupted") }
            guard clock.now.seconds < limit else { throw .cannotPrepare("not done within \(Int(limit)) s") }
            _ = pulse.wait(timeout: .now() + .milliseconds(50))
        }
        if let failure = preparation.failure { throw .cannotPrepare(failure) }
        return preparation.rooms
    }
}

/// Events on their way from the network loop to the thread that makes rooms.
private final class Inbox: Sendable {
    private let events = Mutex<[(job: Int, event: CarrierEvent)]>([])
    private let pulse: DispatchSemaphore

    init(pulse: DispatchSemaphore) { self.pulse = pulse }

    func put(_ job: Int, _ event: CarrierEvent) {
        events.withLock { $0.append((job, event)) }
        pulse.signal()
    }

    func take() -> [(job: Int, event: CarrierEvent)] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}
