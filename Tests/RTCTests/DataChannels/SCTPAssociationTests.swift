import Primitives
import RTC
import Testing
import WireFormats

/// One association against packets written by hand: what a lossy link between two of ours cannot show.
@Suite struct SCTPAssociationTests {
    /// An association and the peer's view of it.
    private struct Bench {
        static let peerTag: UInt32 = 0x0102_0304
        static let peerTSN: UInt32 = 0xffff_fffe

        var association = SCTPAssociation(generator: SeededGenerator(seed: 3))
        var tag: UInt32 = 0
        var initialTSN: UInt32 = 0
        var now = Instant.zero
        var sent: [[UInt8]] = []
        var events: [SCTPEvent] = []

        /// Gives a packet whose chunks `body` writes.
        mutating func give(tag: UInt32? = nil, _ body: (inout SCTPPacketWriter) -> Void) {
            var bytes = [UInt8](repeating: 0, count: 2048)
            let target = tag ?? self.tag
            let count = bytes.withUnsafeMutableBytes { buffer in
                var writer = SCTPPacketWriter(
                    buffer,
                    header: SCTPHeader(sourcePort: 5000, destinationPort: 5000, verificationTag: target))
                body(&writer)
                return writer.finish()
            }
            bytes[..<count].withUnsafeBytes { association.receive($0, now: now) }
            drain()
        }

        mutating func giveData(
            _ tsn: UInt32, stream: UInt16 = 1, sequence: UInt16,
            flags: SCTPDataChunk.Flags = [.beginning, .ending],
            _ bytes: [UInt8]
        ) {
            give { writer in
                bytes.withUnsafeBytes { bytes in
                    writer.writeData(
                        SCTPDataChunk(
                            flags: flags, tsn: tsn, stream: stream, streamSequence: sequence,
                            protocolIdentifier: 53),
                        userData: bytes)
                }
            }
        }

        mutating func advance(_ interval: Interval) {
            now += interval
            association.tick(now: now)
            drain()
        }

        mutating func drain() {
            withUnsafeTemporaryAllocation(byteCount: 1500, alignment: 8) { buffer in
                while true {
                    let count = association.pollTransmit(into: buffer)
                    guard count > 0 else { break }
                    sent.append(Array(buffer[..<count]))
                }
            }
            while let event = association.nextEvent() { events.append(event) }
        }

        /// The kinds of the chunks sent since the last call.
        mutating func takeChunks() -> [SCTPChunkType] {
            defer { sent = [] }
            return sent.flatMap { chunks(of: $0).map(\.type) }
        }

        func chunks(of packet: [UInt8]) -> [SCTPChunk] {
            var chunks: [SCTPChunk] = []
            var reader = SCTPChunkReader(packet.span.bytes)
            while let chunk = try? reader.next() { chunks.append(chunk) }
            return chunks
        }

        /// The value of the first chunk of a kind among the packets sent.
        func value(of type: SCTPChunkType) -> [UInt8] {
            for packet in sent {
                for chunk in chunks(of: packet) where chunk.type == type { return Array(packet[chunk.value]) }
            }
            return []
        }

        /// Goes through the handshake as the side that was called.
        mutating func accept(supportsForwardTSN: Bool = true) throws {
            var initiate = SCTPInitiate(
                initiateTag: Self.peerTag, receiverWindow: 100_000, outboundStreams: 10, inboundStreams: 10,
                initialTSN: Self.peerTSN)
            initiate.supportsForwardTSN = supportsForwardTSN
            give(tag: 0) { $0.writeInitiate(initiate) }
            let value = value(of: .initiateAck)
            let answer = try SCTPInitiate(parsing: value.span.bytes)
            tag = answer.initiateTag
            initialTSN = answer.initialTSN
            let range = try #require(answer.cookie)
            let cookie = Array(value[range])
            give { writer in
                writer.beginChunk(.cookieEcho)
                writer.write { $0.write(cookie) }
                writer.endChunk()
            }
            #expect(events == [.established])
            #expect(takeChunks() == [.initiateAck, .cookieAck])
            events = []
        }

