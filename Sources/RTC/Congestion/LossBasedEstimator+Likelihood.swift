import Primitives

/// How likely a path with given loss and capacity makes what was observed.
extension LossBasedEstimator {
    /// The inherent loss lies above this (`InherentLossLowerBound`), and below an offset plus a part that matters at
    /// low rates only (`InherentLossUpperBoundOffset`, `InherentLossUpperBoundBwBalance`).
    private static let leastLoss = 1e-3
    private static let mostLoss = 0.05
    private static let mostLossBalance = Bitrate.kilobitsPerSecond(100)
    /// The step of Newton's method (`NewtonStepSize`).
    private static let newtonStep = 0.75
    /// How much a higher capacity is preferred, linearly and logarithmically in kbit/s (`HigherBwBiasFactor`,
    /// `HigherLogBwBiasFactor`); from this average loss on a lower one is
    /// (`LossThresholdOfHighBandwidthPreference`), with a smooth turn (`BandwidthPreferenceSmoothingFactor`).
    private static let linearBias = 0.0002
    private static let logarithmicBias = 0.02
    private static let biasTurn = 0.2
    private static let biasSmoothing = 0.002

    /// Powers of the weight factor 0.9 (`TemporalWeightFactor`).
    private static let weights: InlineArray<15, Double> = [
        1, 0.9, 0.81, 0.729, 0.6561, 0.59049, 0.531441, 0.4782969, 0.43046721, 0.387420489, 0.3486784401,
        0.31381059609, 0.282429536481, 0.2541865828329, 0.22876792454961,
    ]

    /// What an observation weighs: the newest 1, each older one less.
    func weight(of observation: Observation) -> Double {
        Self.weights[observationCount - 1 - observation.number]
    }

    /// Moves the inherent loss towards its most likely value by one step of Newton's method.
    func fit(_ channel: inout Channel) {
        channel.inherentLoss = feasible(channel)
        var (first, second) = (0.0, 0.0)
        for index in 0..<Self.windowLength where observations[index].number >= 0 {
            let observation = observations[index]
            let loss = Self.lossProbability(channel, rate: observation.rate)
            let weight = weight(of: observation)
            let received = observation.kilobytes - observation.lostKilobytes
            first += weight * (observation.lostKilobytes / loss - received / (1 - loss))
            second -=
                weight
                * (observation.lostKilobytes / (loss * loss) + received / ((1 - loss) * (1 - loss)))
        }
        guard second < 0 else { return }
        channel.inherentLoss -= Self.newtonStep * first / second
        channel.inherentLoss = feasible(channel)
    }

    /// The weighted logarithm of the likelihood, with the preference for higher or lower capacities.
    func logarithmicLikelihood(of channel: Channel) -> Double {
        let bias = bias(of: channel.capacity)
        var sum = 0.0
        for index in 0..<Self.windowLength where observations[index].number >= 0 {
            let observation = observations[index]
            let loss = Self.lossProbability(channel, rate: observation.rate)
            let received = observation.kilobytes - observation.lostKilobytes
            let likelihood =
                observation.lostKilobytes * Elementary.logarithm(loss) + received
                * Elementary.logarithm(1 - loss)
            sum += weight(of: observation) * (likelihood + bias * observation.kilobytes)
        }
        return sum
    }

    private func feasible(_ channel: Channel) -> Double {
        let most = min(1, Self.mostLoss + Self.mostLossBalance / channel.capacity)
        return min(max(channel.inherentLoss, Self.leastLoss), most)
    }

    private func bias(of capacity: Bitrate) -> Double {
        let distance = Self.biasTurn - averageLoss
        let preference = distance / (Self.biasSmoothing + abs(distance))
        let rate = capacity.kilobitsPerSecond
        return preference
            * (Self.linearBias * rate + Self.logarithmicBias * Elementary.logarithm(1 + rate))
    }

    private static func lossProbability(_ channel: Channel, rate: Bitrate) -> Double {
        var loss = channel.inherentLoss
        if rate > channel.capacity { loss += (1 - loss) * ((rate - channel.capacity) / rate) }
        return min(max(loss, 1e-6), 1 - 1e-6)
    }
}
