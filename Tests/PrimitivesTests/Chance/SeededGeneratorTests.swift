import Primitives
import Testing

@Suite struct SeededGeneratorTests {
    /// The reference implementation's numbers; a stored seed must give the same run in later versions.
    @Test func streamOfASeedIsFixed() {
        var generator = SeededGenerator(seed: 42)
        let numbers = (0..<4).map { _ in generator.next() }
        #expect(
            numbers == [
                0x1578_0b2e_0c2e_c716, 0x6104_d986_6d11_3a7e, 0xae17_5332_39e4_99a1,
                0xecb8_ad47_03b3_60a1,
            ])
    }

    @Test func forksDependOnSeedAndLabelsAlone() {
        let fresh = SeededGenerator(seed: 7)
        var used = fresh
        for _ in 0..<100 { _ = used.next() }
        var left = fresh.fork("ice", 3)
        var right = used.fork("ice", 3)
        #expect(left.next() == right.next())
        var first: Set<UInt64> = []
        for label in ["ice", "sctp", "loss"] as [StaticString] {
            for index in 0..<100 {
                var fork = fresh.fork(label, index)
                first.insert(fork.next())
            }
        }
        #expect(first.count == 300)
    }

    @Test func uniformFillsItsRangeEvenly() {
        var generator = SeededGenerator(seed: 1)
        var bins = [Int](repeating: 0, count: 10)
        for _ in 0..<100_000 {
            let value = generator.uniform()
            #expect(value >= 0 && value < 1)
            bins[Int(value * 10)] += 1
        }
        // 10 000 each; the standard deviation is 95.
        #expect(bins.allSatisfy { (9500...10_500).contains($0) })
    }

    @Test func chanceHasItsProbability() {
        var generator = SeededGenerator(seed: 2)
        #expect((0..<1000).allSatisfy { _ in !generator.chance(0) })
        #expect((0..<1000).allSatisfy { _ in generator.chance(1) })
        let hits = (0..<10_000).filter { _ in generator.chance(0.25) }.count
        #expect((2300...2700).contains(hits))
    }

    @Test func bytesAndTextHaveTheirLengthAndAlphabet() {
        var generator = SeededGenerator(seed: 3)
        #expect(generator.bytes(17).count == 17)
        #expect(Set(generator.bytes(10_000)).count == 256)
        let text = generator.text(1000)
        #expect(text.count == 1000)
        #expect(text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
        #expect(Set(generator.text(100, from: "ab")) == ["a", "b"])
    }
}
