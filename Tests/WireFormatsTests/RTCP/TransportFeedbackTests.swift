import Primitives
import Testing
import WireFormats

@Suite struct TransportFeedbackTests {
    private static let sources = FeedbackSources(sender: 1, media: 2)

    private func compose(
        base: UInt16 = 100, _ arrivals: [Int64?], count: UInt8 = 0, capacity: Int = 3000
    ) -> (bytes: [UInt8], reported: Int) {
        var reported = 0
        let bytes = written(capacity) { buffer in
            var writer = RTCPWriter(buffer)
            reported = writer.writeTransportFeedback(
                Self.sources, baseSequence: base, statusCount: arrivals.count, feedbackCount: count
            ) { arrivals[$0] }
            return writer.finish()
        }
        return (bytes, reported)
    }

    private func read(_ bytes: [UInt8]) -> (
        header: TransportFeedbackHeader, statuses: [TransportFeedbackStatus]
    )? {
        var reader = RTCPReader(bytes.span.bytes)
        guard case .transportFeedback(Self.sources, let header)? = reader.next() else { return nil }
        guard reader.next() == nil, !reader.isMalformed else { return nil }
        var walker = reader.transportStatuses(header)
        var statuses: [TransportFeedbackStatus] = []
        while let status = walker.next() { statuses.append(status) }
        return (header, statuses)
    }

    @Test func readsARecordedFeedback() throws {
        // Status: run of 8 x small?; here a one-bit vector, then deltas 89, 1, 0, 0, 0xd0, 5, 0, 0, 0xbe ...
        let bytes = try MediaGoldens.bytes(
            "afcd000b38b203707520db31001a001c24db2300bf3e8f9f3140000000008900010000d000050000be00000000000003"
        )
        var reader = RTCPReader(bytes.span.bytes)
        guard case .transportFeedback(_, let header)? = reader.next() else {
            Issue.record("no feedback"); return
        }
        #expect(header.referenceTime == 2_415_395)
        var walker = reader.transportStatuses(header)
        var arrivals: [Int64?] = []
        while let status = walker.next() {
            #expect(status.sequenceNumber == 26 + UInt16(arrivals.count))
            arrivals.append(status.arrival.map { $0 - 2_415_395 * 256 })
        }
        // bf3e = 11 111100 111110, 8f9f = 001111 10011111 (one-bit vectors of 14).
        let received = "1111110011111000111110011111".map { $0 == "1" }
        #expect(arrivals.map { $0 != nil } == received)
        let deltas: [Int64] = [0x31, 0x40, 0, 0, 0, 0, 0x89, 0, 1, 0, 0, 0xd0, 0, 5, 0, 0, 0xbe, 0, 0, 0, 0]
        var time: Int64 = 0
        let times = deltas.map { delta -> Int64 in
            time += delta
            return time
        }
        #expect(arrivals.compactMap(\.self) == times)
    }

    @Test func recordedFeedbackIsReproduced() throws {
        for recording: RTCPReaderTests.Recording in try MediaGoldens.lines("rtcp-server-to-client.jsonl") {
            let bytes = try MediaGoldens.bytes(recording.compound_hex)
            var reader = RTCPReader(bytes.span.bytes)
            guard case .transportFeedback(_, let header)? = reader.next() else { continue }
            var walker = reader.transportStatuses(header)
            var statuses: [TransportFeedbackStatus] = []
            while let status = walker.next() { statuses.append(status) }
            let (again, reported) = compose(
                base: header.baseSequence, statuses.map(\.arrival), count: header.feedbackCount)
            #expect(reported == header.statusCount)
            let copy = try #require(read(again))
            #expect(copy.statuses == statuses)
            #expect(copy.header.feedbackCount == header.feedbackCount)
            // Not longer than what the server itself made of it.
            #expect(again.count <= bytes.count)
        }
    }

    static let patterns: [[Int64?]] = [
        [5], [0], [255], [256], [-1], [-70_000], [nil, 7], [nil, nil, nil, 1 << 30],
        Array(repeating: 1000, count: 7), Array(repeating: 1000, count: 14),
        Array(repeating: 1000, count: 15),
        Array(repeating: 1000, count: 999), [1000] + Array(repeating: nil, count: 500) + [1001],
        [1000, 2000, 1000, 3000, 3001, nil, nil, 3002, 90, 91],
        (0..<13).map { Int64($0) * 2 } + [nil] + (0..<20).map { Int64($0) * 300 },
        (0..<60).map { $0 % 3 == 0 ? nil : Int64($0) * 10 },
        (0..<60).map { $0 % 2 == 0 ? nil : Int64($0) * 1000 },
    ]

