public import Primitives

/// Why a scenario without a mistake in its text cannot be planned.
public enum PlanError: Error, Equatable, Sendable {
    /// The drawn sizes give more participants than the scenario allows.
    case tooManyParticipants(planned: Int, allowed: Int)
    /// An arrive phase can never bring in as many participants as it is given.
    case arrivalsTooFew(phase: String, possible: Int, wanted: Int)
    /// Arrive phases together want another number of participants than there are.
    case arrivalsDoNotAddUp(arriving: Int, planned: Int)
    /// The run would last longer than a day.
    case tooLong(Interval)

    /// The phase at fault, if it is one.
    var phase: String? {
        if case .arrivalsTooFew(let phase, _, _) = self { return phase }
        return nil
    }

    /// Whether the allow list is at stake.
    var isAboutAllowance: Bool {
        if case .tooManyParticipants(_, let allowed) = self {
            return allowed != ScenarioReader.mostParticipants
        }
        return false
    }

    /// What the scenario leads to.
    var found: String {
        switch self {
        case .tooManyParticipants(let planned, _): "\(planned) participants"
        case .arrivalsTooFew(let phase, let possible, let wanted):
            "a ramp in phase \"\(phase)\" that brings in \(possible) of \(wanted) participants"
        case .arrivalsDoNotAddUp(let arriving, let planned):
            "arrive phases for \(arriving) of \(planned) participants"
        case .tooLong(let duration): "a run of \(duration.scenarioText)"
        }
    }

    /// What it should lead to.
    var expected: String {
        switch self {
        case .tooManyParticipants(_, ScenarioReader.mostParticipants):
            "at most \(ScenarioReader.mostParticipants)"
        case .tooManyParticipants(_, let allowed): "at most \(allowed), as \"participants\" of \"allow\" says"
        case .arrivalsTooFew: "a longer ramp, or a rate above 0/s at its end"
        case .arrivalsDoNotAddUp(_, let planned): "\(planned) in all, or one arrive phase for the rest"
        case .tooLong: "at most \(ScenarioReader.longestRun.scenarioText)"
        }
    }
}

extension PlanError: CustomStringConvertible {
    /// The reason in one line.
    public var description: String { "\(found) — expected \(expected)" }
}
