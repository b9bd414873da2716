import Testing

@Suite("Purity: pure targets own no clock, socket, thread, file or chance")
struct PurityTests {
    private let tree: SourceTree

    init() throws { tree = try SourceTree.shared.get() }

    @Test("A pure target imports nothing that reaches outside", arguments: House.pure.map(\.target))
    func foreignImports(target: String) throws {
        let allowed = try #require(House.pure.first { $0.target == target }?.foreignModules)
        let files = tree.sources.filter { $0.target == target }
        try #require(!files.isEmpty, "\(target) has no sources; is the list of pure targets out of date?")
        var findings: [String] = []
        for file in files {
            for (module, line) in file.code.imports
            where !House.rows.contains(module) || House.bindings.contains(module) {
                guard !allowed.contains(module) else { continue }
                findings.append("\(file.path):\(line): imports \(module)")
            }
        }
        #expect(findings == [])
    }

    @Test("A pure target depends on its inputs alone", arguments: House.pure.map(\.target))
    func forbiddenWords(target: String) {
        let findings = tree.sources.filter { $0.target == target }.flatMap { file in
            Rule.purity.flatMap { $0.findings(in: file.code, path: file.path) }
        }
        #expect(findings == [])
    }

    @Test("Nothing of ours crashes on purpose or hides where a name comes from")
    func forbiddenEverywhere() {
        let findings = tree.sources.flatMap { file in
            Rule.everywhere.flatMap { $0.findings(in: file.code, path: file.path) }
        }
        #expect(findings == [])
    }

    @Test("Only the doors between threads vouch for Sendable")
    func vouching() {
        let findings = tree.sources.filter { !House.vouchingTargets.contains($0.target) }
            .flatMap { Rule.vouching.findings(in: $0.code, path: $0.path) }
        #expect(findings == [])
    }

    /// A rule that finds nothing proves nothing, so each is shown a sin first.
    @Test(
        "Each rule finds what it forbids",
        arguments: [
            "let now = Date()",
            "let clock = ContinuousClock()",
            "var generator = SystemRandomNumberGenerator()",
            "let port = UInt16.random(in: 1...9)",
            "let one = names.randomElement()",
            "let id = UUID()",
            "Task { work() }",
            "public actor Keeper {}",
            "func join() async {}",
            "Thread.sleep(forTimeInterval: 1)",
            "FileManager.default.currentDirectoryPath",
            "print(1)",
        ])
    func rulesFind(sin: String) {
        let findings = Rule.purity.flatMap { $0.findings(in: SwiftText("\n" + sin), path: "Sinner.swift") }
        #expect(findings.contains { $0.hasPrefix("Sinner.swift:2: ") })
    }

    @Test(
        "No rule finds what is allowed",
        arguments: [
            "let port = UInt16.random(in: 1...9, using: &generator)",
            "/// When the Task of the Thread is awaited by Date.",
            "let text = \"try! Date() print(\"",
            "let tasks = 3, dated = 4, printed = 5",
            "/* actor /* nested */ async */ let x = 1",
        ])
    func rulesSpare(innocent: String) {
        let code = SwiftText(innocent)
        #expect((Rule.purity + Rule.everywhere).flatMap { $0.findings(in: code, path: "") } == [])
    }
}
