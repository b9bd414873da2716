import Probe

/// The delays that one cohort's participants saw since the phase began.
struct DelayCollector {
    /// Audio, capture to arrival.
    var audioNetwork = DelayHistogram()
    /// Audio, capture to playout.
    var audioPlayout = DelayHistogram()
    /// Video, capture to last packet.
    var video = DelayHistogram()
    /// Whatever else was timed, by quantity; made when first needed.
    private var others: [PhaseDelays.Quantity: DelayHistogram] = [:]

    /// Adds a delay of people's doings or of Meet's answers.
    mutating func add(_ quantity: PhaseDelays.Quantity, microseconds: Int64) {
        others[quantity, default: DelayHistogram()].add(microseconds: microseconds)
    }

    /// What was collected, with everything forgotten.
    mutating func take(phase: Int, cohort: Int) -> [PhaseDelays] {
        defer {
            audioNetwork.reset()
            audioPlayout.reset()
            video.reset()
            others = [:]
        }
        let media: [(PhaseDelays.Quantity, DelayHistogram)] = [
            (.audioNetwork, audioNetwork), (.audioPlayout, audioPlayout), (.video, video),
        ]
        let rest = PhaseDelays.Quantity.allCases.compactMap { quantity in
            others[quantity].map { (quantity, $0) }
        }
        return (media + rest).compactMap { quantity, histogram in
            histogram.count == 0
                ? nil : PhaseDelays(phase: phase, cohort: cohort, quantity: quantity, cells: histogram.cells)
        }
    }
}
