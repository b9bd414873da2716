import Foundation
import Primitives
import RTC
import Testing

@Suite struct DataChannelTransportTests {
    @Test(arguments: [(true, false), (false, true), (true, true)])
    func connectsWhoeverStarts(leftStarts: Bool, rightStarts: Bool) {
        var pair = TransportPair()
        let stream = pair.left.open(label: "_reliable", isOrdered: true, reliability: .reliable)
        if leftStarts { pair.left.start(now: .zero) }
        if rightStarts { pair.right.start(now: .zero) }
        pair.run(for: .milliseconds(300 as Int64))
        #expect(pair.left.state == .connected)
        #expect(pair.right.state == .connected)
        #expect(stream == 0)
        #expect(pair.leftEvents == [.opened(stream: 0, label: "_reliable", isPeers: false)])
        #expect(pair.rightEvents == [.opened(stream: 0, label: "_reliable", isPeers: true)])
    }

    @Test func survivesLossOfEachHandshakePacket() {
        for lost in 0..<6 {
            var path = NetworkPathProfile(delay: .milliseconds(10 as Int64))
            path.lostOrdinals = [lost]
            var pair = TransportPair(path: path)
            _ = pair.left.open(label: "a", isOrdered: true, reliability: .reliable)
            pair.left.start(now: .zero)
            pair.right.start(now: .zero)
            pair.run(for: .seconds(5))
            #expect(pair.leftEvents.openedLabels == ["a"], "packet \(lost) lost")
            #expect(pair.rightEvents.openedLabels == ["a"], "packet \(lost) lost")
        }
    }

    @Test func numbersStreamsByRole() {
        var pair = TransportPair.connected()
        let opened1 = pair.left.open(label: "a", isOrdered: true, reliability: .reliable)
        #expect(opened1 == 0)
        let opened2 = pair.left.open(label: "b", isOrdered: false, reliability: .maxRetransmits(0))
        #expect(opened2 == 2)
        let opened3 = pair.right.open(label: "c", isOrdered: true, reliability: .reliable, protocolName: "p")
        #expect(opened3 == 1)
        pair.run(for: .seconds(1))
        #expect(pair.rightEvents.openedLabels.sorted() == ["a", "b", "c"])
        #expect(pair.left.channel(on: 1)?.protocolName == "p")
        #expect(pair.right.channel(on: 2)?.reliability == .maxRetransmits(0))
        #expect(pair.right.channel(on: 2)?.isOrdered == false)
    }

    @Test func announcesAtOnceWhenConnected() {
        var pair = TransportPair.connected()
        let before = pair.now
        _ = pair.left.open(label: "late", isOrdered: true, reliability: .reliable)
        #expect(pair.left.deadline.map { $0 <= before } == true)
        pair.run(for: .milliseconds(20 as Int64))
        #expect(pair.rightEvents.openedLabels == ["late"])
    }

