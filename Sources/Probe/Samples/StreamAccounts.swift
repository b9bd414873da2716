/// What one received stream tells about where its missing packets went.
public struct DownlinkAccount: Sendable, Hashable {
    /// What was known when the sender's last report came (RFC 3550 section 6.4.1).
    public struct Report: Sendable, Hashable {
        /// Packets that the server says it has sent.
        public var sent: UInt64
        /// Packets that the numbers of those that came say there were.
        public var expected: UInt64
        /// Different packets that had arrived, retransmissions left out.
        public var arrived: UInt64
        /// Retransmissions that had arrived.
        public var repairs: UInt64
        /// Packets that had been asked for again, repetitions included.
        public var requested: UInt64

        /// Notes a report.
        public init(sent: UInt64, expected: UInt64, arrived: UInt64, repairs: UInt64, requested: UInt64) {
            self.sent = sent
            self.expected = expected
            self.arrived = arrived
            self.repairs = repairs
            self.requested = requested
        }
    }

    /// Position of the stream in the participant's list.
    public var stream: Int
    /// The track, by the server's id; nil when it was never named.
    public var track: String?
    /// Whether it is video.
    public var isVideo: Bool
    /// Packets that the numbers say there were.
    public var expected: UInt64
    /// Different packets that arrived, retransmissions left out.
    public var arrived: UInt64
    /// Missing packets that a retransmission brought.
    public var repaired: UInt64
    /// What the sender last said; nil when it never said anything, or numbered anew meanwhile.
    public var report: Report?

    /// Begins an account.
    public init(
        stream: Int, track: String?, isVideo: Bool, expected: UInt64, arrived: UInt64, repaired: UInt64,
        report: Report?
    ) {
        self.stream = stream
        self.track = track
        self.isVideo = isVideo
        self.expected = expected
        self.arrived = arrived
        self.repaired = repaired
        self.report = report
    }

    /// Whether every packet came by itself, so that there is nothing to tell.
    public var isComplete: Bool { arrived >= expected }
}

/// What the server reported about one stream that we send.
public struct UplinkAccount: Sendable, Hashable {
    /// Position of the stream in the participant's list.
    public var stream: Int
    /// The track, by the server's id; nil when it was never named.
    public var track: String?
    /// Whether it is video.
    public var isVideo: Bool
    /// Packets sent, retransmissions left out.
    public var sent: UInt64
    /// Packets that the server's last report says are missing; nil without any report.
    public var lost: UInt64?
    /// Packets that the server asked for again, repetitions included.
    public var requested: UInt64
    /// Packets sent that the server's last report does not cover.
    public var unreported: UInt64

    /// Begins an account.
    public init(
        stream: Int, track: String?, isVideo: Bool, sent: UInt64, lost: UInt64?, requested: UInt64,
        unreported: UInt64 = 0
    ) {
        self.stream = stream
        self.track = track
        self.isVideo = isVideo
        self.sent = sent
        self.lost = lost
        self.requested = requested
        self.unreported = unreported
    }
}
