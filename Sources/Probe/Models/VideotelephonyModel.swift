import Foundation

/// The video quality part of the opinion model for video telephony, ITU-T G.1070 (2018), from rates and loss alone.
///
/// Its coefficients were fitted for H.264 and MPEG-4 on small displays, and its loss term knows no retransmission.
/// There is no set for VP8 or VP9: what it gives for them is a trend and is labelled so, never a score.
public struct VideotelephonyModel: Sendable, Hashable {
    /// v1...v12.
    public var coefficients: [Double]

    /// H.264, VGA, 9.2 inches.
    public static let h264 = VideotelephonyModel(coefficients: [
        5.517, 1.29e-2, 3.459, 178.53, 1.02, 1.15, 3.55e-4, 0.114, 513.77, 0.736, -6.451, 13.684,
    ])
    /// MPEG-4, QVGA, 4.2 inches.
    public static let mpeg4 = VideotelephonyModel(coefficients: [
        1.431, 2.228e-2, 3.759, 184.1, 1.161, 1.446, 3.881e-4, 2.116, 467.4, 2.736, 15.28, 4.170,
    ])

    /// What the quality is made of.
    public struct Result: Sendable, Hashable {
        /// The frame rate that is best at the bit rate, in 1/s.
        public var optimalFrameRate: Double
        /// The quality at that rate above 1.
        public var optimalQuality: Double
        /// How little the quality depends on the frame rate.
        public var frameRateRobustness: Double
        /// How little it depends on loss, in percent.
        public var lossRobustness: Double
        /// The quality by coding alone, above 1.
        public var coding: Double
        /// Vq, 1...5.
        public var quality: Double
    }

    /// Evaluates a stream.
    ///
    /// - Parameters:
    ///   - frameRate: In 1/s, above 0.
    ///   - kilobitsPerSecond: The bit rate.
    ///   - lossPercent: Packets lost.
    public func evaluate(frameRate: Double, kilobitsPerSecond rate: Double, lossPercent: Double) -> Result {
        let v = coefficients
        let best = min(30, max(1, v[0] + v[1] * rate))
        let quality = min(4, max(0, v[2] - v[2] / (1 + pow(rate / v[3], v[4]))))
        let spread = v[5] + v[6] * rate
        let robustness = v[9] + v[10] * exp(-frameRate / v[7]) + v[11] * exp(-rate / v[8])
        let distance = log(frameRate) - log(best)
        let coding = quality * exp(-distance * distance / (2 * spread * spread))
        return Result(
            optimalFrameRate: best, optimalQuality: quality, frameRateRobustness: spread,
            lossRobustness: robustness, coding: coding, quality: 1 + coding * exp(-lossPercent / robustness))
    }
}
