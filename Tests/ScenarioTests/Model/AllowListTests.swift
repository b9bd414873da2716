import Scenario
import Testing

@Suite struct AllowListTests {
    @Test(arguments: [
        ("localhost", true), ("LOCALHOST.", true), ("a.localhost", true), ("127.0.0.1", true),
        ("127.9.8.7", true),
        ("::1", true), ("[::1]", true), ("0:0:0:0:0:0:0:1", true),
        ("visio.example.fr", true), ("VISIO.example.fr.", true), ("192.0.2.7", true), ("2001:db8::7", true),
        ("a.livekit.fr", true), ("a.b.livekit.fr", true),
        ("livekit.fr", false), ("evil-livekit.fr", false), (".livekit.fr", false),
        ("livekit.fr.evil.fr", false),
        ("127.0.0.1.evil.fr", false), ("localhost.evil.fr", false), ("notlocalhost", false),
        ("10.0.0.1", false),
        ("192.0.2.70", false), ("::2", false), ("", false), ("sub.visio.example.fr", false),
    ])
    func permitsLoopbackAndTheListAlone(_ host: String, expected: Bool) {
        let list = AllowList(hosts: ["Visio.example.fr", "192.0.2.7", "2001:db8::7", "*.livekit.fr"])
        #expect(list.permits(host: host) == expected)
    }

    @Test func anEmptyListPermitsLoopbackOnly() {
        #expect(AllowList().permits(host: "127.0.0.1"))
        #expect(!AllowList().permits(host: "example.fr"))
    }
}

@Suite struct TargetURLTests {
    @Test(arguments: [
        ("https://visio.example.fr", "https://visio.example.fr", "visio.example.fr", nil),
        ("HTTPS://Visio.Example.fr:8443/a/b/", "https://visio.example.fr:8443/a/b", "visio.example.fr", 8443),
        ("ws://[::1]:7880/", "ws://[::1]:7880", "::1", 7880),
        ("http://127.0.0.1", "http://127.0.0.1", "127.0.0.1", nil),
    ])
    func reads(_ text: String, written: String, host: String, port: UInt16?) throws {
        let url = try #require(TargetURL(text))
        #expect(url.description == written)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(TargetURL(written) == url)
    }

    @Test(arguments: [
        "", "visio.fr", "ftp://a", "https://", "https:///a", "https://u@a", "https://u:p@a", "https://a?b",
        "https://a#b",
        "https://a:0", "https://a:65536", "https://a:x", "https://a b", "https://[::1", "https://[a]",
        "https://a:1:2",
        "https://é.fr", "https://a\\b", "javascript://a",
    ])
    func refuses(_ text: String) {
        #expect(TargetURL(text) == nil)
    }
}
