import Foundation
import FoundationXML
import Report
import Results
import Testing

@Suite struct ComparisonReportTests {
    /// Each format tells one and the same verdict on two sides of one run each.
    @Test func formatsAgree() throws {
        let folder = try Folder()
        try KnownRun.write(to: folder.runFile)
        let run = try ComparedRun(path: folder.runFile)
        let comparison = RunComparison(base: [run], candidate: [run])
        let report = ComparisonReport(comparison)
        #expect(comparison.ending() == .inconclusive)
        #expect(report.terminal.hasPrefix("Inconclusive: 1\u{a0}run against 1\u{a0}run do not decide"))
        #expect(report.markdown.hasPrefix("### ❔ Inconclusive:"))
        for row in report.markdown.split(separator: "\n") where row.hasPrefix("|") {
            #expect(row.count { $0 == "|" } == 10, "\(row)")
        }
        let document = try ComparisonDocument(comparison).encoded()
        let json = try #require(try JSONSerialization.jsonObject(with: document) as? [String: Any])
        #expect(json["ending"] as? String == "inconclusive")
        #expect((json["criteria"] as? [Any])?.isEmpty == false)
        let junit = try XMLDocument(data: Data(report.junit.utf8))
        let suite = try #require(junit.rootElement()?.elements(forName: "testsuite").first)
        #expect(suite.attribute(forName: "errors")?.stringValue == "0")
        #expect(
            suite.attribute(forName: "tests")?.stringValue
                == String(suite.elements(forName: "testcase").count))
    }
}
