/// One header line of an HTTP message.
public struct HTTPMessageHeader: Hashable, Sendable {
    /// The field name, compared without regard to case (RFC 9110 section 5.1).
    public var name: String
    /// The field value.
    public var value: String

    /// Makes a header line.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// A whole HTTP request, as a carrier sends or receives it.
public struct HTTPRequestMessage: Hashable, Sendable {
    /// The method in capitals, such as `GET`.
    public var method: String
    /// An absolute URL on the client's side, a request target (`/path?query`) on the server's side.
    public var url: String
    /// The header lines in order.
    public var headers: [HTTPMessageHeader]
    /// The body, empty when there is none.
    public var body: [UInt8]

    /// Makes a request.
    public init(method: String, url: String, headers: [HTTPMessageHeader] = [], body: [UInt8] = []) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }

    /// The value of the first header called `name`, whatever its case.
    public func header(_ name: String) -> String? { headers.value(of: name) }
}

/// A whole HTTP response, as a carrier receives or sends it.
public struct HTTPResponseMessage: Hashable, Sendable {
    /// The status code.
    public var status: Int
    /// The header lines in order.
    public var headers: [HTTPMessageHeader]
    /// The body, empty when there is none.
    public var body: [UInt8]

    /// Makes a response.
    public init(status: Int, headers: [HTTPMessageHeader] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Makes a response of plain text.
    public init(status: Int, text: String) {
        self.init(
            status: status,
            headers: [HTTPMessageHeader(name: "Content-Type", value: "text/plain; charset=utf-8")],
            body: Array(text.utf8))
    }

    /// The value of the first header called `name`, whatever its case.
    public func header(_ name: String) -> String? { headers.value(of: name) }
}

extension [HTTPMessageHeader] {
    /// The value of the first header called `name`, whatever its case.
    func value(of name: String) -> String? {
        let wanted = name.lowercased()
        return first { $0.name.lowercased() == wanted }?.value
    }
}
