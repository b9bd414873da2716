/// What happened in an association.
public enum SCTPEvent: Hashable, Sendable {
    /// The association is up.
    case established
    /// A message arrived.
    case message(stream: UInt16, protocolIdentifier: UInt32, bytes: [UInt8])
    /// The peer has reset its direction of these streams; of all streams if there are none named.
    case incomingReset(streams: [UInt16])
    /// Our direction of these streams has been reset, or the peer refuses to.
    case outgoingReset(streams: [UInt16])
    /// Both sides shut the association down.
    case closed
    /// The association ended abruptly.
    case failed(reason: String)
}

/// Where an association stands (RFC 9260 section 4).
public enum SCTPState: Hashable, Sendable {
    /// Nothing has been sent; an INIT from the peer is answered.
    case idle
    /// INIT has been sent.
    case cookieWait
    /// COOKIE ECHO has been sent.
    case cookieEchoed
    /// Data flows.
    case established
    /// We want to shut down, and wait for our data to be acknowledged.
    case shutdownPending
    /// SHUTDOWN has been sent.
    case shutdownSent
    /// SHUTDOWN has arrived, and we wait for our data to be acknowledged.
    case shutdownReceived
    /// SHUTDOWN ACK has been sent.
    case shutdownAckSent
    /// Ended in agreement.
    case closed
    /// Ended abruptly.
    case failed

    /// Whether the association has ended.
    public var isFinal: Bool { self == .closed || self == .failed }

    /// Whether data of the peer is taken in.
    var acceptsData: Bool {
        switch self {
        case .cookieEchoed, .established, .shutdownPending, .shutdownSent: true
        default: false
        }
    }

    /// Whether our data may leave.
    var sendsData: Bool {
        switch self {
        case .established, .shutdownPending, .shutdownReceived: true
        default: false
        }
    }
}
