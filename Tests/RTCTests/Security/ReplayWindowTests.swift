import Primitives
import RTC
import Testing

@Suite struct ReplayWindowTests {
    @Test func agreesWithASetOfIndices() {
        var generator = SeededGenerator(seed: 3)
        var window = ReplayWindow<2>()
        var seen: Set<UInt64> = []
        var highest: UInt64?
        var base: UInt64 = 1 << 40
        for _ in 0..<20_000 {
            base += generator.next() % 5 == 0 ? generator.next() % 200 : 1
            let index = base - min(base, generator.next() % 160)
            let isTooOld = highest.map { index + 128 <= $0 } ?? false
            #expect(window.isFresh(index) == (!isTooOld && !seen.contains(index)))
            window.commit(index)
            if !isTooOld { seen.insert(index) }
            highest = max(highest ?? 0, index)
            #expect(window.highest == highest)
        }
    }

    @Test func startsFresh() {
        let window = ReplayWindow<1>()
        #expect(window.highest == nil)
        #expect(window.isFresh(0))
        #expect(ReplayWindow<16>.width == 1024)
    }
}
