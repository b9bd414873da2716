import RTC
import Testing

@Suite struct DatagramQueueTests {
    private func take(_ queue: inout DatagramQueue, room: Int = 100) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: room)
        let count = buffer.withUnsafeMutableBytes { queue.take(into: $0) }
        return Array(buffer[..<count])
    }

    private func append(_ bytes: [UInt8], to queue: inout DatagramQueue) {
        bytes.withUnsafeBytes { queue.append($0) }
    }

    @Test func keepsOrderAndBoundaries() {
        var queue = DatagramQueue()
        #expect(queue.isEmpty)
        append([1, 2, 3], to: &queue)
        append([], to: &queue)
        append([4], to: &queue)
        #expect(take(&queue) == [1, 2, 3])
        append([5, 6], to: &queue)
        #expect(take(&queue) == [4])
        #expect(take(&queue) == [5, 6])
        #expect(take(&queue) == [])
        #expect(queue.isEmpty)
        append([7], to: &queue)
        #expect(take(&queue) == [7])
    }

    @Test func whatDoesNotFitIsLost() {
        var queue = DatagramQueue()
        append([1, 2, 3, 4], to: &queue)
        append([5], to: &queue)
        #expect(take(&queue, room: 3) == [5])
        append([6, 7], to: &queue)
        #expect(take(&queue, room: 1) == [])
        #expect(queue.isEmpty)
    }

    @Test func composesInPlace() {
        var queue = DatagramQueue()
        queue.append(atMost: 10) { buffer in
            buffer[0] = 9
            buffer[1] = 8
            return 2
        }
        queue.append(atMost: 10) { _ in 0 }
        append([7], to: &queue)
        #expect(take(&queue) == [9, 8])
        #expect(take(&queue) == [7])
        #expect(take(&queue) == [])
    }

    @Test func releasingForgets() {
        var queue = DatagramQueue()
        append([1], to: &queue)
        queue.release()
        #expect(take(&queue) == [])
    }
}
