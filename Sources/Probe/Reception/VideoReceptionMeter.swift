public import Primitives
public import WireFormats

/// Watches one received video stream without decoding it: whole frames, freezes, delay and quality by look-up.
public struct VideoReceptionMeter: Sendable {
    /// How frames lie in the packets of a stream.
    public enum Format: Sendable, Hashable {
        /// VP8: every frame refers to the one before it.
        case vp8
        /// VP9 with layers, of which a server forwards what is wanted.
        case vp9
    }

    /// How good a frame looks, from the table made when its clip was encoded.
    public struct FrameQuality: Sendable, Hashable {
        /// PSNR of the luma against the source, in dB.
        public var psnr: Double
        /// SSIM of the luma against the source, 0...1.
        public var ssim: Double
        /// Lines of the layer.
        public var height: Int

        /// Describes a frame.
        public init(psnr: Double, ssim: Double, height: Int) {
            self.psnr = psnr
            self.ssim = ssim
            self.height = height
        }
    }

    /// What happened when packets were taken.
    public struct Progress: Sendable {
        /// The first packet of a key frame was among them.
        public var sawKeyFrame = false
        /// Frames that can be shown.
        public var frames = 0
        /// Freezes that ended.
        public var freezes: UInt64 = 0
    }

    /// Everything counted so far; `packets` is the RTP stream's to tell.
    public private(set) var counts = VideoCounts()
    /// Capture-to-last-packet delays since they were last taken.
    public private(set) var delays = DelaySketch()

    /// RTP units per millisecond of video.
    private static let unitsPerMillisecond: Int64 = 90

    private var format: Format?
    private var timestamps = TimestampUnwrapper()
    private var assembler = FrameAssembler()
    private var scalable = ScalableAssembler()
    private var playout = VideoPlayout()
    private var freezes = FreezeDetector()

    /// Starts before the first packet.
    public init() {}

    /// A key frame is needed before anything can be shown: the receiver should ask for one.
    public var isWaitingForKeyFrame: Bool {
        format == .vp9 ? scalable.isWaitingForKeyFrame : assembler.isWaitingForKeyFrame
    }

    /// Takes a packet that had not been received before.
    ///
    /// - Parameters:
    ///   - sequence: Extended RTP sequence number.
    ///   - timestamp: RTP timestamp.
    ///   - marker: Whether it is the last packet of its frame.
    ///   - payload: The decrypted payload; empty for padding.
    ///   - format: What is in the payload.
    ///   - asked: Lines of the layer that the viewer asked for, once the server has had time to send it; nil else.
    ///   - now: When it arrived.
    ///   - wallClock: The run's wall clock, against which capture times are read.
    ///   - quality: Looks up a recognised frame.
    ///   - onDelay: Gets the delay of each recognised frame, in microseconds.
    public mutating func receive(
        sequence: Int64, timestamp: UInt32, marker: Bool, payload: UnsafeRawBufferPointer,
        format: Format = .vp8, asked: Int? = nil, now: Instant,
        wallClock: WallClockOrigin, quality: (FrameTag) -> FrameQuality?, onDelay: (Int64) -> Void
    ) -> Progress {
        var progress = Progress()
        let extended = timestamps.unwrap(timestamp)
        if format != self.format { change(to: format) }
        let glimpse =
            switch format {
            case .vp8:
                assembler.add(
                    sequence: sequence, timestamp: extended, marker: marker, payload: payload, now: now)
            case .vp9:
                scalable.add(
                    sequence: sequence, timestamp: extended, marker: marker, payload: payload, now: now)
            }
        progress.sawKeyFrame = glimpse.startsKeyFrame
        let freezesBefore = freezes.count
        while let frame = nextFrame(now: now) {
            progress.frames += 1
            show(frame, asked: asked, wallClock: wallClock, quality: quality, onDelay: onDelay)
        }
        counts.framesSkipped = assembler.skipped + scalable.skipped
        progress.freezes = freezes.count - freezesBefore
        return progress
    }

    private mutating func nextFrame(now: Instant) -> FrameAssembler.Frame? {
        format == .vp9 ? scalable.nextFrame(now: now, hold: playout.delay) : assembler.nextFrame(now: now)
    }

    /// The sender goes on in another codec: what is left of the old one is of no use.
    private mutating func change(to format: Format) {
        switch self.format {
        case .vp8: assembler.reset()
        case .vp9: scalable.reset()
        case nil: break
        }
        self.format = format
    }

    private mutating func show(
        _ frame: FrameAssembler.Frame, asked: Int?, wallClock: WallClockOrigin,
        quality: (FrameTag) -> FrameQuality?,
        onDelay: (Int64) -> Void
    ) {
        counts.framesRendered += 1
        if frame.isKeyFrame { counts.keyFrames += 1 }
        let render = playout.render(
            mediaTime: frame.timestamp / Self.unitsPerMillisecond,
            complete: frame.completed.nanoseconds / 1_000_000)
        freezes.render(at: render)
        counts.freezes = freezes.count
        counts.frozenMilliseconds = UInt64(clamping: freezes.frozenMilliseconds)
        counts.frameDurationSum = UInt64(clamping: freezes.totalMilliseconds)
        counts.frameDurationSquares = UInt64(clamping: freezes.sumOfSquares)

        guard let tag = frame.tag, let quality = quality(tag) else { return }
        let age = tag.age(at: wallClock.unixNanoseconds(at: frame.completed) / 1000)
        counts.recognised += 1
        counts.delaySum &+= UInt64(clamping: age)
        counts.psnrSum += UInt64(clamping: Int64((quality.psnr * 1000).rounded()))
        counts.ssimSum += UInt64(clamping: Int64((quality.ssim * 1e6).rounded()))
        counts.heightSum += UInt64(clamping: quality.height)
        if let asked {
            counts.askedFrames += 1
            if quality.height == asked { counts.matchedFrames += 1 }
        }
        counts.layerBytes.add(UInt64(clamping: frame.byteCount), layer: Int(tag.layer))
        delays.add(milliseconds: Double(age) / 1000)
        onDelay(age)
    }

    /// Brings the time watched and an open stall up to `now`.
    public mutating func advance(to now: Instant) {
        let stall = freezes.stall(at: now.nanoseconds / 1_000_000) ?? 0
        counts.stalledMilliseconds = UInt64(clamping: stall)
        counts.watchedMilliseconds = UInt64(clamping: freezes.totalMilliseconds + stall)
    }

    /// The sender stopped on purpose, or we no longer look: standing still is no freeze now.
    public mutating func pause() {
        freezes.pause()
        assembler.reset()
        scalable.reset()
        counts.stalledMilliseconds = 0
    }

    /// The same picture goes on from another source, with numbers and a clock of its own: the time without one counts.
    public mutating func changeSource() {
        assembler.reset()
        scalable.reset()
        playout.restart()
    }

    /// Hands out the delays gathered since the last call.
    public mutating func takeDelays() -> DelaySketch {
        defer { delays = DelaySketch() }
        return delays
    }
}
