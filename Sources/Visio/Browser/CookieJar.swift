import Primitives

/// The cookies of one browser, kept as strictly as browsers keep them (RFC 6265).
///
/// Two liberties that browsers take are taken too: `Secure` cookies travel in plain text to this very machine, and
/// `SameSite` changes nothing, because every request here is either first-party or a navigation.
public struct CookieJar: Hashable, Sendable {
    struct Cookie: Hashable, Sendable {
        /// The name, with respect to case.
        var name: String
        /// The value as it came.
        var value: String
        /// The host that set it, or the domain whose hosts it is for.
        var domain: String
        /// Whether hosts below `domain` do not get it.
        var isHostOnly: Bool
        /// The path below which it is sent.
        var path: String
        /// Whether only encrypted requests carry it.
        var isSecure: Bool
        /// Whether scripts do not see it.
        var isHTTPOnly: Bool
        /// The last second it is good for is the one before; nil means as long as the browser is open.
        var expiresAt: Int64?
    }

    /// Most cookies of one jar; the oldest goes first.
    public static let maximumCount = 100
    /// Longest cookie, name and value together, in bytes (RFC 6265 section 6.1).
    public static let maximumByteCount = 4096

    /// The cookies, oldest first.
    private(set) var cookies: [Cookie] = []

    /// Makes an empty jar.
    public init() {}

    /// Number of cookies, expired ones included.
    public var count: Int { cookies.count }

    /// Keeps what a response sets.
    public mutating func store(_ response: HTTPResponseMessage, from url: CarrierURL, unixSeconds: Int64) {
        for header in response.headers where header.name.lowercased() == "set-cookie" {
            store(field: header.value, from: url, unixSeconds: unixSeconds)
        }
    }

    /// Puts a cookie in by hand, as if `url` had set it for its host and all of its paths.
    public mutating func insert(name: String, value: String, for url: CarrierURL) {
        keep(
            Cookie(
                name: name, value: value, domain: url.host, isHostOnly: true, path: "/",
                isSecure: url.isSecure, isHTTPOnly: false, expiresAt: nil))
    }

    /// The `Cookie` header of a request, longer paths and older cookies first; nil when there is none.
    public func header(for url: CarrierURL, unixSeconds: Int64) -> String? {
        let sent = cookies.enumerated()
            .filter { Self.applies($0.element, to: url, unixSeconds: unixSeconds) }
            .sorted { left, right in
                let (a, b) = (left.element.path.utf8.count, right.element.path.utf8.count)
                return a == b ? left.offset < right.offset : a > b
            }
        guard !sent.isEmpty else { return nil }
        return sent.map { "\($0.element.name)=\($0.element.value)" }.joined(separator: "; ")
    }

    /// The value that a script of the page at `url` would read from `document.cookie`.
    public func scriptValue(of name: String, for url: CarrierURL, unixSeconds: Int64) -> String? {
        cookies.last {
            $0.name == name && !$0.isHTTPOnly && Self.applies($0, to: url, unixSeconds: unixSeconds)
        }?.value
    }

    /// Every value, for those who must keep them out of texts.
    public var values: [String] { cookies.map(\.value) }

    private mutating func store(field: String, from url: CarrierURL, unixSeconds: Int64) {
        guard let cookie = SetCookie(field, unixSeconds: unixSeconds)?.cookie(from: url) else { return }
        let isProtected =
            !Self.mayCarrySecrets(url)
            && cookies.contains { $0.name == cookie.name && $0.domain == cookie.domain && $0.isSecure }
        guard !isProtected else { return }
        if let end = cookie.expiresAt, end <= unixSeconds {
            cookies.removeAll { Self.isSame($0, cookie) }
        } else {
            keep(cookie)
        }
    }

    private mutating func keep(_ cookie: Cookie) {
        if let index = cookies.firstIndex(where: { Self.isSame($0, cookie) }) {
            cookies[index] = cookie
            return
        }
        if cookies.count >= Self.maximumCount { cookies.removeFirst() }
        cookies.append(cookie)
    }

    /// Whether a plain-text request is as good as an encrypted one: browsers trust this very machine.
    static func mayCarrySecrets(_ url: CarrierURL) -> Bool {
        if url.isSecure || url.host == "localhost" || url.host.hasSuffix(".localhost") { return true }
        return SocketAddress(host: url.host, port: 0)?.isLoopback ?? false
    }

    private static func isSame(_ left: Cookie, _ right: Cookie) -> Bool {
        left.name == right.name && left.domain == right.domain && left.path == right.path
            && left.isHostOnly == right.isHostOnly
    }

    private static func applies(_ cookie: Cookie, to url: CarrierURL, unixSeconds: Int64) -> Bool {
        if let end = cookie.expiresAt, end <= unixSeconds { return false }
        guard !cookie.isSecure || mayCarrySecrets(url) else { return false }
        let isOfHost = cookie.isHostOnly ? url.host == cookie.domain : matches(url.host, cookie.domain)
        return isOfHost && pathMatches(url.path, cookie.path)
    }

    /// Whether `host` is `domain` or a name below it (RFC 6265 section 5.1.3).
    static func matches(_ host: String, _ domain: String) -> Bool {
        host == domain || host.hasSuffix("." + domain) && SocketAddress(host: host, port: 0) == nil
    }

    /// RFC 6265 section 5.1.4.
    private static func pathMatches(_ path: String, _ cookiePath: String) -> Bool {
        guard path.hasPrefix(cookiePath) else { return false }
        return path.utf8.count == cookiePath.utf8.count || cookiePath.hasSuffix("/")
            || path.utf8.dropFirst(cookiePath.utf8.count).first == UInt8(ascii: "/")
    }
}
