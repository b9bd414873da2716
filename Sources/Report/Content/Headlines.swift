import Probe
import Results
import Scenario
import Statistics

/// The four figures of the first screen.
struct Headlines {
    /// Participants who were well served, of those whose call was begun.
    var wellServed: Int
    /// Participants whose call was begun.
    var started: Int
    /// Time to the first picture, p95, in seconds; infinite when more than one in twenty never saw any.
    var firstPicture: Double?
    /// Between which values it lies with 95 % confidence.
    var firstPictureInterval: (lower: Double?, upper: Double?)
    /// To how many participants a picture was due.
    var firstPictureCount: Int
    /// MOS of the sound, p10: nine of ten participants heard at least this.
    var sound: Double?
    /// Share of stretches of about ten seconds with MOS at G.109's "satisfied" or better.
    var goodSound: Double?
    /// Share of all watched time in which a picture stood still.
    var frozen: Double?
    /// The same of the participant at p95.
    var frozenP95: Double?

    init(_ content: RunContent, _ standings: [Standing]) {
        wellServed = standings.count { $0.isWellServed }
        started = standings.count
        let pictures = content.values.values(of: .joinFirstVideo)
        firstPicture = OrderStatistics.quantile(0.95, ofSorted: pictures)
        firstPictureInterval = OrderStatistics.interval(0.95, ofSorted: pictures)
        firstPictureCount = pictures.count
        sound = OrderStatistics.quantile(0.1, ofSorted: content.values.values(of: .audioMOS))
        let stretches = content.samples.compactMap { MetricValues.value(of: .audioMOS, in: [$0]) }
        if !stretches.isEmpty {
            goodSound = Double(stretches.count { $0 >= ServiceLevel.sound }) / Double(stretches.count)
        }
        frozenP95 = OrderStatistics.quantile(0.95, ofSorted: content.values.values(of: .videoFreezeRatio))
        // The last stretch of each participant holds the stall that was still open.
        var (still, watched) = (0.0, 0.0)
        for (index, sample) in content.samples.enumerated() {
            let next = content.samples.index(after: index)
            let isLast =
                next == content.samples.endIndex || content.samples[next].participant != sample.participant
            still += Double(sample.video.frozenMilliseconds)
            if isLast { still += Double(sample.video.stalledMilliseconds) }
            watched += Double(sample.video.watchedMilliseconds)
        }
        frozen = watched > 0 ? min(1, still / watched) : nil
    }
}
