public import Primitives
import WireFormats

/// Data channels over one SCTP association (RFC 8831, RFC 8832), as a Sans-IO machine.
///
/// Channels may be opened and messages sent before the association is up; they wait. After every call that takes
/// `now`, the owner drains `pollTransmit` and `nextEvent`, and calls `tick` no later than `deadline`.
public struct DataChannelTransport {
    /// Where the transport stands.
    public enum State: Hashable, Sendable {
        /// Not started.
        case new
        /// The handshake is under way.
        case connecting
        /// Data flows.
        case connected
        /// Ended.
        case closed
    }

    /// Longest packet that `pollTransmit` writes, and the least room it needs.
    public static let maximumPacketSize = SCTPAssociation.maximumPacketSize

    /// Most channels that the peer's opening leads to.
    private static let maximumChannels = 1024

    /// Messages longer than this are not sent: the peer's `a=max-message-size` (RFC 8841 section 6.1).
    public var maximumOutgoingMessageSize = 65_536 {
        didSet {
            // Zero says that the peer takes any size.
            let isUnlimited = maximumOutgoingMessageSize <= 0
            let size = isUnlimited ? SCTPAssociation.maximumMessageSize : maximumOutgoingMessageSize
            maximumOutgoingMessageSize = min(size, SCTPAssociation.maximumMessageSize)
        }
    }

    /// Messages and DCEP messages that fit no channel, or no rule, and were dropped.
    public private(set) var strayMessages = 0

    /// The association underneath.
    private var association: SCTPAssociation
    /// The channels that are open or about to be, in the order they were opened.
    public private(set) var channels: ContiguousArray<DataChannel> = []
    /// Streams whose DATA_CHANNEL_OPEN has not been handed to the association.
    private var unannounced: [UInt16] = []
    /// The parity of the streams we open: even for the DTLS client (RFC 8832 section 6).
    private let parity: UInt16
    /// The latest instant we were told.
    private var now = Instant.zero
    /// What the owner has not fetched yet.
    private var events = RingQueue<DataChannelEvent>()

    /// Makes a transport; nothing is sent before `start`, or before the peer starts.
    ///
    /// - Parameters:
    ///   - role: Our part in the DTLS handshake: it decides which stream numbers are ours.
    ///   - generator: Draws tags, numbers and jitter.
    public init(role: DTLSRole, generator: SeededGenerator) {
        parity = role == .client ? 0 : 1
        association = SCTPAssociation(generator: generator)
    }

    /// Where the transport stands.
    public var state: State {
        switch association.state {
        case .idle: .new
        case .cookieWait, .cookieEchoed: .connecting
        case .established: .connected
        default: .closed
        }
    }

    /// What the association has counted.
    public var statistics: SCTPStatistics { association.statistics }

    /// The smoothed round-trip time; nil before the first measurement.
    public var roundTripTime: Interval? { association.roundTripTime }

    /// Bytes of messages that wait to be sent for the first time.
    public var bufferedBytes: Int { association.bufferedBytes }

    /// When `tick` must be called at the latest; nil if nothing is awaited.
    public var deadline: Instant? {
        let isWaitingToAnnounce = !unannounced.isEmpty && state == .connected
        return earliest(association.deadline, isWaitingToAnnounce ? now : nil)
    }

    /// The channel on `stream`; nil if there is none.
    public func channel(on stream: UInt16) -> DataChannel? { channels.first { $0.stream == stream } }
}

// MARK: - Driving

extension DataChannelTransport {
    /// Begins to connect; the peer may do the same at any time, before or after.
    public mutating func start(now: Instant) {
        self.now = now
        association.start(now: now)
    }

    /// Takes in an SCTP packet that came out of DTLS.
    public mutating func receive(_ packet: UnsafeRawBufferPointer, now: Instant) {
        self.now = now
        association.receive(packet, now: now)
        settle()
    }

    /// Handles what has become due.
    public mutating func tick(now: Instant) {
        self.now = now
        association.tick(now: now)
        settle()
    }

