public import Primitives

/// When a receiver would show each decodable frame, without decoding anything.
///
/// render = max(complete + decode time, media time + floor + target), and never before the frame before it.
/// Target and floor as for audio, but starting at zero and over ten seconds of media time.
public struct VideoPlayout: Sendable {
    /// Assumed time to decode a frame, in milliseconds: an estimate, the same for all receivers.
    public static let decodeMilliseconds: Int64 = 5

    /// libwebrtc's `VCMTiming::kDefaultRenderDelay`.
    public static let renderMilliseconds: Int64 = 10

    private var target = DelayTarget(initialMilliseconds: 0)
    private var floor = TransitFloor(windowMilliseconds: 10_000)
    private var lastRender: Int64?

    /// Starts before the first frame.
    public init() {}

    /// Begins with another source, whose clock has nothing to do with the one before.
    mutating func restart() {
        target = DelayTarget(initialMilliseconds: 0)
        floor = TransitFloor(windowMilliseconds: 10_000)
    }

    /// How long a frame waits for others before it is shown: what jitter asks for, and at least the time that decoding
    /// and rendering are given (libwebrtc's `VCMTiming::TargetDelayInternal`).
    public var delay: Interval {
        .milliseconds(target.milliseconds + Self.decodeMilliseconds + Self.renderMilliseconds)
    }

    /// The render time of a decodable frame, in milliseconds on the axis of `complete`.
    ///
    /// - Parameters:
    ///   - mediaTime: RTP time in milliseconds, extended.
    ///   - complete: When its last packet arrived, in milliseconds.
    public mutating func render(mediaTime: Int64, complete: Int64) -> Int64 {
        let transit = complete - mediaTime
        let lowest = floor.add(mediaTime: mediaTime, transit: transit)
        target.note(arrival: complete, relativeDelay: max(0, transit - lowest))
        var render = max(complete + Self.decodeMilliseconds, mediaTime + lowest + target.milliseconds)
        if let last = lastRender { render = max(render, last + 1) }
        lastRender = render
        return render
    }
}
