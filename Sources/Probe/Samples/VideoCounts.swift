/// What viewers saw, as cumulative counts over one or more streams that add and subtract.
public struct VideoCounts: Sendable, Hashable, Codable {
    /// Packets on the wire.
    public var packets = PacketCounts()
    /// Frames that were whole and decodable, and so were shown.
    public var framesRendered: UInt64 = 0
    /// Frames that never became whole, or whose references were missing.
    public var framesSkipped: UInt64 = 0
    /// Key frames among those shown.
    public var keyFrames: UInt64 = 0
    /// Freezes by libwebrtc's rule.
    public var freezes: UInt64 = 0
    /// Time spent in those freezes, in milliseconds.
    public var frozenMilliseconds: UInt64 = 0
    /// Time for which a picture was due, in milliseconds: the sum of frame durations plus an open stall.
    public var watchedMilliseconds: UInt64 = 0
    /// Time the picture has stood still without a next frame, in milliseconds: a level that goes back to zero when
    /// the next frame turns it into a freeze (see `growth(since:)`).
    public var stalledMilliseconds: UInt64 = 0
    /// Sum of frame durations between rendered frames, in milliseconds.
    public var frameDurationSum: UInt64 = 0
    /// Sum of the squares of those durations, in square milliseconds.
    public var frameDurationSquares: UInt64 = 0
    /// Sum of delays from capture to the frame's last packet, in microseconds, over `recognised` frames.
    public var delaySum: UInt64 = 0
    /// Frames whose capture time, layer and number were recognised.
    public var recognised: UInt64 = 0
    /// Sum of the PSNR-Y of recognised frames, in thousandths of a decibel.
    public var psnrSum: UInt64 = 0
    /// Sum of the SSIM-Y of recognised frames, in millionths.
    public var ssimSum: UInt64 = 0
    /// Sum of the heights of recognised frames, in pixels.
    public var heightSum: UInt64 = 0
    /// Recognised frames that were shown while the viewer had asked for a layer for long enough.
    public var askedFrames: UInt64 = 0
    /// Those of them in the layer that was asked for.
    public var matchedFrames: UInt64 = 0
    /// Bytes of frames by layer: low, medium, high.
    public var layerBytes = LayerBytes()

    /// Bytes received by simulcast layer.
    public struct LayerBytes: Sendable, Hashable, Codable {
        /// The 180-line layer, rid q.
        public var low: UInt64 = 0
        /// The 360-line layer, rid h.
        public var medium: UInt64 = 0
        /// The 720-line layer, rid f.
        public var high: UInt64 = 0

        /// Nothing counted.
        public init() {}

        /// Counts `bytes` for the layer with the given index, 0 = low.
        public mutating func add(_ bytes: UInt64, layer: Int) {
            switch layer {
            case 0: low += bytes
            case 1: medium += bytes
            default: high += bytes
            }
        }
    }

    /// Nothing counted.
    public init() {}

    /// Adds counts field by field.
    public static func += (left: inout VideoCounts, right: VideoCounts) {
        left.packets += right.packets
        left.framesRendered += right.framesRendered
        left.framesSkipped += right.framesSkipped
        left.keyFrames += right.keyFrames
        left.freezes += right.freezes
        left.frozenMilliseconds += right.frozenMilliseconds
        left.watchedMilliseconds += right.watchedMilliseconds
        left.stalledMilliseconds += right.stalledMilliseconds
        left.frameDurationSum += right.frameDurationSum
        left.frameDurationSquares += right.frameDurationSquares
        left.delaySum += right.delaySum
        left.recognised += right.recognised
        left.psnrSum += right.psnrSum
        left.ssimSum += right.ssimSum
        left.heightSum += right.heightSum
        left.askedFrames += right.askedFrames
        left.matchedFrames += right.matchedFrames
        left.layerBytes.low += right.layerBytes.low
        left.layerBytes.medium += right.layerBytes.medium
        left.layerBytes.high += right.layerBytes.high
    }

