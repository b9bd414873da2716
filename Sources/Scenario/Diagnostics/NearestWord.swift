/// Finding the word that was meant.
enum NearestWord {
    /// The word of `words` nearest to `text`, when at most a third of it would have to change.
    static func to(_ text: String, in words: [String]) -> String? {
        let bound = max(1, text.count / 3)
        var best: (word: String, distance: Int)?
        for word in words {
            let distance = distance(Array(text.lowercased()), Array(word.lowercased()))
            if distance <= bound, distance < best?.distance ?? .max { best = (word, distance) }
        }
        return best?.word
    }

    /// The optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
    static func distance(_ left: [Character], _ right: [Character]) -> Int {
        // A word far longer than any of ours is near none of them, whatever stands in it.
        if left.isEmpty || right.isEmpty || left.count > 80 { return max(left.count, right.count) }
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for row in 1...left.count {
            var current = [row]
            for column in 1...right.count {
                let isSame = left[row - 1] == right[column - 1]
                var cost = min(
                    previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1]
                {
                    cost = min(cost, beforePrevious[column - 2] + 1)
                }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
