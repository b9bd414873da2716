public import Primitives

/// The secret that two ICE agents share for one session (RFC 8839 section 5.4).
public struct ICECredentials: Sendable, Hashable {
    /// The username fragment, `a=ice-ufrag`.
    public var ufrag: String
    /// The password, `a=ice-pwd`.
    public var password: String

    /// Makes credentials from a fragment and a password.
    public init(ufrag: String, password: String) {
        self.ufrag = ufrag
        self.password = password
    }

    /// Draws credentials: 8 characters (47 bits) and 24 characters (142 bits) where RFC 8445 section 5.3 asks
    /// for 24 and 128 bits.
    public init(using generator: inout SeededGenerator) {
        ufrag = generator.text(8)
        password = generator.text(24)
    }
}

/// Which of two agents decides what pair is used (RFC 8445 section 6.1.1).
public enum ICERole: Sendable, Hashable {
    /// Nominates.
    case controlling
    /// Follows the peer's nomination.
    case controlled

    /// The role of the peer.
    public var opposite: ICERole { self == .controlling ? .controlled : .controlling }
}

/// How far an agent is, in the words of W3C's `RTCIceTransportState`.
public enum ICEState: Sendable, Hashable {
    /// Not started.
    case new
    /// Looking for a pair; after a restart the old pair stays selected meanwhile.
    case checking
    /// A pair is nominated and alive.
    case connected
    /// The selected pair has been silent for a while; it may come back.
    case disconnected
    /// No pair was found in time, or the selected one stayed silent; only a restart helps.
    case failed
}

/// The pair of addresses that application data takes.
public struct ICESelectedPair: Sendable, Hashable {
    /// The local socket, as `DatagramSockets` numbered it.
    public var socket: Int32
    /// Where to send.
    public var remote: SocketAddress
    /// Our address as the peer sees it: the local candidate, or what a NAT made of it.
    public var local: SocketAddress
    /// How the remote candidate was learnt.
    public var remoteType: ICECandidateType
    /// How our address was learnt; relayed if the socket is a relay.
    public var localType = ICECandidateType.host
    /// What carries packets to the peer, or to our relay's peer.
    public var transport = ICETransport.udp
}

/// What an agent needs before it can try a pair.
enum ICEWish: Hashable {
    /// A TCP connection to this address (RFC 6544 section 5.2).
    case connection(to: SocketAddress)
    /// A permission of the relay behind this socket for this peer (RFC 8656 section 9).
    case permission(socket: Int32, peer: SocketAddress)
}

/// How long an ICE agent waits for what.
public struct ICETiming: Sendable, Hashable {
    /// Time between two new checks, Ta (RFC 8445 section 14.2).
    public var pacing = Interval.milliseconds(50)
    /// Least time before the first retransmission of a check (RFC 8445 section 14.3).
    public var initialTimeout = Interval.milliseconds(500)
    /// How often a check is sent in all, Rc (RFC 8489 section 6.2.1).
    public var maximumTransmissions = 7
    /// How many initial timeouts to wait after the last transmission, Rm (RFC 8489 section 6.2.1).
    public var finalWaitFactor = 16
    /// How long a controlling agent waits for a better pair than the first valid one.
    public var nominationDelay = Interval.milliseconds(200)
    /// Mean time between two consent checks; libwebrtc's pace for a stable connection, half of RFC 7675's.
    public var consentInterval = Interval.milliseconds(2_500)
    /// Time between two consent checks while disconnected, so that a healed path is noticed soon.
    public var disconnectedConsentInterval = Interval.milliseconds(500)
    /// How much a consent interval varies to either side, as a share of it (RFC 7675 section 5.1).
    public var consentVariation = 0.2
    /// How long a selected pair may be silent before the agent is disconnected.
    public var disconnectedTimeout = Interval.seconds(10)
    /// How long an agent may be disconnected before it has failed.
    public var failedTimeout = Interval.seconds(5)

    /// The pace of real clients and servers.
    public init() {}

    /// How long an agent may look for a pair before it has failed.
    public var connectTimeout: Interval { disconnectedTimeout + failedTimeout }
}

/// What an ICE agent has counted since it was made.
public struct ICEStatistics: Sendable, Hashable {
    /// Connectivity checks sent, without retransmissions and consent checks.
    public var checksSent = 0
    /// Retransmissions of connectivity checks.
    public var retransmissionsSent = 0
    /// Consent checks sent (RFC 7675).
    public var consentChecksSent = 0
    /// Binding requests of the peer, authentic ones only.
    public var requestsReceived = 0
    /// Success responses sent.
    public var responsesSent = 0
    /// Error responses sent.
    public var errorResponsesSent = 0
    /// Authentic success responses received.
    public var responsesReceived = 0
    /// Authentic error responses received.
    public var errorResponsesReceived = 0
    /// Messages whose MESSAGE-INTEGRITY was missing or wrong.
    public var unauthenticMessages = 0
    /// Messages that were no STUN, or broken, or had a wrong FINGERPRINT.
    public var malformedMessages = 0
    /// Requests for a username fragment that is not ours.
    public var foreignRequests = 0
    /// Responses to no request of ours, or from another address than the request went to.
    public var strayResponses = 0
    /// Times both agents claimed one role.
    public var roleConflicts = 0
    /// Remote candidates learnt from checks.
    public var peerReflexiveCandidates = 0
    /// Remote candidates and pairs beyond the limit, which were ignored.
    public var ignoredCandidates = 0
    /// Restarts, ours and the peer's.
    public var restarts = 0
    /// Sum of all round-trip times that were measured.
    public var totalRoundTripTime = Interval.zero
    /// How many round-trip times were measured.
    public var roundTripTimes = 0

    /// Nothing counted yet.
    public init() {}
}
