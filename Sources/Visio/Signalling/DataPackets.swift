import FoundationEssentials

/// Composes the messages of the data channels `_reliable` and `_lossy`, with their sequence.
///
/// The server drops reliable packets whose sequence does not grow; it starts at 1 in every new session.
public struct DataPacketComposer: Sendable {
    /// Largest packet LiveKit's clients send, in bytes.
    public static let maximumByteCount = 64_000
    /// Content of one chunk of a stream, in bytes.
    public static let chunkByteCount = 15_000
    /// Topic of chat lines in the form of streams.
    public static let chatTopic = "lk.chat"
    /// Topic of chat lines in the form of old clients.
    public static let legacyChatTopic = "lk-chat-topic"

    /// Sequence of the last reliable packet.
    public private(set) var lastSequence: UInt32 = 0

    /// Starts a session.
    public init() {}

    /// A packet of the application's own bytes.
    ///
    /// - Parameters:
    ///   - payload: The bytes.
    ///   - topic: What they are about; Meet's notifications have none.
    ///   - isReliable: The channel; lossy packets have no sequence.
    ///   - destinations: Identities to send to; empty means everybody else.
    public mutating func user(
        _ payload: [UInt8], topic: String? = nil, isReliable: Bool, destinations: [String] = []
    ) -> LiveKitDataPacket {
        var user = LiveKitUserPacket()
        user.payload = Data(payload)
        if let topic { user.topic = topic }
        var packet = LiveKitDataPacket()
        packet.kind = isReliable ? .reliable : .lossy
        packet.destinationIdentities = destinations
        packet.user = user
        if isReliable { packet.sequence = nextSequence() }
        return packet
    }

    /// A text stream: header, chunks, trailer, all reliable.
    public mutating func text(
        _ text: String, topic: String, streamID: String, unixMilliseconds: Int64
    ) -> [LiveKitDataPacket] {
        let content = Array(text.utf8)
        var header = LiveKitDataStream.Header()
        header.streamID = streamID
        header.timestamp = unixMilliseconds
        header.topic = topic
        header.mimeType = "text/plain"
        header.totalLength = UInt64(content.count)
        header.textHeader = LiveKitDataStream.TextHeader()
        var packets = [reliable(.streamHeader(header))]
        for (index, start) in stride(from: 0, to: content.count, by: Self.chunkByteCount).enumerated() {
            var chunk = LiveKitDataStream.Chunk()
            chunk.streamID = streamID
            chunk.chunkIndex = UInt64(index)
            chunk.content = Data(content[start..<min(start + Self.chunkByteCount, content.count)])
            packets.append(reliable(.streamChunk(chunk)))
        }
        var trailer = LiveKitDataStream.Trailer()
        trailer.streamID = streamID
        packets.append(reliable(.streamTrailer(trailer)))
        return packets
    }

    /// A text stream that fits into its header; nil when it does not, or no stream may.
    private mutating func inlineText(
        _ text: String, topic: String, streamID: String, unixMilliseconds: Int64
    ) -> LiveKitDataPacket? {
        let content = Array(text.utf8)
        // The header beside the content takes well under a kilobyte (`OutgoingDataStreamManager.ts`).
        guard content.count <= Self.chunkByteCount - 1000 else { return nil }
        var header = LiveKitDataStream.Header()
        header.streamID = streamID
        header.timestamp = unixMilliseconds
        header.topic = topic
        header.mimeType = "text/plain"
        header.totalLength = UInt64(content.count)
        header.textHeader = LiveKitDataStream.TextHeader()
        header.inlineContent = Data(content)
        return reliable(.streamHeader(header))
    }

    /// A chat line as Meet's page sends it: a text stream, and once more in the form of old clients.
    ///
    /// - Parameter isInline: Whether everybody understands a stream that comes in one packet.
    public mutating func chat(
        _ line: String, id: String, unixMilliseconds: Int64, isInline: Bool = false
    ) -> [LiveKitDataPacket] {
        let whole =
            isInline
            ? inlineText(line, topic: Self.chatTopic, streamID: id, unixMilliseconds: unixMilliseconds) : nil
        let stream =
            whole.map { [$0] }
            ?? text(line, topic: Self.chatTopic, streamID: id, unixMilliseconds: unixMilliseconds)
        let legacy = LegacyChat(id: id, timestamp: unixMilliseconds, message: line, ignoreLegacy: true)
        return stream + [user(JSON.encode(legacy), topic: Self.legacyChatTopic, isReliable: true)]
    }

    private mutating func reliable(_ value: LiveKitDataPacket.OneOf_Value) -> LiveKitDataPacket {
        var packet = LiveKitDataPacket()
        packet.kind = .reliable
        packet.value = value
        packet.sequence = nextSequence()
        return packet
    }

    private mutating func nextSequence() -> UInt32 {
        lastSequence &+= 1
        return lastSequence
    }
}

private struct LegacyChat: Encodable {
    var id: String
    var timestamp: Int64
    var message: String
    var ignoreLegacy: Bool
}

extension LiveKitUserPacket {
    /// The payload as plain bytes.
    public var payloadBytes: [UInt8] { Array(payload) }
}

extension LiveKitDataStream.Chunk {
    /// The content as plain bytes.
    public var contentBytes: [UInt8] { Array(content) }
}
