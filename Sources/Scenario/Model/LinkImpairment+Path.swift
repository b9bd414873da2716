import Primitives
public import RTC

extension NetworkPathProfile {
    /// What a scenario says of one direction of an access network.
    public init(_ link: LinkImpairment) {
        self.init(
            delay: link.delay, jitter: NetworkJitter(link.jitter), loss: NetworkLoss(link.loss),
            duplication: link.duplicate, reordering: link.reorder, bitsPerSecond: link.bitsPerSecond,
            queueLimit: link.queue,
            outages: link.outages.map { .zero + $0.start..<(.zero + $0.end) })
    }
}

extension NetworkJitter {
    /// Every spread is described by its mean, so that they can be exchanged without changing the delay.
    fileprivate init(_ jitter: LinkImpairment.Jitter?) {
        guard let jitter else {
            self = .none
            return
        }
        switch jitter.spread {
        case .uniform: self = .uniform(maximum: jitter.mean * 2)
        // The mean of a half-normal variable is its deviation times the root of 2/π.
        case .normal: self = .halfNormal(deviation: jitter.mean * 1.253_314_137_315_5)
        case .exponential: self = .exponential(mean: jitter.mean)
        case .pareto: self = .pareto(mean: jitter.mean, shape: 2.5)
        }
    }
}

extension NetworkLoss {
    /// A spell loses `inside` of its datagrams, and spells make up as much of all as the share in all asks for.
    fileprivate init(_ loss: LinkImpairment.Loss) {
        switch loss {
        case .none: self = .none
        case .independent(let share): self = (NetworkLoss.random)(share)
        case .bursts(let share, let length, let inside):
            var link = GilbertElliott(meanLoss: share / inside, meanBurst: length)
            link.lossInBad = inside
            self = .gilbertElliott(link)
        }
    }
}
