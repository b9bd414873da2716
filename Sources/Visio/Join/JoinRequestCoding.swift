import FoundationEssentials
import Primitives

/// Why a `join_request` parameter cannot be read, with LiveKit's words; the status is always 400.
public enum JoinRequestError: Error, Hashable, Sendable {
    /// The parameter is absent or empty.
    case missing
    /// The parameter is no padded base64, or larger than 1 MiB when unpacked.
    case undecodable
    /// The bytes are no `WrappedJoinRequest`, not compressed as it says, or no `JoinRequest`.
    case malformed

    /// LiveKit's text.
    public var text: String {
        switch self {
        case .missing: "join_request is required"
        case .undecodable: "cannot base64 decode wrapped join request"
        case .malformed: "cannot unmarshal join request"
        }
    }
}

extension LiveKitJoinRequest {
    /// Largest join request after unpacking.
    public static let maximumByteCount = 1 << 20

    /// The value of the `join_request` parameter: wrapped, uncompressed, base64url with padding.
    ///
    /// The caller escapes the padding (`PercentEncoding`).
    public func parameter() -> String {
        var wrapped = LiveKitWrappedJoinRequest()
        wrapped.compression = .none
        wrapped.joinRequest = Data(encoded())
        let bytes = wrapped.encoded()
        // Nothing at all encodes to nothing, which would be no parameter: say "an empty request" (field 2, length 0).
        return Base64.encode(bytes.isEmpty ? [0x12, 0x00] : bytes, alphabet: .urlSafe)
    }

    /// Reads the decoded value of a `join_request` parameter, compressed or not.
    ///
    /// Padding is demanded because the genuine server demands it.
    public init(parameter: some StringProtocol) throws(JoinRequestError) {
        guard !parameter.isEmpty else { throw .missing }
        let length = parameter.utf8.count
        let isUrlSafe = parameter.utf8.allSatisfy { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/") }
        guard length.isMultiple(of: 4), length <= Self.maximumByteCount * 4 / 3, isUrlSafe,
            let bytes = Base64.decode(parameter)
        else { throw .undecodable }
        do throws(WireMessageError) {
            let wrapped = try LiveKitWrappedJoinRequest(decoding: bytes)
            try self.init(decoding: Self.unpack(wrapped))
        } catch {
            throw .malformed
        }
    }

    private static func unpack(_ wrapped: LiveKitWrappedJoinRequest) throws(WireMessageError) -> [UInt8] {
        let bytes = Array(wrapped.joinRequest)
        switch wrapped.compression {
        case .none: return bytes
        case .gzip:
            guard let unpacked = try? Inflate.gunzip(bytes, limit: maximumByteCount) else { throw .malformed }
            return unpacked
        case .UNRECOGNIZED: throw .malformed
        }
    }
}
