/// Sines and exponentials in integer arithmetic, so that synthetic sources are the same bytes on every
/// machine.
enum FixedPoint {
    /// Bits behind the point.
    static let fractionBits: Int64 = 30
    /// 1.0.
    static let one: Int64 = 1 << 30

    /// The product of two fixed-point numbers.
    static func multiply(_ left: Int64, _ right: Int64) -> Int64 { (left &* right) >> fractionBits }

    /// The sine of a fraction of a turn, where 2^32 would be a whole turn; exact to about 1e-7.
    static func sine(_ turn: UInt32) -> Int64 {
        var z = Int64(Int32(bitPattern: turn))
        if z > one { z = 2 * one - z }
        if z < -one { z = -2 * one - z }
        // Taylor series of sin(z * pi / 2) for z in -1...1, coefficients times 2^30.
        let square = multiply(z, z)
        var sum: Int64 = -3864
        for coefficient: Int64 in [172_272, -5_026_995, 85_569_306, -693_598_668, 1_686_629_713] {
            sum = multiply(sum, square) + coefficient
        }
        return multiply(sum, z)
    }

    /// The cosine of a fraction of a turn.
    static func cosine(_ turn: UInt32) -> Int64 { sine(turn &+ 1 << 30) }

    /// The exponential of a small negative number -x, 0 <= x < 0.1; exact to about 1e-6.
    static func exponential(ofMinus x: Int64) -> Int64 {
        let square = multiply(x, x)
        return one - x + square / 2 - multiply(square, x) / 6 + multiply(square, square) / 24
    }

    /// The largest integer whose square is at most `value`.
    static func squareRoot(_ value: Int64) -> Int64 {
        guard value > 0 else { return 0 }
        var root = Int64(Double(value).squareRoot())
        while root * root > value { root -= 1 }
        while (root + 1) * (root + 1) <= value { root += 1 }
        return root
    }
}
