import Primitives

/// How long a message may be tried (RFC 3758 and RFC 7496).
struct DeliveryLimit: Hashable {
    /// Most transmissions of one chunk.
    var transmissions: UInt32 = .max
    /// When the message is worth nothing any more.
    var expiry: Instant = .distantFuture
}

/// A message that waits to be cut into chunks.
struct OutboundMessage {
    var identifier: UInt32
    var stream: UInt16
    var protocolIdentifier: UInt32
    var isOrdered: Bool
    var limit: DeliveryLimit
    var bytes: [UInt8]
    /// How many bytes have become chunks.
    var offset = 0
    /// The message's number in its stream; given with the first chunk.
    var streamSequence: UInt16 = 0
}

/// A DATA chunk that has a TSN and is not yet cumulatively acknowledged; the TSN follows from its place.
struct OutboundChunk {
    enum State {
        /// On its way, as far as we know.
        case inFlight
        /// Taken for lost; to be sent again.
        case lost
        /// Reported in a gap block.
        case acknowledged
        /// Given up; FORWARD TSN moves the peer past it.
        case abandoned
    }

    /// The whole message's bytes, shared by its chunks.
    var message: [UInt8]
    /// Where the chunk's bytes lie in the message.
    var range: Range<Int>
    var messageIdentifier: UInt32
    var stream: UInt16
    var streamSequence: UInt16
    var protocolIdentifier: UInt32
    var isOrdered: Bool
    var state: State
    /// How often later TSNs were acknowledged while this one was not.
    var misses: UInt8 = 0
    var transmissions: UInt32
    var sentAt: Instant
    var limit: DeliveryLimit
}
