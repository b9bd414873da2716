import Primitives
import Testing
import WireFormats

@Suite struct StreamDeframerTests {
    private func cut(_ chunks: [[UInt8]], _ framing: StreamFraming) -> (
        messages: [[UInt8]], isMalformed: Bool
    ) {
        var deframer = StreamDeframer(framing)
        var messages: [[UInt8]] = []
        var room = [UInt8](repeating: 0, count: StreamDeframer.maximumMessageSize)
        for chunk in chunks {
            chunk.withUnsafeBytes { deframer.append($0) }
            while let size = room.withUnsafeMutableBytes({ deframer.next(into: $0) }) {
                messages.append(Array(room[..<size]))
            }
        }
        return (messages, deframer.isMalformed)
    }

    private let stun: [UInt8] =
        [0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42] + [UInt8](repeating: 7, count: 12) + [1, 2, 3, 4, 5, 6, 7, 8]
    private let channel: [UInt8] = [0x40, 1, 0, 5, 9, 8, 7, 6, 5]

    @Test func lengthsComeInFront() {
        let stream: [UInt8] = [0, 3, 1, 2, 3, 0, 0, 0, 1, 255, 1, 0] + [UInt8](repeating: 4, count: 256)
        let whole = cut([stream], .lengthPrefixed)
        #expect(whole.messages == [[1, 2, 3], [255], [UInt8](repeating: 4, count: 256)])
        #expect(!whole.isMalformed)
        // However the bytes come, the messages are the same.
        #expect(cut(stream.map { [$0] }, .lengthPrefixed).messages == whole.messages)
    }

    @Test func messagesOfTURNTellTheirLength() {
        let stream = stun + channel + [0, 0, 0] + stun
        let whole = cut([stream], .turn)
        #expect(whole.messages == [stun, channel, stun])
        #expect(cut(stream.map { [$0] }, .turn).messages == whole.messages)
        for size in [2, 5, 11, 37] {
            let chunks = stride(from: 0, to: stream.count, by: size).map {
                Array(stream[$0..<min($0 + size, stream.count)])
            }
            #expect(cut(chunks, .turn).messages == whole.messages)
        }
    }

    @Test func keepsNothingOfBrokenPeers() {
        let http = Array("HTTP/1.1 400 Bad Request".utf8)
        #expect(cut([http], .turn).messages.isEmpty)
        // "HT" would be a channel number: the length that follows is what no message has.
        #expect(cut([http], .turn).isMalformed)
        #expect(cut([[0xff, 0, 0, 0]], .turn).isMalformed)
        let long = cut([[0xff, 0xff], [1, 2, 3]], .lengthPrefixed)
        #expect(long.isMalformed && long.messages.isEmpty)
        #expect(cut([[8, 0]], .lengthPrefixed).isMalformed)
        #expect(!cut([[7, 0xfe]], .lengthPrefixed).isMalformed)
    }

    @Test func incompleteMessagesWait() {
        #expect(cut([[0]], .lengthPrefixed).messages.isEmpty)
        #expect(cut([[0, 5, 1, 2]], .lengthPrefixed).messages.isEmpty)
        #expect(cut([channel + [0, 0]], .turn).messages.isEmpty)
        #expect(cut([channel + [0, 0], [0]], .turn).messages == [channel])
    }
}
