import Primitives
import Testing

@Suite struct DeadlineHeapTests {
    private func at(_ milliseconds: Int) -> Instant { .zero + .milliseconds(Int64(milliseconds)) }

    @Test func givesOwnersInOrder() {
        var heap = DeadlineHeap(capacity: 4)
        for (id, time) in [(3, 30), (0, 10), (7, 20), (1, 5)] { heap.set(Int32(id), at: at(time)) }
        #expect(heap.count == 4)
        #expect(heap.soonest == at(5))
        #expect(heap.first == 1)
        var due: [Int32] = []
        while let id = heap.popDue(now: at(20)) { due.append(id) }
        #expect(due == [1, 0, 7])
        #expect(heap.deadline(of: 3) == at(30))
        #expect(heap.deadline(of: 7) == nil)
        #expect(heap.popDue(now: at(29)) == nil)
    }

    @Test func breaksTiesByTheOrderOfSetting() {
        var heap = DeadlineHeap()
        for id in [5, 2, 9, 4] as [Int32] { heap.set(id, at: at(10)) }
        heap.set(2, at: at(10))  // as before: keeps its place
        heap.set(5, at: at(11))
        heap.set(5, at: at(10))  // moved away and back: goes last
        var due: [Int32] = []
        while let id = heap.popDue(now: at(10)) { due.append(id) }
        #expect(due == [2, 9, 4, 5])
    }

    @Test func removesAndTakesNilForNone() {
        var heap = DeadlineHeap()
        heap.set(1, at: at(1))
        heap.set(2, at: at(2))
        heap.set(1, at: nil)
        heap.remove(1)
        heap.remove(50)
        #expect(heap.soonest == at(2))
        heap.remove(2)
        #expect(heap.isEmpty)
        #expect(heap.soonest == nil)
    }

    /// Against a model that sorts.
    @Test func agreesWithAModel() {
        var generator = SeededGenerator(seed: 4)
        var heap = DeadlineHeap()
        var model: [Int32: (Instant, Int)] = [:]
        var ordinal = 0
        for step in 0..<20_000 {
            let id = Int32(generator.next() % 40)
            switch generator.next() % 4 {
            case 0, 1:
                let instant = at(Int(generator.next() % 30) + step / 100)
                if model[id]?.0 != instant { model[id] = (instant, ordinal) }
                ordinal += 1
                heap.set(id, at: instant)
            case 2:
                model[id] = nil
                heap.remove(id)
            default:
                let now = at(step / 100 + 10)
                let expected = model.min { $0.value < $1.value }.flatMap { $0.value.0 <= now ? $0.key : nil }
                #expect(heap.popDue(now: now) == expected)
                if let expected { model[expected] = nil }
            }
            #expect(heap.count == model.count)
            #expect(heap.soonest == model.values.map(\.0).min())
        }
    }
}
