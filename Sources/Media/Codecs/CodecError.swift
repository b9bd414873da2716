/// Why libvpx or libopus refused a call.
public struct CodecError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The library that was called.
    public enum Library: String, Sendable {
        /// libvpx, VP8.
        case vpx = "libvpx"
        /// libopus.
        case opus = "libopus"
    }

    /// What was being done.
    public enum Operation: String, Sendable {
        /// Opening an encoder or a decoder.
        case open
        /// Setting an option.
        case configure
        /// Compressing.
        case encode
        /// Decompressing.
        case decode
    }

    /// The library that was called.
    public var library: Library
    /// What was being done.
    public var operation: Operation
    /// The library's own error number.
    public var code: Int32

    /// Makes an error from the library's own number.
    public init(library: Library, operation: Operation, code: Int32) {
        self.library = library
        self.operation = operation
        self.code = code
    }

    /// One line for a person.
    public var description: String { "\(library.rawValue) could not \(operation.rawValue): error \(code)" }
}