    @Test(arguments: patterns.indices)
    func whatIsWrittenIsRead(_ index: Int) throws {
        let arrivals = Self.patterns[index]
        let (bytes, reported) = compose(base: 65_530, arrivals, count: 255)
        #expect(reported == arrivals.count)
        #expect(bytes.count.isMultiple(of: 4))
        let (header, statuses) = try #require(read(bytes))
        #expect(header.feedbackCount == 255)
        #expect(statuses.map(\.arrival) == arrivals)
        #expect(statuses.map(\.sequenceNumber) == arrivals.indices.map { 65_530 &+ UInt16($0) })
    }

    @Test func whatIsWrittenIsReadWhateverItIs() throws {
        var generator = SeededGenerator(seed: 3).fork("feedback")
        for _ in 0..<500 {
            let loss = generator.uniform()
            let step = Int64(1) << Int64(generator.next() % 13)
            var time = Int64(generator.next() % 1_000_000)
            let arrivals = (0..<1 + Int(generator.next() % 300)).map { _ -> Int64? in
                time += Int64(generator.next() % UInt64(step)) - step / 4
                return generator.chance(loss) ? nil : time
            }
            let (bytes, reported) = compose(arrivals)
            guard arrivals.contains(where: { $0 != nil }) else {
                #expect(bytes.isEmpty)
                continue
            }
            #expect(reported == arrivals.count)
            #expect(try #require(read(bytes)).statuses.map(\.arrival) == arrivals)
        }
    }

    @Test func stopsWhereADeltaHasNoRoom() throws {
        let arrivals: [Int64?] = [0, 1, 2, nil, 40_000, 40_001]
        let (bytes, reported) = compose(arrivals)
        // The delta of packet 4 does not fit 16 bits; the loss before it can be told.
        #expect(reported == 4)
        #expect(try #require(read(bytes)).statuses.map(\.arrival) == [0, 1, 2, nil])
    }

    @Test func stopsWhereTheBufferEnds() throws {
        let arrivals = (0..<200).map { Int64($0) * 300 as Int64? }
        for capacity in stride(from: 0, to: 400, by: 7) {
            let (bytes, reported) = compose(arrivals, capacity: capacity)
            #expect(bytes.count <= capacity)
            guard reported > 0 else {
                #expect(bytes.isEmpty)
                #expect(capacity < 24)
                continue
            }
            #expect(try #require(read(bytes)).statuses.map(\.arrival) == Array(arrivals[..<reported]))
        }
    }

    @Test func reportsNothingWithoutAnArrival() {
        let (bytes, reported) = compose([nil, nil])
        #expect(bytes.isEmpty)
        #expect(reported == 0)
    }

    @Test func referenceTimeWrapsAt24Bits() throws {
        let arrival = (Int64(1) << 24 + 5) * 256 + 3
        let (header, statuses) = try #require(read(compose([arrival]).bytes))
        #expect(header.referenceTime == 5)
        #expect(statuses.map(\.arrival) == [5 * 256 + 3])
    }

    @Test(arguments: [
        "0001000000000100",  // no statuses
        "0001000200000100" + "0000" + "0000",  // a run of length zero
        "0001000100000100" + "6001" + "0000",  // the reserved symbol in a run
        "0001000100000100" + "f000" + "0000",  // the reserved symbol in a vector
        "0001000500000100" + "2005" + "0000",  // deltas cut off
        "0001ffff00000100" + "1fff" + "0000",  // chunks cut off
    ])
    func refusesWhatDoesNotAddUp(_ body: String) throws {
        let words = (8 + body.utf8.count / 2) / 4
        let bytes = try MediaGoldens.bytes("8fcd00" + [UInt8(words)].hexadecimal + "0000000100000002" + body)
        var reader = RTCPReader(bytes.span.bytes)
        let packet = reader.next()
        let isMalformed = reader.isMalformed
        #expect(packet == nil)
        #expect(isMalformed)
    }
}
