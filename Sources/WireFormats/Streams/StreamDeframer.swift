public import Primitives

/// Cuts the bytes of a stream into messages, as they come.
///
/// Keeps at most one message that is not whole yet and what the last `append` brought; a peer that announces a message
/// longer than any of ours is broken, and nothing more is read of it.
public struct StreamDeframer: Sendable {
    /// The longest message that is taken.
    public static let maximumMessageSize = 2048

    /// How messages are told apart.
    private let framing: StreamFraming
    /// Bytes that were received and not yet handed out.
    private var bytes: [UInt8] = []
    /// Where the next message begins in `bytes`.
    private var start = 0
    /// Whether the peer sent what is no message; nothing is read any more.
    public private(set) var isMalformed = false

    /// Starts at the beginning of a stream.
    public init(_ framing: StreamFraming) { self.framing = framing }

    /// Adds bytes in the order in which they came.
    public mutating func append(_ received: UnsafeRawBufferPointer) {
        guard !isMalformed else { return }
        if start > 0 {
            bytes.removeSubrange(..<start)
            start = 0
        }
        bytes.append(contentsOf: received)
    }

    /// Moves the next whole message into `room`, without its frame, and returns its size; nil when there is none yet.
    ///
    /// - Parameter room: At least `maximumMessageSize` bytes.
    public mutating func next(into room: UnsafeMutableRawBufferPointer) -> Int? {
        while !isMalformed {
            guard let frame = nextFrame() else { return nil }
            guard frame.header + frame.count <= Self.maximumMessageSize, frame.count <= room.count else {
                isMalformed = true
                bytes = []
                return nil
            }
            guard bytes.count - start >= frame.header + frame.count + frame.padding else { return nil }
            let begin = start + frame.header
            start = begin + frame.count + frame.padding
            guard frame.count > 0 else { continue }
            bytes.withUnsafeBytes {
                room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[begin..<begin + frame.count]))
            }
            return frame.count
        }
        return nil
    }

    /// The frame that begins at `start`: bytes before, in and behind the message; nil when too little is known.
    private mutating func nextFrame() -> (header: Int, count: Int, padding: Int)? {
        let available = bytes.count - start
        switch framing {
        case .lengthPrefixed:
            guard available >= 2 else { return nil }
            return (2, Int(bytes[start]) << 8 | Int(bytes[start + 1]), 0)
        case .turn:
            guard available >= 4 else { return nil }
            let length = Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
            switch bytes[start] {
            case 0...3: return (0, STUNMessage.headerSize + length, 0)
            case 64...127:
                return (0, ChannelData.headerSize + length, ChannelData.padding(length))
            default:
                isMalformed = true
                bytes = []
                return nil
            }
        }
    }
}