    /// Composes the next SCTP packet in `buffer`; returns its length, 0 if there is none.
    ///
    /// - Parameter buffer: `maximumPacketSize` bytes at least.
    public mutating func pollTransmit(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        association.pollTransmit(into: buffer)
    }

    /// The oldest event that has not been fetched.
    public mutating func nextEvent() -> DataChannelEvent? { events.popFirst() }

    /// Ends the transport once everything that was sent has arrived.
    public mutating func close(now: Instant) {
        self.now = now
        announce()
        association.shutdown(now: now)
        settle()
    }

    /// Ends the transport at once.
    public mutating func abort(reason: String, now: Instant) {
        self.now = now
        association.abort(reason: reason, now: now)
        settle()
    }
}

// MARK: - Channels

extension DataChannelTransport {
    /// Opens a channel, in band (RFC 8832); messages may be sent on it at once.
    ///
    /// - Returns: The channel's stream.
    public mutating func open(
        label: String, isOrdered: Bool, reliability: Reliability, protocolName: String = ""
    ) -> UInt16 {
        var stream = parity
        // 65535 is no stream (RFC 8832 section 6).
        while channel(on: stream) != nil, stream < 65_533 { stream += 2 }
        precondition(channel(on: stream) == nil, "no stream is free")
        channels.append(
            DataChannel(
                stream: stream, label: label, protocolName: protocolName, isOrdered: isOrdered,
                reliability: reliability, isPeers: false))
        unannounced.append(stream)
        return stream
    }

    /// Adds a channel that both ends know of by other means than DCEP; open as soon as the association is.
    public mutating func addNegotiated(
        stream: UInt16, label: String, isOrdered: Bool, reliability: Reliability, protocolName: String = ""
    ) {
        precondition(channel(on: stream) == nil, "the stream has a channel")
        var channel = DataChannel(
            stream: stream, label: label, protocolName: protocolName, isOrdered: isOrdered,
            reliability: reliability, isPeers: false)
        channel.isConfirmed = true
        channels.append(channel)
        if state == .connected { confirm(channels.count - 1) }
    }

    /// Sends a message on a channel; false if there is no such channel, the message is too long or the buffer is full.
    public mutating func send(_ message: [UInt8], isBinary: Bool, on stream: UInt16, now: Instant) -> Bool {
        self.now = now
        announce()
        guard let channel = channel(on: stream), !channel.isClosing,
            message.count <= maximumOutgoingMessageSize
        else { return false }
        let payload: DataChannelPayload =
            switch (message.isEmpty, isBinary) {
            case (false, true): .binary
            case (false, false): .string
            case (true, true): .emptyBinary
            case (true, false): .emptyString
            }
        return association.send(
            // SCTP carries no empty messages: one zero byte stands for them (RFC 8831 section 6.6).
            message.isEmpty ? [0] : message, protocolIdentifier: payload.rawValue, stream: stream,
            // Order keeps messages behind DATA_CHANNEL_OPEN until the peer knows the channel (RFC 8832 section 6).
            isOrdered: channel.isOrdered || !channel.isConfirmed,
            maximumRetransmissions: channel.maximumRetransmissions, lifetime: channel.lifetime, now: now)
    }

    /// Closes a channel once what was sent on it has arrived; `closed` tells when both sides are done.
    public mutating func close(stream: UInt16, now: Instant) {
        self.now = now
        announce()
        guard let index = channels.firstIndex(where: { $0.stream == stream }), !channels[index].isClosing
        else { return }
        channels[index].isClosing = true
        association.resetOutgoing(stream: stream, now: now)
        settle()
    }

    /// Hands over the DATA_CHANNEL_OPEN of the channels opened since the last call.
    private mutating func announce() {
        guard !unannounced.isEmpty else { return }
        for stream in unannounced {
            guard let channel = channel(on: stream) else { continue }
            sendEstablishment(.open(channel.openMessage), on: stream)
        }
        unannounced = []
    }

    private mutating func sendEstablishment(_ message: DataChannelMessage, on stream: UInt16) {
        _ = association.send(
            message.bytes, protocolIdentifier: DataChannelPayload.establishment.rawValue, stream: stream,
            isOrdered: true, now: now)
    }
}

