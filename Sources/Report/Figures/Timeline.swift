import Probe
import Results

/// A line of the figures: a cohort, or several that would be too many on their own.
struct CohortLine {
    var name: String
    var ink: Ink
    var cohorts: Set<Int>

    /// One line per cohort, the largest first; at most `most`, the rest together in grey.
    static func lines(_ content: RunContent, most: Int) -> [CohortLine] {
        var sizes = Array(repeating: 0, count: content.cohorts.count)
        for person in content.participants where sizes.indices.contains(person.cohort) {
            sizes[person.cohort] += 1
        }
        let order = sizes.indices.sorted { (-sizes[$0], $0) < (-sizes[$1], $1) }
        let single = order.count <= most ? order : Array(order.prefix(most - 1))
        var lines = zip(single, Ink.palette).map { cohort, ink in
            CohortLine(name: content.cohortName(cohort), ink: ink, cohorts: [cohort])
        }
        if order.count > single.count {
            lines.append(
                CohortLine(name: "others", ink: .context, cohorts: Set(order.dropFirst(single.count))))
        }
        return lines
    }
}

/// The seconds of the run by line, put together into at most a few hundred bins.
struct Timeline {
    /// What a line lived through in a bin.
    struct Totals {
        /// Planned participants at the bin's end; likewise the next three.
        var planned = 0
        var connecting = 0
        var connected = 0
        var failed = 0
        var audio = AudioCounts()
        var video = VideoCounts()
        /// Milliseconds in which a picture stood still, in the bin in which it did.
        var still = 0.0
        var ratingSum = 0.0
        var ratingCount = 0
        var sentBytes = 0
    }

    /// More would not be told apart on the page.
    static let mostBins = 240

    /// The bins' length in seconds.
    let width: Int
    /// By bin and line.
    let totals: [[Totals]]

    init(_ content: RunContent, _ lines: [CohortLine]) {
        let count = min((content.seconds.last?.second ?? -1) + 1, Int(content.duration.rounded(.up)) + 1)
        let width = max(1, (count + Self.mostBins - 1) / Self.mostBins)
        var totals = Array(
            repeating: Array(repeating: Totals(), count: lines.count), count: (count + width - 1) / width)
        var stalled = Array(repeating: UInt64(0), count: content.cohorts.count)
        for second in content.seconds where second.second < count {
            // A stall is in every second's count while it lasts, and moves to the frozen time when it ends.
            let before = Double(stalled[second.cohort])
            stalled[second.cohort] = second.video.stalledMilliseconds
            let still =
                Double(second.video.frozenMilliseconds) + Double(second.video.stalledMilliseconds) - before
            for (index, line) in lines.enumerated() where line.cohorts.contains(second.cohort) {
                totals[second.second / width][index].add(
                    second, still: max(0, still),
                    isLast: second.second % width == width - 1 || second.second == count - 1)
            }
        }
        self.width = width
        self.totals = totals
    }

    /// The middle of a bin, in seconds of the run.
    func middle(_ bin: Int) -> Double { (Double(bin) + 0.5) * Double(width) }
    /// The end of a bin, in seconds of the run.
    func end(_ bin: Int) -> Double { Double(bin + 1) * Double(width) }

    /// The points of a line: what `value` makes of each bin.
    func points(_ line: Int, atEnd: Bool = false, _ value: (Totals) -> Double?) -> [Series.Point] {
        totals.enumerated().map { bin, row in
            Series.Point(x: atEnd ? end(bin) : middle(bin), y: value(row[line]))
        }
    }
}

extension Timeline.Totals {
    fileprivate mutating func add(_ second: RunFile.Second, still: Double, isLast: Bool) {
        if isLast {
            planned += second.planned
            connecting += second.connecting
            connected += second.connected
            failed += second.failed
        }
        audio += second.audio
        video += second.video
        self.still += still
        if let rating = second.rating {
            ratingSum += rating * Double(second.ratingCount)
            ratingCount += second.ratingCount
        }
        sentBytes += second.sentBytes
    }

    /// MOS of the mean rating: ratings are averaged, MOS never is.
    var sound: Double? {
        ratingCount == 0 ? nil : EModel.wideband(mosOf: ratingSum / Double(ratingCount))
    }

    /// Share of the watched time in which the picture stood still.
    var frozen: Double? {
        video.watchedMilliseconds == 0 ? nil : min(1, still / Double(video.watchedMilliseconds))
    }
}
