import Scenario
import Testing

@Suite struct MixTests {
    private typealias Case = (parts: [Mix.Part], size: Int, expected: [Int]?)

    private static let cases: [Case] = [
        ([Mix.Part.number(2), .rest], 6, [2, 4]),
        ([.number(6), .rest], 6, [6, 0]),
        ([.number(7), .rest], 6, nil),
        ([.number(2), .number(3)], 6, nil),
        ([.number(2), .number(4)], 6, [2, 4]),
        ([.share(0.333), .share(0.333), .share(0.334)], 10, [3, 3, 4]),
        ([.share(0.5), .share(0.5)], 7, [4, 3]),
        ([.share(0.1), .share(0.2), .rest], 10, [1, 2, 7]),
        ([.share(0.6), .share(0.3)], 10, nil),
        ([.number(8), .share(0.5)], 10, nil),
        ([.number(5), .share(0.5)], 10, [5, 5]),
        ([.share(0.0), .rest], 3, [0, 3]),
    ]

    @Test(arguments: cases.indices)
    func divides(_ index: Int) {
        let (parts, size, expected) = Self.cases[index]
        let mix = Mix(parts: parts.map { ("role", $0) })
        #expect(mix.divide(size) == expected)
    }

    @Test func everyDivisionIsWhole() {
        let mix = Mix(parts: [("a", .number(1)), ("b", .share(0.17)), ("c", .share(0.29)), ("d", .rest)])
        for size in 1...500 {
            let counts = mix.divide(size)
            #expect(counts?.reduce(0, +) == size)
            let exact = 0.17 * Double(size)
            #expect(abs(Double(counts?[1] ?? -9) - exact) < 1)
        }
    }
}
