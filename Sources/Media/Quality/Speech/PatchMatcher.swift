/// Finds what became of every patch of a reference in what was heard, in order of time, by dynamic programming over
/// the sum of similarities.
struct PatchMatcher {
    /// A patch and the place that fits it best.
    struct Match {
        /// First frame in the reference.
        var start: Int
        /// First frame in what was heard.
        var offset: Int
        /// Whether nothing was found.
        var isLost: Bool
        /// How alike the two are.
        var similarity: Double
        /// How alike each band is.
        var bandMeans: [Double]
    }

    let expected: AuditorySpectrogram
    let heard: AuditorySpectrogram
    /// First frames of the patches of the reference.
    let starts: [Int]
    /// How far from its place a patch is searched for, in frames.
    let searchFrames: Int

    /// The best match of every patch that what was heard is long enough for; nil when it is too short for any.
    func matches() -> [Match]? {
        let size = SpeechPatches.frameCount
        let usable = starts.prefix { $0 - size / 2 <= heard.frameCount }
        guard !usable.isEmpty, heard.frameCount > 0 else { return nil }
        let references = usable.map { expected.patch(from: $0, count: size) }
        let candidates = (0..<heard.frameCount).map { heard.patch(from: $0, count: size) }
        var table = Table(patchCount: usable.count, offsetCount: heard.frameCount)
        for (patch, start) in usable.enumerated() {
            table.begin(patch: patch, after: patch == 0 ? nil : range(around: usable[patch - 1]))
            for offset in range(around: start) {
                let similarity = NeurogramSimilarity(
                    of: candidates[offset], against: references[patch], bandCount: expected.bandCount
                ).mean
                table.enter(similarity, patch: patch, offset: offset)
            }
        }
        guard let last = usable.indices.last else { return nil }
        let path = table.path(endingWithin: range(around: usable[last]))
        return zip(usable.indices, path).map { patch, step in
            let comparison = NeurogramSimilarity(
                of: candidates[step.offset], against: references[patch], bandCount: expected.bandCount)
            return Match(
                start: usable[patch], offset: step.offset, isLost: step.isLost,
                similarity: step.isLost ? 0 : comparison.mean,
                bandMeans: step.isLost
                    ? [Double](repeating: 0, count: expected.bandCount) : comparison.bandMeans)
        }
    }

    /// Where a patch is searched for.
    private func range(around start: Int) -> Range<Int> {
        let low = max(0, start - searchFrames)
        return low..<max(low, min(heard.frameCount, start + searchFrames + 1))
    }

    /// The best sums of similarities up to a patch at an offset, and how they came about.
    private struct Table {
        private let offsetCount: Int
        private var sums: [Double]
        /// The offset of the patch before; the same offset when the patch was not found.
        private var origins: [Int]
        /// The best of the row before, up to the offset that was entered last.
        private var best = (value: -Double.infinity, offset: -1, next: 0)

        init(patchCount: Int, offsetCount: Int) {
            self.offsetCount = offsetCount
            sums = [Double](repeating: 0, count: patchCount * offsetCount)
            origins = [Int](repeating: -1, count: patchCount * offsetCount)
        }

        /// Starts a patch; the one before was searched for in `previous`.
        mutating func begin(patch: Int, after previous: Range<Int>?) {
            best = (-.infinity, -1, previous?.lowerBound ?? 0)
        }

        /// Enters a similarity; offsets of a patch come in rising order.
        mutating func enter(_ similarity: Double, patch: Int, offset: Int) {
            let index = patch * offsetCount + offset
            guard patch > 0 else {
                sums[index] = similarity
                return
            }
            let before = index - offset - offsetCount
            while best.next < offset {
                let value = sums[before + best.next]
                if value >= best.value { (best.value, best.offset) = (value, best.next) }
                best.next += 1
            }
            var sum = similarity + best.value
            var origin = best.offset
            if sums[before + offset] > sum { (sum, origin) = (sums[before + offset], offset) }
            sums[index] = sum
            origins[index] = origin
        }

        /// The offsets of the patches on the best way, first patch first.
        func path(endingWithin range: Range<Int>) -> [(offset: Int, isLost: Bool)] {
            let patchCount = sums.count / offsetCount
            let row = (patchCount - 1) * offsetCount
            var offset = range.lowerBound
            for candidate in range where sums[row + candidate] > sums[row + offset] { offset = candidate }
            var path: [(offset: Int, isLost: Bool)] = []
            for patch in (0..<patchCount).reversed() {
                let origin = origins[patch * offsetCount + offset]
                path.append((offset, origin == offset))
                offset = max(origin, 0)
            }
            return path.reversed()
        }
    }
}
