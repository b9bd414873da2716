import Primitives
import Reactor
import Testing

@Suite struct ReactorThreadTests {
    private let clock = MonotonicClock()

    @Test(arguments: [nil, 0])
    func carriesDatagramsBetweenReactors(cpu: Int?) throws {
        let (near, far) = (Observations(), Observations())
        let echo = try thread("echo", cpu: cpu, isEcho: true, far)
        let sender = try thread("sender", cpu: cpu, isEcho: false, near)
        defer {
            echo.stop()
            sender.stop()
        }
        #expect(near.wait { $0.local != nil } && far.wait { $0.local != nil })
        let target = try #require(far.now.local)
        let source = try #require(near.now.local)
        let datagrams: [[UInt8]] = (1...200).map { [UInt8](repeating: UInt8($0), count: 20 + $0 * 5) }
        // Unconnected first, then connected on the same socket.
        sender.mailbox.post(.send(Array(datagrams[..<100]), to: target))
        #expect(near.wait { $0.received.count == 100 })
        sender.mailbox.post(.connect(to: target))
        sender.mailbox.post(.send(Array(datagrams[100...]), to: target))
        #expect(near.wait { $0.received.count == 200 })
        #expect(near.now.received == datagrams)
        #expect(far.now.received == datagrams)
        #expect(near.now.sources.allSatisfy { $0 == target })
        #expect(far.now.sources.allSatisfy { $0 == source })
        #expect(near.now.owners.allSatisfy { $0 == 17 })
        #expect(target.isLoopback)
    }

    @Test(arguments: [false, true])
    func cutsRunsIntoDatagrams(isConnected: Bool) throws {
        let (near, far) = (Observations(), Observations())
        let receiver = try thread("receiver", isEcho: false, far)
        let sender = try thread("sender", isEcho: false, near)
        #expect(near.wait { $0.local != nil } && far.wait { $0.local != nil })
        let target = try #require(far.now.local)
        if isConnected { sender.mailbox.post(.connect(to: target)) }
        // Two frames of six packets whose last is shorter, a single packet, and a run of more than 64.
        let sizes =
            [1100, 1100, 1100, 1100, 1100, 700, 900, 900, 900, 900, 900, 899, 30]
            + [Int](repeating: 50, count: 150)
        let datagrams = sizes.enumerated().map { [UInt8](repeating: UInt8($0 & 255), count: $1) }
        sender.mailbox.post(.send(datagrams, to: target))
        #expect(far.wait { $0.received.count == datagrams.count })
        #expect(far.now.received == datagrams)
        sender.stop()
        receiver.stop()
        let traffic = sender.takeHealth().traffic
        #expect(traffic.datagramsSent == datagrams.count)
        #expect(traffic.bytesSent == sizes.reduce(0, +))
        #expect(traffic.sendCalls == 6)  // Two frames, one alone, 64, 64 and 22.
        #expect(traffic.sendFailures == 0 && traffic.sendBufferFull == 0)
        #expect(receiver.takeHealth().traffic.datagramsReceived == datagrams.count)
    }

    @Test func wakesForCommands() throws {
        let observations = Observations()
        // A tick that never comes within a test: only the mailbox can wake this reactor.
        let thread = try ReactorThread(
            ReactorConfiguration(name: "sleeper", tick: .seconds(3600)), clock: clock
        ) { EchoWork(isEcho: false, observations: observations) }
        for index in 0..<1000 { #expect(thread.mailbox.post(.note("\(index)"))) }
        #expect(observations.wait { $0.commands.count == 1000 })
        #expect(observations.now.commands == (0..<1000).map(String.init))
        #expect(thread.mailbox.post(.note("later")))
        #expect(observations.wait { $0.commands.last == "later" })
        #expect(observations.now.ticks == 0)
        thread.stop()
        #expect(thread.takeHealth().commands == 1001)
        #expect(!thread.mailbox.post(.note("too late")))
        #expect(observations.now.commands.last == "later")
    }

    @Test func livesOnOneThreadAndEndsOnIt() throws {
        let observations = Observations()
        let thread = try thread("short-lived", isEcho: false, observations)
        thread.mailbox.post(.note("hello"))
        #expect(observations.wait { $0.ticks > 3 && !$0.commands.isEmpty })
        thread.stop()
        #expect(observations.now.events == ["made", "started", "stopped", "released"])
        #expect(observations.now.threads.count == 1)
        #expect(!observations.now.threads.contains(currentThread()))
        let ticks = observations.now.ticks
        thread.stop()
        pause()
        #expect(observations.now.ticks == ticks)
    }

    @Test func stopsWhenItIsForgotten() throws {
        let observations = Observations()
        do {
            let thread = try thread("forgotten", isEcho: false, observations)
            thread.mailbox.post(.note("hello"))
            #expect(observations.wait { !$0.commands.isEmpty })
        }
        #expect(observations.now.events.last == "released")
    }

    @Test func tellsItsHealth() throws {
        let observations = Observations()
        let thread = try thread("healthy", cpu: 0, isEcho: false, observations)
        #expect(observations.wait { $0.ticks >= 50 })
        thread.stop()
        let health = thread.takeHealth()
        #expect(health.ticks >= 50)
        #expect(health.ticks <= observations.now.ticks)
        #expect(health.lateness.counts.reduce(0, +) == health.ticks)
        #expect(health.worstLateness > .zero)
        #expect(health.totalLateness >= health.worstLateness)
        #expect(health.cpuTime > .zero && health.cpuTime < health.elapsed)
        #expect(health.openSockets == 1)
        #expect(health.isPinned)
        #expect(thread.takeHealth().worstLateness == .zero)
        #expect(thread.takeHealth().ticks == health.ticks)
    }

    private func thread(
        _ name: String, cpu: Int? = nil, isEcho: Bool, _ observations: Observations
    ) throws -> ReactorThread<EchoWork> {
        try ReactorThread(ReactorConfiguration(name: name, cpu: cpu), clock: clock) {
            EchoWork(isEcho: isEcho, observations: observations)
        }
    }
}
