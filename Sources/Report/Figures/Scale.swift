import Foundation

/// Axes with round marks.
enum Scale {
    /// An axis from zero (or `base`) to a little above `highest`.
    ///
    /// - Parameters:
    ///   - highest: The largest value that must fit; what is not above `base` gives an axis up to `fallback`.
    ///   - base: Where the axis starts.
    ///   - fallback: The length of an axis without data.
    ///   - text: The text of a mark, with the decimals that its distance to the next needs.
    static func axis(
        upTo highest: Double, from base: Double = 0, fallback: Double = 1, marks: Int = 4, label: String = "",
        text: (Double, Int) -> String = NumberText.decimal
    ) -> Axis {
        let span = highest > base && highest.isFinite ? highest - base : fallback
        let step = step(span, marks: marks)
        let upper = base + (span / step - 1e-9).rounded(.up) * step
        return axis(from: base, to: upper, step: step, label: label, text: text)
    }

    /// The axis of the run's time.
    static func time(_ duration: Double, label: String) -> Axis {
        let length = max(1, duration)
        guard length > 180 else {
            return axis(
                from: 0, to: length, step: step(length, marks: 8), label: label + ", s",
                text: NumberText.decimal)
        }
        let steps: [Double] = [30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400]
        let step = steps.first { length / $0 <= 9 } ?? 28_800
        return axis(from: 0, to: length, step: step, label: label + ", min:s") { value, _ in
            let seconds = Int(value)
            return seconds >= 3600
                ? String(format: "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60)
                : String(format: "%d:%02d", seconds / 60, seconds % 60)
        }
    }

    private static func axis(
        from lower: Double, to upper: Double, step: Double, label: String, text: (Double, Int) -> String
    ) -> Axis {
        let decimals = max(0, Int((-log10(step) + 0.999).rounded(.down)))
        // 2.5 and 0.25 need one decimal more than their size says.
        let mantissa = step / pow(10, floor(log10(step) + 1e-9))
        let extra = abs(mantissa - 2.5) < 0.01 && step < 10 ? 1 : 0
        var ticks: [Axis.Tick] = []
        var index = 0
        while lower + Double(index) * step <= upper + step * 1e-6, index < 50 {
            let value = lower + Double(index) * step
            ticks.append(Axis.Tick(value: value, text: text(value, decimals + extra)))
            index += 1
        }
        return Axis(lower: lower, upper: upper, ticks: ticks, label: label)
    }

    /// 1, 2, 2.5 or 5 times a power of ten, such that about `marks` of them make `span`.
    static func step(_ span: Double, marks: Int) -> Double {
        let rough = max(span, 1e-12) / Double(marks)
        let power = pow(10, floor(log10(rough)))
        let factors: [Double] = [1, 2, 2.5, 5, 10]
        return (factors.first { $0 * power >= rough * 0.999 } ?? 10) * power
    }
}
