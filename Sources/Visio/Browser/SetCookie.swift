import Primitives

/// One `Set-Cookie` header field (RFC 6265 section 5.2).
struct SetCookie {
    private var name: String
    private var value: String
    private var domain: String?
    private var path: String?
    private var isSecure = false
    private var isHTTPOnly = false
    private var expires: Int64?
    private var maximumAge: Int64?
    private let unixSeconds: Int64

    /// Reads a field; nil when it holds no cookie.
    init?(_ field: String, unixSeconds: Int64) {
        guard !field.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) else { return nil }
        let parts = field.split(separator: ";", omittingEmptySubsequences: false)
        guard let pair = parts.first, let equals = pair.firstIndex(of: "=") else { return nil }
        name = Self.trimmed(pair[..<equals])
        value = Self.trimmed(pair[pair.index(after: equals)...])
        self.unixSeconds = unixSeconds
        guard !name.isEmpty, name.utf8.count + value.utf8.count <= CookieJar.maximumByteCount else {
            return nil
        }
        for part in parts.dropFirst() { readAttribute(part) }
    }

    private mutating func readAttribute(_ part: Substring) {
        let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let text = sides.count == 2 ? Self.trimmed(sides[1]) : ""
        switch Self.trimmed(sides[0]).lowercased() {
        case "domain":
            let name = (text.hasPrefix(".") ? String(text.dropFirst()) : text).lowercased()
            domain = name.isEmpty ? nil : name
        case "path": path = text.hasPrefix("/") ? text : nil
        case "secure": isSecure = true
        case "httponly": isHTTPOnly = true
        case "expires": expires = CookieDate.unixSeconds(text) ?? expires
        case "max-age":
            let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return }
            // An age beyond any run counts as the longest.
            let seconds = Int64(digits) ?? Self.longestAge
            maximumAge = text.hasPrefix("-") ? 0 : min(seconds, Self.longestAge)
        default: break
        }
    }

    /// The cookie, if `url` may set it.
    func cookie(from url: CarrierURL) -> CookieJar.Cookie? {
        guard !isSecure || CookieJar.mayCarrySecrets(url) else { return nil }
        var isHostOnly = true
        if let domain, domain != url.host {
            // A name without a dot is a registry or a machine of the house: nobody may set cookies for all of it.
            guard domain.contains("."), CookieJar.matches(url.host, domain) else { return nil }
            isHostOnly = false
        } else if domain != nil, SocketAddress(host: url.host, port: 0) == nil, url.host.contains(".") {
            isHostOnly = false
        }
        let lower = name.lowercased()
        if lower.hasPrefix("__secure-") || lower.hasPrefix("__host-"), !isSecure { return nil }
        if lower.hasPrefix("__host-"), domain != nil || path != "/" { return nil }
        return CookieJar.Cookie(
            name: name, value: value, domain: isHostOnly ? url.host : domain ?? url.host,
            isHostOnly: isHostOnly, path: path ?? Self.defaultPath(of: url), isSecure: isSecure,
            isHTTPOnly: isHTTPOnly, expiresAt: maximumAge.map { unixSeconds + $0 } ?? expires)
    }

    /// 400 days, as browsers limit it (draft-ietf-httpbis-rfc6265bis section 5.5).
    private static let longestAge: Int64 = 400 * 86_400

    /// The path up to its last slash (RFC 6265 section 5.1.4).
    private static func defaultPath(of url: CarrierURL) -> String {
        let path = url.path
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    private static func trimmed(_ text: Substring) -> String {
        func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return String(text)
    }
}

/// The dates of cookies, which are written in many ways (RFC 6265 section 5.1.1).
public enum CookieDate {
    /// Seconds since 1970 in UTC; nil when `text` is no date.
    public static func unixSeconds(_ text: String) -> Int64? {
        var time: (hour: Int, minute: Int, second: Int)?
        var day: Int?
        var month: Int?
        var year: Int?
        for token in text.utf8.split(whereSeparator: isDelimiter) {
            let word = String(decoding: token, as: UTF8.self)
            if time == nil, let found = clock(word) {
                time = found
            } else if day == nil, let number = leadingNumber(word, digits: 1...2) {
                day = number
            } else if month == nil, let index = months.firstIndex(of: String(word.prefix(3)).lowercased()) {
                month = index + 1
            } else if year == nil, let number = leadingNumber(word, digits: 2...4) {
                year = number < 70 ? number + 2000 : number < 100 ? number + 1900 : number
            }
        }
        guard let time, let day, let month, let year, (1...31).contains(day), (1601...9999).contains(year),
            time.hour < 24, time.minute < 60, time.second < 60
        else { return nil }
        return daysSince1970(year, month, day) * 86_400
            + Int64(time.hour * 3600 + time.minute * 60 + time.second)
    }

    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// Tab, space to slash, semicolon to @, [ to `, { to ~.
    private static func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x09, 0x20...0x2f, 0x3b...0x40, 0x5b...0x60, 0x7b...0x7e: true
        default: false
        }
    }

    private static func clock(_ word: String) -> (Int, Int, Int)? {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let hour = leadingNumber(parts[0], digits: 1...2),
            let minute = leadingNumber(parts[1], digits: 1...2),
            let second = leadingNumber(parts[2], digits: 1...2)
        else { return nil }
        return (hour, minute, second)
    }

    private static func leadingNumber(_ word: some StringProtocol, digits: ClosedRange<Int>) -> Int? {
        let number = word.utf8.prefix { (48...57).contains($0) }
        return digits.contains(number.count) ? Int(String(decoding: number, as: UTF8.self)) : nil
    }

    /// Days from 1 January 1970 in the Gregorian calendar, by counting from the first of March.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int64(era * 146_097 + dayOfEra - 719_468)
    }
}
