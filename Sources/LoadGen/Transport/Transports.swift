import Primitives
import RTC

/// The peer connections of one participant: what it publishes leaves by one, what others publish comes by the other.
///
/// In LiveKit's single-connection mode the two are one and the same. Senders use the publisher, reception the
/// subscriber; nothing else needs to know the mode.
struct Transports {
    /// Carries what the participant sends, and its offers.
    let publisher: Transport
    /// Carries what the participant receives.
    let subscriber: Transport

    /// The single connection of LiveKit's newer mode.
    init(single: Transport) {
        publisher = single
        subscriber = single
    }

    /// The two connections of LiveKit's older mode.
    init(publisher: Transport, subscriber: Transport) {
        self.publisher = publisher
        self.subscriber = subscriber
    }

    /// Whether sending and receiving go by different connections.
    var isDual: Bool { publisher !== subscriber }

    /// Whatever either connection wants to be woken for next.
    var deadline: Instant? {
        isDual
            ? earliest(publisher.peer.deadline, subscriber.peer.deadline) : publisher.peer.deadline
    }

    /// Whether ICE has a path for every connection.
    var haveICE: Bool {
        publisher.peer.iceState == .connected && subscriber.peer.iceState == .connected
    }

    /// Whether media and data may flow both ways.
    var areConnected: Bool { publisher.peer.isConnected && subscriber.peer.isConnected }

    /// Does something with every connection once.
    func forEach(_ body: (Transport) -> Void) {
        body(publisher)
        if isDual { body(subscriber) }
    }

    /// The connection that owns a socket or stream.
    func owner(of socket: Int32) -> Transport? {
        if publisher.owns(socket) { return publisher }
        return subscriber.owns(socket) ? subscriber : nil
    }
}
