import Primitives
import Probe
import Visio
import WireFormats

/// Reads one metrics page again and again, and tells what changed.
struct PageReader {
    /// More series of one page are not kept; the reading says how many were left out.
    static let mostSeries = 20_000

    private struct Known {
        var number: Int
        var value: Double?
        /// The reading in which it was there last.
        var reading: Int
    }

    private let index: Int
    private let page: ServerWatch.Page
    /// Series by their bytes on the page.
    private var known: [ArraySlice<UInt8>: Known] = [:]
    /// The bytes of all series in the order of their numbers, so that no dictionary's order shows.
    private var order: [ArraySlice<UInt8>] = []
    private var readingCount = 0
    private var askedAt: Instant?
    private var nextReading = Instant.zero

    init(index: Int, page: ServerWatch.Page) {
        self.index = index
        self.page = page
    }

    /// Whether an answer is awaited.
    var isAsking: Bool { askedAt != nil }

    /// When the page is due; nil while an answer is awaited.
    var deadline: Instant? { isAsking ? nil : nextReading }

    /// The request for the page.
    mutating func begin(now: Instant) -> HTTPRequestMessage {
        askedAt = now
        // Readings stay on their beat; those that an answer came too late for are left out.
        while nextReading <= now { nextReading += page.interval }
        var headers = [HTTPMessageHeader(name: "Accept", value: "text/plain;version=0.0.4")]
        if let authorization = page.authorization {
            headers.append(HTTPMessageHeader(name: "Authorization", value: authorization))
        }
        return HTTPRequestMessage(method: "GET", url: page.url, headers: headers)
    }

    /// Takes the answer to the request.
    mutating func finish(
        _ answer: Result<HTTPResponseMessage, CarrierFailure>, now: Instant, numbering: inout SeriesNumbering,
        series: inout [ServerSeries]
    ) -> ServerReading {
        var reading = ServerReading(page: index, askedAt: askedAt ?? now, answeredAt: now)
        askedAt = nil
        while nextReading <= now { nextReading += page.interval }
        switch answer {
        case .failure(let failure): reading.failure = FailureText.of(failure)
        case .success(let message) where message.status != 200:
            reading.failure = "the page answered with status \(message.status)"
        case .success(let message):
            reading.byteCount = message.body.count
            do throws(ExpositionError) {
                let samples = try Self.samples(message.body)
                let left = note(samples, into: &reading, numbering: &numbering, series: &series)
                if left > 0 { reading.failure = "\(left) series beyond \(Self.mostSeries) were left out" }
            } catch {
                reading.failure = Self.text(of: error)
            }
        }
        return reading
    }

    private typealias Sample = (sample: ExpositionReader.Sample, kind: ExpositionReader.Kind)

    /// All samples, or none when a line is broken.
    private static func samples(_ page: [UInt8]) throws(ExpositionError) -> [Sample] {
        var reader = try ExpositionReader(page)
        var samples: [Sample] = []
        var family: (name: ArraySlice<UInt8>, kind: ExpositionReader.Kind) = ([], .untyped)
        while let line = try reader.next() {
            switch line {
            case .kind(let name, let kind): family = (name, kind)
            case .sample(let sample):
                // A family's samples follow its kind, with endings such as `_bucket` behind its name.
                let belongs = !family.name.isEmpty && sample.series.starts(with: family.name)
                samples.append((sample, belongs ? family.kind : .untyped))
            }
        }
        return samples
    }

    /// Notes what is new, changed or gone; returns how many series found no room.
    private mutating func note(
        _ samples: [Sample], into reading: inout ServerReading, numbering: inout SeriesNumbering,
        series: inout [ServerSeries]
    ) -> Int {
        readingCount += 1
        var leftOut = 0
        for (sample, kind) in samples {
            let value = sample.value.isNaN ? nil : sample.value
            if var entry = known[sample.series] {
                // A series that is there twice keeps its first value.
                guard entry.reading != readingCount else { continue }
                let isChanged = entry.value != value
                entry.value = value
                entry.reading = readingCount
                known[sample.series] = entry
                if isChanged { reading.changes.append(.init(series: entry.number, value: value)) }
                continue
            }
            guard known.count < Self.mostSeries else {
                leftOut += 1
                continue
            }
            guard let parsed = try? ExpositionSeries(parsing: sample.series) else { continue }
            // The page itself shall not be kept alive by a few of its bytes.
            let key = ArraySlice(Array(sample.series))
            let entry = Known(number: numbering.take(), value: value, reading: readingCount)
            known[key] = entry
            order.append(key)
            series.append(
                ServerSeries(
                    number: entry.number, page: index, name: parsed.name,
                    labels: parsed.labels.map { .init(name: $0.name, value: $0.value) }, kind: kind.rawValue))
            reading.changes.append(.init(series: entry.number, value: value))
        }
        for key in order {
            guard let entry = known[key], entry.reading != readingCount, entry.value != nil else { continue }
            known[key]?.value = nil
            reading.changes.append(.init(series: entry.number, value: nil))
        }
        return leftOut
    }

    private static func text(of error: ExpositionError) -> String {
        switch error {
        case .tooLarge: "the page is longer than \(ExpositionReader.maximumByteCount >> 20) MiB"
        case .malformedLine(let line): "line \(line) of the page is no metric"
        case .malformedSeries: "a metric of the page has broken labels"
        }
    }
}
