import Testing
import Visio

@Suite struct RedactionTests {
    private static let token =
        "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJkZXZrZXkiLCJzdWIiOiJhIn0.AAAA-_b"

    @Test(
        arguments: [
            ("no secret here", "no secret here"), ("pass=hunter22 twice hunter22", "pass=… twice …"),
            ("invalid token: \(token), error: expired", "invalid token: …, error: expired"),
            ("eyJ is not one", "eyJ is not one"), ("\(token)", "…"), ("hunter2", "hunter2"),
            ("hunter22-and-more", "…"),
        ])
    func secretsAreCutOut(text: String, clean: String) {
        #expect(Redaction(["hunter22", "hunter22-and-more", "abc", ""]).apply(to: text) == clean)
    }

    /// Whatever prints an account prints nothing of it.
    @Test func accountsAreNeverPrinted() {
        let account = Account(username: "secret-name", password: "secret-word", email: "secret@x.fr")
        var dumped = ""
        dump(account, to: &dumped)
        dump([account], to: &dumped)
        let failure = MeetClient.Visitor.account(account)
        for text in [
            "\(account)", String(describing: account), String(reflecting: account), dumped, "\(failure)",
            "\([account])",
        ] {
            #expect(!text.contains("secret"))
        }
    }
}
