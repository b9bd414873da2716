public import Primitives

/// Where one sender is in one layer of a clip: which frame is due when.
///
/// Instants and RTP timestamps are computed from the count of frames since the start, never added up, so they
/// do not drift. It knows nothing of pacing: whoever owns it asks when the next frame is due, and takes it
/// then.
public struct VideoPlayhead: Sendable {
    /// A frame that is due: what to send and when it was captured.
    public struct Capture: Hashable, Sendable {
        /// Number of the frame in its loop.
        public var frame: Int
        /// When the frame was captured: the instant it was due, however late it is sent.
        public var instant: Instant
        /// RTP timestamp at 90 kHz.
        public var timestamp: UInt32
        /// VP8 picture id, 15 bits; counts the frames that were taken.
        public var pictureID: UInt16
    }

    private let framesPerSecond: Int
    private let frameCount: Int
    /// When the first frame was due.
    private let start: Instant
    /// RTP timestamp at `Instant.zero`, common to all layers of a track.
    private let timestampOffset: UInt32
    /// Frame instants since the start.
    private var tick: Int64 = 0
    /// The next frame of the loop.
    private var position = 0
    /// The next picture id.
    private var pictureID: UInt16

    /// Starts at the key frame.
    ///
    /// - Parameters:
    ///   - start: When the first frame is due.
    ///   - timestampOffset: RTP timestamp at `Instant.zero`; equal for all layers of one track.
    ///   - pictureID: The first picture id.
    public init(layer: VideoLayer, start: Instant, timestampOffset: UInt32, pictureID: UInt16) {
        self.init(
            framesPerSecond: layer.framesPerSecond, frameCount: layer.frameCount, start: start,
            timestampOffset: timestampOffset, pictureID: pictureID)
    }

    /// Starts at the key frame of a loop of `frameCount` frames.
    public init(
        framesPerSecond: Int, frameCount: Int, start: Instant, timestampOffset: UInt32, pictureID: UInt16
    ) {
        precondition(framesPerSecond > 0 && frameCount > 0, "a loop has frames")
        self.framesPerSecond = framesPerSecond
        self.frameCount = frameCount
        self.start = start
        self.timestampOffset = timestampOffset
        self.pictureID = pictureID & 0x7fff
    }

    /// When the next frame is due.
    public var nextDue: Instant { start + interval(tick) }

    /// Lets the loop start over at the next frame instant, because its first frame is the key frame.
    public mutating func requestKeyFrame() { position = 0 }

    /// Moves on to the first frame instant at or after `now`, with a key frame: the layer was paused.
    public mutating func resume(at now: Instant) {
        let elapsed = max(0, (now - start).nanoseconds)
        tick = max(tick, elapsed / 1_000_000_000 * Int64(framesPerSecond))
        while nextDue < now { tick += 1 }
        requestKeyFrame()
    }

    /// Takes the frame that is due next.
    public mutating func next() -> Capture {
        let instant = nextDue
        let capture = Capture(
            frame: position, instant: instant,
            timestamp: Self.timestamp(at: instant, offset: timestampOffset),
            pictureID: pictureID)
        tick += 1
        position = position + 1 == frameCount ? 0 : position + 1
        pictureID = (pictureID &+ 1) & 0x7fff
        return capture
    }

    /// The 90 kHz RTP timestamp of an instant.
    public static func timestamp(at instant: Instant, offset: UInt32) -> UInt32 {
        // Split, so that no run is long enough to overflow.
        let time = instant.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let ticks = time.quotient &* 90_000 &+ (time.remainder &* 9 &+ 50_000) / 100_000
        return offset &+ UInt32(truncatingIfNeeded: ticks)
    }

    private func interval(_ ticks: Int64) -> Interval {
        let rate = Int64(framesPerSecond)
        let (seconds, rest) = ticks.quotientAndRemainder(dividingBy: rate)
        return Interval(nanoseconds: seconds &* 1_000_000_000 &+ rest &* 1_000_000_000 / rate)
    }
}
