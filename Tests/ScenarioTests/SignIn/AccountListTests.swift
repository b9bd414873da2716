import Scenario
import Testing

@Suite struct AccountListTests {
    @Test(
        arguments: [
            ("ada,secret\nbob,word\n", ["ada|secret|", "bob|word|"]),
            (
                "username,password,email\nada,secret,ada@x.fr\nbob,word,\n",
                ["ada|secret|ada@x.fr", "bob|word|"]
            ),
            ("email,Password,Username\r\na@x.fr,p,ada\r\n", ["ada|p|a@x.fr"]),
            ("ada;se,cret;a@x.fr", ["ada|se,cret|a@x.fr"]),
            ("# people\n\nada,\"a \"\"quoted\"\", one\"\n", ["ada|a \"quoted\", one|"]),
            ("ada,\"two\nlines\"\nbob,x", ["ada|two\nlines|", "bob|x|"]),
            (
                "- {username: ada, password: secret}\n- username: bob\n  password: \"1\"\n  email: b@x.fr",
                ["ada|secret|", "bob|1|b@x.fr"]
            ),
        ])
    func readsLists(text: String, entries: [String]) throws {
        let list = try AccountList(text)
        #expect(list.entries.map { "\($0.username)|\($0.password)|\($0.email ?? "")" } == entries)
    }

    @Test(
        arguments: [
            ("", 1), ("username,password\n", 1), ("ada\n", 1), ("ada,hush\nbob\n", 2), ("ada,\n", 1),
            ("ada,\"hush\n", 1), ("- {username: ada}", 1), ("- hush", 1),
            ("- {username: ada, password: [hush]}", 1),
            ("- username: ada\n  password: hush\n- [", 4),
        ])
    func tellsTheLineAndNothingElse(text: String, line: Int) {
        do throws(AccountList.Mistake) {
            _ = try AccountList(text)
            Issue.record("understood")
        } catch {
            #expect(error.line == line)
            #expect(!error.description.contains("hush"))
        }
    }

    @Test func entriesAreNeverPrinted() throws {
        let list = try AccountList("ada,hush")
        var text = ""
        dump(list, to: &text)
        text += "\(list) \(list.entries)"
        #expect(!text.contains("hush"))
        #expect(!text.contains("ada"))
    }
}