        /// Cumulative TSN and gap blocks of the first SACK sent.
        func acknowledgement() throws -> (UInt32, [[UInt16]]) {
            let value = value(of: .selectiveAck)
            let ack = try SCTPSelectiveAck(parsing: value.span.bytes)
            var blocks: [[UInt16]] = []
            for index in 0..<ack.gapBlockCount {
                let block = ack.gapBlock(index)
                blocks.append([block.start, block.end])
            }
            return (ack.cumulativeTSN, blocks)
        }

        mutating func giveAcknowledgement(
            _ cumulativeTSN: UInt32, window: UInt32 = 100_000, blocks: [(UInt16, UInt16)] = []
        ) {
            give { writer in
                writer.beginSelectiveAck(
                    cumulativeTSN: cumulativeTSN, receiverWindow: window, gapBlockCount: blocks.count,
                    duplicateCount: 0)
                for block in blocks { writer.writeGapBlock(start: block.0, end: block.1) }
                writer.endChunk()
            }
        }

        mutating func send(_ bytes: [UInt8], retransmissions: UInt32? = nil) {
            let isAccepted = association.send(
                bytes, protocolIdentifier: 53, stream: 1, isOrdered: true,
                maximumRetransmissions: retransmissions,
                now: now)
            #expect(isAccepted)
            drain()
        }
    }

    @Test func reportsGapsAcrossTheTSNWrap() throws {
        var bench = Bench()
        try bench.accept()
        bench.giveData(0xffff_fffe, sequence: 0, [1])
        bench.giveData(0, sequence: 2, [3])
        bench.giveData(2, sequence: 4, [5])
        bench.giveData(3, sequence: 5, [6])
        let (cumulative, blocks) = try bench.acknowledgement()
        #expect(cumulative == 0xffff_fffe)
        #expect(blocks == [[2, 2]])
        bench.sent = []
        bench.giveData(0xffff_ffff, sequence: 1, [2])
        let (second, rest) = try bench.acknowledgement()
        #expect(second == 0)
        #expect(rest == [[2, 3]])
        bench.giveData(1, sequence: 3, [4])
        let expected = (1...6).map { SCTPEvent.message(stream: 1, protocolIdentifier: 53, bytes: [$0]) }
        #expect(bench.events == expected)
    }

    @Test func acknowledgesEverySecondPacketOrAfterAWhile() throws {
        var bench = Bench()
        try bench.accept()
        bench.giveData(0xffff_fffe, sequence: 0, [1])
        #expect(bench.takeChunks() == [])
        bench.giveData(0xffff_ffff, sequence: 1, [2])
        #expect(bench.takeChunks() == [.selectiveAck])
        bench.giveData(0, sequence: 2, [3])
        bench.advance(.milliseconds(199 as Int64))
        #expect(bench.takeChunks() == [])
        bench.advance(.milliseconds(1 as Int64))
        #expect(bench.takeChunks() == [.selectiveAck])
        // The peer may ask for haste, and duplicates are told at once.
        bench.giveData(1, sequence: 3, flags: [.beginning, .ending, .immediate], [4])
        #expect(bench.takeChunks() == [.selectiveAck])
        bench.giveData(1, sequence: 3, [4])
        #expect(bench.value(of: .selectiveAck)[11] == 1)
        #expect(bench.association.statistics.duplicates == 1)
    }

    @Test func reassemblesFragmentsThatArriveBackwards() throws {
        var bench = Bench()
        try bench.accept()
        bench.giveData(0, sequence: 0, flags: .ending, [3])
        bench.giveData(0xffff_ffff, sequence: 0, flags: [], [2])
        #expect(bench.events == [])
        bench.giveData(0xffff_fffe, sequence: 0, flags: .beginning, [1])
        #expect(bench.events == [.message(stream: 1, protocolIdentifier: 53, bytes: [1, 2, 3])])
    }