// MARK: - What the association reports

extension DataChannelTransport {
    private mutating func settle() {
        while let event = association.nextEvent() {
            switch event {
            case .established:
                for index in channels.indices where channels[index].isConfirmed { confirm(index) }
            case .message(let stream, let protocolIdentifier, let bytes):
                receive(bytes, payload: DataChannelPayload(rawValue: protocolIdentifier), stream: stream)
            case .incomingReset(let streams):
                resetIncoming(streams)
            case .outgoingReset(let streams):
                for stream in streams { finishOutgoingReset(of: stream) }
            case .closed:
                end("the association was shut down")
            case .failed(let reason):
                end(reason)
            }
        }
        announce()
    }

    private mutating func end(_ reason: String) {
        channels = []
        unannounced = []
        events.append(.failed(reason: reason))
    }

    /// Notes that the peer knows the channel, and tells the owner once.
    private mutating func confirm(_ index: Int) {
        channels[index].isConfirmed = true
        guard !channels[index].isOpen else { return }
        channels[index].isOpen = true
        let channel = channels[index]
        events.append(.opened(stream: channel.stream, label: channel.label, isPeers: channel.isPeers))
    }

    private mutating func receive(_ bytes: [UInt8], payload: DataChannelPayload, stream: UInt16) {
        if payload == .establishment {
            bytes.withUnsafeBytes { receiveEstablishment($0.bytes, stream: stream) }
            return
        }
        guard let index = channels.firstIndex(where: { $0.stream == stream }) else {
            strayMessages += 1
            return
        }
        let event: DataChannelEvent
        switch payload {
        case .string: event = .message(stream: stream, bytes: bytes, isBinary: false)
        case .binary: event = .message(stream: stream, bytes: bytes, isBinary: true)
        case .emptyString: event = .message(stream: stream, bytes: [], isBinary: false)
        case .emptyBinary: event = .message(stream: stream, bytes: [], isBinary: true)
        default:
            strayMessages += 1
            return
        }
        // A message says that the peer knows the channel, should it overtake the acknowledgement.
        confirm(index)
        events.append(event)
    }

    private mutating func receiveEstablishment(_ message: RawSpan, stream: UInt16) {
        let index = channels.firstIndex { $0.stream == stream }
        guard let message = try? DataChannelMessage(parsing: message) else {
            strayMessages += 1
            return
        }
        switch (message, index) {
        case (.acknowledge, let index?) where !channels[index].isPeers:
            confirm(index)
        case (.open(let open), nil) where channels.count < Self.maximumChannels:
            channels.append(DataChannel(stream: stream, opened: open))
            sendEstablishment(.acknowledge, on: stream)
            confirm(channels.count - 1)
        default:
            strayMessages += 1
        }
    }

    private mutating func resetIncoming(_ streams: [UInt16]) {
        // No streams named means all of them (RFC 6525 section 4.1).
        for stream in streams.isEmpty ? channels.map(\.stream) : streams {
            guard let index = channels.firstIndex(where: { $0.stream == stream }) else { continue }
            channels[index].isIncomingReset = true
            if !channels[index].isClosing {
                // The peer closes the channel: our direction follows (RFC 8831 section 6.7).
                channels[index].isClosing = true
                association.resetOutgoing(stream: stream, now: now)
            }
            removeIfReset(index)
        }
    }

    private mutating func finishOutgoingReset(of stream: UInt16) {
        guard let index = channels.firstIndex(where: { $0.stream == stream }) else { return }
        channels[index].isOutgoingReset = true
        // A peer without RE-CONFIG will not reset its direction.
        if !association.resetsStreams { channels[index].isIncomingReset = true }
        removeIfReset(index)
    }

    private mutating func removeIfReset(_ index: Int) {
        guard channels[index].isOutgoingReset, channels[index].isIncomingReset else { return }
        let channel = channels.remove(at: index)
        events.append(.closed(stream: channel.stream))
    }
}