    /// What was counted since `earlier`.
    public func since(_ earlier: VideoCounts) -> VideoCounts {
        var difference = VideoCounts()
        difference.packets = packets.since(earlier.packets)
        difference.framesRendered = framesRendered.since(earlier.framesRendered)
        difference.framesSkipped = framesSkipped.since(earlier.framesSkipped)
        difference.keyFrames = keyFrames.since(earlier.keyFrames)
        difference.freezes = freezes.since(earlier.freezes)
        difference.frozenMilliseconds = frozenMilliseconds.since(earlier.frozenMilliseconds)
        difference.watchedMilliseconds = watchedMilliseconds.since(earlier.watchedMilliseconds)
        difference.stalledMilliseconds = stalledMilliseconds.since(earlier.stalledMilliseconds)
        difference.frameDurationSum = frameDurationSum.since(earlier.frameDurationSum)
        difference.frameDurationSquares = frameDurationSquares.since(earlier.frameDurationSquares)
        difference.delaySum = delaySum.since(earlier.delaySum)
        difference.recognised = recognised.since(earlier.recognised)
        difference.psnrSum = psnrSum.since(earlier.psnrSum)
        difference.ssimSum = ssimSum.since(earlier.ssimSum)
        difference.heightSum = heightSum.since(earlier.heightSum)
        difference.askedFrames = askedFrames.since(earlier.askedFrames)
        difference.matchedFrames = matchedFrames.since(earlier.matchedFrames)
        difference.layerBytes.low = layerBytes.low.since(earlier.layerBytes.low)
        difference.layerBytes.medium = layerBytes.medium.since(earlier.layerBytes.medium)
        difference.layerBytes.high = layerBytes.high.since(earlier.layerBytes.high)
        return difference
    }

    /// What was counted since `earlier`, with every moment of standing still counted when it passed.
    ///
    /// A freeze is known by its whole length only when it ends, and shows as a growing stall before. Here the stall
    /// grows by the time since `earlier`, and what it has already told is taken off the freeze that it becomes, so
    /// that growths add up over time and over participants.
    public func growth(since earlier: VideoCounts) -> VideoCounts {
        var growth = since(earlier)
        let still = (frozenMilliseconds + stalledMilliseconds).since(
            earlier.frozenMilliseconds + earlier.stalledMilliseconds)
        growth.frozenMilliseconds = min(growth.frozenMilliseconds, still)
        growth.stalledMilliseconds = still - growth.frozenMilliseconds
        return growth
    }

    /// Share of watched time that the picture stood still, freezes and stalls together, 0...1.
    public var freezeRatio: Double? {
        watchedMilliseconds == 0
            ? nil : min(1, Double(frozenMilliseconds + stalledMilliseconds) / Double(watchedMilliseconds))
    }

    /// Harmonic frame rate in frames per second.
    public var frameRate: Double? {
        FreezeDetector.harmonicFrameRate(
            totalMilliseconds: Int64(clamping: frameDurationSum),
            sumOfSquares: Int64(clamping: frameDurationSquares))
    }

    /// Mean capture-to-last-packet delay in milliseconds.
    public var meanDelayMilliseconds: Double? {
        recognised == 0 ? nil : Double(delaySum) / Double(recognised) / 1000
    }

    /// Mean PSNR-Y of the recognised frames against their own source, in dB.
    public var meanPSNR: Double? { recognised == 0 ? nil : Double(psnrSum) / Double(recognised) / 1000 }

    /// Mean SSIM-Y of the recognised frames against their own source, 0...1.
    public var meanSSIM: Double? { recognised == 0 ? nil : Double(ssimSum) / Double(recognised) / 1e6 }

    /// Share of frames in the layer that was asked for, 0...1.
    public var layerMatch: Double? {
        askedFrames == 0 ? nil : Double(matchedFrames) / Double(askedFrames)
    }

    /// Mean height of the recognised frames, in pixels.
    public var meanHeight: Double? { recognised == 0 ? nil : Double(heightSum) / Double(recognised) }
}
