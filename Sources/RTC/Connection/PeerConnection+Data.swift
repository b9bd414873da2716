public import Primitives

/// Data channels.
extension PeerConnection {
    /// Opens a channel; `dataChannelOpened` tells when it is ready.
    ///
    /// The first answer must have been made or applied, with a data section: the DTLS role decides the
    /// numbers.
    public func openDataChannel(label: String, isOrdered: Bool, reliability: Reliability) -> UInt16 {
        let channel = dataChannels?.open(label: label, isOrdered: isOrdered, reliability: reliability)
        guard let channel else { preconditionFailure("no data section was negotiated") }
        // The announcement leaves at the next tick, whenever that is.
        requestFlush(now: .zero)
        return channel
    }

    /// Adds a channel that both sides agreed on beforehand, without opening it in band (RFC 8832 section 4).
    ///
    /// As with `openDataChannel` the first answer must have been made or applied, with a data section.
    public func addNegotiatedDataChannel(
        _ channel: UInt16, label: String, isOrdered: Bool, reliability: Reliability
    ) {
        guard dataChannels != nil else { preconditionFailure("no data section was negotiated") }
        dataChannels?.addNegotiated(
            stream: channel, label: label, isOrdered: isOrdered, reliability: reliability)
        requestFlush(now: .zero)
    }

    /// Queues a message, which leaves at the next tick (`deadline` becomes `now`).
    ///
    /// - Returns: False if the channel is unknown or its buffer is full.
    public func send(data: [UInt8], isBinary: Bool = true, channel: UInt16, now: Instant) -> Bool {
        let isAccepted = dataChannels?.send(data, isBinary: isBinary, on: channel, now: now) ?? false
        if isAccepted { requestFlush(now: now) }
        return isAccepted
    }

    /// The channels that are open, in the order they were opened.
    public var openDataChannels: [(id: UInt16, label: String)] {
        (dataChannels?.channels ?? []).filter(\.isOpen).map { ($0.stream, $0.label) }
    }

    /// What SCTP counted; nil without data channels.
    public var dataStatistics: SCTPStatistics? { dataChannels?.statistics }

    /// Starts SCTP once DTLS is up; both sides may.
    func startDataChannels(now: Instant) { dataChannels?.start(now: now) }

    /// The next event of the data channels, in our words.
    func nextDataEvent() -> PeerEvent? {
        switch dataChannels?.nextEvent() {
        case .opened(let stream, let label, _): .dataChannelOpened(channel: stream, label: label)
        case .message(let stream, let bytes, let isBinary):
            .data(channel: stream, bytes: bytes, isBinary: isBinary)
        case .closed(let stream): .dataChannelClosed(channel: stream)
        case .failed(let reason): .dataChannelsFailed(reason)
        case nil: nil
        }
    }
}
