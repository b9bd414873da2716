import Primitives
import Scenario
import Visio

/// What a host's page does about the lobby: it asks who waits, and the host decides (`useWaitingParticipants.ts`).
///
/// The page asks once when it comes in, and whenever the backend says that somebody waits; then again every second
/// until nobody does.
struct LobbyDesk {
    /// The page asks again after this long (`POLL_INTERVAL_MS`).
    static let pollInterval = Interval.seconds(1)

    private struct Decision {
        var id: String
        var at: Instant
        var isWelcome: Bool
    }

    private let policy: LobbyPolicy?
    private var generator: SeededGenerator
    private var decisions: [Decision] = []
    private var isAsking = false
    private var nextQuestion: Instant?
    private var known: Set<String> = []
    private var waiting: [String] = []

    /// A host who does nothing, without a policy, still has a page that asks.
    init(_ policy: LobbyPolicy?, generator: SeededGenerator) {
        self.policy = policy
        self.generator = generator
    }

    /// When something is due next.
    var deadline: Instant? {
        decisions.reduce(isAsking ? nil : nextQuestion) { earliest($0, $1.at) }
    }

    /// The host has come in, or somebody waits.
    mutating func look(now: Instant) {
        if nextQuestion == nil { nextQuestion = now }
    }

    /// What is due by `now`, each with the moment at which it was.
    mutating func take(now: Instant) -> [(call: MeetCalls.Call, at: Instant)] {
        var due: [(call: MeetCalls.Call, at: Instant)] = []
        for decision in decisions where decision.at <= now && waiting.contains(decision.id) {
            due.append((.admit(id: decision.id, decision.isWelcome), decision.at))
        }
        decisions.removeAll { $0.at <= now }
        if !isAsking, let at = nextQuestion, at <= now {
            isAsking = true
            due.append((.listWaiting, at))
        }
        return due
    }

    /// This is who waits.
    ///
    /// - Parameter isOurs: Whether somebody is one of the run's own: the host decides about nobody else.
    mutating func receive(_ list: [LobbyEntry], now: Instant, isOurs: (String) -> Bool) {
        isAsking = false
        waiting = list.map(\.id)
        nextQuestion = list.isEmpty ? nil : now + Self.pollInterval
        // Who was evicted and has come back is a new person to the host.
        known.formIntersection(waiting)
        guard let policy else { return }
        for id in waiting where isOurs(id) && known.insert(id).inserted {
            let isWelcome = generator.chance(Double(policy.acceptedPerMillion) / 1e6)
            decisions.append(Decision(id: id, at: now + policy.after, isWelcome: isWelcome))
        }
    }

    /// The question got no answer; the page asks again with its usual beat if anybody was known to wait.
    mutating func questionFailed(now: Instant) {
        isAsking = false
        nextQuestion = waiting.isEmpty ? nil : now + Self.pollInterval
    }

    /// A decision was answered; the page looks again at once.
    mutating func decided(now: Instant) { nextQuestion = now }
}
