import GRDB

/// Reads one row's columns without ever trapping, whatever a damaged file holds.
///
/// A number that no run can reach counts as damage, so that arithmetic on what was read cannot overflow.
struct RowReader {
    /// A value that cannot be what was written.
    struct Damage: Error, CustomStringConvertible {
        var column: String
        var description: String { "a value of \(column) cannot be read" }
    }

    /// Milliseconds, ratings and shares lie far below; ten thousand years are 3e14 ms.
    private static let largestReal = 1e15
    /// All counts of one table together stay below, so that no sum of some of them overflows.
    private static let largestTotal: UInt64 = 1 << 62

    private let row: Row
    private var total: UInt64

    init(_ row: Row, total: UInt64 = 0) {
        self.row = row
        self.total = total
    }

    /// A whole number.
    func integer(_ column: String) throws(Damage) -> Int {
        guard let value: Int = try value(column), value.magnitude < 1 << 53 else {
            throw Damage(column: column)
        }
        return value
    }

    /// A whole number or nothing.
    func optionalInteger(_ column: String) throws(Damage) -> Int? {
        row.hasNull(column) ? nil : try integer(column)
    }

    /// A number.
    func real(_ column: String) throws(Damage) -> Double {
        guard let value: Double = try value(column), value.magnitude < Self.largestReal else {
            throw Damage(column: column)
        }
        return value
    }

    /// A number or nothing.
    func optionalReal(_ column: String) throws(Damage) -> Double? {
        row.hasNull(column) ? nil : try real(column)
    }

    /// A number of somebody else's, of any size, or nothing.
    func measure(_ column: String) throws(Damage) -> Double? { try value(column) }

    /// A text.
    func text(_ column: String) throws(Damage) -> String {
        guard let value: String = try value(column) else { throw Damage(column: column) }
        return value
    }

    /// A text or nothing.
    func optionalText(_ column: String) throws(Damage) -> String? {
        row.hasNull(column) ? nil : try text(column)
    }

    /// A count that is going to be added to others of its table.
    mutating func count(_ column: String) throws(Damage) -> UInt64 {
        guard let value: Int64 = try value(column), value >= 0 else { throw Damage(column: column) }
        let (sum, overflow) = total.addingReportingOverflow(UInt64(value))
        guard !overflow, sum < Self.largestTotal else { throw Damage(column: column) }
        total = sum
        return UInt64(value)
    }

    /// A count that is going to be added to others of its table, or nothing.
    mutating func optionalCount(_ column: String) throws(Damage) -> UInt64? {
        row.hasNull(column) ? nil : try count(column)
    }

    private func value<Value: DatabaseValueConvertible>(_ column: String) throws(Damage) -> Value? {
        do {
            return try row.decode(Value?.self, forColumn: column)
        } catch {
            throw Damage(column: column)
        }
    }

    /// Reads all rows of a query, with one total over all of them.
    static func all<Value>(
        _ database: Database, sql: String, arguments: StatementArguments = StatementArguments(),
        _ read: (inout RowReader) throws(Damage) -> Value
    ) throws -> [Value] {
        var values: [Value] = []
        var total: UInt64 = 0
        let rows = try Row.fetchCursor(database, sql: sql, arguments: arguments)
        while let row = try rows.next() {
            var reader = RowReader(row, total: total)
            values.append(try read(&reader))
            total = reader.total
        }
        return values
    }
}

extension Row {
    fileprivate func hasNull(_ column: String) -> Bool {
        guard let value = self[column] as DatabaseValue? else { return true }
        return value.isNull
    }
}
