/// Something that code of a pure target must not say, and why.
struct Rule {
    /// What is looked for, in code without comments and strings.
    let pattern: Regex<Substring>
    /// What it is called in a finding.
    let name: String
    /// What to do instead.
    let remedy: String

    /// Where code breaks the rule: `path:line: what; what to do`.
    func findings(in code: SwiftText, path: String) -> [String] {
        // By Unicode's rule there is no boundary in `Thread.sleep`.
        let pattern = pattern.wordBoundaryKind(.simple)
        return code.lines.enumerated().compactMap { index, line in
            line.contains(pattern) ? "\(path):\(index + 1): \(name); \(remedy)" : nil
        }
    }

    /// What would make a machine depend on more than its inputs.
    static var purity: [Rule] {
        [
            Rule(pattern: /\bDate\b/, name: "Date", remedy: "take `now: Instant` or a WallClockOrigin"),
            Rule(
                pattern: /\b(?:ContinuousClock|SuspendingClock|DispatchTime|clock_gettime|gettimeofday)\b/,
                name: "a clock", remedy: "take `now: Instant`"),
            Rule(
                pattern: /\bSystemRandomNumberGenerator\b/, name: "SystemRandomNumberGenerator",
                remedy: "draw from a SeededGenerator"),
            Rule(
                pattern: /\.(?:random\((?!let |.*\busing:)|randomElement\(\)|shuffled\(\)|shuffle\(\))/,
                name: "chance without `using:`", remedy: "draw from a SeededGenerator"),
            Rule(pattern: /\bUUID\(\)/, name: "UUID()", remedy: "draw from a SeededGenerator"),
            Rule(
                pattern: /\b(?:Task(?:Group)?|async|await|actor|Thread|DispatchQueue|pthread_\w+)\b/,
                name: "concurrency", remedy: "leave threads and tasks to the hosts"),
            Rule(
                pattern: /\b(?:FileManager\b|FileHandle\b|URLSession\b|ProcessInfo\b|getenv\(|print\()/,
                name: "the outside world", remedy: "take values, give values or events"),
        ]
    }

    /// What no code of ours may say.
    static var everywhere: [Rule] {
        [
            Rule(pattern: /\btry!/, name: "try!", remedy: "handle the error or pass it on"),
            Rule(pattern: /\bas!/, name: "as!", remedy: "use `as?` and handle nil"),
            Rule(
                pattern: /\bfatalError\(/, name: "fatalError", remedy: "use precondition with the broken rule"
            ),
            Rule(pattern: /@_exported\b/, name: "@_exported", remedy: "import where it is used"),
            Rule(pattern: /@testable\b/, name: "@testable", remedy: "test through the public face"),
        ]
    }

    /// What needs a reason that only some targets have.
    static var vouching: Rule {
        Rule(
            pattern: /@unchecked\s+Sendable/, name: "@unchecked Sendable",
            remedy: "use a Mutex, or send values")
    }
}
