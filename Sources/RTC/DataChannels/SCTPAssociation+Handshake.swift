import Primitives
import WireFormats

// The four-way handshake and its collisions (RFC 9260 sections 5.1 and 5.2).
extension SCTPAssociation {
    /// First timeout of T1, as libwebrtc has it.
    static let handshakeTimeout: Interval = .seconds(1)
    /// Most repetitions of INIT or COOKIE ECHO, Max.Init.Retransmits (RFC 9260 section 16).
    static let maximumHandshakeFailures = 8

    /// What our INIT or INIT ACK says.
    func initiate(tag: UInt32) -> SCTPInitiate {
        // As many streams as there are identifiers (RFC 8831 section 6.2): none costs us memory before it is used.
        SCTPInitiate(
            initiateTag: tag, receiverWindow: UInt32(Self.receiverWindow), outboundStreams: .max,
            inboundStreams: .max, initialTSN: initialTSN)
    }

    mutating func receiveInitiate(_ value: RawSpan, tag: UInt32) throws(SCTPParseError) {
        guard tag == 0 else { throw .badValue }
        let peer = try SCTPInitiate(parsing: value)
        switch state {
        case .idle, .cookieWait, .cookieEchoed:
            // Our own tag even if we have sent INIT, so that both handshakes lead to one association.
            answer = SCTPCookie(localTag: localTag, peer: peer)
        case .established, .shutdownPending, .shutdownSent, .shutdownReceived:
            // A late copy of the peer's INIT, or a restart: the cookie will tell. The new tag keeps them apart.
            let fresh = UInt32(truncatingIfNeeded: generator.next() >> 32) | 1
            answer = SCTPCookie(localTag: fresh, peer: peer)
        case .shutdownAckSent:
            pending.insert(.shutdownAck)
        case .closed, .failed:
            break
        }
    }

    mutating func receiveInitiateAck(_ value: RawSpan) throws(SCTPParseError) {
        let peer = try SCTPInitiate(parsing: value)
        guard state == .cookieWait else { return }
        guard let range = peer.cookie, !range.isEmpty else { throw .badValue }
        guard range.count <= Self.maximumPacketSize - SCTPHeader.byteCount - SCTPChunk.headerByteCount else {
            return fail("the peer's state cookie is too long")
        }
        cookie = value.extracting(range).withUnsafeBytes { Array($0) }
        adopt(peer)
        state = .cookieEchoed
        pending.remove(.initiate)
        pending.insert(.cookieEcho)
        failures = 0
        timers.arm(.handshake, at: now + Self.handshakeTimeout)
    }

    mutating func receiveCookieEcho(_ value: RawSpan, tag: UInt32) {
        guard let cookie = SCTPCookie(parsing: value), cookie.localTag == tag else {
            counters.malformedPackets += 1
            return
        }
        let isOurTag = cookie.localTag == localTag
        let isPeersTag = cookie.peer.initiateTag == peerTag
        switch state {
        case .idle, .cookieWait, .cookieEchoed:
            // Actions B and D of RFC 9260 section 5.2.4, and the plain answer to a first handshake.
            guard isOurTag else { return }
            if !isPeersTag { adopt(cookie.peer) }
            pending.insert(.cookieAck)
            establish()
        case .closed, .failed:
            break
        default:
            if isOurTag, isPeersTag {
                // Our COOKIE ACK was lost (action D).
                pending.insert(.cookieAck)
            } else if !isOurTag, !isPeersTag {
                // Action A. A restarted peer has lost its data channels, and ours are of no use without them.
                fail("the peer restarted the association")
            }
        }
    }

    mutating func receiveCookieAck() {
        if state == .cookieEchoed { establish() }
    }

    private mutating func adopt(_ peer: SCTPInitiate) {
        peerTag = peer.initiateTag
        tracker = TSNTracker(initialTSN: peer.initialTSN)
        outbound.setPeerWindow(peer.receiverWindow)
        outbound.peerSupportsForwardTSN = peer.supportsForwardTSN
        resets.expect(firstPeerRequest: peer.initialTSN, isSupported: peer.supportsReconfigure)
    }

    private mutating func establish() {
        state = .established
        pending.subtract([.initiate, .cookieEcho])
        cookie = []
        failures = 0
        timers.cancel(.handshake)
        armHeartbeat()
        events.append(.established)
    }

    mutating func handshakeTimedOut() {
        failures += 1
        guard failures <= Self.maximumHandshakeFailures else {
            return fail("the peer did not answer", tellsPeer: false)
        }
        pending.insert(state == .cookieWait ? .initiate : .cookieEcho)
        let delay = min(Self.handshakeTimeout * (1 << failures), RetransmissionTimeout.maximum)
        timers.arm(.handshake, at: now + delay)
    }
}
