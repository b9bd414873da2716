import Testing
import Visio

@Suite struct CarrierURLTests {
    @Test(arguments: [
        ("https://visio.example.org", "https", "visio.example.org", 443, "/"),
        ("HTTP://Visio.Example.ORG:8080/a?b=c#d", "http", "visio.example.org", 8080, "/a?b=c"),
        ("wss://[2001:DB8::7]:7880/rtc", "wss", "2001:db8::7", 7880, "/rtc"),
        ("ws://127.0.0.1?x=y", "ws", "127.0.0.1", 80, "/?x=y"),
    ])
    func reads(text: String, scheme: String, host: String, port: Int, target: String) throws {
        let url = try #require(CarrierURL(text))
        #expect(url.scheme == scheme)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.target == target)
    }

    @Test(arguments: [
        "", "example.org", "ftp://example.org", "http://", "http:///path", "http://user@example.org/",
        "http://allowed.org\\@evil.org/", "http://allowed.org@evil.org/", "http://a b/", "http://é.org/",
        "http://example.org:/", "http://example.org:99999/", "http://example.org:8a/", "http://[::1/",
        "http://[x]/",
        "http://a:1:2/", "http://[::1]x/", "http:/example.org", "http://exa\nmple.org/", "http://%31.org/",
    ])
    func refusesWhatTwoParsersCouldReadDifferently(text: String) {
        #expect(CarrierURL(text) == nil)
    }

    @Test func composes() throws {
        let url = try #require(CarrierURL("https://host:8443/prefix/?old=1"))
        #expect(url.appending(path: "rtc/v1").text == "https://host:8443/prefix/rtc/v1")
        #expect(url.asWebSocket.text == "wss://host:8443/prefix/?old=1")
        #expect(url.asWebSocket.asHTTP == url)
        #expect(url.origin == "https://host:8443")
        #expect(try #require(CarrierURL("https://[::1]/")).authority == "[::1]")
        #expect(url.resolving("/x?y")?.text == "https://host:8443/x?y")
        #expect(url.resolving("//evil.org/")?.text == "https://evil.org/")
        #expect(url.resolving("http://other.org/")?.host == "other.org")
        #expect(url.resolving("mailto:x@y.org") == nil)
        #expect(url.resolving("//a b/") == nil)
    }
}

@Suite struct ReferenceResolutionTests {
    /// The examples of RFC 3986 section 5.4 that lead somewhere by HTTP.
    @Test(
        arguments: [
            ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"), ("?y", "http://a/b/c/d?y"), ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d?q"), ("g#s", "http://a/b/c/g"), ("g?y#s", "http://a/b/c/g?y"),
            ("", "http://a/b/c/d?q"), (".", "http://a/b/c/"), ("./", "http://a/b/c/"), ("..", "http://a/b/"),
            ("../g", "http://a/b/g"), ("../..", "http://a/"), ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"), ("/../g", "http://a/g"), ("g.", "http://a/b/c/g."),
            ("..g", "http://a/b/c/..g"), ("./../g", "http://a/b/g"), ("g/../h", "http://a/b/c/h"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
        ])
    func resolves(reference: String, url: String) throws {
        let base = try #require(CarrierURL("http://a/b/c/d?q"))
        #expect(base.resolving(reference)?.text == url)
    }
}

@Suite struct RequestTargetTests {
    @Test(arguments: [
        ("/rtc/v1?a=b&c=%3D%26&d", "/rtc/v1", [("a", "b"), ("c", "=&"), ("d", "")]),
        ("//rtc///v1", "/rtc/v1", []),
        (
            "/rooms/caf%C3%A9/?username=Zo%C3%A9+B&x=1=2", "/rooms/café/",
            [("username", "Zoé B"), ("x", "1=2")]
        ),
        ("/100%?q=%zz%4", "/100%", [("q", "%zz%4")]),
        ("", "", []),
        ("?", "", []),
        ("/a+b?&&", "/a+b", []),
    ])
    func reads(text: String, path: String, items: [(String, String)]) {
        let target = RequestTarget(parsing: text)
        #expect(target.path == path)
        #expect(target.items == items.map { RequestTarget.Item(name: $0.0, value: $0.1) })
    }

    @Test func composedTargetsReadBack() {
        let item = RequestTarget.Item(name: "join request", value: "EgA=+/%&é\u{0}")
        let target = RequestTarget(path: "/rooms/été & co/", items: [item])
        #expect(RequestTarget(parsing: target.text) == target)
        #expect(target.text.utf8.allSatisfy { $0 > 32 && $0 < 127 })
    }
}
