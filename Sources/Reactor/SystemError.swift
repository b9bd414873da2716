/// A system call that failed.
public struct SystemError: Error, Hashable, Sendable {
    /// The call, as in its manual page.
    public var call: String
    /// The error number.
    public var errno: Int32

    /// Makes an error from a call's name and its error number.
    public init(call: String, errno: Int32) {
        self.call = call
        self.errno = errno
    }

    /// Passes on a result of `CLinux`, which is negative for an error number.
    static func check(_ call: String, _ result: Int32) throws(SystemError) -> Int32 {
        if result < 0 { throw SystemError(call: call, errno: -result) }
        return result
    }
}
