import Primitives

/// Random variates by elementary arithmetic alone, so that a seed gives the same delays on every platform: the
/// C library's logarithm may differ in its last bit.
extension SeededGenerator {
    /// A normal variable with mean 0 and deviation 1: twelve uniform ones less six (Irwin-Hall), within 6 deviations.
    mutating func standardNormal() -> Double {
        var sum = -6.0
        for _ in 0..<12 { sum += uniform() }
        return sum
    }

    /// An exponential variable with mean 1.
    mutating func standardExponential() -> Double { -Elementary.logarithm(1 - uniform()) }
}

/// The exponential function and its inverse, to about 14 digits.
enum Elementary {
    private static let logarithmOfTwo = 0.693_147_180_559_945_3

    /// The natural logarithm of a positive number.
    static func logarithm(_ x: Double) -> Double {
        guard x > 0, x.isFinite else { return x > 0 ? .infinity : -.infinity }
        // x = m * 2^e with m in 1..<2; ln m = 2 artanh((m - 1) / (m + 1)), whose argument is below 1/3.
        let ratio = (x.significand - 1) / (x.significand + 1)
        let square = ratio * ratio
        var power = ratio
        var sum = 0.0
        for term in 0..<16 {
            sum += power / Double(2 * term + 1)
            power *= square
        }
        return 2 * sum + Double(x.exponent) * logarithmOfTwo
    }

    /// e to the power of `x`.
    static func exponential(_ x: Double) -> Double {
        guard abs(x) < 700 else { return x > 0 ? .infinity : 0 }
        let exponent = (x / logarithmOfTwo).rounded()
        let rest = x - exponent * logarithmOfTwo
        var term = 1.0
        var sum = 1.0
        for index in 1..<18 {
            term *= rest / Double(index)
            sum += term
        }
        return Double(sign: .plus, exponent: Int(exponent), significand: sum)
    }
}
