public import Primitives
import WireFormats

/// Listens to one received audio stream without decoding it: delay by look-up, playout by model, loss after RED.
public struct AudioReceptionMeter: Sendable {
    /// Everything counted so far; `packets` holds only what was lost for good, the rest is the RTP stream's to tell.
    public private(set) var counts = AudioCounts()
    /// Capture-to-playout delays since they were last taken.
    public private(set) var delays = DelaySketch()

    /// RTP units per millisecond of Opus (RFC 7587: always 48 kHz).
    private static let unitsPerMillisecond: Int64 = 48
    private static let packetMilliseconds: Int64 = 20

    private var playout = AudioPlayout()
    private var timestamps = TimestampUnwrapper()
    private var runs = LossRuns()
    private var isConcealing = false
    /// Media time minus capture time in milliseconds, by the newest recognised packet.
    private var mediaMinusCapture: Double?

    /// Starts before the first packet.
    public init() {}

    /// What a packet told about its delay.
    public struct Observation: Sendable {
        /// Capture to arrival, in microseconds.
        public var networkDelayMicroseconds: Int64
    }

    /// Takes a packet that had not been received before.
    ///
    /// - Parameters:
    ///   - sequence: Extended RTP sequence number.
    ///   - timestamp: RTP timestamp.
    ///   - payload: The decrypted payload.
    ///   - isRED: Whether the payload is redundant audio (RFC 2198).
    ///   - now: When it arrived.
    ///   - wallClock: The run's wall clock, against which capture times are read.
    /// - Returns: The packet's delay, if its capture time was recognised.
    public mutating func receive(
        sequence: Int64, timestamp: UInt32, payload: UnsafeRawBufferPointer, isRED: Bool, now: Instant,
        wallClock: WallClockOrigin
    ) -> Observation? {
        let arrival = now.nanoseconds / 1_000_000
        let extended = timestamps.unwrap(timestamp)
        let mediaTime = extended / Self.unitsPerMillisecond
        playout.receive(sequence: sequence, mediaTime: mediaTime, arrival: arrival)
        if isRED { receiveRedundancy(sequence, extended, payload, arrival) }
        guard payload.count >= FrameTag.byteCount, let tag = FrameTag(tail: payload) else { return nil }
        let age = tag.age(at: wallClock.unixNanoseconds(at: now) / 1000)
        mediaMinusCapture = Double(mediaTime) - (now.milliseconds - Double(age) / 1000)
        counts.networkDelaySum &+= UInt64(clamping: age)
        counts.networkDelayCount += 1
        return Observation(networkDelayMicroseconds: age)
    }

    private mutating func receiveRedundancy(
        _ sequence: Int64, _ timestamp: Int64, _ payload: UnsafeRawBufferPointer, _ arrival: Int64
    ) {
        guard var blocks = REDBlocks(payload.bytes) else { return }
        while let block = blocks.next() {
            guard !block.isPrimary, block.count > 0 else { continue }
            let packets = Int64(block.timestampOffset) / (Self.unitsPerMillisecond * Self.packetMilliseconds)
            guard packets > 0 else { continue }
            playout.receiveRedundant(
                sequence: sequence - packets,
                mediaTime: (timestamp - Int64(block.timestampOffset)) / Self.unitsPerMillisecond,
                arrival: arrival)
        }
    }

    /// Plays everything whose turn has come by `now`; `body` gets the capture-to-playout delay of each packet, in
    /// microseconds, where it is known.
    public mutating func advance(to now: Instant, _ body: (Int64) -> Void) {
        let milliseconds = now.nanoseconds / 1_000_000
        while let turn = playout.nextTurn(now: milliseconds) {
            counts.turns += 1
            counts.playedMilliseconds += UInt64(Self.packetMilliseconds)
            if turn.isMissing { counts.packets.lost += 1 }
            let isMissed = turn.fate == .concealed
            runs.add(isLost: isMissed)
            counts.missed = runs.lost
            counts.missedRuns = runs.runs
            if turn.concealedMilliseconds > 0 {
                counts.concealedMilliseconds += UInt64(turn.concealedMilliseconds)
                if turn.fate == .stretched { counts.playedMilliseconds += UInt64(turn.concealedMilliseconds) }
                if !isConcealing { counts.concealmentEvents += 1 }
            }
            isConcealing = turn.concealedMilliseconds > 0
            guard turn.fate != .concealed, let mediaMinusCapture else { continue }
            let delay = max(0, Double(turn.offsetMilliseconds) + mediaMinusCapture)
            counts.playoutDelaySum += UInt64(delay.rounded())
            counts.delayCount += 1
            delays.add(milliseconds: delay)
            body(Int64(delay * 1000))
        }
    }

    /// The same sound goes on from another source, with numbers and a clock of its own.
    ///
    /// The silence in between is no concealment: nothing was there that could have concealed it.
    public mutating func changeSource() {
        playout = AudioPlayout()
        timestamps = TimestampUnwrapper()
        mediaMinusCapture = nil
        isConcealing = false
    }

    /// Hands out the delays gathered since the last call.
    public mutating func takeDelays() -> DelaySketch {
        defer { delays = DelaySketch() }
        return delays
    }
}

extension Instant {
    /// Milliseconds since the start of the run.
    var milliseconds: Double { Double(nanoseconds) / 1e6 }
}
