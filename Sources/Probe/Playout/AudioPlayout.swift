/// What a NetEQ-like jitter buffer would play, without decoding anything.
///
/// Packet k of media time T is due at T + offset. The offset moves toward floor + target by at most 2 ms per packet
/// (10 % time scaling). A packet that is late by up to 100 ms makes the player stretch (concealed time, rounded up
/// to 10 ms) and is then played; later, or never, it is concealed whole. With RED a payload is available as soon
/// as its successor has arrived. Deterministic and the same for every receiver, hence fair for comparisons.
public struct AudioPlayout: Sendable {
    /// How a packet's turn ended.
    public enum Fate: Sendable, Hashable {
        /// It was there when due.
        case played
        /// It came up to 100 ms late; the player stretched and then played it.
        case stretched
        /// It came too late and was thrown away, or never came.
        case concealed
    }

    /// One packet whose turn has come.
    public struct Turn: Sendable {
        /// How it ended.
        public var fate: Fate
        /// Synthetic audio played instead, in milliseconds.
        public var concealedMilliseconds: Int64
        /// Playout offset after this packet: playout time minus media time, in milliseconds.
        public var offsetMilliseconds: Int64
        /// Whether the packet never arrived by then, alone or as redundancy.
        public var isMissing: Bool
    }

    /// Largest lateness that stretching covers, in milliseconds.
    public static let maximumLateness: Int64 = 100
    /// Largest change of the offset per packet, in milliseconds.
    public static let maximumSlew: Int64 = 2

    private static let capacity: Int64 = 128

    private struct Slot {
        var sequence: Int64 = -1
        var mediaTime: Int64 = 0
        var available: Int64 = .max
    }

    private struct Level {
        var arrival: Int64
        var wanted: Int64
    }

    private let packetMilliseconds: Int64
    private var slots: [Slot]
    private var target = DelayTarget(initialMilliseconds: 80)
    private var floor = TransitFloor(windowMilliseconds: 2000)
    private var levels: [Level] = []
    private var level = 0
    private var next: Int64?
    private var highest: Int64 = .min
    private var offset: Int64?
    private var lastMediaTime: Int64 = 0

    /// Makes a player for packets of the given length, 20 ms for Opus as Visio sends it.
    public init(packetMilliseconds: Int64 = 20) {
        self.packetMilliseconds = packetMilliseconds
        slots = Array(repeating: Slot(), count: Int(Self.capacity))
        levels.reserveCapacity(64)
    }

    /// Notes a packet of its own; redundancy inside others goes to `receiveRedundant`.
    ///
    /// - Parameters:
    ///   - sequence: Extended RTP sequence number.
    ///   - mediaTime: RTP time in milliseconds, extended.
    ///   - arrival: Arrival time in milliseconds, on the same axis for all packets.
    public mutating func receive(sequence: Int64, mediaTime: Int64, arrival: Int64) {
        let transit = arrival - mediaTime
        let lowest = floor.add(mediaTime: mediaTime, transit: transit)
        target.note(arrival: arrival, relativeDelay: max(0, transit - lowest))
        levels.append(Level(arrival: arrival, wanted: lowest + target.milliseconds))
        if offset == nil {
            offset = lowest + target.milliseconds
            next = sequence
            lastMediaTime = mediaTime - packetMilliseconds
        }
        store(sequence: sequence, mediaTime: mediaTime, arrival: arrival)
    }

    /// Notes that a packet's payload arrived as redundancy inside a later one.
    public mutating func receiveRedundant(sequence: Int64, mediaTime: Int64, arrival: Int64) {
        guard offset != nil else { return }
        store(sequence: sequence, mediaTime: mediaTime, arrival: arrival)
    }

    private mutating func store(sequence: Int64, mediaTime: Int64, arrival: Int64) {
        guard let next, sequence >= next else { return }
        let index = Int(sequence % Self.capacity)
        if slots[index].sequence == sequence {
            slots[index].available = min(slots[index].available, arrival)
        } else {
            slots[index] = Slot(sequence: sequence, mediaTime: mediaTime, available: arrival)
        }
        highest = max(highest, sequence)
    }

    /// Takes the next packet whose fate is settled at `now` (milliseconds); nil when none is.
    ///
    /// A packet is settled once it has arrived and is due, or when 100 ms have passed since it was due, or when
    /// the buffer would overflow. Call until nil.
    public mutating func nextTurn(now: Int64) -> Turn? {
        guard let sequence = next, let current = offset, sequence <= highest else { return nil }
        let slot = slots[Int(sequence % Self.capacity)]
        let isKnown = slot.sequence == sequence
        // A missing packet's media time follows its predecessor's; silence (DTX) shows at the next known packet.
        let mediaTime = isKnown ? slot.mediaTime : lastMediaTime + packetMilliseconds
        var due = mediaTime + current
        var reached = level
        while reached + 1 < levels.count, levels[reached + 1].arrival <= due { reached += 1 }
        let wanted = levels[reached].wanted
        let moved = current + max(-Self.maximumSlew, min(Self.maximumSlew, wanted - current))
        due = mediaTime + moved
        let isSettled =
            isKnown && slot.available <= due
            ? now >= due : now > due + Self.maximumLateness || highest - sequence >= Self.capacity - 1
        let isStretch = isKnown && slot.available > due && slot.available - due <= Self.maximumLateness
        guard isSettled || isStretch && now >= slot.available else { return nil }

        level = reached
        if level > 32 {
            levels.removeFirst(level)
            level = 0
        }
        next = sequence + 1
        lastMediaTime = mediaTime
        offset = moved
        if isKnown, slot.available <= due {
            return Turn(fate: .played, concealedMilliseconds: 0, offsetMilliseconds: moved, isMissing: false)
        }
        if isStretch {
            let concealed = (slot.available - due + 9) / 10 * 10
            offset = moved + concealed
            return Turn(
                fate: .stretched, concealedMilliseconds: concealed, offsetMilliseconds: moved + concealed,
                isMissing: false)
        }
        return Turn(
            fate: .concealed, concealedMilliseconds: packetMilliseconds, offsetMilliseconds: moved,
            isMissing: !isKnown)
    }
}