    @Test func carriesTextBytesAndEmptyMessages() {
        var pair = TransportPair.connected()
        let stream = pair.left.open(label: "a", isOrdered: true, reliability: .reliable)
        for (bytes, isBinary) in [([1, 2], true), ([0x68, 0x69], false), ([], true), ([], false)]
            as [([UInt8], Bool)]
        {
            pair.send(bytes, on: stream, isBinary: isBinary)
        }
        pair.run(for: .seconds(1))
        #expect(
            pair.rightEvents == [
                .opened(stream: stream, label: "a", isPeers: true),
                .message(stream: stream, bytes: [1, 2], isBinary: true),
                .message(stream: stream, bytes: [0x68, 0x69], isBinary: false),
                .message(stream: stream, bytes: [], isBinary: true),
                .message(stream: stream, bytes: [], isBinary: false),
            ])
    }

    @Test func sendsWhatWasQueuedBeforeTheStart() {
        var pair = TransportPair()
        let stream = pair.left.open(label: "a", isOrdered: false, reliability: .reliable)
        pair.send([7], on: stream)
        pair.right.start(now: .zero)
        pair.run(for: .seconds(1))
        #expect(pair.rightEvents.messages == [[7]])
    }

    @Test func messagesDoNotOvertakeTheirChannelsOpening() {
        var pair = TransportPair.connected()
        // The packet with DATA_CHANNEL_OPEN is lost; the message behind it arrives first.
        pair.toRight.profile.lostOrdinals = [pair.toRight.statistics.admitted]
        let stream = pair.left.open(label: "a", isOrdered: false, reliability: .reliable)
        pair.run(for: .milliseconds(1 as Int64))
        pair.send([1], on: stream)
        pair.run(for: .seconds(2))
        #expect(pair.rightEvents.messages == [[1]])
        #expect(pair.right.strayMessages == 0)
    }

    @Test(arguments: [1, 1172, 1173, 65_535, 65_536, 262_144])
    func carriesMessagesOfEverySize(count: Int) {
        var pair = TransportPair.connected()
        pair.left.maximumOutgoingMessageSize = 0
        let stream = pair.left.open(label: "a", isOrdered: true, reliability: .reliable)
        let message = patterned(3, count: count)
        pair.send(message, on: stream)
        pair.run(for: .seconds(10))
        #expect(pair.rightEvents.messages == [message])
        #expect(pair.left.statistics.retransmissions == 0)
    }

    @Test func respectsThePeersMessageSize() {
        var pair = TransportPair.connected()
        let stream = pair.left.open(label: "a", isOrdered: true, reliability: .reliable)
        let isRefused1 = !pair.left.send(
            patterned(0, count: 65_537), isBinary: true, on: stream, now: pair.now)
        #expect(isRefused1)
        pair.left.maximumOutgoingMessageSize = 1000
        let isRefused2 = !pair.left.send(patterned(0, count: 1001), isBinary: true, on: stream, now: pair.now)
        #expect(isRefused2)
        pair.send(patterned(0, count: 1000), on: stream)
    }

    @Test func refusesWhatTheBufferCannotHold() {
        var pair = TransportPair()
        let stream = pair.left.open(label: "a", isOrdered: true, reliability: .reliable)
        var accepted = 0
        while pair.left.send(patterned(0, count: 65_536), isBinary: true, on: stream, now: .zero) {
            accepted += 1
        }
        #expect(accepted == SCTPAssociation.sendBufferSize / 65_536 - 1)
        let isRefused3 = !pair.left.send([1], isBinary: true, on: 40, now: .zero)
        #expect(isRefused3)
    }

    @Test func closesChannelsAndUsesTheirStreamsAgain() {
        var pair = TransportPair.connected()
        let stream = pair.left.open(label: "first", isOrdered: true, reliability: .reliable)
        pair.run(for: .seconds(1))
        pair.send([1], on: stream)
        pair.left.close(stream: stream, now: pair.now)
        let isRefused4 = !pair.left.send([2], isBinary: true, on: stream, now: pair.now)
        #expect(isRefused4)
        pair.run(for: .seconds(2))
        #expect(pair.leftEvents.closedStreams == [stream])
        #expect(pair.rightEvents.closedStreams == [stream])
        #expect(pair.rightEvents.messages == [[1]])
        // Numbers start anew in the stream: ordered messages arrive only if both ends agree on that.
        let opened4 = pair.left.open(label: "second", isOrdered: true, reliability: .reliable)
        #expect(opened4 == stream)
        pair.send([3], on: stream)
        pair.run(for: .seconds(1))
        #expect(pair.rightEvents.openedLabels == ["first", "second"])
        #expect(pair.rightEvents.messages == [[1], [3]])
        pair.send([4], from: .right, on: stream)
        pair.run(for: .seconds(1))
        #expect(pair.leftEvents.messages == [[4]])
    }

    @Test func closesChannelsOverALossyPath() {
        for seed in 0..<20 as Range<UInt64> {
            var pair = TransportPair.connected(seed: seed)
            let stream = pair.left.open(label: "a", isOrdered: true, reliability: .reliable)
            pair.run(for: .seconds(1))
            pair.toRight.profile.loss = .random(0.3)
            pair.toLeft.profile.loss = .random(0.3)
            for index in 0..<20 {
                _ = pair.left.send(patterned(index, count: 2000), isBinary: true, on: stream, now: pair.now)
            }
            pair.left.close(stream: stream, now: pair.now)
            pair.run(for: .seconds(60))
            pair.toRight.profile.loss = .none
            pair.toLeft.profile.loss = .none
            // Backed-off timers may have a minute to go.
            pair.run(for: .seconds(200))
            #expect(pair.rightEvents.messages.count == 20, "seed \(seed)")
            #expect(pair.leftEvents.closedStreams == [stream], "seed \(seed)")
            #expect(pair.rightEvents.closedStreams == [stream], "seed \(seed)")
        }
    }

    @Test func negotiatedChannelsNeedNoOpening() {
        var pair = TransportPair()
        pair.left.addNegotiated(stream: 100, label: "_reliable", isOrdered: true, reliability: .reliable)
        pair.right.addNegotiated(stream: 100, label: "_reliable", isOrdered: true, reliability: .reliable)
        pair.left.start(now: .zero)
        pair.run(for: .milliseconds(100 as Int64))
        #expect(pair.leftEvents == [.opened(stream: 100, label: "_reliable", isPeers: false)])
        pair.send([9], on: 100)
        pair.run(for: .milliseconds(100 as Int64))
        #expect(pair.rightEvents.messages == [[9]])
    }

    @Test func shutsDownAfterTheLastMessage() {
        var pair = TransportPair.connected()
        let stream = pair.left.open(label: "a", isOrdered: true, reliability: .reliable)
        pair.send(patterned(1, count: 50_000), on: stream)
        pair.left.close(now: pair.now)
        pair.run(for: .seconds(5))
        #expect(pair.rightEvents.messages == [patterned(1, count: 50_000)])
        #expect(pair.leftEvents.failure == "the association was shut down")
        #expect(pair.rightEvents.failure == "the association was shut down")
        #expect(pair.left.deadline == nil)
        #expect(pair.right.deadline == nil)
    }

    @Test func shutsDownThoughTheLastPacketIsLost() {
        var pair = TransportPair.connected()
        nonisolated(unsafe) var lost = 0
        pair.filter = { _, packet in
            // SHUTDOWN COMPLETE.
            guard packet[12] == 14, lost < 2 else { return true }
            lost += 1
            return false
        }
        pair.left.close(now: pair.now)
        pair.run(for: .seconds(10))
        #expect(lost == 2)
        #expect(pair.rightEvents.failure == "the association was shut down")
    }

    @Test func tellsThePeerOfAnAbort() {
        var pair = TransportPair.connected()
        pair.left.abort(reason: "enough", now: pair.now)
        pair.run(for: .seconds(1))
        #expect(pair.leftEvents.failure == "enough")
        #expect(pair.rightEvents.failure == "the peer aborted: enough")
        #expect(pair.left.state == .closed)
        #expect(pair.right.deadline == nil)
    }

    @Test func givesUpOnASilentPeer() {
        var unanswered = TransportPair()
        unanswered.filter = { _, _ in false }
        unanswered.left.start(now: .zero)
        unanswered.run(for: .seconds(600))
        #expect(unanswered.leftEvents.failure == "the peer did not answer")

        var pair = TransportPair.connected()
        pair.filter = { _, _ in false }
        pair.run(for: .seconds(1000))
        #expect(pair.leftEvents.failure == "the peer stopped answering")
    }

    @Test func costsLittleWhenIdle() {
        var pair = TransportPair.connected()
        _ = pair.left.open(label: "_reliable", isOrdered: true, reliability: .reliable)
        pair.run(for: .seconds(1))
        let before = pair.packetCount
        pair.run(for: .seconds(300))
        // A heartbeat and its answer from each side every 30 seconds or so.
        #expect((36...44).contains(pair.packetCount - before))
        #expect(pair.left.roundTripTime.map { $0 >= .milliseconds(20 as Int64) } == true)
    }

    @Test func takesLittleMemoryWhenIdle() async {
        // In a process of its own, where no other test allocates.
        await #expect(processExitsWith: .success) {
            var pairs = (0..<20).map { TransportPair.idle(seed: UInt64($0)) }
            let before = residentByteCount()
            pairs += (0..<1000).map { TransportPair.idle(seed: UInt64($0)) }
            let byteCount = (residentByteCount() - before) / 2000
            // Each end with three open channels and some traffic behind it.
            precondition((500..<4096).contains(byteCount), "\(byteCount) bytes per association")
            withExtendedLifetime(pairs) {}
        }
    }

    @Test func repeatsForASeed() {
        func log(seed: UInt64) -> [UInt8] {
            var pair = TransportPair(
                seed: seed,
                path: NetworkPathProfile(delay: .milliseconds(10 as Int64), loss: .random(0.1)))
            nonisolated(unsafe) var bytes: [UInt8] = []
            pair.filter = { _, packet in
                bytes += packet
                return true
            }
            let stream = pair.left.open(label: "a", isOrdered: true, reliability: .reliable)
            pair.left.start(now: .zero)
            pair.right.start(now: .zero)
            for index in 0..<50 {
                _ = pair.left.send(patterned(index, count: 3000), isBinary: true, on: stream, now: pair.now)
                pair.run(for: .milliseconds(40 as Int64))
            }
            pair.run(for: .seconds(60))
            return bytes
        }
        #expect(log(seed: 5) == log(seed: 5))
        #expect(log(seed: 5) != log(seed: 6))
    }
}

/// The memory that the process holds, from the second field of `/proc/self/statm` in pages of 4096 bytes.
private func residentByteCount() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let fields = text.split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4096 : 0
}
