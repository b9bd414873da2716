import Glibc
import Primitives
import Reactor
import Testing

@Suite struct TCPStreamsTests {
    private let clock = MonotonicClock()

    private func thread(_ isEcho: Bool, _ observations: StreamObservations) throws -> ReactorThread<
        StreamWork
    > {
        try ReactorThread(ReactorConfiguration(name: "streams"), clock: clock) {
            StreamWork(isEcho: isEcho, observations: observations)
        }
    }

    /// STUN messages and ChannelData of many sizes, as TURN has them.
    private static let turnMessages: [[UInt8]] = (0..<100).map { number in
        let size = number * 12
        let length = [UInt8(size >> 8), UInt8(size & 255)]
        let body = [UInt8](repeating: UInt8(number), count: size)
        guard number % 2 == 0 else { return [0x40, 1] + length + body }
        return [0, 1] + length + [UInt8](repeating: 7, count: 16) + body
    }

    @Test(arguments: [StreamFraming.lengthPrefixed, .turn], [false, true])
    func carriesMessagesBothWays(framing: StreamFraming, isSecure: Bool) throws {
        let (near, far) = (StreamObservations(), StreamObservations())
        let server = try thread(true, far)
        let client = try thread(false, near)
        defer {
            server.stop()
            client.stop()
        }
        server.mailbox.post(.listen(framing, isSecure: isSecure))
        #expect(far.wait { $0.listening != nil })
        let address = try #require(far.now.listening)
        client.mailbox.post(
            .open(address, StreamOptions(framing: framing, tlsName: isSecure ? "localhost" : nil)))
        #expect(near.wait { !$0.events.isEmpty } && far.wait { !$0.events.isEmpty })
        guard case .opened(let local, let remote) = near.now.events[0],
            case .accepted(_, let peer) = far.now.events[0]
        else {
            Issue.record("\(near.now.events), \(far.now.events)")
            return
        }
        #expect(remote == address && peer == local && local.isLoopback)
        let messages =
            framing == .turn
            ? Self.turnMessages
            : (1...300).map { [UInt8](repeating: UInt8($0 & 255), count: 1 + $0 * 4 % 1400) }
        client.mailbox.post(.send(messages))
        #expect(near.wait { $0.received.count == messages.count })
        #expect(far.now.received == messages)
        #expect(near.now.received == messages)
        client.mailbox.post(.close)
        #expect(far.wait { $0.events.last == .closed(.closedByPeer) })
        client.stop()
        let counts = client.takeHealth().streams
        #expect(counts.opened == 1 && counts.failed == 0 && counts.overflows == 0)
        #expect(counts.messagesSent == messages.count && counts.messagesReceived == messages.count)
    }

    @Test func nobodyThereIsToldAtOnce() throws {
        let near = StreamObservations()
        let client = try thread(false, near)
        defer { client.stop() }
        // Port 1 of loopback is nobody's.
        client.mailbox.post(.open(.loopback(port: 1), StreamOptions(framing: .turn)))
        #expect(near.wait { $0.events == [.closed(.refused)] })
    }

    @Test func foreignBytesEndTheStream() throws {
        let (near, far) = (StreamObservations(), StreamObservations())
        let server = try thread(false, far)
        let client = try thread(false, near)
        defer {
            server.stop()
            client.stop()
        }
        server.mailbox.post(.listen(.lengthPrefixed, isSecure: false))
        #expect(far.wait { $0.listening != nil })
        let address = try #require(far.now.listening)
        client.mailbox.post(.open(address, StreamOptions(framing: .turn)))
        #expect(far.wait { !$0.events.isEmpty })
        server.mailbox.post(.send([[UInt8](repeating: 0xff, count: 700)]))
        // A length in front is no message of TURN: 0x02 could be one, 0xbc is none.
        server.mailbox.post(.send([[UInt8](repeating: 0xff, count: 1400)]))
        #expect(near.wait { $0.events.last == .closed(.malformed) })
    }

    @Test func aFailedHandshakeIsNamed() throws {
        let (near, far) = (StreamObservations(), StreamObservations())
        let server = try thread(false, far)
        let client = try thread(false, near)
        defer {
            server.stop()
            client.stop()
        }
        server.mailbox.post(.listen(.lengthPrefixed, isSecure: false))
        #expect(far.wait { $0.listening != nil })
        let address = try #require(far.now.listening)
        client.mailbox.post(.open(address, StreamOptions(framing: .lengthPrefixed, tlsName: "localhost")))
        // To the server the greeting is the length of a message that nobody sends.
        #expect(far.wait { $0.events.last == .closed(.malformed) })
        #expect(near.wait { $0.events == [.closed(.tls("the peer closed it"))] })
    }

    /// A peer that never reads takes what fits into buffers; the rest is lost and counted, and nobody waits.
    @Test func aStuckPeerHoldsNobodyUp() throws {
        let near = StreamObservations()
        let client = try thread(false, near)
        defer { client.stop() }
        let deaf = try #require(DeafListener())
        client.mailbox.post(.open(deaf.address, StreamOptions(framing: .lengthPrefixed)))
        #expect(near.wait { !$0.events.isEmpty })
        let message = [UInt8](repeating: 1, count: 1400)
        for _ in 0..<40 { client.mailbox.post(.send(Array(repeating: message, count: 250))) }
        let before = near.now.ticks
        #expect(near.wait { $0.ticks > before + 20 })
        client.stop()
        let counts = client.takeHealth().streams
        #expect(counts.messagesSent + counts.overflows == 10_000)
        #expect(counts.overflows > 1000)
        #expect(near.now.events.count == 1)
    }
}

/// A socket that listens and never accepts: its connections are half-open for whoever made them.
private final class DeafListener {
    private let descriptor: Int32
    let address: SocketAddress

    init?() {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var storage = sockaddr_in()
        storage.sin_family = sa_family_t(AF_INET)
        storage.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let port: UInt16? = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                guard bind(descriptor, generic, length) == 0, listen(descriptor, 5) == 0,
                    getsockname(descriptor, generic, &length) == 0
                else { return nil }
                return UInt16(bigEndian: pointer.pointee.sin_port)
            }
        }
        guard let port else {
            Glibc.close(descriptor)
            return nil
        }
        address = .loopback(port: port)
    }

    deinit { Glibc.close(descriptor) }
}
