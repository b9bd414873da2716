import Probe
public import Scenario
import Statistics

/// Computes a metric's values from a run file: one value per participant, in the metric's base unit.
///
/// A value that was not measured is absent, never zero. What was due and never came is not absent: a participant
/// who failed before the first picture has waited longer than everybody else, and stands as infinity, so that a
/// deployment cannot look faster by turning people away. Of a phase only the stretches within it count, and of
/// joins those that were intended in it.
public struct MetricValues {
    private let participants: [RunFile.Participant]
    private let samples: [RunFile.Sample]
    private let losses: [RunFile.Loss]
    private let generator: [GeneratorSecond]
    private let phases: [RunFile.Phase]
    private let cohorts: [String]
    private let due: DueStages
    private let server: ServerMetrics
    private let noticed: [RunFile.Noticed]
    private let deeds: [RunFile.Deed]

    /// Reads what the metrics need.
    public init(_ file: RunFile) throws(RunFileError) {
        participants = try file.participants()
        samples = try file.samples()
        losses = try file.losses()
        generator = try file.generator()
        phases = try file.phases()
        cohorts = try file.cohorts()
        due = DueStages(try file.plan(), participants)
        server = ServerMetrics(try file.serverRecord())
        noticed = try file.noticed()
        deeds = try file.deeds()
    }

    /// The values of a metric, sorted, for a phase and a cohort or for all.
    public func values(of metric: Metric, phase: String? = nil, cohort: String? = nil) -> [Double] {
        if metric.isAboutGenerator { return generatorValues(of: metric, phase: phase).sorted() }
        // Of forwarding times only buckets are known, so there are no values: see `buckets(of:)`.
        if metric == .serverCPU { return window(of: phase).map { server.loads(in: $0) } ?? [] }
        return participantValues(of: metric, phase: phase, cohort: cohort).map(\.value).sorted()
    }

    /// The buckets of a metric that is only known by a histogram; nil for others, and when nothing was measured.
    public func buckets(of metric: Metric, phase: String? = nil) -> BucketCounts? {
        guard metric == .serverForwardLatency, let window = window(of: phase) else { return nil }
        return server.forwarding(in: window)
    }

    /// The values of a metric with the participants they belong to, by participant; none for generator and server.
    public func participantValues(
        of metric: Metric, phase: String? = nil, cohort: String? = nil
    ) -> [(participant: Int, value: Double)] {
        guard let window = window(of: phase), metric.isAboutParticipants else { return [] }
        let wanted = cohort.map { name in cohorts.firstIndex(of: name) }
        let people = participants.filter { person in
            guard let wanted else { return true }
            return person.cohort == wanted
        }
        if metric == .pathFallback || metric == .pathRelayed {
            return people.compactMap { person in
                guard window.contains(person.arrival), let path = person.path else { return nil }
                let isSo = metric == .pathFallback ? path != "udp" : path.hasPrefix("turn-")
                return (person.id, isSo ? 1 : 0)
            }
        }
        let stage = Self.stage(of: metric)
        if stage != nil || metric == .joinFailed {
            return people.compactMap { person in
                guard window.contains(person.arrival) else { return nil }
                return (stage.map { time(to: $0, of: person) } ?? failure(of: person)).map { (person.id, $0) }
            }
        }
        if let kind = Self.interaction(of: metric) {
            let means = meanDelays(of: kind, in: window)
            return people.compactMap { person in means[person.id].map { (person.id, $0) } }
        }
        if metric.isAboutWholeCall {
            return people.compactMap { person in share(metric, of: person.id).map { (person.id, $0) } }
        }
        if metric == .reconnectTime || metric == .reconnectFailed {
            let times = recoveries(within: window)
            return people.compactMap { person in
                reconnecting(metric, person, times[person.id] ?? []).map { (person.id, $0) }
            }
        }
        var stretches: [Int: [RunFile.Sample]] = [:]
        for sample in samples where window.contains((sample.start + sample.end) / 2) {
            // A stretch is cut at phase borders, so its middle tells where it belongs.
            stretches[sample.participant, default: []].append(sample)
        }
        return people.compactMap { person in
            stretches[person.id].flatMap { Self.value(of: metric, in: $0) }.map { (person.id, $0) }
        }
    }

    /// The value of one participant over some of its stretches, in order of time.
    public static func value(of metric: Metric, in samples: [RunFile.Sample]) -> Double? {
        let audio = Self.audio(of: samples)
        let video = Self.video(of: samples)
        switch metric {
        case .audioLoss: return share(audio.packets.lost, of: audio.packets.expected)
        case .audioLossBeforeRepair: return share(audio.packets.lostBeforeRepair, of: audio.packets.expected)
        case .audioR: return meanRating(samples)
        case .audioMOS: return meanRating(samples).map { EModel.wideband(mosOf: $0) }
        case .audioConcealment: return audio.concealmentRatio
        case .audioDelay:
            return median(samples.compactMap(\.audioDelayP95)).map {
                ($0 + AudioCounts.assumedDelayMilliseconds) / 1000
            }
        case .audioJitter: return samples.compactMap(\.jitter).max().map { $0 / 1000 }
        case .videoLoss: return share(video.packets.lost, of: video.packets.expected)
        case .videoLossBeforeRepair: return share(video.packets.lostBeforeRepair, of: video.packets.expected)
        case .videoFreezeRatio: return video.freezeRatio
        case .videoFreezes:
            return video.watchedMilliseconds == 0
                ? nil : Double(video.freezes) / (Double(video.watchedMilliseconds) / 60_000)
        case .videoFrameRate: return video.frameRate
        case .videoDelay: return median(samples.compactMap(\.videoDelayP95)).map { $0 / 1000 }
        case .videoPSNR: return video.meanPSNR
        case .videoSSIM: return video.meanSSIM
        case .videoHeight: return video.meanHeight
        case .videoLayerMatch: return video.layerMatch
        case .videoBitrate:
            let seconds = samples.reduce(0) { $0 + ($1.end - $1.start) }
            return video.packets.expected > 0 && seconds > 0 ? Double(video.packets.bytes) * 8 / seconds : nil
        case .roundTrip: return median(samples.compactMap(\.roundTrip)).map { $0 / 1000 }
        default: return nil
        }
    }

