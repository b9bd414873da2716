import Primitives
import Testing

@Suite struct EventQueueTests {
    private func at(_ milliseconds: Int) -> Instant { .zero + .milliseconds(Int64(milliseconds)) }

    @Test func givesEventsInOrderAndTiesAsScheduled() {
        var queue = EventQueue<String>()
        for (name, time) in [("c", 3), ("a", 1), ("d", 3), ("b", 2), ("e", 3)] {
            queue.schedule(name, at: at(time))
        }
        #expect(queue.soonest == at(1))
        var names: [String] = []
        while let (instant, name) = queue.popDue(now: at(3)) {
            #expect(instant <= at(3))
            names.append(name)
        }
        #expect(names == ["a", "b", "c", "d", "e"])
        #expect(queue.isEmpty)
    }

    @Test func givesNothingBeforeItsTime() {
        var queue = EventQueue<Int>()
        queue.schedule(1, at: at(10))
        #expect(queue.popDue(now: at(9)) == nil)
        #expect(queue.popDue(now: at(10))?.event == 1)
        queue.schedule(2, at: at(11))
        queue.removeAll()
        #expect(queue.popNext() == nil)
        queue.schedule(3, at: at(12))
        #expect(queue.popNext()?.event == 3)
    }

    @Test func agreesWithSorting() {
        var generator = SeededGenerator(seed: 9)
        var queue = EventQueue<Int>()
        var model: [(instant: Instant, event: Int)] = []
        for step in 0..<5000 {
            if generator.chance(0.6) {
                let instant = at(Int(generator.next() % 50))
                queue.schedule(step, at: instant)
                // Stable: behind all that happen no later.
                let index = model.firstIndex { $0.instant > instant } ?? model.endIndex
                model.insert((instant, step), at: index)
            } else {
                let expected = model.isEmpty ? nil : model.removeFirst()
                let actual = queue.popNext()
                #expect(actual?.event == expected?.event)
                #expect(actual?.instant == expected?.instant)
            }
            #expect(queue.count == model.count)
        }
    }
}
