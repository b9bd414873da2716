public import Primitives

/// What one participant lived through between two instants: one row per participant and ten seconds, cut at phase
/// borders.
public struct ParticipantSample: Sendable {
    /// The participant's index in the plan.
    public var participant: Int
    /// Start of the stretch.
    public var start: Instant
    /// End of the stretch.
    public var end: Instant
    /// Everything heard in the stretch.
    public var audio: AudioCounts
    /// Everything seen in the stretch.
    public var video: VideoCounts
    /// Wideband E-model rating of the sound; nil without sound.
    public var rating: Double?
    /// 95th percentile of capture-to-playout delay of audio packets, in milliseconds.
    public var audioDelayP95: Double?
    /// 95th percentile of capture-to-last-packet delay of video frames, in milliseconds.
    public var videoDelayP95: Double?
    /// Worst RFC 3550 jitter of any audio stream at the end of the stretch, in milliseconds.
    public var jitterMilliseconds: Double?
    /// Latest round-trip time by STUN, in milliseconds.
    public var roundTripMilliseconds: Double?
    /// Media bytes sent, RTP headers included.
    public var sentBytes: UInt64
    /// Media packets sent, retransmissions included.
    public var sentPackets: UInt64
    /// What was noticed of others' doings, by kind in the order of `Interaction`; kinds without any are left out.
    public var interactions: [InteractionCounts] = []

    /// Makes an empty sample.
    public init(participant: Int, start: Instant, end: Instant) {
        self.participant = participant
        self.start = start
        self.end = end
        audio = AudioCounts()
        video = VideoCounts()
        sentBytes = 0
        sentPackets = 0
    }
}
