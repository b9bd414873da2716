/// Walks over a metrics page in Prometheus' text exposition format 0.0.4, line by line.
///
/// A page is taken as a whole or not at all: after an error nothing that was read before it should be believed, as
/// Prometheus does it. Help texts and other comments are passed over.
public struct ExpositionReader: Sendable {
    /// Longer pages are refused; the genuine server's has about 160 KB.
    public static let maximumByteCount = 16 << 20

    /// What a family of series counts.
    public enum Kind: String, Hashable, Sendable {
        /// A number that only grows, and starts again at zero with the process.
        case counter
        /// A number that comes and goes.
        case gauge
        /// Cumulative counts of values below bounds.
        case histogram
        /// Quantiles that the server worked out.
        case summary
        /// Anything.
        case untyped
    }

    /// One sample.
    public struct Sample: Sendable {
        /// Name and labels as they stand on the page, for `ExpositionSeries`; equal bytes mean an equal series.
        public var series: ArraySlice<UInt8>
        /// The value; NaN and infinities occur.
        public var value: Double
        /// When it was taken, in Unix milliseconds, where the page says so.
        public var timestamp: Int64?
    }

    /// What a line holds.
    public enum Line: Sendable {
        /// The kind of the series that follow.
        case kind(family: ArraySlice<UInt8>, Kind)
        /// A sample.
        case sample(Sample)
    }

    private let page: [UInt8]
    private var index = 0
    private var lineNumber = 0

    /// Starts before the first line.
    public init(_ page: [UInt8]) throws(ExpositionError) {
        guard page.count <= Self.maximumByteCount else { throw .tooLarge }
        self.page = page
    }

    /// The next line that holds anything; nil at the end.
    public mutating func next() throws(ExpositionError) -> Line? {
        while index < page.count {
            let end = page[index...].firstIndex(of: UInt8(ascii: "\n")) ?? page.endIndex
            var line = page[index..<end]
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            index = end + 1
            lineNumber += 1
            var scanner = ExpositionScanner(line)
            scanner.skipBlanks()
            if scanner.isAtEnd { continue }
            if scanner.take(UInt8(ascii: "#")) {
                if let kind = try kind(&scanner) { return kind }
                continue
            }
            return .sample(try sample(&scanner))
        }
        return nil
    }

    private func kind(_ scanner: inout ExpositionScanner) throws(ExpositionError) -> Line? {
        scanner.skipBlanks()
        guard let keyword = scanner.takeWord(), keyword.elementsEqual("TYPE".utf8) else { return nil }
        scanner.skipBlanks()
        let family = scanner.takeName(allowsColons: true)
        scanner.skipBlanks()
        guard let family, let word = scanner.takeWord() else { throw .malformedLine(lineNumber) }
        // Kinds of younger formats count as anything.
        return .kind(family: family, Kind(rawValue: String(decoding: word, as: UTF8.self)) ?? .untyped)
    }

    private func sample(_ scanner: inout ExpositionScanner) throws(ExpositionError) -> Sample {
        let start = scanner.index
        guard scanner.takeSeries({ _, _ in }) != nil else { throw .malformedLine(lineNumber) }
        let series = scanner.bytes[start..<scanner.index]
        scanner.skipBlanks()
        guard let word = scanner.takeWord(), let value = Self.number(word) else {
            throw .malformedLine(lineNumber)
        }
        var sample = Sample(series: series, value: value)
        scanner.skipBlanks()
        if let word = scanner.takeWord() {
            sample.timestamp = Int64(String(decoding: word, as: UTF8.self))
            scanner.skipBlanks()
            guard sample.timestamp != nil, scanner.isAtEnd else { throw .malformedLine(lineNumber) }
        }
        return sample
    }

    /// A number as Go writes it: decimal, with or without an exponent, `NaN`, `+Inf` or `-Inf`.
    private static func number(_ word: ArraySlice<UInt8>) -> Double? {
        // No number has more digits than that; hostile ones shall not cost us time.
        guard word.count <= 400 else { return nil }
        return Double(String(decoding: word, as: UTF8.self))
    }
}
