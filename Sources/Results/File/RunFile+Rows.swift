public import Probe

/// The rows of a run file as values.
extension RunFile {
    /// One row of `phase`.
    public struct Phase: Sendable, Hashable {
        /// Its number.
        public var id: Int
        /// Its name in the scenario.
        public var name: String
        /// What it is for: arrive, hold or leave.
        public var kind: String
        /// When it starts, in seconds of the run.
        public var start: Double
        /// When it ends, in seconds of the run.
        public var end: Double
    }

    /// One row of `room`.
    public struct Room: Sendable, Hashable {
        /// Its number.
        public var id: Int
        /// The name of its group in the scenario.
        public var group: String
        /// Its name in Visio.
        public var slug: String
        /// How many participants were planned for it.
        public var size: Int
    }

    /// One row of `participant` with its `outcome`, if it has one.
    public struct Participant: Sendable {
        /// The participant's number in the plan.
        public var id: Int
        /// The room's number.
        public var room: Int
        /// The cohort's number.
        public var cohort: Int
        /// The role.
        public var role: String
        /// The name.
        public var name: String
        /// Intended arrival, in seconds of the run.
        public var arrival: Double
        /// Intended leave, in seconds of the run.
        public var departure: Double
        /// The access network's name; nil when the scenario names none.
        public var network: String?
        /// How the call ended; nil when the run broke off before.
        public var ending: Ending?
        /// Where a failed call failed.
        public var failedStage: String?
        /// Why it failed.
        public var failedCause: String?
        /// The HTTP or protocol code that came with the failure.
        public var failedCode: Int?
        /// When the call ended, in seconds of the run.
        public var ended: Double?
        /// Milliseconds from the intended instant to each stage that was reached.
        public var join: [JoinTimeline.Stage: Double]
        /// Media tracks of others that should have arrived.
        public var tracksExpected = 0
        /// Those that did.
        public var tracksReceived = 0
        /// Everything heard.
        public var audio = AudioCounts()
        /// Everything seen.
        public var video = VideoCounts()
        /// Media packets sent.
        public var sentPackets = 0
        /// Media bytes sent.
        public var sentBytes = 0
        /// Packets sent again on request.
        public var retransmissions = 0
        /// Key-frame requests received.
        public var keyFrameRequests = 0
        /// Data messages received.
        public var dataMessages = 0
        /// How often Meet made the participant wait (429).
        public var throttled = 0
        /// Questions to Meet that failed and were asked again.
        public var repeatedRequests = 0
        /// The way that received media took last: `udp`, `tcp`, `turn-udp`, `turn-tcp` or `turn-tls`.
        public var path: String?
        /// Whether the media server's address was an IPv6 one.
        public var isIPv6: Bool?
    }

    /// Both rows of `emulated_path` of one participant.
    public struct EmulatedPaths: Sendable, Hashable {
        /// The participant.
        public var participant: Int
        /// From the participant to the deployment.
        public var up = PathCounts()
        /// From the deployment to the participant.
        public var down = PathCounts()
    }

    /// How a planned call ended.
    public enum Ending: String, Sendable, Hashable, CaseIterable {
        /// Joined and left as planned.
        case left
        /// Joined and was still in when the run was cut short.
        case cut
        /// Was never started, because the run was cut short before.
        case neverStarted = "never started"
        /// Was refused by a host in the lobby.
        case denied
        /// Was sent away by a host.
        case removed
        /// Failed to join, or was lost.
        case failed
    }

    /// One row of `loss`.
    public struct Loss: Sendable, Hashable {
        /// Who lost its connection.
        public var participant: Int
        /// When, in seconds of the run.
        public var at: Double
        /// Why.
        public var cause: ConnectionLoss.Cause
        /// How it ended.
        public var outcome: ConnectionLoss.Outcome
        /// Attempts to come back, the successful one included.
        public var attempts: Int
        /// Until signalling stood again, in seconds; nil if it never did.
        public var signalling: Double?
        /// Until every transport had a path again, in seconds; nil if they never had.
        public var media: Double?

        /// Until both were back, in seconds; infinite if they never were, nil if the participant left before.
        public var recovery: Double? {
            switch outcome {
            case .lost: .infinity
            case .left: nil
            case .resumed, .restarted, .rejoined: max(signalling ?? 0, media ?? 0)
            }
        }
    }

    /// One row of `event`.
    public struct Event: Sendable, Hashable {
        /// When, in seconds of the run.
        public var at: Double
        /// Whose story; nil for the run itself.
        public var participant: Int?
        /// What kind of thing.
        public var kind: String
        /// The details.
        public var text: String
    }

    /// One row of `participant_sample`.
    public struct Sample: Sendable {
        /// The participant.
        public var participant: Int
        /// Start, in seconds of the run.
        public var start: Double
        /// End, in seconds of the run.
        public var end: Double
        /// E-model rating; nil without sound.
        public var rating: Double?
        /// Capture to playout of audio, p95, in milliseconds.
        public var audioDelayP95: Double?
        /// Capture to last packet of video frames, p95, in milliseconds.
        public var videoDelayP95: Double?
        /// RFC 3550 jitter of audio, in milliseconds.
        public var jitter: Double?
        /// STUN round trip, in milliseconds.
        public var roundTrip: Double?
        /// What was heard.
        public var audio: AudioCounts
        /// What was seen.
        public var video: VideoCounts
    }

    /// One row of `cohort_second`.
    public struct Second: Sendable {
        /// The second of the run.
        public var second: Int
        /// The cohort's number.
        public var cohort: Int
        /// Participants planned to be in.
        public var planned: Int
        /// Participants on their way in.
        public var connecting: Int
        /// Participants with media up.
        public var connected: Int
        /// Participants that failed so far.
        public var failed: Int
        /// Mean E-model rating; nil when nobody heard anything.
        public var rating: Double?
        /// Participants that heard something: the weight of `rating`.
        public var ratingCount: Int
        /// Mean STUN round trip in milliseconds.
        public var roundTrip: Double?
        /// Participants with a known round trip: the weight of `roundTrip`.
        public var roundTripCount: Int
        /// Media bytes sent.
        public var sentBytes: Int
        /// Media packets sent.
        public var sentPackets: Int
        /// What was heard.
        public var audio: AudioCounts
        /// What was seen.
        public var video: VideoCounts
    }
}
