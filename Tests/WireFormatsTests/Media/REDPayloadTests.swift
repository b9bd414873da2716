import Primitives
import Testing
import WireFormats

@Suite struct REDPayloadTests {
    private func compose(
        _ primary: [UInt8], _ previous: (UInt32, [UInt8])?, _ older: (UInt32, [UInt8])?,
        _ capacity: Int = 3000
    )
        -> [UInt8]
    {
        func redundancy(_ block: (UInt32, [UInt8])?, _ bytes: UnsafeRawBufferPointer) -> REDPayload
            .Redundancy?
        {
            block.map { REDPayload.Redundancy(timestampOffset: $0.0, bytes: bytes) }
        }
        return primary.withUnsafeBytes { primary in
            (previous?.1 ?? []).withUnsafeBytes { previousBytes in
                (older?.1 ?? []).withUnsafeBytes { olderBytes in
                    written(capacity) { buffer in
                        REDPayload.write(
                            blockPayloadType: 111, primary: primary,
                            previous: redundancy(previous, previousBytes),
                            older: redundancy(older, olderBytes), into: buffer)
                    }
                }
            }
        }
    }

    private func blocks(_ payload: [UInt8]) -> [REDBlock]? {
        guard var walker = REDBlocks(payload.span.bytes) else { return nil }
        var blocks: [REDBlock] = []
        while let block = walker.next() { blocks.append(block) }
        return blocks
    }

    @Test func readsWhatLiveKitForwards() throws {
        var previous: [UInt8]?
        for packet in try MediaGoldens.downlink("rtp_plain") {
            let header = try #require(RTPHeader.parse(packet))
            let payload = Array(packet[header.payloadOffset...])
            let found = try #require(blocks(payload))
            #expect(found.count == 2)
            #expect(found.map(\.payloadType) == [111, 111])
            #expect(found.map(\.timestampOffset) == [960, 0])
            #expect(found.map(\.isPrimary) == [false, true])
            // Every redundant block repeats the primary one of the packet before.
            let redundant = Array(payload[found[0].offset..<found[0].offset + found[0].count])
            if let previous { #expect(redundant == previous) }
            let primary = Array(payload[found[1].offset...])
            previous = primary
            #expect(compose(primary, (960, redundant), nil) == payload)
        }
    }

    @Test func carriesTwoRedundantBlocks() throws {
        let payload = compose([1, 2, 3], (960, [4, 5]), (1920, [6]))
        #expect(payload.hexadecimal == "ef1e0001" + "ef0f0002" + "6f" + "06" + "0405" + "010203")
        let found = try #require(blocks(payload))
        #expect(found.map(\.timestampOffset) == [1920, 960, 0])
        #expect(found.map { Array(payload[$0.offset..<$0.offset + $0.count]) } == [[6], [4, 5], [1, 2, 3]])
    }

    @Test func leavesOutWhatCannotBeExpressed() throws {
        let tooLong = [UInt8](repeating: 7, count: 1024)
        #expect(compose([1], (960, tooLong), nil).hexadecimal == "6f01")
        #expect(compose([1], (16_384, [2]), nil).hexadecimal == "6f01")
        #expect(compose([1], (960, []), nil).hexadecimal == "6f01")
        #expect(compose([1], (0, [2]), nil).hexadecimal == "6f01")
        #expect(try #require(blocks(compose([1], (960, [2]), (16_384, [3])))).count == 2)
        let longest = compose([1], (16_383, Array(tooLong.dropLast())), nil)
        #expect(try #require(blocks(longest)).map(\.count) == [1023, 1])
    }

    @Test func needsItsRoom() {
        let whole = compose([1, 2, 3], (960, [4, 5]), nil)
        for capacity in 0..<whole.count {
            #expect(compose([1, 2, 3], (960, [4, 5]), nil, capacity).isEmpty)
        }
    }

    @Test(arguments: ["", "ef0f0002", "ef0f", "ef0f00026f04", "ef"])
    func refusesWhatIsCutOff(_ hexadecimal: String) throws {
        #expect(blocks(try MediaGoldens.bytes(hexadecimal)) == nil)
    }

    @Test func theLastBlockMayBeEmpty() throws {
        #expect(try #require(blocks([0x6f])).map(\.count) == [0])
    }
}
