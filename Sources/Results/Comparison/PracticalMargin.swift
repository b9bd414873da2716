public import Scenario

/// How much of a shift matters to the people in a call: below it a change is no change, however certain.
public struct PracticalMargin: Hashable, Sendable {
    /// A share of the base's figure.
    public var relative: Double
    /// A shift in the metric's base unit; the larger of the two counts.
    public var absolute: Double

    /// Describes a margin.
    public init(relative: Double, absolute: Double) {
        self.relative = relative
        self.absolute = absolute
    }

    /// The margin around a figure of the base, positive.
    public func around(_ figure: Double) -> Double {
        max(absolute, figure.isFinite ? relative * abs(figure) : 0)
    }

    /// The margin of a metric unless the user says otherwise.
    ///
    /// 0.1 MOS is the least that listening tests tell apart, 2 the R that goes with it; 0.3 dB PSNR and 0.005 SSIM are
    /// beneath what is seen; 10 ms of a join and 2 ms of delay are beneath what is felt (ITU-T G.114 counts in tens).
    public static func standard(for metric: Metric) -> PracticalMargin {
        switch metric.unit {
        case .time:
            PracticalMargin(relative: 0.05, absolute: metric.rawValue.hasPrefix("join.") ? 0.010 : 0.002)
        case .share: PracticalMargin(relative: 0, absolute: metric.isYesOrNo ? 0.005 : 0.001)
        case .meanOpinionScore: PracticalMargin(relative: 0, absolute: 0.1)
        case .rating: PracticalMargin(relative: 0, absolute: 2)
        case .perMinute: PracticalMargin(relative: 0.05, absolute: 0.1)
        case .framesPerSecond: PracticalMargin(relative: 0, absolute: 0.5)
        case .decibel: PracticalMargin(relative: 0, absolute: 0.3)
        case .similarity: PracticalMargin(relative: 0, absolute: 0.005)
        case .lines, .bitrate: PracticalMargin(relative: 0.05, absolute: 0)
        }
    }
}
