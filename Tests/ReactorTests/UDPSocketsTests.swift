import Glibc
import Primitives
import Reactor
import Testing

@Suite struct UDPSocketsTests {
    @Test func numbersSocketsDensely() throws {
        let sockets = try UDPSockets()
        let numbers = try (0..<5).map { try sockets.openSocket(owner: $0, toward: .loopback(port: 9)).socket }
        #expect(numbers == [0, 1, 2, 3, 4])
        sockets.close(socket: 1)
        sockets.close(socket: 3)
        sockets.close(socket: 3)
        sockets.close(socket: 99)
        #expect(sockets.openCount == 3)
        let again = try (0..<3).map { try sockets.openSocket(owner: $0, toward: .loopback(port: 9)).socket }
        #expect(again.sorted() == [1, 3, 5])
        #expect(sockets.openCount == 6)
    }

    @Test func bindsToTheAddressOfTheRoute() throws {
        let sockets = try UDPSockets()
        let local = try sockets.openSocket(owner: 0, toward: SocketAddress(v4: 0x7f00_0002, port: 9)).local
        #expect(local.isLoopback)
        #expect(local.port != 0)
        let anywhere = try sockets.openSocket(owner: 0, toward: nil).local
        #expect(anywhere.port != 0)
        #expect(anywhere.host != "0.0.0.0")
    }

    @Test func opensAServersPort() throws {
        let sockets = try UDPSockets()
        let first = try sockets.openServerSocket(owner: 0, bind: .loopback(port: 0))
        #expect(first.local.port != 0)
        #expect(throws: DatagramSocketError.system(errno: EADDRINUSE)) {
            try sockets.openServerSocket(owner: 0, bind: first.local)
        }
        #expect(sockets.openCount == 1)
        let second = try sockets.openServerSocket(owner: 0, bind: .loopback(port: 0))
        #expect(second.socket == 1)
    }

    @Test func grantsRoomForABurst() throws {
        let sockets = try UDPSockets()
        let client = try sockets.openSocket(owner: 0, toward: .loopback(port: 9)).socket
        let size = try #require(sockets.receiveBuffer(of: client))
        #expect(size >= 212_992)  // What an unprivileged process gets; 2 MiB with privileges.
        #expect(sockets.receiveBuffer(of: 5) == nil)
    }

    @Test func countsWhatTheKernelDropped() throws {
        let sockets = try UDPSockets()
        let target = try sockets.openSocket(owner: 0, toward: .loopback(port: 9))
        let source = try sockets.openSocket(owner: 1, toward: .loopback(port: 9))
        // Nobody reads: more than any buffer holds. Sizes alternate, so that each leaves alone.
        let sent = 8000
        var outbox = Outbox(capacity: 1 << 24)
        for index in 0..<sent {
            outbox.append(from: source.socket, to: target.local) { _ in 1200 + index % 2 * 100 }
        }
        sockets.flush(&outbox)
        #expect(outbox.entries.isEmpty)
        #expect(sockets.counts.datagramsSent == sent)
        let drops = sockets.drops(of: target.socket)
        #expect(drops > 0 && drops < sent)
        #expect(sockets.drops(of: source.socket) == 0)
        sockets.readDrops()
        #expect(sockets.counts.receiveBufferDrops == drops)
        sockets.close(socket: target.socket)
        #expect(sockets.counts.receiveBufferDrops == drops)
    }

    @Test func countsWhatItCannotSend() throws {
        let sockets = try UDPSockets()
        let socket = try sockets.openSocket(owner: 0, toward: .loopback(port: 9)).socket
        var outbox = Outbox(capacity: 1 << 16)
        // IPv6 out of an IPv4 socket; then two datagrams of a socket that is gone.
        outbox.append(from: socket, to: SocketAddress(v6High: 0, low: 1, port: 9)) { _ in 10 }
        outbox.append(from: 7, to: .loopback(port: 9)) { _ in 10 }
        outbox.append(from: 7, to: .loopback(port: 9)) { _ in 10 }
        sockets.flush(&outbox)
        #expect(sockets.counts.sendFailures == 1)
        #expect(sockets.counts.sendsToClosedSockets == 2)
        #expect(sockets.counts.datagramsSent == 0)
    }

    @Test func keepsSendingToAClosedPort() throws {
        let sockets = try UDPSockets()
        let gone = try sockets.openSocket(owner: 0, toward: .loopback(port: 9))
        let socket = try sockets.openSocket(owner: 0, toward: .loopback(port: 9)).socket
        sockets.close(socket: gone.socket)
        sockets.connect(socket: socket, to: gone.local)
        var outbox = Outbox(capacity: 1 << 16)
        for _ in 0..<5 {
            outbox.append(from: socket, to: gone.local) { _ in 10 }
            sockets.flush(&outbox)
        }
        #expect(sockets.counts.datagramsSent == 5)
        #expect(sockets.counts.sendFailures == 0)
    }

    @Test func tellsThatThereAreTooManyFiles() async {
        await #expect(processExitsWith: .success) {
            let sockets = try UDPSockets()
            forbidMoreFiles()
            do {
                _ = try sockets.openSocket(owner: 0, toward: .loopback(port: 9))
                exit(1)
            } catch DatagramSocketError.tooManyFiles {
                exit(0)
            }
        }
    }
}
