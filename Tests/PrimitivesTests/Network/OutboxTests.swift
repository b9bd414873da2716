import Primitives
import Testing

@Suite struct OutboxTests {
    private let target = SocketAddress.loopback(port: 9)

    private func fill(_ buffer: UnsafeMutableRawBufferPointer, _ bytes: [UInt8]) -> Int {
        buffer.copyBytes(from: bytes)
        return bytes.count
    }

    @Test func keepsDatagramsInOrder() {
        var outbox = Outbox(capacity: 8000)
        let startsEmpty = outbox.isEmpty
        #expect(startsEmpty)
        outbox.append(from: 3, to: target) { fill($0, [1, 2, 3]) }
        outbox.append(from: 4, to: target.with(port: 10)) { fill($0, [4]) }
        let entries = outbox.entries
        var contents: [[UInt8]] = []
        for entry in entries { contents.append(Array(outbox.bytes(of: entry))) }
        #expect(contents == [[1, 2, 3], [4]])
        #expect(entries.map(\.socket) == [3, 4])
        #expect(entries.map(\.destination.port) == [9, 10])
        outbox.removeAll()
        let isEmpty = outbox.isEmpty
        #expect(isEmpty)
    }

    @Test func addsNothingForNothing() {
        var outbox = Outbox(capacity: 8000)
        outbox.append(from: 1, to: target) { _ in 0 }
        outbox.append(from: 1, to: target) { _ in -1 }
        outbox.append(from: 1, to: target) { $0.count + 1 }
        let isEmpty = outbox.isEmpty
        #expect(isEmpty)
        let droppedCount = outbox.droppedCount
        #expect(droppedCount == 0)
    }

    @Test func countsWhatDoesNotFit() {
        var outbox = Outbox(capacity: 2 * Outbox.maximumDatagramSize)
        for _ in 0..<3 {
            outbox.append(from: 1, to: target) { buffer in
                #expect(buffer.count == Outbox.maximumDatagramSize)
                return buffer.count
            }
        }
        let (count, droppedCount) = (outbox.entries.count, outbox.droppedCount)
        #expect(count == 2)
        #expect(droppedCount == 1)
        outbox.removeAll()
        outbox.append(from: 1, to: target) { fill($0, [1]) }
        let countAfter = outbox.entries.count
        #expect(countAfter == 1)
    }

    @Test func wrapsTheDatagramsOfRelays() {
        var outbox = Outbox(capacity: 8000)
        outbox.append(from: 1, to: target) { fill($0, [7]) }
        outbox.append(from: -1, to: target) { fill($0, [1, 2, 3, 4, 5]) }
        outbox.append(from: -2, to: target) { fill($0, [8]) }
        outbox.append(from: 1, to: target) { fill($0, [9, 9]) }
        let server = SocketAddress(v4: 0x0a00_0009, port: 3478)
        outbox.encapsulate(1, headerCount: 3, paddingCount: 3, from: 4, to: server) { room in
            #expect(room.count == 3)
            room.copyBytes(from: [0xa, 0xb, 0xc])
        }
        outbox.encapsulate(2, headerCount: Outbox.relayHeadroom, paddingCount: 0, from: 4, to: server) {
            $0.initializeMemory(as: UInt8.self, repeating: 5)
        }
        let bytes = outbox.entries.map { Array(outbox.bytes(of: $0)) }
        #expect(bytes[0] == [7])
        #expect(bytes[1] == [0xa, 0xb, 0xc, 1, 2, 3, 4, 5, 0, 0, 0])
        #expect(bytes[2] == [UInt8](repeating: 5, count: Outbox.relayHeadroom) + [8])
        #expect(bytes[3] == [9, 9])
        let ways = outbox.entries.map { ($0.socket, $0.destination) }
        #expect(ways.map(\.0) == [1, 4, 4, 1])
        #expect(ways[1].1 == server && ways[3].1 == target)
    }

    @Test func takesDatagramsBack() {
        var outbox = Outbox(capacity: 8000)
        for socket: Int32 in [1, 2, 1, 2, 3] { outbox.append(from: socket, to: target) { fill($0, [1]) } }
        outbox.removeEntries(from: 1) { $0.socket != 2 }
        #expect(outbox.entries.map(\.socket) == [1, 2, 2])
        outbox.removeEntries(from: 9) { _ in true }
        let count = outbox.entries.count
        #expect(count == 3)
    }
}
