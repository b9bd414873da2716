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
}
