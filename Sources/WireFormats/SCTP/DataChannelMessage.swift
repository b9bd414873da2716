import Primitives

/// A message of the Data Channel Establishment Protocol (RFC 8832 section 5).
public enum DataChannelMessage: Hashable, Sendable {
    /// DATA_CHANNEL_OPEN.
    case open(DataChannelOpen)
    /// DATA_CHANNEL_ACK.
    case acknowledge

    /// Reads a message that arrived with payload protocol identifier 50.
    public init(parsing message: RawSpan) throws(SCTPParseError) {
        var reader = ByteReader(message)
        switch reader.readUInt8() {
        case 2 where !reader.failed: self = .acknowledge
        case 3: self = .open(try DataChannelOpen(parsing: message))
        default: throw reader.failed ? .truncated : .badValue
        }
    }

    /// The message's bytes.
    public var bytes: [UInt8] {
        switch self {
        case .acknowledge: [2]
        case .open(let open): open.bytes
        }
    }
}

/// The DATA_CHANNEL_OPEN message (RFC 8832 section 5.1).
public struct DataChannelOpen: Hashable, Sendable {
    /// What limits the delivery of a message, the low bits of the channel type.
    public enum Limit: UInt8, Hashable, Sendable {
        /// Nothing: a message is sent until it arrives.
        case none = 0
        /// The number of retransmissions.
        case retransmissions = 1
        /// The time since the message was handed over, in milliseconds.
        case lifetime = 2
    }

    /// Whether messages are delivered in the order they were sent.
    public var isOrdered: Bool
    /// What limits the delivery of a message.
    public var limit: Limit
    /// The limit's amount, "reliability parameter".
    public var limitAmount: UInt32
    /// The channel's priority (RFC 8831 section 6.4); no stack acts on it.
    public var priority: UInt16
    /// The channel's name.
    public var label: String
    /// The protocol spoken in it (RFC 6455 registry), usually empty.
    public var protocolName: String

    /// Describes a channel of lowest priority, as libwebrtc does.
    public init(
        isOrdered: Bool, limit: Limit = .none, limitAmount: UInt32 = 0, priority: UInt16 = 0, label: String,
        protocolName: String = ""
    ) {
        self.isOrdered = isOrdered
        self.limit = limit
        self.limitAmount = limitAmount
        self.priority = priority
        self.label = label
        self.protocolName = protocolName
    }

    init(parsing message: RawSpan) throws(SCTPParseError) {
        var reader = ByteReader(message)
        reader.skip(1)
        let type = reader.readUInt8()
        priority = reader.readUInt16()
        limitAmount = reader.readUInt32()
        let labelCount = Int(reader.readUInt16())
        let protocolCount = Int(reader.readUInt16())
        guard !reader.failed, reader.remaining >= labelCount + protocolCount else { throw .truncated }
        guard let limit = Limit(rawValue: type & 0x7f) else { throw .badValue }
        self.limit = limit
        isOrdered = type & 0x80 == 0
        label = String(decoding: reader.readArray(labelCount), as: UTF8.self)
        protocolName = String(decoding: reader.readArray(protocolCount), as: UTF8.self)
    }

    /// The message's bytes.
    public var bytes: [UInt8] {
        let label = Array(label.utf8.prefix(Int(UInt16.max)))
        let name = Array(protocolName.utf8.prefix(Int(UInt16.max)))
        var bytes: [UInt8] = [3, isOrdered ? limit.rawValue : limit.rawValue | 0x80]
        for value in [UInt32(priority) << 16 | limitAmount >> 16, limitAmount << 16 | UInt32(label.count)] {
            bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
        }
        bytes += [UInt8(truncatingIfNeeded: name.count >> 8), UInt8(truncatingIfNeeded: name.count)]
        return bytes + label + name
    }
}

/// What the payload of a DATA chunk is (RFC 8831 section 8).
public struct DataChannelPayload: RawRepresentable, Hashable, Sendable {
    /// The identifier on the wire.
    public var rawValue: UInt32

    /// Makes an identifier of a wire number.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A message of the Data Channel Establishment Protocol.
    public static let establishment = DataChannelPayload(rawValue: 50)
    /// UTF-8 text.
    public static let string = DataChannelPayload(rawValue: 51)
    /// Bytes.
    public static let binary = DataChannelPayload(rawValue: 53)
    /// An empty text, carried as one byte.
    public static let emptyString = DataChannelPayload(rawValue: 56)
    /// An empty array of bytes, carried as one byte.
    public static let emptyBinary = DataChannelPayload(rawValue: 57)
}
