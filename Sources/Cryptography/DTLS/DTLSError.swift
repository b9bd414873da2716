import CNIOBoringSSL

/// BoringSSL refused something that depends on us alone: memory, entropy or configuration.
public struct DTLSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call that failed.
    public let call: String
    /// BoringSSL's reason.
    public let reason: String

    /// What failed and why.
    public var description: String { "\(call): \(reason)" }

    /// Takes the oldest reason from this thread's error queue, and clears the queue.
    init(call: String) {
        self.call = call
        reason = Self.takeReason()
    }

    /// The oldest reason in this thread's error queue, such as `SSLV3_ALERT_BAD_CERTIFICATE`; clears the queue.
    static func takeReason() -> String {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0, let text = ERR_reason_error_string(code) else { return "unknown reason" }
        return String(cString: text)
    }
}
