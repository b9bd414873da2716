/// A form of an HTML page, as far as it takes to log in without a browser.
public struct HTMLForm: Hashable, Sendable {
    /// What a form sends under one name.
    public struct Field: Hashable, Sendable {
        /// The name under which the value is sent.
        public var name: String
        /// `text`, `password`, `hidden` and so on, in lower case.
        public var type: String
        /// The value that the page gave it.
        public var value: String
        /// What a browser would fill in by itself (`autocomplete`), in lower case.
        public var purpose: String

        /// Makes a field.
        public init(name: String, type: String, value: String, purpose: String = "") {
            self.name = name
            self.type = type
            self.value = value
            self.purpose = purpose
        }
    }

    /// Where the form is sent, relative to its page; empty means the page itself.
    public var action: String
    /// `GET` or `POST`.
    public var method: String
    /// What it sends, in order: the first button that sends it is among them, others are not.
    public var fields: [Field]

    /// Makes a form.
    public init(action: String, method: String, fields: [Field]) {
        self.action = action
        self.method = method
        self.fields = fields
    }

    /// The field for a password.
    public var passwordField: Field? { fields.first { $0.type == "password" } }

    /// The field for the name of an account: what the browser would fill in, or else the first that takes text.
    public var usernameField: Field? {
        let texts = fields.filter { ["text", "email", "tel", "url", "search"].contains($0.type) }
        return texts.first { $0.purpose.contains("username") || $0.purpose.contains("email") }
            ?? texts.first { Self.usualNames.contains($0.name.lowercased()) } ?? texts.first
    }

    /// The body of the form with some values filled in, in the form of `application/x-www-form-urlencoded`.
    public func body(filling values: [String: String]) -> [UInt8] {
        let pairs = fields.map { field in
            PercentEncoding.encode(field.name) + "="
                + PercentEncoding.encode(values[field.name] ?? field.value)
        }
        return Array(pairs.joined(separator: "&").utf8)
    }

    /// The forms of a page in order.
    public static func forms(in page: [UInt8]) -> [HTMLForm] {
        var collector = FormCollector()
        var scanner = HTMLScanner(page)
        while let tag = scanner.next() { collector.take(tag) }
        return collector.finish()
    }

    private static let usualNames: Set<String> = [
        "username", "user", "login", "email", "identifier", "j_username",
    ]
}

/// Puts tags together to forms.
private struct FormCollector {
    /// More forms or fields than a page for people has.
    private static let limit = 256

    private var forms: [HTMLForm] = []
    private var open: HTMLForm?
    private var hasButton = false
    /// The `select` that is open: its name, and the value of its first or selected option.
    private var select: (name: String, value: String?, isDecided: Bool)?

    mutating func take(_ tag: HTMLTag) {
        switch (tag.name, tag.isEnd) {
        case ("form", false) where open == nil:
            let method = (tag["method"] ?? "").lowercased() == "post" ? "POST" : "GET"
            open = HTMLForm(action: tag["action"] ?? "", method: method, fields: [])
            hasButton = false
        case ("form", true): close()
        case ("input", false), ("button", false): takeControl(tag)
        case ("textarea", false): add(tag, type: "textarea", value: "")
        case ("select", false):
            if let name = tag["name"], tag["disabled"] == nil { select = (name, nil, false) }
        case ("option", false): takeOption(tag)
        case ("select", true):
            if let select, let value = select.value {
                append(HTMLForm.Field(name: select.name, type: "select", value: value))
            }
            select = nil
        default: break
        }
    }

    mutating func finish() -> [HTMLForm] {
        close()
        return forms
    }

    private mutating func takeControl(_ tag: HTMLTag) {
        let type = (tag["type"] ?? (tag.name == "button" ? "submit" : "text")).lowercased()
        switch type {
        case "submit", "image":
            // Pressing Enter sends the first button along.
            guard !hasButton else { return }
            hasButton = open != nil
            add(tag, type: type, value: tag["value"] ?? "")
        case "button", "reset", "file": break
        case "checkbox", "radio":
            if tag["checked"] != nil { add(tag, type: type, value: tag["value"] ?? "on") }
        default: add(tag, type: type, value: tag["value"] ?? "")
        }
    }

    private mutating func takeOption(_ tag: HTMLTag) {
        guard let known = select, !known.isDecided else { return }
        if tag["selected"] != nil {
            select = (known.name, tag["value"] ?? "", true)
        } else if known.value == nil {
            select = (known.name, tag["value"] ?? "", false)
        }
    }

    private mutating func add(_ tag: HTMLTag, type: String, value: String) {
        guard let name = tag["name"], !name.isEmpty, tag["disabled"] == nil else { return }
        append(
            HTMLForm.Field(
                name: name, type: type, value: value, purpose: (tag["autocomplete"] ?? "").lowercased()))
    }

    private mutating func append(_ field: HTMLForm.Field) {
        guard let count = open?.fields.count, count < Self.limit else { return }
        open?.fields.append(field)
    }

    private mutating func close() {
        if let open, forms.count < Self.limit { forms.append(open) }
        open = nil
        select = nil
    }
}
