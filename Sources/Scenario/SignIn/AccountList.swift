/// Names and passwords, read from a text that an operator keeps: CSV or YAML.
///
/// No message ever repeats what stood there: it may be a password in the wrong place.
public struct AccountList: Sendable {
    /// One account.
    public struct Entry: Hashable, Sendable {
        /// The name at the identity provider.
        public var username: String
        /// The password.
        public var password: String
        /// The e-mail address, if it is another than the name.
        public var email: String?

        /// Makes an entry.
        public init(username: String, password: String, email: String? = nil) {
            self.username = username
            self.password = password
            self.email = email
        }
    }

    /// Why a text is no list of accounts.
    public struct Mistake: Error, Equatable, Sendable, CustomStringConvertible {
        /// The line, from 1.
        public var line: Int
        /// What was expected.
        public var expected: String

        /// The mistake in one sentence.
        public var description: String { "line \(line): expected \(expected)" }
    }

    /// The accounts in order.
    public var entries: [Entry]

    /// More accounts than any run needs.
    public static let maximumCount = 1_000_000

    /// Reads a list: YAML if it starts with a dash or names itself YAML, CSV otherwise.
    ///
    /// - Parameters:
    ///   - text: The whole text.
    ///   - isYAML: Whether its file says so by its name; nil when there is no file.
    public init(_ text: String, isYAML: Bool? = nil) throws(Mistake) {
        let first = text.first { !$0.isWhitespace }
        if isYAML ?? (first == "-") {
            entries = try Self.readYAML(text)
        } else {
            entries = try Self.readCSV(text)
        }
        guard !entries.isEmpty else { throw Mistake(line: 1, expected: "one or more accounts") }
    }

    // MARK: CSV (RFC 4180), with a semicolon where spreadsheets write one

    private static func readCSV(_ text: String) throws(Mistake) -> [Entry] {
        var entries: [Entry] = []
        var columns = (username: 0, password: 1, email: 2)
        for (line, fields) in try rows(of: text) {
            if entries.isEmpty, let header = header(fields) {
                columns = header
                continue
            }
            guard fields.count > max(columns.username, columns.password), !fields[columns.username].isEmpty,
                !fields[columns.password].isEmpty
            else { throw Mistake(line: line, expected: "a name and a password, separated by a comma") }
            guard entries.count < maximumCount else { throw Mistake(line: line, expected: "fewer accounts") }
            let email = columns.email < fields.count ? fields[columns.email] : ""
            entries.append(
                Entry(
                    username: fields[columns.username], password: fields[columns.password],
                    email: email.isEmpty ? nil : email))
        }
        return entries
    }

    private static func header(_ fields: [String]) -> (username: Int, password: Int, email: Int)? {
        let names = fields.map { $0.lowercased() }
        guard let username = names.firstIndex(of: "username"), let password = names.firstIndex(of: "password")
        else { return nil }
        return (username, password, names.firstIndex(of: "email") ?? .max)
    }

    private static func rows(of text: String) throws(Mistake) -> [(line: Int, fields: [String])] {
        var rows: [(line: Int, fields: [String])] = []
        var (fields, field): ([String], String) = ([], "")
        var (line, start) = (1, 1)
        var isQuoted = false
        var rest = Substring(text.hasSuffix("\n") ? text : text + "\n")
        let separator: Character = text.prefix { !$0.isNewline }.contains(";") ? ";" : ","
        while let character = rest.popFirst() {
            if character.isNewline { line += 1 }
            switch character {
            case "\"" where isQuoted && rest.first == "\"":
                field.append("\"")
                rest.removeFirst()
            case "\"" where isQuoted || field.isEmpty: isQuoted.toggle()
            case _ where isQuoted: field.append(character)
            case separator:
                fields.append(field)
                field = ""
            case _ where character.isNewline:
                fields.append(field)
                let isBlank = fields.count == 1 && fields[0].allSatisfy(\.isWhitespace)
                if !isBlank, !fields[0].hasPrefix("#") { rows.append((start, fields)) }
                (fields, field, start) = ([], "", line)
            default: field.append(character)
            }
        }
        guard !isQuoted else { throw Mistake(line: start, expected: "a closing quotation mark") }
        return rows
    }

    // MARK: YAML

    private static func readYAML(_ text: String) throws(Mistake) -> [Entry] {
        var reader = DocumentReader(file: "accounts")
        let root: Element
        switch reader.read(text) {
        case .success(let element): root = element
        case .failure(let diagnostic): throw Mistake(line: diagnostic.line, expected: "well-formed YAML")
        }
        guard let items = root.items else {
            throw Mistake(line: root.place.line, expected: "a list of accounts")
        }
        var entries: [Entry] = []
        for item in items {
            let values = item.entries ?? []
            func value(_ name: String) -> String? { values.first { $0.key == name }?.value.scalar }
            guard let username = value("username"), let password = value("password"), !username.isEmpty,
                !password.isEmpty
            else { throw Mistake(line: item.place.line, expected: "\"username\" and \"password\"") }
            guard entries.count < maximumCount else {
                throw Mistake(line: item.place.line, expected: "fewer accounts")
            }
            entries.append(Entry(username: username, password: password, email: value("email")))
        }
        return entries
    }
}

extension AccountList.Entry: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Nothing about the account.
    public var description: String { "an account" }
    /// Nothing about the account.
    public var debugDescription: String { description }
    /// Nothing about the account.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
