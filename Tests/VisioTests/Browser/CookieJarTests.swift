import Testing
import Visio

@Suite struct CookieJarTests {
    private static let now: Int64 = 1_769_587_200  // 28 January 2026, 08:00 UTC

    private static func url(_ text: String) throws -> CarrierURL { try #require(CarrierURL(text)) }

    /// What a jar sends to `target` after `origin` has set one cookie.
    private static func sent(
        _ field: String, from origin: String, to target: String, after seconds: Int64 = 0
    ) throws -> String? {
        var jar = CookieJar()
        let header = HTTPMessageHeader(name: "set-cookie", value: field)
        jar.store(
            HTTPResponseMessage(status: 200, headers: [header]), from: try url(origin), unixSeconds: now)
        return jar.header(for: try url(target), unixSeconds: now + seconds)
    }

    @Test(
        arguments: [
            // Hosts
            ("a=1", "https://x.fr/", "https://x.fr/", "a=1"),
            ("a=1", "https://x.fr/", "https://www.x.fr/", nil),
            ("a=1; Domain=x.fr", "https://www.x.fr/", "https://x.fr/", "a=1"),
            ("a=1; domain=.X.fr", "https://www.x.fr/", "https://api.x.fr/", "a=1"),
            ("a=1; Domain=x.fr", "https://www.x.fr/", "https://evilx.fr/", nil),
            ("a=1; Domain=www.x.fr", "https://x.fr/", "https://www.x.fr/", nil),
            ("a=1; Domain=other.fr", "https://x.fr/", "https://other.fr/", nil),
            ("a=1; Domain=fr", "https://x.fr/", "https://y.fr/", nil),
            ("a=1; Domain=fr", "https://x.fr/", "https://x.fr/", nil),
            ("a=1; Domain=2.3.4", "https://1.2.3.4/", "https://9.2.3.4/", nil),
            ("a=1; Domain=1.2.3.4", "https://1.2.3.4/", "https://1.2.3.4/", "a=1"),
            ("a=1; Domain=", "https://x.fr/", "https://x.fr/", "a=1"),
            // The port does not matter, the scheme alone neither.
            ("a=1", "http://x.fr:80/", "https://x.fr:8443/", "a=1"),
            // Paths
            ("a=1; Path=/api", "https://x.fr/", "https://x.fr/api/v1?q", "a=1"),
            ("a=1; Path=/api", "https://x.fr/", "https://x.fr/apis", nil),
            ("a=1; Path=/api/", "https://x.fr/", "https://x.fr/api", nil),
            ("a=1", "https://x.fr/deep/er/page?x=/y/", "https://x.fr/deep/er/z", "a=1"),
            ("a=1", "https://x.fr/deep/er/page", "https://x.fr/deep", nil),
            ("a=1; Path=relative", "https://x.fr/", "https://x.fr/else", "a=1"),
            // Secure
            ("a=1; Secure", "https://x.fr/", "http://x.fr/", nil),
            ("a=1; Secure", "https://x.fr/", "https://x.fr/", "a=1"),
            ("a=1; Secure", "http://x.fr/", "https://x.fr/", nil),
            ("a=1; Secure", "http://127.0.0.1:8071/", "http://127.0.0.1:8071/", "a=1"),
            ("a=1; Secure", "http://localhost/", "http://localhost/", "a=1"),
            ("__Host-a=1; Secure; Path=/", "https://x.fr/", "https://x.fr/", "__Host-a=1"),
            ("__Host-a=1; Secure; Path=/; Domain=x.fr", "https://x.fr/", "https://x.fr/", nil),
            ("__host-a=1; Secure", "https://x.fr/b/", "https://x.fr/b/", nil),
            ("__Secure-a=1", "https://x.fr/", "https://x.fr/", nil),
            // Syntax
            ("  a = 1 2 ;x", "https://x.fr/", "https://x.fr/", "a=1 2"),
            ("a=b=c; HttpOnly", "https://x.fr/", "https://x.fr/", "a=b=c"),
            ("a=", "https://x.fr/", "https://x.fr/", "a="),
            ("=1", "https://x.fr/", "https://x.fr/", nil),
            ("a", "https://x.fr/", "https://x.fr/", nil),
            ("", "https://x.fr/", "https://x.fr/", nil),
            ("a=1\r\nb", "https://x.fr/", "https://x.fr/", nil),
            ("a=\"q\"", "https://x.fr/", "https://x.fr/", "a=\"q\""),
        ] as [(String, String, String, String?)])
    func goesWhereItBelongs(field: String, origin: String, target: String, header: String?) throws {
        #expect(try Self.sent(field, from: origin, to: target) == header)
    }

    @Test(
        arguments: [
            ("a=1; Max-Age=60", 59, true), ("a=1; Max-Age=60", 60, false), ("a=1; Max-Age=0", 0, false),
            ("a=1; Max-Age=-5", 0, false), ("a=1; Max-Age=x", 1_000_000, true),
            ("a=1; Max-Age=99999999999999999999", 34_000_000, true),
            ("a=1; Max-Age=99999999999999999999", 35_000_000, false),
            ("a=1; Expires=Wed, 28 Jan 2026 08:01:00 GMT", 59, true),
            ("a=1; Expires=Wed, 28 Jan 2026 08:01:00 GMT", 60, false),
            ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", 0, false),
            ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=5", 1, true),
            ("a=1; Expires=nonsense", 1_000_000, true), ("a=1", 10_000_000, true),
        ] as [(String, Int64, Bool)])
    func lastsAsLongAsItShould(field: String, seconds: Int64, isThere: Bool) throws {
        let header = try Self.sent(field, from: "https://x.fr/", to: "https://x.fr/", after: seconds)
        #expect((header != nil) == isThere)
    }

    @Test func laterCookiesReplaceEarlierOnesAndEmptyAgesRemoveThem() throws {
        var jar = CookieJar()
        let url = try Self.url("https://x.fr/")
        func set(_ field: String) {
            let header = HTTPMessageHeader(name: "Set-Cookie", value: field)
            jar.store(HTTPResponseMessage(status: 200, headers: [header]), from: url, unixSeconds: Self.now)
        }
        set("a=1; Path=/")
        set("b=2; Path=/")
        set("c=3; Path=/room")
        set("a=4; Path=/")
        let page = try Self.url("https://x.fr/room/")
        #expect(jar.header(for: page, unixSeconds: Self.now) == "c=3; a=4; b=2", "long paths first, then age")
        set("a=; Path=/; Max-Age=0")
        #expect(jar.header(for: url, unixSeconds: Self.now) == "b=2")
        #expect(jar.count == 2)
    }

    /// An attacker who answers in plain text cannot put a session of his choice in the place of an encrypted one.
    @Test func plainTextOverwritesNoSecureCookie() throws {
        var jar = CookieJar()
        func set(_ field: String, from origin: String) throws {
            let header = HTTPMessageHeader(name: "Set-Cookie", value: field)
            jar.store(
                HTTPResponseMessage(status: 200, headers: [header]), from: try Self.url(origin),
                unixSeconds: Self.now)
        }
        try set("sessionid=good; Secure; Path=/", from: "https://x.fr/")
        try set("sessionid=evil; Path=/", from: "http://x.fr/")
        #expect(jar.header(for: try Self.url("https://x.fr/"), unixSeconds: Self.now) == "sessionid=good")
    }

    @Test func scriptsSeeWhatTheyMay() throws {
        var jar = CookieJar()
        let url = try Self.url("https://x.fr/")
        let fields = ["csrftoken=abc; Path=/", "sessionid=s; HttpOnly; Path=/"]
        jar.store(
            HTTPResponseMessage(
                status: 200, headers: fields.map { HTTPMessageHeader(name: "Set-Cookie", value: $0) }),
            from: url, unixSeconds: Self.now)
        #expect(jar.scriptValue(of: "csrftoken", for: url, unixSeconds: Self.now) == "abc")
        #expect(jar.scriptValue(of: "sessionid", for: url, unixSeconds: Self.now) == nil)
        let elsewhere = try Self.url("https://y.fr/")
        #expect(jar.scriptValue(of: "csrftoken", for: elsewhere, unixSeconds: Self.now) == nil)
        jar.insert(name: "sessionid", value: "mine", for: url)
        #expect(
            jar.header(for: try Self.url("https://x.fr/api/"), unixSeconds: Self.now)
                == "csrftoken=abc; sessionid=mine")
    }

