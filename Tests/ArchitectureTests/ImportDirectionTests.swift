import Testing

@Suite("Import direction: a target imports only from rows above its own")
struct ImportDirectionTests {
    private let tree: SourceTree

    init() throws { tree = try SourceTree.shared.get() }

    /// Where files of `sources` import against the order of the house.
    private func violations(_ sources: [SourceTree.File]) -> [String] {
        var findings: [String] = []
        for file in sources {
            guard let row = House.rows.firstIndex(of: file.target) else {
                findings.append(
                    "\(file.path): \(file.target) is no room of the house; add it to ARCHITECTURE.md")
                continue
            }
            for (module, line) in file.code.imports {
                guard let other = House.rows.firstIndex(of: module) else { continue }
                if other >= row {
                    findings.append(
                        "\(file.path):\(line): \(file.target) imports \(module), which is not above it")
                } else if House.siblings.contains(file.target), House.siblings.contains(module) {
                    findings.append("\(file.path):\(line): \(file.target) imports its sibling \(module)")
                }
            }
        }
        return findings
    }

    @Test("Imports go upwards in the table of rooms")
    func direction() {
        #expect(violations(tree.sources) == [])
    }

    @Test("An import downwards, of itself, of a sibling and from an unknown room is found")
    func directionFinds() {
        func file(_ target: String, _ text: String) -> SourceTree.File {
            SourceTree.File(path: "Sources/\(target)/File.swift", text: text)
        }
        #expect(violations([file("Primitives", "public import RTC")]).count == 1)
        #expect(violations([file("RTC", "import RTC")]).count == 1)
        #expect(violations([file("Simulation", "import Host")]).count == 1)
        #expect(violations([file("Attic", "import RTC")]).count == 1)
        #expect(violations([file("RTC", "import struct Primitives.Instant\n// import Host")]) == [])
    }

    @Test("What a target imports is what its manifest declares", arguments: House.rows)
    func declaredDependencies(target: String) throws {
        guard !House.bindings.contains(target) else { return }
        let manifest = Manifest(tree.manifest)
        let declared = try #require(manifest.dependencies[target], "Package.swift has no target \(target)")
        var imported: [String: String] = [:]
        for file in tree.sources where file.target == target {
            for (module, line) in file.code.imports where !House.toolchainModules.contains(module) {
                imported[House.hiddenModules[module] ?? module] = "\(file.path):\(line)"
            }
        }
        let undeclared = imported.filter { !declared.contains($0.key) }
        #expect(undeclared == [:], "imported, but not declared in Package.swift")
        // Generated code is not read here, but what it needs is needed.
        let unused = declared.filter { imported[$0] == nil && $0 != "SwiftProtobuf" }
        #expect(unused == [], "declared in Package.swift for \(target), but never imported")
    }

    @Test("The manifest has no room that the house does not know")
    func knownRooms() {
        let rooms = Manifest(tree.manifest).dependencies.keys.sorted()
        #expect(rooms.filter { !House.rows.contains($0) } == [])
        #expect(rooms.count == House.rows.count - House.bindings.count)
    }
}
