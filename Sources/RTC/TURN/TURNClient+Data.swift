public import Primitives
import WireFormats

// Datagrams through the relay, both ways (RFC 8656 sections 11 and 12).
extension TURNClient {
    /// Takes one message of the server: a datagram, or what the host cut out of a stream.
    ///
    /// - Returns: What a peer sent, if that is what it was.
    public mutating func receive(
        _ bytes: UnsafeRawBufferPointer, now: Instant, into outbox: inout Outbox
    ) -> TURNInbound {
        guard state == .allocating || state == .allocated else { return .none }
        switch DatagramKind.classify(bytes) {
        case .turnChannel:
            guard let message = ChannelData(bytes.bytes), message.count > 0,
                let peer = peers.first(where: { $0.isBound(to: message.channel) })
            else { return .none }
            return .datagram(from: peer.address, offset: ChannelData.headerSize, count: message.count)
        case .stun:
            guard let message = try? STUNMessage(bytes.bytes) else { return .none }
            switch (message.messageClass, message.method) {
            case (.indication, .data):
                guard let peer = message.xorAddress(of: .xorPeerAddress),
                    let data = message.attribute(.data), data.count > 0
                else { return .none }
                return .datagram(from: peer, offset: data.valueOffset, count: data.count)
            case (.success, _), (.failure, _):
                receiveResponse(message, now: now, into: &outbox)
                updateDeadline()
            default: break
            }
            return .none
        default: return .none
        }
    }

    /// Puts a datagram for a peer, which stands in `outbox` under a relay's number, into what the server understands.
    ///
    /// - Parameter index: The entry's position; what cannot be sent is left as it is.
    /// - Returns: Whether it is on its way to the server.
    public mutating func encapsulate(_ index: Int, in outbox: inout Outbox, now: Instant) -> Bool {
        guard state == .allocated else { return false }
        let entry = outbox.entries[index]
        guard let position = peers.firstIndex(where: { $0.address == entry.destination }) else {
            return false
        }
        if case .bound(let channel) = peers[position].channel {
            let padding = configuration.transport.isStream ? ChannelData.padding(entry.count) : 0
            outbox.encapsulate(
                index, headerCount: ChannelData.headerSize, paddingCount: padding, from: socket,
                to: configuration.server
            ) { ChannelData(channel: channel, count: entry.count).write(into: $0) }
            return true
        }
        let isCheck = DatagramKind.classify(outbox.bytes(of: entry)) == .stun
        let id = STUNTransactionID(using: &generator)
        // Header, peer address and the head of the data (RFC 8656 section 11.1).
        let headerCount = STUNMessage.headerSize + (entry.destination.family == .v4 ? 12 : 24) + 4
        outbox.encapsulate(
            index, headerCount: headerCount, paddingCount: -entry.count & 3, from: socket,
            to: configuration.server
        ) { room in
            var writer = STUNWriter(room, .indication, .send, transactionID: id)
            writer.writeXORAddress(.xorPeerAddress, entry.destination)
            writer.writeDataHeader(count: entry.count)
        }
        if !isCheck, peers[position].channel == .unbound, nextChannel <= ChannelData.channels.upperBound {
            peers[position].channel = .requested(nextChannel)
            nextChannel += 1
            request(.channelBind(entry.destination), now: now, into: &outbox)
            updateDeadline()
        }
        return true
    }
}

extension TURNPeer {
    /// Whether data on `channel` is this peer's: also before the answer that the channel is bound has arrived.
    func isBound(to channel: UInt16) -> Bool {
        switch self.channel {
        case .bound(let number), .requested(let number): number == channel
        case .unbound: false
        }
    }
}