    @Test func neverGrowsBeyondItsLimit() throws {
        var jar = CookieJar()
        let url = try Self.url("https://x.fr/")
        for number in 0..<300 {
            let header = HTTPMessageHeader(name: "Set-Cookie", value: "n\(number)=x")
            jar.store(HTTPResponseMessage(status: 200, headers: [header]), from: url, unixSeconds: Self.now)
        }
        #expect(jar.count == CookieJar.maximumCount)
        let long = HTTPMessageHeader(name: "Set-Cookie", value: "long=" + String(repeating: "x", count: 4093))
        jar.store(HTTPResponseMessage(status: 200, headers: [long]), from: url, unixSeconds: Self.now)
        #expect(!jar.values.contains { $0.utf8.count > 4000 })
    }
}

@Suite struct CookieDateTests {
    @Test(
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Fri, 31-Dec-9999 23:59:59 GMT", 253_402_300_799), ("29 Feb 2024 12:00:00", 1_709_208_000),
            ("1 mar 69 1:2:3", 3_129_325_323), ("", nil), ("06 Nov 1994", nil), ("06 Nov 1994 24:00:00", nil),
            ("32 Nov 1994 08:49:37", nil), ("06 Foo 1994 08:49:37", nil), ("06 Nov 1500 08:49:37", nil),
        ] as [(String, Int64?)])
    func readsWhateverServersWrite(text: String, seconds: Int64?) {
        #expect(CookieDate.unixSeconds(text) == seconds)
    }
}
