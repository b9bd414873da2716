import Primitives

/// Holds outgoing datagrams back by a constant time: a known one-way delay between server and participants.
struct DelayLine {
    private struct Held {
        var due: Instant
        var socket: Int32
        var destination: SocketAddress
        var bytes: [UInt8]
    }

    private let delay: Interval
    private var held: [Held] = []
    private var head = 0

    init(delay: Interval) { self.delay = delay }

    /// Whether anything is held back at all.
    var isActive: Bool { delay > .zero }

    /// When the next datagram is due.
    var deadline: Instant? { head < held.count ? held[head].due : nil }

    /// Takes everything out of `outbox`.
    mutating func take(from outbox: inout Outbox, now: Instant) {
        for entry in outbox.entries {
            held.append(
                Held(
                    due: now + delay, socket: entry.socket, destination: entry.destination,
                    bytes: Array(outbox.bytes(of: entry))))
        }
        outbox.removeAll()
    }

    /// Puts what is due into `outbox`.
    mutating func release(now: Instant, into outbox: inout Outbox) {
        while head < held.count, held[head].due <= now {
            let datagram = held[head]
            outbox.append(from: datagram.socket, to: datagram.destination) { buffer in
                buffer.copyBytes(from: datagram.bytes)
                return datagram.bytes.count
            }
            head += 1
        }
        if head > 1024 || head == held.count {
            held.removeFirst(head)
            head = 0
        }
    }
}
