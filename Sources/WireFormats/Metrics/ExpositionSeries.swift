/// What one sample of a metrics page belongs to: a name and labels.
public struct ExpositionSeries: Hashable, Sendable {
    /// One label.
    public struct Label: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Its value; bytes that were no UTF-8 are repaired.
        public var value: String

        /// Makes a label.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The metric's name; of a histogram with `_bucket`, `_sum` or `_count` at its end.
    public var name: String
    /// The labels by rising name; no name is there twice.
    public private(set) var labels: [Label]

    /// Makes a series; of labels with the same name the first one counts.
    public init(_ name: String, _ labels: [Label] = []) {
        self.name = name
        self.labels = []
        for label in labels where !self.labels.contains(where: { $0.name == label.name }) {
            self.labels.append(label)
        }
        self.labels.sort { $0.name < $1.name }
    }

    /// Reads `name{label="value",…}`, as `ExpositionReader.Sample.series` has it.
    public init(parsing text: ArraySlice<UInt8>) throws(ExpositionError) {
        var scanner = ExpositionScanner(text)
        var labels: [Label] = []
        let name = scanner.takeSeries { name, value in
            labels.append(
                Label(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        guard let name, scanner.isAtEnd else { throw .malformedSeries }
        self.init(String(decoding: name, as: UTF8.self), labels)
        // The format wants each label once; whoever breaks that may not mean what we would take.
        guard self.labels.count == labels.count else { throw .malformedSeries }
    }

    /// The value of a label; nil without it.
    public subscript(label: String) -> String? { labels.first { $0.name == label }?.value }
}
