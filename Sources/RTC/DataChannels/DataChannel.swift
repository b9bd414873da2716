public import Primitives
import WireFormats

/// What a data channel gives up when a message cannot be delivered at once (RFC 8831 section 6.4).
public enum Reliability: Hashable, Sendable {
    /// Nothing: a message is sent until it arrives.
    case reliable
    /// A message is sent again at most so many times.
    case maxRetransmits(UInt32)
    /// A message is tried for so long at most, in whole milliseconds.
    case maxLifetime(Interval)
}

/// A data channel as both ends agreed on it.
public struct DataChannel: Hashable, Sendable {
    /// The stream that carries it, in both directions.
    public var stream: UInt16
    /// Its name.
    public var label: String
    /// The protocol spoken in it, usually empty.
    public var protocolName: String
    /// Whether messages are delivered in the order they were sent.
    public var isOrdered: Bool
    /// What is given up when a message cannot be delivered at once.
    public var reliability: Reliability
    /// Whether the peer opened it.
    public var isPeers: Bool
    /// Whether the owner has been told that it is open.
    public internal(set) var isOpen = false

    /// Whether the peer is known to know the channel.
    var isConfirmed = false
    /// Whether we have asked to close it, or agreed to.
    var isClosing = false
    /// Whether our direction of the stream has been reset.
    var isOutgoingReset = false
    /// Whether the peer's direction of the stream has been reset.
    var isIncomingReset = false

    init(
        stream: UInt16, label: String, protocolName: String, isOrdered: Bool, reliability: Reliability,
        isPeers: Bool
    ) {
        self.stream = stream
        self.label = label
        self.protocolName = protocolName
        self.isOrdered = isOrdered
        self.reliability = reliability
        self.isPeers = isPeers
    }

    /// The channel that a peer's DATA_CHANNEL_OPEN describes.
    init(stream: UInt16, opened open: DataChannelOpen) {
        let reliability: Reliability =
            switch open.limit {
            case .none: .reliable
            case .retransmissions: .maxRetransmits(open.limitAmount)
            case .lifetime: .maxLifetime(.milliseconds(Int64(open.limitAmount)))
            }
        self.init(
            stream: stream, label: open.label, protocolName: open.protocolName, isOrdered: open.isOrdered,
            reliability: reliability, isPeers: true)
        isConfirmed = true
    }

    /// The DATA_CHANNEL_OPEN that describes the channel.
    var openMessage: DataChannelOpen {
        let (limit, amount): (DataChannelOpen.Limit, UInt32) =
            switch reliability {
            case .reliable: (.none, 0)
            case .maxRetransmits(let count): (.retransmissions, count)
            case .maxLifetime(let time): (.lifetime, UInt32(clamping: time.nanoseconds / 1_000_000))
            }
        return DataChannelOpen(
            isOrdered: isOrdered, limit: limit, limitAmount: amount, label: label, protocolName: protocolName)
    }

    /// Most retransmissions of a message; nil if they are not limited.
    var maximumRetransmissions: UInt32? {
        if case .maxRetransmits(let count) = reliability { count } else { nil }
    }

    /// Longest time that a message is tried; nil if it is not limited.
    var lifetime: Interval? {
        if case .maxLifetime(let time) = reliability { time } else { nil }
    }
}

/// What happened to the data channels of a transport.
public enum DataChannelEvent: Hashable, Sendable {
    /// A channel is open: the peer's, or one of ours that the peer has confirmed.
    case opened(stream: UInt16, label: String, isPeers: Bool)
    /// A message arrived.
    case message(stream: UInt16, bytes: [UInt8], isBinary: Bool)
    /// A channel has been closed by either side; its stream may be used again.
    case closed(stream: UInt16)
    /// The transport has ended, abruptly or in agreement, and all channels with it.
    case failed(reason: String)
}
