import Results
import Scenario

/// The thresholds and the run's validity as JUnit test cases, which build servers show without further ado.
enum JUnitDocument {
    /// The document: a broken promise is a failure, an undecided one is skipped, an invalid run an error.
    static func text(_ content: RunContent) -> String {
        let verdict = content.verdict
        var cases: [String] = verdict.judgements.map(testCase)
        cases.append(validity(content))
        let failures = verdict.judgements.count { $0.outcome == .failed }
        let skipped = verdict.judgements.count { $0.outcome == .undecided }
        let errors = isUsable(verdict) ? 0 : 1
        let counts =
            "tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"\(errors)\" skipped=\"\(skipped)\" "
            + "time=\"\(NumberText.plain(content.duration))\""
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="visiobench" \(counts)>
            <testsuite name="\(PlainText.escaped(PlainText.line(content.plan.title)))" \(counts)>
            \(cases.joined(separator: "\n"))
            </testsuite>
            </testsuites>

            """
    }

    private static func testCase(_ judgement: Judgement) -> String {
        let text = JudgementText(judgement)
        var told = "\(text.figure), promised \(text.limit)"
        if !text.interval.isEmpty { told += ", 95 % interval \(text.interval)" }
        told += ", \(text.count) values"
        let inside =
            switch judgement.outcome {
            case .held: "<system-out>\(PlainText.escaped(told))</system-out>"
            case .failed: "<failure message=\"\(PlainText.escaped(told))\" type=\"threshold\"/>"
            case .undecided: "<skipped message=\"\(PlainText.escaped(told))\"/>"
            }
        return
            "<testcase classname=\"thresholds\" name=\"\(PlainText.escaped(text.threshold))\">\(inside)</testcase>"
    }

    private static func validity(_ content: RunContent) -> String {
        let validity = VerdictSentence.validity(content)
        let sentence = "\(VerdictSentence.word(content)): \(VerdictSentence.rest(content))"
        let inside =
            isUsable(content.verdict)
            ? "<system-out>\(PlainText.escaped(validity.text))</system-out>"
            : "<error message=\"\(PlainText.escaped(PlainText.line(sentence, limit: 400)))\" type=\"\(content.verdict.ending.rawValue)\"/>"
        return "<testcase classname=\"run\" name=\"valid\">\(inside)</testcase>"
    }

    private static func isUsable(_ verdict: Verdict) -> Bool {
        switch verdict.ending {
        case .invalid, .unreachable, .interrupted: false
        case .held, .failed, .inconclusive: verdict.validity.isValid
        }
    }
}
