import Primitives
import Probe
import RTC
import Scenario

/// Cuts one participant's cumulative counts into seconds for its cohort and into stretches for its own row.
struct ParticipantSampler {
    /// Length of a participant's stretch; phases cut it shorter.
    static let stretch = Interval.seconds(10)

    private var lastSecond: (audio: AudioCounts, video: VideoCounts, bytes: UInt64, packets: UInt64)?
    private var stretchStart: Instant?
    private var atStretchStart = (
        audio: AudioCounts(), video: VideoCounts(), bytes: UInt64(0), packets: UInt64(0)
    )
    private var audioDelays = DelaySketch()
    private var videoDelays = DelaySketch()

    /// When the participant is looked at next.
    var nextLook: Instant

    /// Looks at a participant once a second, at a moment of its own so that a thousand do not fall together.
    init(index: Int) {
        nextLook = .zero + .milliseconds(Int64(index &* 7919 % 1000))
    }

    /// Takes cumulative counts and returns the growth since the last look.
    mutating func look(_ client: SyntheticClient, delays: inout DelayCollector, now: Instant) -> Growth {
        let counts = client.count(now: now, delays: &delays)
        let sent = client.sent
        for meter in client.reception.audio.indices {
            audioDelays.merge(client.reception.audio[meter].takeDelays())
        }
        for meter in client.reception.video.indices {
            videoDelays.merge(client.reception.video[meter].takeDelays())
        }
        let before = lastSecond ?? (AudioCounts(), VideoCounts(), 0, 0)
        lastSecond = (counts.audio, counts.video, sent.bytes, sent.packets)
        if stretchStart == nil { stretchStart = now }

        return Growth(
            audio: counts.audio.since(before.audio), video: counts.video.growth(since: before.video),
            sentBytes: sent.bytes - min(sent.bytes, before.bytes),
            sentPackets: sent.packets - min(sent.packets, before.packets))
    }

    /// Ends the stretch at `now` if it is long enough, or if `force` says that a phase or the call ends.
    mutating func cut(_ client: SyntheticClient, force: Bool, now: Instant) -> ParticipantSample? {
        guard let start = stretchStart, let latest = lastSecond, now > start else { return nil }
        guard force || now - start >= Self.stretch else { return nil }
        var sample = ParticipantSample(participant: client.planned.index, start: start, end: now)
        sample.audio = latest.audio.since(atStretchStart.audio)
        sample.video = latest.video.since(atStretchStart.video)
        sample.video.stalledMilliseconds = latest.video.stalledMilliseconds
        sample.rating = sample.audio.rating(codec: client.codec)
        sample.audioDelayP95 = audioDelays.quantile(0.95)
        sample.videoDelayP95 = videoDelays.quantile(0.95)
        sample.jitterMilliseconds = client.worstAudioJitter
        sample.roundTripMilliseconds = client.subscriber?.roundTripTime?.milliseconds
        sample.sentBytes = latest.bytes - min(latest.bytes, atStretchStart.bytes)
        sample.interactions = client.notices.take()
        sample.sentPackets = latest.packets - min(latest.packets, atStretchStart.packets)
        stretchStart = now
        atStretchStart = latest
        audioDelays = DelaySketch()
        videoDelays = DelaySketch()
        return sample
    }

    /// What came in since the last look.
    struct Growth {
        var audio: AudioCounts
        var video: VideoCounts
        var sentBytes: UInt64
        var sentPackets: UInt64
    }
}
