import Foundation

extension Plan {
    /// The plan as JSON with sorted keys; equal plans give equal bytes.
    ///
    /// All numbers are whole: times are nanoseconds, shares millionths. Thresholds are their own text.
    public func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }

    /// Reads what `encoded` wrote.
    public init(encoded bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(Plan.self, from: Data(bytes))
    }
}