    @Test func forwardTSNSkipsWhatIsMissing() throws {
        var bench = Bench()
        try bench.accept()
        // Message 0 is half there, 1 is missing, 2 and 3 are whole.
        bench.giveData(0xffff_fffe, sequence: 0, flags: .beginning, [1])
        bench.giveData(1, sequence: 2, [2])
        bench.giveData(2, sequence: 3, [3])
        #expect(bench.events == [])
        bench.sent = []
        bench.give { writer in
            writer.beginChunk(.forwardTSN)
            writer.write { writer in
                writer.write(UInt32(0))
                writer.write(UInt16(1))
                writer.write(UInt16(1))
            }
            writer.endChunk()
        }
        #expect(
            bench.events == [
                .message(stream: 1, protocolIdentifier: 53, bytes: [2]),
                .message(stream: 1, protocolIdentifier: 53, bytes: [3]),
            ])
        #expect(try bench.acknowledgement().0 == 2)
    }

    @Test func forwardTSNDeliversWhatArrivedAllTheSame() throws {
        var bench = Bench()
        try bench.accept()
        // Message 1 is whole; the peer, whose acknowledgement was lost, gives up 0 and 1.
        bench.giveData(0xffff_ffff, sequence: 1, [2])
        bench.give { writer in
            writer.beginChunk(.forwardTSN)
            writer.write { writer in
                writer.write(UInt32(0xffff_ffff))
                writer.write(UInt16(1))
                writer.write(UInt16(1))
            }
            writer.endChunk()
        }
        #expect(bench.events == [.message(stream: 1, protocolIdentifier: 53, bytes: [2])])
    }

    @Test func abandonsTheUnsentRestOfAMessage() throws {
        var bench = Bench()
        try bench.accept()
        bench.send(patterned(0, count: 20_000), retransmissions: 0)
        let sent = UInt32(bench.takeChunks().count)
        #expect(sent == 4, "the first congestion window")
        bench.advance(.milliseconds(500 as Int64))
        let value = bench.value(of: .forwardTSN)
        let forward = try SCTPForwardTSN(parsing: value.span.bytes)
        // One TSN more than was sent: the fragment that the peer will never see the end of.
        #expect(forward.newCumulativeTSN == bench.initialTSN &+ sent)
        bench.giveAcknowledgement(forward.newCumulativeTSN)
        bench.sent = []
        bench.send([1])
        let data = try SCTPDataChunk(parsing: bench.value(of: .data).span.bytes, flags: 0)
        #expect(data.tsn == bench.initialTSN &+ sent &+ 1)
        #expect(data.streamSequence == 1)
    }

    @Test func measuresRoundTripsOfFirstTransmissionsOnly() throws {
        var bench = Bench()
        try bench.accept()
        bench.send([1])
        bench.advance(.milliseconds(500 as Int64))
        bench.now += .milliseconds(30 as Int64)
        bench.giveAcknowledgement(bench.initialTSN)
        #expect(bench.association.roundTripTime == nil)
        bench.send([2])
        bench.now += .milliseconds(30 as Int64)
        bench.giveAcknowledgement(bench.initialTSN &+ 1)
        #expect(bench.association.roundTripTime == .milliseconds(30 as Int64))
    }

    @Test func abandonsWithForwardTSN() throws {
        var bench = Bench()
        try bench.accept()
        bench.send([1], retransmissions: 0)
        #expect(bench.takeChunks() == [.data])
        bench.advance(.milliseconds(500 as Int64))
        let value = bench.value(of: .forwardTSN)
        let forward = try SCTPForwardTSN(parsing: value.span.bytes)
        #expect(forward.newCumulativeTSN == bench.initialTSN)
        #expect(forward.streamCount == 1)
        #expect(forward.skipped(0).stream == 1)
        #expect(forward.skipped(0).streamSequence == 0)
        // Repeated until it is acknowledged.
        bench.sent = []
        bench.advance(.seconds(1))
        #expect(bench.takeChunks() == [.forwardTSN])
        bench.giveAcknowledgement(bench.initialTSN)
        bench.advance(.seconds(5))
        #expect(bench.takeChunks() == [])
    }

    @Test func sendsOnWhenThePeerKnowsNoForwardTSN() throws {
        var bench = Bench()
        try bench.accept(supportsForwardTSN: false)
        bench.send([1], retransmissions: 0)
        bench.sent = []
        bench.advance(.milliseconds(500 as Int64))
        #expect(bench.takeChunks() == [.data])
    }

    @Test func fastRetransmitsAfterThreeMisses() throws {
        var bench = Bench()
        try bench.accept()
        for index in 0..<5 { bench.send([UInt8(index)]) }
        bench.sent = []
        let base = bench.initialTSN &- 1
        bench.giveAcknowledgement(base, blocks: [(2, 2)])
        bench.giveAcknowledgement(base, blocks: [(2, 3)])
        #expect(bench.takeChunks() == [])
        bench.giveAcknowledgement(base, blocks: [(2, 4)])
        #expect(bench.takeChunks() == [.data])
        // Once only: after that the timer decides.
        bench.giveAcknowledgement(base, blocks: [(2, 5)])
        #expect(bench.takeChunks() == [])
        bench.advance(.milliseconds(500 as Int64))
        #expect(bench.takeChunks() == [.data])
    }

    @Test func resendsWhatThePeerRenegedOn() throws {
        var bench = Bench()
        try bench.accept()
        for index in 0..<2 { bench.send([UInt8(index)]) }
        bench.giveAcknowledgement(bench.initialTSN &- 1, blocks: [(2, 2)])
        bench.sent = []
        bench.advance(.seconds(1))
        bench.giveAcknowledgement(bench.initialTSN)
        bench.sent = []
        bench.advance(.seconds(2))
        bench.advance(.seconds(4))
        #expect(bench.takeChunks() == [.data])
    }

    @Test func probesAClosedWindow() throws {
        var bench = Bench()
        try bench.accept()
        bench.send(patterned(0, count: 900))
        bench.giveAcknowledgement(bench.initialTSN, window: 0)
        bench.sent = []
        bench.send(patterned(1, count: 900))
        bench.send(patterned(2, count: 900))
        #expect(bench.takeChunks() == [.data])
        bench.giveAcknowledgement(bench.initialTSN &+ 1, window: 5000)
        #expect(bench.takeChunks() == [.data])
    }

    @Test func ignoresImpossibleAcknowledgements() throws {
        var bench = Bench()
        try bench.accept()
        bench.send([1])
        bench.giveAcknowledgement(bench.initialTSN &+ 1)
        bench.giveAcknowledgement(bench.initialTSN &- 2)
        bench.giveAcknowledgement(bench.initialTSN &- 1, blocks: [(1, 9)])
        bench.giveAcknowledgement(bench.initialTSN &- 1, blocks: [(9, 1), (0, 0)])
        bench.sent = []
        bench.advance(.seconds(1))
        #expect(bench.takeChunks() == [.data], "still unacknowledged")
    }

    @Test func answersHeartbeats() throws {
        var bench = Bench()
        try bench.accept()
        bench.give { writer in
            writer.beginChunk(.heartbeat)
            writer.writeParameter(1) { $0.write([1, 2, 3]) }
            writer.endChunk()
        }
        #expect(bench.value(of: .heartbeatAck) == [0, 1, 0, 7, 1, 2, 3])
    }

    @Test func handlesUnknownChunksByTheirHighBits() throws {
        for (type, isReported, goesOn) in [
            (0x3f, false, false), (0x7f, true, false), (0xbe, false, true), (0xfe, true, true),
        ] {
            var bench = Bench()
            try bench.accept()
            bench.give { writer in
                writer.writeEmptyChunk(SCTPChunkType(rawValue: UInt8(type)))
                writer.beginChunk(.heartbeat)
                writer.writeParameter(1) { $0.write([9]) }
                writer.endChunk()
            }
            let chunks = bench.takeChunks()
            #expect(chunks.contains(.error) == isReported, "type \(type)")
            #expect(chunks.contains(.heartbeatAck) == goesOn, "type \(type)")
        }
    }

    @Test func answersResetRequestsOnceTheDataIsThere() throws {
        var bench = Bench()
        try bench.accept()
        func reset(_ request: UInt32, lastTSN: UInt32) {
            bench.give { writer in
                writer.beginChunk(.reconfigure)
                writer.writeReconfiguration(
                    .resetOutgoing(
                        requestSequence: request, responseSequence: 0, lastTSN: lastTSN, streams: [1]))
                writer.endChunk()
            }
        }
        func result() -> UInt8? { bench.value(of: .reconfigure).last }
        reset(Bench.peerTSN, lastTSN: Bench.peerTSN)
        #expect(result() == 6, "in progress")
        #expect(bench.events == [])
        bench.sent = []
        bench.giveData(Bench.peerTSN, sequence: 0, [1])
        #expect(result() == 1, "performed")
        #expect(
            bench.events == [
                .message(stream: 1, protocolIdentifier: 53, bytes: [1]), .incomingReset(streams: [1]),
            ])
        // A repetition is answered and not performed again; a wrong number is refused.
        bench.sent = []
        reset(Bench.peerTSN, lastTSN: Bench.peerTSN)
        #expect(result() == 1)
        #expect(bench.events.count == 2)
        bench.sent = []
        reset(Bench.peerTSN &+ 7, lastTSN: Bench.peerTSN)
        #expect(result() == 5, "bad sequence number")
        // Numbers in the stream start anew.
        bench.giveData(Bench.peerTSN &+ 1, sequence: 0, [2])
        #expect(bench.events.last == .message(stream: 1, protocolIdentifier: 53, bytes: [2]))
    }

    @Test func endsWhenThePeerRestarts() throws {
        var bench = Bench()
        try bench.accept()
        let initiate = SCTPInitiate(
            initiateTag: 77, receiverWindow: 1000, outboundStreams: 1, inboundStreams: 1, initialTSN: 5)
        bench.give(tag: 0) { $0.writeInitiate(initiate) }
        #expect(bench.events == [])
        let value = bench.value(of: .initiateAck)
        let answer = try SCTPInitiate(parsing: value.span.bytes)
        let range = try #require(answer.cookie)
        #expect(answer.initiateTag != bench.tag)
        bench.give(tag: answer.initiateTag) { writer in
            writer.beginChunk(.cookieEcho)
            writer.write { $0.write(Array(value[range])) }
            writer.endChunk()
        }
        #expect(bench.events == [.failed(reason: "the peer restarted the association")])
    }

    @Test func dropsWhatIsNotForIt() throws {
        var bench = Bench()
        try bench.accept()
        bench.give(tag: bench.tag ^ 1) { $0.writeEmptyChunk(.abort) }
        bench.give(tag: bench.tag ^ 1) { $0.writeEmptyChunk(.shutdownAck) }
        #expect(bench.association.statistics.malformedPackets == 2)
        #expect(bench.association.state == .established)
        // An ABORT may carry our own tag back, with the T bit.
        bench.give(tag: Bench.peerTag) { $0.writeEmptyChunk(.abort, flags: 1) }
        #expect(bench.association.state == .failed)
    }

    @Test func endsWhenAMessageGrowsTooLong() throws {
        var bench = Bench()
        try bench.accept()
        var tsn = Bench.peerTSN
        bench.giveData(tsn, sequence: 0, flags: .beginning, patterned(0, count: 1000))
        for _ in 0..<4000 where bench.association.state == .established {
            tsn &+= 1
            bench.giveData(tsn, sequence: 0, flags: [], patterned(0, count: 1000))
        }
        #expect(bench.events == [.failed(reason: "receive buffer exhausted")])
        #expect(bench.takeChunks().last == .abort)
    }
}
