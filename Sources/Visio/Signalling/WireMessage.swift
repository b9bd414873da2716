import FoundationEssentials
public import SwiftProtobuf

/// A LiveKit message that travels by itself: one WebSocket frame, one data channel message or one parameter.
///
/// All encoding goes through here because maps must be written in a fixed order: equal runs send equal bytes.
public protocol WireMessage: SwiftProtobuf.Message {}

/// Why bytes are no message.
public enum WireMessageError: Error, Hashable, Sendable {
    /// The bytes break protobuf's or proto3 JSON's rules, or hold a value of the wrong type.
    case malformed
}

extension WireMessage {
    /// Reads a message from its binary form; fields we do not know are kept.
    public init(decoding bytes: [UInt8]) throws(WireMessageError) {
        do {
            try self.init(serializedBytes: bytes)
        } catch {
            throw .malformed
        }
    }

    /// Reads a message from proto3 JSON, the form of text frames; fields we do not know are skipped.
    public init(decodingJSON text: String) throws(WireMessageError) {
        var options = JSONDecodingOptions()
        options.ignoreUnknownFields = true
        do {
            try self.init(jsonString: text, options: options)
        } catch {
            throw .malformed
        }
    }

    /// The binary form, maps in the order of their keys.
    public func encoded() -> [UInt8] {
        var options = BinaryEncodingOptions()
        options.useDeterministicOrdering = true
        // Encoding fails only for proto2's required fields and beyond 2 GiB: neither exists here.
        return (try? serializedBytes(options: options)) ?? []
    }
}

extension LiveKitSignalRequest: WireMessage {
    /// Makes a request that carries `message`.
    public init(_ message: OneOf_Message) {
        self.init()
        self.message = message
    }
}

extension LiveKitSignalResponse: WireMessage {
    /// Makes a response that carries `message`.
    public init(_ message: OneOf_Message) {
        self.init()
        self.message = message
    }
}

extension LiveKitDataPacket: WireMessage {}
extension LiveKitJoinRequest: WireMessage {}
extension LiveKitWrappedJoinRequest: WireMessage {}
