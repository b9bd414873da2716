import Foundation
import FoundationXML
import Report
import Testing

/// Collects elements and their attributes.
final class Elements: NSObject, XMLParserDelegate {
    private(set) var all: [(name: String, attributes: [String: String])] = []

    static func parse(_ text: String) throws -> [(name: String, attributes: [String: String])] {
        let parser = XMLParser(data: Data(text.utf8))
        let elements = Elements()
        parser.delegate = elements
        try #require(parser.parse(), "not well-formed: \(String(describing: parser.parserError))")
        return elements.all
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        all.append((name, attributes))
    }
}

@Suite struct JUnitDocumentTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func elements(_ run: FabricatedRun) throws -> [(name: String, attributes: [String: String])] {
        try run.write(to: folder.runFile)
        _ = try ReportWriter.write(runFile: folder.runFile, into: folder.path, renderer: BlankRenderer())
        return try Elements.parse(try folder.text("junit.xml"))
    }

    @Test func oneCasePerThresholdAndOneForValidity() throws {
        try KnownRun.write(to: folder.runFile)
        _ = try ReportWriter.write(runFile: folder.runFile, into: folder.path, renderer: BlankRenderer())
        let elements = try Elements.parse(try folder.text("junit.xml"))
        let cases = elements.filter { $0.name == "testcase" }.map { $0.attributes["name"] }
        #expect(cases == KnownRun.thresholds + ["valid"])
        let suite = try #require(elements.first { $0.name == "testsuite" }).attributes
        #expect(
            (suite["tests"], suite["failures"], suite["skipped"], suite["errors"]) == ("5", "2", "1", "0"))
        #expect(elements.count { $0.name == "failure" } == 2)
        #expect(elements.count { $0.name == "skipped" } == 1)
    }

    @Test func anInvalidRunIsAnError() throws {
        var run = FabricatedRun()
        run.socketDrops = 12
        let error = try #require(try elements(run).first { $0.name == "error" })
        #expect(error.attributes["type"] == "invalid")
        #expect(error.attributes["message"]?.contains("our own sockets dropped 12 datagrams") == true)
    }

    @Test func hostileTextStaysText() throws {
        var run = FabricatedRun()
        run.title = "a\"\u{301}b<c>&'\u{1b}[31m\u{0}\u{ffff}]]>"
        let name = try #require(try elements(run).first { $0.name == "testsuite" }?.attributes["name"])
        #expect(name.unicodeScalars.starts(with: "a\"\u{301}b<c>&'".unicodeScalars))
    }
}
