import Testing
import Visio

@Suite struct HTMLFormTests {
    private static func forms(_ text: String) -> [HTMLForm] { HTMLForm.forms(in: Array(text.utf8)) }

    /// The login page of Keycloak's default theme, as it stood in a realm's own browser, shortened.
    private static let keycloak = """
        <!DOCTYPE html><html class="login-pf"><head><title>Sign in to meet</title>
        <script>var x = '<form action="https://evil.example/">';</script><style>form > input {}</style></head>
        <body><!-- <form action="/old"> --><div id="kc-content"><form id="kc-form-login"
        onsubmit="login.disabled = true; return true;"
        action="http://localhost:8080/realms/meet/login-actions/authenticate?session_code=a-b&amp;execution=c&amp;client_id=meet&amp;tab_id=d"
        method="post"><label for="username">Username or email</label>
        <input tabindex="2" id="username" class="pf-c-form-control" name="username" value="" type="text" autofocus autocomplete="username" aria-invalid="" dir="ltr"/>
        <input tabindex="3" id="password" name="password" value="" type="password" autocomplete="current-password" />
        <button class="pf-c-button" type="button" aria-label="Show password"><i></i></button>
        <input tabindex="5" id="rememberMe" name="rememberMe" type="checkbox"> Remember me
        <input type="hidden" id="id-hidden-input" name="credentialId" />
        <input tabindex="7" class="btn" name="login" id="kc-login" type="submit" value="Sign In"/>
        </form></div></body></html>
        """

    @Test func readsKeycloaksPage() throws {
        let form = try #require(Self.forms(Self.keycloak).first)
        #expect(Self.forms(Self.keycloak).count == 1)
        #expect(form.method == "POST")
        #expect(
            form.action
                == "http://localhost:8080/realms/meet/login-actions/authenticate?session_code=a-b&execution=c&client_id=meet&tab_id=d"
        )
        #expect(form.fields.map(\.name) == ["username", "password", "credentialId", "login"])
        #expect(form.usernameField?.name == "username")
        #expect(form.passwordField?.name == "password")
        let body = String(
            decoding: form.body(filling: ["username": "a b", "password": "ü&="]), as: UTF8.self)
        #expect(body == "username=a%20b&password=%C3%BC%26%3D&credentialId=&login=Sign%20In")
    }

    @Test(
        arguments: [
            ("<form><input name=a value=1></form>", "GET", ["a=1"]),
            ("<FORM METHOD='PoSt'><INPUT NAME='a' VALUE='x>y'></FORM>", "POST", ["a=x>y"]),
            ("<form><input value=1><input name='' value=2><input name=b disabled value=3></form>", "GET", []),
            (
                "<form><input type=checkbox name=a><input type=checkbox name=b checked><input type=radio name=c checked value=2></form>",
                "GET", ["b=on", "c=2"]
            ),
            (
                "<form><button name=x value=1>A</button><button name=y value=2>B</button></form>", "GET",
                ["x=1"]
            ),
            ("<form><input type=submit><input type=submit name=y value=2></form>", "GET", []),
            (
                "<form><input type=reset name=r><input type=file name=f><input type=image name=i></form>",
                "GET", ["i="]
            ),
            (
                "<form><select name=s><option value=1><option value=2 selected><option value=3></select></form>",
                "GET", ["s=2"]
            ),
            ("<form><select name=s><option value=1><option value=2></select></form>", "GET", ["s=1"]),
            ("<form><textarea name=t><input name=no></textarea><input name=y></form>", "GET", ["t=", "y="]),
            ("<form><form action=x><input name=a></form>", "GET", ["a="]),
            ("<form><input name=a value='&lt;&#233;&#x2F;&unknown;&amp'>", "GET", ["a=<é/&unknown;&amp"]),
            ("<form><input/name=a /value='1'/></form>", "GET", ["a=1"]),
        ] as [(String, String, [String])])
    func readsFields(text: String, method: String, fields: [String]) throws {
        let form = try #require(Self.forms(text).first)
        #expect(form.method == method)
        #expect(form.fields.map { "\($0.name)=\($0.value)" } == fields)
    }

    @Test(arguments: [
        "", "<", "<form", "</form>", "text", "<form a='", "<!--", "<script><form>", "<a =b =c>",
    ])
    func endsOnBrokenPages(text: String) {
        #expect(Self.forms(text).allSatisfy { $0.fields.isEmpty })
    }

    @Test func prefersTheFieldThatBrowsersFillIn() throws {
        let page = """
            <form method=post><input name=company><input name=id autocomplete="section-a username">
            <input type=password name=secret></form>
            """
        #expect(try #require(Self.forms(page).first).usernameField?.name == "id")
        let other = "<form><input name=first><input type=email name=Login><input type=password name=p></form>"
        #expect(try #require(Self.forms(other).first).usernameField?.name == "Login")
    }
}