    private static func stage(of metric: Metric) -> JoinTimeline.Stage? {
        switch metric {
        case .joinLogin: .login
        case .joinLobby: .lobby
        case .joinAPI: .api
        case .joinWebSocket: .webSocket
        case .joinSignalling: .signalling
        case .joinICE: .ice
        case .joinDTLS, .joinConnected: .dtls  // media can flow as soon as the keys are there
        case .joinFirstPacket: .firstPacket
        case .joinFirstAudio: .firstAudio
        case .joinFirstKeyFrame: .firstKeyFrame
        case .joinFirstVideo: .firstVideo
        default: nil
        }
    }

    private static func interaction(of metric: Metric) -> Interaction? {
        switch metric {
        case .chatDelay: .chat
        case .handDelay: .hand
        case .renameDelay: .rename
        case .muteDelay: .mute
        case .kickDelay: .kick
        case .lobbyDelay: .lobby
        default: nil
        }
    }

    /// The mean delay of everything that each participant noticed of a kind.
    private func meanDelays(of kind: Interaction, in window: Range<Double>) -> [Int: Double] {
        var sums: [Int: (delay: Double, count: Int)] = [:]
        for row in noticed where row.kind == kind && window.contains((row.start + row.end) / 2) {
            let known = sums[row.participant] ?? (0, 0)
            sums[row.participant] = (known.delay + row.delaySum, known.count + row.timed)
        }
        return sums.compactMapValues { $0.count == 0 ? nil : $0.delay / Double($0.count) }
    }

    /// What came to nothing of a participant's doings, or was never noticed by it, all kinds together.
    private func share(_ metric: Metric, of participant: Int) -> Double? {
        let rows = deeds.filter { $0.participant == participant }
        func sum(_ path: KeyPath<RunFile.Deed, Int>) -> Int { rows.reduce(0) { $0 + $1[keyPath: path] } }
        let (part, whole) =
            metric == .actionsFailed
            ? (sum(\.due) - sum(\.done), sum(\.due)) : (sum(\.expected) - sum(\.seen), sum(\.expected))
        return whole == 0 ? nil : Double(max(0, part)) / Double(whole)
    }

    private func time(to stage: JoinTimeline.Stage, of person: RunFile.Participant) -> Double? {
        if let time = person.join[stage] { return time / 1000 }
        return due.isDue(stage, for: person) ? .infinity : nil
    }

    private func failure(of person: RunFile.Participant) -> Double? {
        switch person.ending {
        case nil, .neverStarted: nil
        case .failed: 1
        case .left, .cut, .denied, .removed: 0
        }
    }

    /// How long each loss of a time took to be over, by participant.
    private func recoveries(within window: Range<Double>) -> [Int: [Double]] {
        var times: [Int: [Double]] = [:]
        for loss in losses where window.contains(loss.at) {
            guard let time = loss.recovery else { continue }
            times[loss.participant, default: []].append(time)
        }
        return times
    }

    /// The longest of a participant's recoveries, or whether one of its losses was for good.
    private func reconnecting(_ metric: Metric, _ person: RunFile.Participant, _ times: [Double]) -> Double? {
        if metric == .reconnectTime { return times.max() }
        // Who never got in had no connection to lose.
        guard person.join[.dtls] != nil else { return nil }
        return times.contains(.infinity) ? 1 : 0
    }

    private func generatorValues(of metric: Metric, phase: String?) -> [Double] {
        guard let window = window(of: phase) else { return [] }
        return generator.filter { window.contains(Double($0.second)) }
            .map { metric == .generatorCPU ? $0.dataPlaneLoad : $0.worstTickLateness / 1000 }
    }

    /// When a phase is, or always; nil when there is no such phase.
    private func window(of phase: String?) -> Range<Double>? {
        guard let phase else { return -.infinity..<Double.infinity }
        return phases.first { $0.name == phase }.map { $0.start..<max($0.start, $0.end) }
    }

    private static func audio(of samples: [RunFile.Sample]) -> AudioCounts {
        var sum = AudioCounts()
        for sample in samples { sum += sample.audio }
        return sum
    }

    private static func video(of samples: [RunFile.Sample]) -> VideoCounts {
        var sum = VideoCounts()
        for sample in samples { sum += sample.video }
        // A stall that goes on is in every stretch's count; only the last one stands for it.
        sum.stalledMilliseconds = samples.last?.video.stalledMilliseconds ?? 0
        return sum
    }

    private static func share(_ part: UInt64, of whole: UInt64) -> Double? {
        whole == 0 ? nil : Double(part) / Double(whole)
    }

    /// Ratings are averaged by the time they stand for; MOS never is, because it is a curved scale.
    private static func meanRating(_ samples: [RunFile.Sample]) -> Double? {
        var sum = 0.0
        var weight = 0.0
        for sample in samples {
            guard let rating = sample.rating else { continue }
            sum += rating * (sample.end - sample.start)
            weight += sample.end - sample.start
        }
        return weight > 0 ? sum / weight : nil
    }

    private static func median(_ values: [Double]) -> Double? {
        OrderStatistics.quantile(0.5, ofSorted: values.sorted())
    }
}
