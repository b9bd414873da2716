/// What one cohort lived through in one second of the run, summed over its participants.
public struct CohortSecond: Sendable {
    /// The second, counted from the start of the run.
    public var second: Int
    /// The cohort's index in the plan's list.
    public var cohort: Int
    /// Participants planned to be in at the end of the second.
    public var planned = 0
    /// Participants on their way in.
    public var connecting = 0
    /// Participants with media up.
    public var connected = 0
    /// Participants that failed to join or were lost, so far.
    public var failed = 0
    /// What they heard.
    public var audio = AudioCounts()
    /// What they saw.
    public var video = VideoCounts()
    /// Sum of E-model ratings of the participants that heard something, over `ratingCount`.
    public var ratingSum = 0.0
    /// Participants that heard something.
    public var ratingCount = 0
    /// Sum of STUN round-trip times in milliseconds, over `roundTripCount`.
    public var roundTripSum = 0.0
    /// Participants with a known round-trip time.
    public var roundTripCount = 0
    /// Media bytes sent.
    public var sentBytes: UInt64 = 0
    /// Media packets sent.
    public var sentPackets: UInt64 = 0

    /// Makes an empty second.
    public init(second: Int, cohort: Int) {
        self.second = second
        self.cohort = cohort
    }

    /// Adds the same second and cohort of another shard.
    public static func += (left: inout CohortSecond, right: CohortSecond) {
        left.planned += right.planned
        left.connecting += right.connecting
        left.connected += right.connected
        left.failed += right.failed
        left.audio += right.audio
        left.video += right.video
        left.ratingSum += right.ratingSum
        left.ratingCount += right.ratingCount
        left.roundTripSum += right.roundTripSum
        left.roundTripCount += right.roundTripCount
        left.sentBytes += right.sentBytes
        left.sentPackets += right.sentPackets
    }
}
