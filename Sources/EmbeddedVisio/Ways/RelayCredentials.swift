import Primitives

/// Name and password for the embedded TURN server, in LiveKit's form: the name tells key, participant and time, the
/// password is a digest of these with the secret in place of the key.
struct RelayCredentials {
    /// How long a name may ask for relays, in seconds.
    static let lifetime: Int64 = 300
    /// How long a relay of that name may be kept beyond it, in seconds.
    static let grace: Int64 = 86_400

    /// The API key.
    var key: String
    /// The participant's sid.
    var participant: String
    /// Until when relays may be asked for, in Unix seconds.
    var expiry: Int64

    /// Credentials of a participant.
    init(key: String, participant: String, expiry: Int64) {
        self.key = key
        self.participant = participant
        self.expiry = expiry
    }

    /// Reads a name; nil if it is none of ours.
    init?(username: String) {
        guard let bytes = Base62.decode(username), let text = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        let parts = text.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count == 3, let expiry = Int64(parts[2]) else { return nil }
        self.init(key: String(parts[0]), participant: String(parts[1]), expiry: expiry)
    }

    /// The name.
    var username: String { Base62.encode(Array("\(key)|\(participant)|\(expiry)".utf8)) }

    /// The password.
    func password(secret: String) -> String {
        Base62.encode(SHA256.digest(Array("\(secret)|\(participant)|\(expiry)".utf8)))
    }
}

/// Bytes as digits and letters, most significant first; zeros in front are zeros in front.
enum Base62 {
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        let text = convert(bytes.map(Int.init), from: 256, to: 62).map { digits[$0] }
        let zeros = bytes.prefix { $0 == 0 }.map { _ in digits[0] }
        return String(decoding: zeros + text, as: UTF8.self)
    }

    static func decode(_ text: String) -> [UInt8]? {
        guard text.utf8.count <= 1024 else { return nil }
        var values: [Int] = []
        for byte in text.utf8 {
            guard let value = digits.firstIndex(of: byte) else { return nil }
            values.append(value)
        }
        let zeros = values.prefix { $0 == 0 }.map { _ in UInt8(0) }
        return zeros + convert(values, from: 62, to: 256).map { UInt8($0) }
    }

    /// A number in another base, without zeros in front.
    private static func convert(_ number: [Int], from old: Int, to new: Int) -> [Int] {
        var rest = Array(number.drop { $0 == 0 })
        var result: [Int] = []
        while !rest.isEmpty {
            var remainder = 0
            var quotient: [Int] = []
            for digit in rest {
                let value = remainder * old + digit
                if !quotient.isEmpty || value / new > 0 { quotient.append(value / new) }
                remainder = value % new
            }
            result.append(remainder)
            rest = quotient
        }
        return result.reversed()
    }
}
