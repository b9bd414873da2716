import Media
import Primitives
import RTC
import Scenario
import WireFormats

/// Sends a participant's microphone: speech in its turns, comfort noise every 400 ms in between (Opus DTX).
///
/// Packet n is due at start + n × 20 ms and carries the sound of that instant, so its content follows from n alone:
/// a retransmission or the redundancy in the next packet is written afresh, never stored.
struct MicrophoneSender {
    /// Index of the section in the peer connection.
    let section: Int
    private let clip: AudioClip
    private let start: Instant
    private let timestampOffset: UInt32
    private let phase: Int
    private var schedule: SpeakingSchedule?
    private var nextPacket: Int64 = 0
    private var isSpeaking = false
    private var wasSpeech = false
    private var lastSent: Int64 = -1_000_000
    private var change: Instant?
    /// Whether the participant has muted itself: silence is encoded then, as in the page.
    var isMuted = false
    /// Whether sound may be sent yet.
    private(set) var isRunning = false

    static let packetInterval = Interval.milliseconds(20)
    /// Opus DTX sends one frame in 400 ms of silence.
    private static let comfortInterval: Int64 = 20

    /// Prepares a sender.
    init(
        section: Int, clip: AudioClip, schedule: SpeakingSchedule?, generator: inout SeededGenerator,
        start: Instant
    ) {
        self.section = section
        self.clip = clip
        self.schedule = schedule
        self.start = start
        timestampOffset = UInt32(truncatingIfNeeded: generator.next())
        phase = Int(generator.next() % UInt64(clip.frameCount))
    }

    /// When the next packet is due.
    var deadline: Instant? { isRunning ? due(nextPacket) : nil }

    /// Turns the microphone on.
    mutating func begin(now: Instant) {
        guard !isRunning else { return }
        isRunning = true
        let elapsed = max(0, (now - start).nanoseconds)
        nextPacket = (elapsed + Self.packetInterval.nanoseconds - 1) / Self.packetInterval.nanoseconds
        isSpeaking = schedule?.isSpeaking(at: now) ?? false
        change = schedule?.nextChange(after: now)?.at
    }

    /// How a packet is addressed.
    struct Carriage {
        /// Payload type of plain Opus.
        var opus: UInt8
        /// Payload type of redundant audio, if the server takes it first.
        var red: UInt8?
    }

    /// Sends every packet that is due by `now`; returns how late the latest of them was.
    mutating func tick(
        peer: PeerConnection, carriage: Carriage, wallClock: WallClockOrigin,
        scratch: UnsafeMutableRawBufferPointer,
        now: Instant, into outbox: inout Outbox
    ) -> Interval {
        guard isRunning else { return .zero }
        var lateness = Interval.zero
        while due(nextPacket) <= now {
            let number = nextPacket
            nextPacket += 1
            updateSpeaking(at: due(number))
            let isSpeech = isSpeaking && !isMuted
            guard isSpeech || number - lastSent >= Self.comfortInterval else {
                wasSpeech = false
                continue
            }
            lateness = max(lateness, now - due(number))
            let token = AudioToken(number: number, isSpeech: isSpeech, hasRedundancy: isSpeech && wasSpeech)
            let isRED = carriage.red != nil
            _ = peer.send(
                section: section, layer: 0, payloadType: carriage.red ?? carriage.opus,
                timestamp: timestamp(of: number), marker: isSpeech && !wasSpeech, sequenceNumber: nil,
                token: token.raw, audioLevel: level(of: token), now: now, into: &outbox
            ) { buffer in
                write(
                    token, isRED: isRED, opus: carriage.opus, wallClock: wallClock, scratch: scratch,
                    into: buffer)
            }
            wasSpeech = isSpeech
            lastSent = number
        }
        return lateness
    }

    /// Sends a packet again that the server missed.
    func retransmit(
        _ request: Retransmission, peer: PeerConnection, carriage: Carriage, wallClock: WallClockOrigin,
        scratch: UnsafeMutableRawBufferPointer, now: Instant, into outbox: inout Outbox
    ) {
        let token = AudioToken(request.token)
        let isRED = request.payloadType == carriage.red
        peer.retransmit(request, now: now, into: &outbox) { buffer in
            write(
                token, isRED: isRED, opus: carriage.opus, wallClock: wallClock, scratch: scratch, into: buffer
            )
        }
    }

    private mutating func updateSpeaking(at moment: Instant) {
        guard let due = change, moment >= due else { return }
        isSpeaking = schedule?.isSpeaking(at: moment) ?? false
        change = schedule?.nextChange(after: moment)?.at
    }

    private func write(
        _ token: AudioToken, isRED: Bool, opus: UInt8, wallClock: WallClockOrigin,
        scratch: UnsafeMutableRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        guard isRED else { return writeFrame(token, wallClock: wallClock, into: buffer) }
        let half = scratch.count / 2
        let primaryRoom = UnsafeMutableRawBufferPointer(rebasing: scratch[..<half])
        let primary = UnsafeRawBufferPointer(
            rebasing: primaryRoom[..<writeFrame(token, wallClock: wallClock, into: primaryRoom)])
        guard token.hasRedundancy else {
            return REDPayload.write(blockPayloadType: opus, primary: primary, into: buffer)
        }
        let previousRoom = UnsafeMutableRawBufferPointer(rebasing: scratch[half...])
        let before = AudioToken(number: token.number - 1, isSpeech: true, hasRedundancy: false)
        let previous = UnsafeRawBufferPointer(
            rebasing: previousRoom[..<writeFrame(before, wallClock: wallClock, into: previousRoom)])
        return REDPayload.write(
            blockPayloadType: opus, primary: primary,
            previous: REDPayload.Redundancy(
                timestampOffset: UInt32(AudioClip.samplesPerPacket), bytes: previous),
            into: buffer)
    }

    private func writeFrame(
        _ token: AudioToken, wallClock: WallClockOrigin, into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        guard token.isSpeech else { return clip.writeComfortNoise(Int(token.number & 0xffff), into: buffer) }
        let frame = frameNumber(of: token.number)
        let microseconds = UInt64(clamping: wallClock.unixNanoseconds(at: due(token.number)) / 1000)
        return clip.writeFrame(
            frame, tag: clip.tag(frame: frame, captureMicroseconds: microseconds), into: buffer)
    }

    private func level(of token: AudioToken) -> UInt8 {
        token.isSpeech ? clip.audioLevel(frameNumber(of: token.number)) : 127
    }

    private func frameNumber(of number: Int64) -> Int {
        Int((number + Int64(phase)) % Int64(clip.frameCount))
    }

    private func due(_ number: Int64) -> Instant { start + Self.packetInterval * Int(number) }

    private func timestamp(of number: Int64) -> UInt32 {
        timestampOffset &+ UInt32(truncatingIfNeeded: number &* Int64(AudioClip.samplesPerPacket))
    }
}

/// Names one audio packet in the sender's history.
struct AudioToken {
    var number: Int64
    var isSpeech: Bool
    var hasRedundancy: Bool

    init(number: Int64, isSpeech: Bool, hasRedundancy: Bool) {
        self.number = number
        self.isSpeech = isSpeech
        self.hasRedundancy = hasRedundancy
    }

    init(_ raw: UInt64) {
        number = Int64(bitPattern: raw >> 2)
        isSpeech = raw & 2 != 0
        hasRedundancy = raw & 1 != 0
    }

    var raw: UInt64 { UInt64(bitPattern: number) << 2 | (isSpeech ? 2 : 0) | (hasRedundancy ? 1 : 0) }
}
