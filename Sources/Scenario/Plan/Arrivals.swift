import Foundation
import Primitives

/// When the participants of one arrive phase join, in closed form wherever no chance is involved.
///
/// Let A(t) be the number of joins that a pattern has due until t. Join k, counted from 0, is due when A
/// reaches k, and the phase is over when A reaches the number of all its joins. So the first join of a
/// pattern without chance is due at once, and two phases in a row keep the distance between their joins.
struct Arrivals {
    /// When each join is due, since the start of the phase, ascending.
    var offsets: [Interval]
    /// How long the phase is.
    var length: Interval

    /// Plans `count` joins; nil when the pattern can never bring in so many.
    init?(_ pattern: ArrivalPattern, count: Int, generator: SeededGenerator) {
        offsets = []
        length = .zero
        guard count > 0 else { return }
        switch pattern {
        case .constant(let rate):
            // A(t) = rate t, so t = k / rate.
            offsets = (0..<count).map { Self.interval(Double($0) / rate) }
            length = Self.interval(Double(count) / rate)
        case .ramp(let from, let to, let over):
            let ramp = Ramp(from: from, to: to, over: over.seconds)
            guard let end = ramp.time(of: Double(count)) else { return nil }
            offsets = (0..<count).map { Self.interval(ramp.time(of: Double($0)) ?? end) }
            length = Self.interval(end)
        case .staircase(let step, let every, let over):
            offsets = (0..<count).map { every * ($0 / step) + over * (Double($0 % step) / Double(step)) }
            length = every * ((count + step - 1) / step)
        case .poisson(let rate):
            (offsets, length) = Self.poisson(rate: rate, count: count, generator: generator)
        case .storm(let over, let shape):
            offsets = Self.storm(over: over, shape: shape, count: count, generator: generator)
            length = over
        }
    }

    /// How many joins of a ramp are ever due.
    static func possible(_ pattern: ArrivalPattern) -> Int {
        guard case .ramp(let from, let to, let over) = pattern, to == 0 else { return .max }
        return Int(((from + to) / 2 * over.seconds + 1e-6).rounded(.down))
    }

    /// Gaps of a Poisson process are independent and exponential: by inversion -ln(1 - u) / rate, u uniform
    /// in 0..<1.
    ///
    /// The phase ends one mean gap after its last join.
    private static func poisson(rate: Double, count: Int, generator: SeededGenerator) -> (
        [Interval], Interval
    ) {
        var generator = generator
        var time = 0.0
        let offsets = (0..<count).map { _ in
            time -= log(1 - generator.uniform()) / rate
            return interval(time)
        }
        return (offsets, interval(time + 1 / rate))
    }

    /// A storm's joins are independent draws from the window; in order they are what a Poisson process looks
    /// like once it is known how many joins it had.
    private static func storm(over: Interval, shape: StormShape, count: Int, generator: SeededGenerator)
        -> [Interval]
    {
        var generator = generator
        let draws = (0..<count).map { _ in
            switch shape {
            case .uniform: generator.uniform()
            case .normal: normalInWindow(&generator)
            }
        }
        let last = Interval(nanoseconds: max(0, over.nanoseconds - 1000))
        return draws.sorted().map { min(last, interval($0 * over.seconds)) }
    }

    /// A draw in 0..<1 from the normal distribution with mean 1/2 and deviation 1/6; the 0.3 % outside are
    /// redrawn.
    private static func normalInWindow(_ generator: inout SeededGenerator) -> Double {
        while true {
            let draw = 0.5 + generator.standardNormal() / 6
            if draw >= 0, draw < 1 { return draw }
        }
    }

    /// Whole microseconds: far finer than any join, and coarse enough that two mathematics libraries, which
    /// may differ in the last bit of a logarithm, agree.
    private static func interval(_ seconds: Double) -> Interval {
        .microseconds(Int64((seconds * 1e6).rounded()))
    }
}

/// A join rate that changes evenly from one value to another, and then stays.
///
///     rate
///      to |          ____________
///         |       .-'
///    from |    .-'
///         |
///         +----+-----+------------ t
///              0    over
private struct Ramp {
    var from: Double
    var to: Double
    var over: Double

    /// When join `k` is due, in seconds; nil when it never is.
    ///
    /// Until `over`: A(t) = from t + (to - from) t² / (2 over). With a = (to - from) / (2 over) this is the
    /// root of a t² + from t - k = 0 that is 0 for k = 0:  t = (-from + sqrt(from² + 4 a k)) / (2 a), which,
    /// multiplied with its conjugate, becomes  t = 2 k / (from + sqrt(from² + 4 a k)),  a form that holds for
    /// a = 0 too and cancels nothing. After `over` the rate is constant: t = over + (k - A(over)) / to.
    func time(of k: Double) -> Double? {
        guard k > 0 else { return 0 }
        let whole = (from + to) / 2 * over
        if k > whole + 1e-6 {
            return to > 0 ? over + (k - whole) / to : nil
        }
        let discriminant = from * from + 2 * (to - from) / over * k
        return min(over, 2 * k / (from + max(0, discriminant).squareRoot()))
    }
}

extension SeededGenerator {
    /// A draw from the standard normal distribution (Box and Muller 1958).
    mutating func standardNormal() -> Double {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return radius * cos(2 * Double.pi * uniform())
    }
}
