import Testing

@Suite("File length: a file holds one thing")
struct FileLengthTests {
    /// More than this wants to be two files.
    private static let mostLines = 600

    /// The files that are too long.
    private func violations(_ files: [SourceTree.File]) -> [String] {
        files.filter { $0.lineCount > Self.mostLines }.map { "\($0.path): \($0.lineCount) lines" }
    }

    @Test("No file that people wrote has more than 600 lines")
    func lengths() throws {
        let tree = try SourceTree.shared.get()
        try #require(tree.files.count > 100)
        #expect(violations(tree.files) == [])
    }

    @Test("A longer one is found")
    func lengthFinds() {
        func file(lines: Int) -> SourceTree.File {
            SourceTree.File(path: "File.swift", text: String(repeating: "\n", count: lines))
        }
        #expect(violations([file(lines: 600)]) == [])
        #expect(violations([file(lines: 601)]) == ["File.swift: 601 lines"])
    }
}
