import Probe

/// The delays that one cohort's participants saw since the phase began.
struct DelayCollector {
    /// Audio, capture to arrival.
    var audioNetwork = DelayHistogram()
    /// Audio, capture to playout.
    var audioPlayout = DelayHistogram()
    /// Video, capture to last packet.
    var video = DelayHistogram()

    /// What was collected, with everything forgotten.
    mutating func take(phase: Int, cohort: Int) -> [PhaseDelays] {
        defer {
            audioNetwork.reset()
            audioPlayout.reset()
            video.reset()
        }
        return [
            (PhaseDelays.Quantity.audioNetwork, audioNetwork), (.audioPlayout, audioPlayout), (.video, video),
        ].compactMap { quantity, histogram in
            histogram.count == 0
                ? nil : PhaseDelays(phase: phase, cohort: cohort, quantity: quantity, cells: histogram.cells)
        }
    }
}
