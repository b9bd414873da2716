/// Who logs in: never printed, so that no password comes into a log by way of a description.
public struct Account: Hashable, Sendable {
    /// The name at the identity provider.
    public var username: String
    /// The password.
    public var password: String
    /// The address by which Meet knows the account; the name when it looks like one.
    public var email: String

    /// Makes an account.
    public init(username: String, password: String, email: String? = nil) {
        self.username = username
        self.password = password
        self.email = email ?? username
    }
}

extension Account: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Nothing about the account.
    public var description: String { "an account" }
    /// Nothing about the account.
    public var debugDescription: String { description }
    /// Nothing about the account.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Takes secrets out of texts that come from elsewhere: servers repeat what they were sent.
public struct Redaction: Sendable {
    private let secrets: [String]

    /// Knows the given secrets; very short ones could not be told from other text and are left out.
    public init(_ secrets: [String]) {
        self.secrets = Set(secrets).filter { $0.utf8.count >= 6 }.sorted {
            ($1.utf8.count, $0) < ($0.utf8.count, $1)
        }
    }

    /// The text without secrets, and without anything that looks like a JSON Web Token.
    public func apply(to text: String) -> String {
        var text = text
        for secret in secrets where text.contains(secret) {
            text = text.replacing(secret, with: "…")
        }
        return Self.withoutTokens(text)
    }

    /// The text without anything that looks like a JSON Web Token: three base64url parts, the first of which is `{"…`.
    public static func withoutTokens(_ text: String) -> String {
        guard text.contains("eyJ") else { return text }
        var kept: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            guard rest.starts(with: Array("eyJ".utf8)) else {
                kept.append(byte)
                rest = rest.dropFirst()
                continue
            }
            let token = rest.prefix(while: isOfToken)
            kept += token.contains(UInt8(ascii: ".")) ? Array("…".utf8) : Array(token)
            rest = rest.dropFirst(token.count)
        }
        return String(decoding: kept, as: UTF8.self)
    }

    private static func isOfToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
