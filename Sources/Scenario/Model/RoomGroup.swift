/// Several rooms of one kind.
public struct RoomGroup: Equatable, Sendable {
    /// The group's name.
    public var name: String
    /// How many rooms there are.
    public var count: Int
    /// How many participants each of them has.
    public var size: RoomSize
    /// Who they are.
    public var mix: Mix
    /// Names of existing rooms, one for each; empty when the plan invents them.
    public var slugs: [String]
    /// Who may enter without the lobby; nil for the deployment's own choice.
    public var access: RoomAccess?
}

/// How many participants a room has.
public enum RoomSize: Equatable, Sendable {
    /// The same number in each room.
    case fixed(Int)
    /// Any number between the two, each as likely as the others.
    case uniform(min: Int, max: Int)
    /// A log-normal distribution, given by two of its quantiles and cut to `min...max`.
    case lognormal(median: Double, p95: Double, min: Int, max: Int)

    /// The smallest room that can come out.
    public var smallest: Int {
        switch self {
        case .fixed(let size): size
        case .uniform(let min, _), .lognormal(_, _, let min, _): min
        }
    }

    /// The largest room that can come out.
    public var largest: Int {
        switch self {
        case .fixed(let size): size
        case .uniform(_, let max), .lognormal(_, _, _, let max): max
        }
    }
}

/// How the participants of a room divide into roles.
public struct Mix: Equatable, Sendable {
    /// How many play one role.
    public enum Part: Equatable, Sendable {
        /// This many.
        case number(Int)
        /// This share of the room.
        case share(Double)
        /// Whoever is left.
        case rest
    }

    /// Role names and parts in the order of the file.
    public var parts: [(role: String, part: Part)]

    /// Makes a mix.
    public init(parts: [(role: String, part: Part)]) { self.parts = parts }

    /// Whether two mixes name the same parts in the same order.
    public static func == (left: Mix, right: Mix) -> Bool {
        left.parts.elementsEqual(right.parts) { $0.role == $1.role && $0.part == $1.part }
    }

    /// How many participants of a room of `size` play each part; nil when the parts do not add up to `size`.
    ///
    /// Shares are apportioned together by the largest remainder, so that three times 33.3 % of 10 never makes
    /// 9.
    public func divide(_ size: Int) -> [Int]? {
        var counts = parts.map { part in
            if case .number(let number) = part.part { number } else { 0 }
        }
        let shares = parts.map { part in
            if case .share(let share) = part.part { share } else { 0.0 }
        }
        let sum = shares.reduce(0, +)
        let isSharedAlone = parts.allSatisfy { if case .share = $0.part { true } else { false } }
        guard sum <= 1 + 1e-9, !isSharedAlone || sum >= 1 - 1e-9 else { return nil }
        let shared = Apportionment.largestRemainder(of: size, shares: shares)
        for index in counts.indices { counts[index] += shared[index] }
        let left = size - counts.reduce(0, +)
        guard left >= 0 else { return nil }
        if let rest = parts.firstIndex(where: { $0.part == .rest }) {
            counts[rest] += left
            return counts
        }
        return left == 0 ? counts : nil
    }
}

/// Cutting a whole number of things by shares.
enum Apportionment {
    /// Cuts `total` by `shares` (each 0...1, together at most 1), nearest to the exact parts.
    static func largestRemainder(of total: Int, shares: [Double]) -> [Int] {
        let exact = shares.map { $0 * Double(total) }
        // A billionth of a thing guards against 0.1 + 0.2 != 0.3 tipping a floor.
        var counts = exact.map { Int(($0 + 1e-9).rounded(.down)) }
        let wanted = Int(exact.reduce(0, +).rounded())
        let order = shares.indices.filter { shares[$0] > 0 }.sorted { left, right in
            let (first, second) = (exact[left] - Double(counts[left]), exact[right] - Double(counts[right]))
            return first == second ? left < right : first > second
        }
        var missing = wanted - counts.reduce(0, +)
        for index in order where missing > 0 {
            counts[index] += 1
            missing -= 1
        }
        return counts
    }
}
