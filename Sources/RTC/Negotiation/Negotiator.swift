public import Primitives
import WireFormats

/// Offers and answers (RFC 3264) in the dialect of RFC 8829, for one BUNDLE group: what both sides agreed so
/// far.
///
/// Knows neither sockets nor keys: the transport's parameters come as values, the result is `sections`.
/// The same side of a connection always offers, as with LiveKit's, so there is no glare and no rollback: the client
/// offers on the connection it publishes by, the server on the one it only sends by.
public struct Negotiator: Sendable {
    /// Which side this is.
    public enum Role: Sendable {
        /// Always offers.
        case offerer
        /// Always answers.
        case answerer
    }

    /// Whose habits the descriptions have.
    public enum Side: Sendable {
        /// A LiveKit SDK's: libwebrtc's descriptions.
        case client
        /// A LiveKit server's.
        case server
    }

    /// What a negotiator is told once.
    public struct Configuration: Sendable {
        /// Which side this is.
        public var role: Role
        /// Whose habits to have; with a single connection the client offers and the server answers.
        public var side: Side
        /// The canonical name of sources whose track has no stream id (RFC 8834 section 4.9).
        public var cname: String
        /// The audio codecs we offer or take, the preferred one first.
        public var audioCodecs: [Codec] = [.opus, .red]
        /// The video codecs we offer or take, the preferred one first.
        public var videoCodecs: [Codec] = [.vp8]
        /// Whether sections in which we only listen list RED before Opus, so that libwebrtc sends it.
        public var prefersRED = true
        /// The DTLS role of an answerer that may choose.
        public var answeringRole: DTLSRole = .client

        /// A configuration with LiveKit's habits.
        public init(role: Role, cname: String) {
            self.role = role
            self.cname = cname
            side = role == .offerer ? .client : .server
        }
    }

    /// What is known about a section beside what the other parts may see.
    struct Slot: Sendable {
        /// The peer's last description of the section.
        var remote: MediaDescription?
        /// The codec that our answers list first, when it is not the usual one.
        var preferredCodec: Codec?
        /// Whether the section ever carried a track of ours.
        var hasCarriedTrack = false
        /// The RTP stream ids of the last track that was sent here (offerer).
        var sentRIDs: [String] = []
        /// Whether we want to receive here (offerer).
        var isForReceiving = false
    }

    /// The agreed state of all sections, in the order of the m-lines, which never changes.
    public internal(set) var sections: [MediaSection] = []
    /// The peer's end of the transport; nil before its first description.
    public internal(set) var remoteTransport: RemoteTransport?
    /// Our DTLS role, fixed by the first exchange.
    public internal(set) var dtlsRole: DTLSRole?
    /// How many sections of our last offer still wait for their answer; nil when no offer is out.
    public internal(set) var pendingOfferCount: Int?

    /// What was told once.
    let configuration: Configuration
    /// What we can do.
    var capabilities: LocalCapabilities
    /// Private state of each section.
    var slots: [Slot] = []
    /// The id of our origin line.
    let sessionID: UInt64
    /// The version of our next description.
    var sessionVersion: UInt64 = 1
    /// The highest mid number that was given out by us.
    var nextMID = 0

    /// Starts without sections; `generator` gives the session id.
    public init(configuration: Configuration, generator: inout SeededGenerator) {
        self.configuration = configuration
        capabilities = LocalCapabilities(audio: configuration.audioCodecs, video: configuration.videoCodecs)
        // RFC 8829 section 5.2.1: 63 random bits.
        sessionID = generator.next() >> 1
    }

    /// Whether data channels were agreed on.
    public var hasDataSection: Bool {
        sections.contains { $0.kind == .application && !$0.isRejected && $0.remoteDirection != .inactive }
    }

    /// The largest data channel message that the peer takes; nil before it said so.
    ///
    /// RFC 8841 section 6: 64 KiB if it says nothing, and any size if it says 0.
    public var remoteMaximumMessageSize: Int? {
        guard let data = slots.first(where: { $0.remote?.kind == .application })?.remote else { return nil }
        return data.maximumMessageSize ?? 65_536
    }

    /// A description with our session-level lines and no section yet.
    mutating func startDescription(_ transport: LocalTransport) -> SessionDescription {
        var description = SessionDescription(sessionID: sessionID, sessionVersion: sessionVersion)
        sessionVersion += 1
        description.isICELite = transport.isICELite
        description.allowsMixedExtensions = true
        description.msidSemantic = "WMS *"
        description.transport.fingerprint = CertificateFingerprint(bytes: transport.fingerprint)
        return description
    }

    /// The transport attributes that every section of ours repeats.
    func sectionTransport(_ transport: LocalTransport, setup: DTLSSetup) -> TransportDescription {
        var attributes = TransportDescription()
        attributes.iceUserFragment = transport.credentials.ufrag
        attributes.icePassword = transport.credentials.password
        attributes.setup = setup
        return attributes
    }

    /// Adds the sources of a track we send, with their groups, to a section's description.
    func declareSources(
        of track: OutgoingTrack, cname: String, usesRTX: Bool, in section: inout MediaDescription
    ) {
        let msid = MediaStreamIdentification(stream: track.streamID, track: track.trackID)
        for layer in track.layers {
            section.sources.append(SourceDescription(ssrc: layer.ssrc, cname: cname, msid: msid))
            guard usesRTX, let rtx = layer.rtxSSRC else { continue }
            section.sources.append(SourceDescription(ssrc: rtx, cname: cname, msid: msid))
            section.sourceGroups.append(SourceGroup(semantics: "FID", sources: [layer.ssrc, rtx]))
        }
    }

    /// Reads a text and what it says about the peer's transport.
    func read(_ text: String) throws(NegotiationError) -> (SessionDescription, RemoteTransport) {
        let description: SessionDescription
        do {
            description = try SessionDescription(parsing: text)
        } catch {
            throw .malformed(error)
        }
        try checkBundle(description)
        guard let first = description.sections.first(where: { !$0.isRejected }) else {
            throw .nothingAccepted
        }
        let attributes = description.transport(of: first)
        // RFC 8839 section 5.4: 4 to 256 characters and 22 to 256 characters.
        guard let ufrag = attributes.iceUserFragment, let password = attributes.icePassword,
            4...256 ~= ufrag.utf8.count, 22...256 ~= password.utf8.count
        else { throw .invalidICECredentials }
        guard let fingerprint = attributes.fingerprint, fingerprint.algorithm == "sha-256",
            fingerprint.bytes.count == 32
        else { throw .missingFingerprint }
        let role = try localRole(for: attributes.setup)
        if let role, let dtlsRole, role != dtlsRole { throw .invalidSetup }
        let remote = RemoteTransport(
            credentials: ICECredentials(ufrag: ufrag, password: password), isICELite: description.isICELite,
            fingerprint: fingerprint.bytes, candidates: description.sections.flatMap(\.candidates),
            localRole: role)
        return (description, remote)
    }

    /// Our DTLS role as the peer's `a=setup` decides it; nil if it leaves the choice to us.
    private func localRole(for setup: DTLSSetup?) throws(NegotiationError) -> DTLSRole? {
        switch setup {
        case .active: return .server
        case .passive: return .client
        case .holdconn: throw .invalidSetup
        case .actpass:
            // RFC 8842 section 5.3: an answer has to decide.
            guard configuration.role == .answerer else { throw .invalidSetup }
            return nil
        case nil:
            // RFC 4145 section 4: an answer without the attribute is active.
            return configuration.role == .offerer ? .server : nil
        }
    }

    private func checkBundle(_ description: SessionDescription) throws(NegotiationError) {
        var seen: Set<String> = []
        let isAlone = description.sections.count == 1
        for (index, section) in description.sections.enumerated() where !section.isRejected {
            guard !section.mid.isEmpty, seen.insert(section.mid).inserted else {
                throw .ambiguousMID(index: index)
            }
            guard isAlone || description.bundle.contains(section.mid) else { throw .notBundled(index: index) }
        }
    }

    /// Takes over what the peer says about itself in one section.
    mutating func takeRemote(_ description: MediaDescription, at index: Int) {
        slots[index].remote = description
        sections[index].isRejected = description.isRejected
        sections[index].remoteDirection = description.isRejected ? .inactive : description.direction
        let sends = !description.isRejected && description.direction.sends
        sections[index].remoteTrack = sends ? RemoteTrack(description) : nil
        sections[index].remoteSources = sends ? RemoteSource.all(in: description) : []
        let sending = description.rids.filter { $0.direction == .send }.map(\.id)
        let listed = description.simulcastSend.filter(sending.contains)
        // Kept while the peer pauses: libwebrtc goes on listing them, and wants them answered.
        sections[index].remoteRIDs = listed.isEmpty ? sending : listed
        let receiving = description.rids.filter { $0.direction == .receive }.map(\.id)
        sections[index].acceptedRIDs = description.simulcastReceive.filter(receiving.contains)
    }
}

extension RemoteTrack {
    /// The track that a section names by `a=msid`, or by `a=ssrc:… msid:` as before RFC 8830.
    fileprivate init?(_ section: MediaDescription) {
        guard let msid = section.msids.first ?? section.sources.lazy.compactMap(\.msid).first else {
            return nil
        }
        self.init(streamID: msid.stream, trackID: msid.track ?? "")
    }
}

extension RemoteSource {
    /// The sources that a section declares, each with its retransmission source.
    fileprivate static func all(in section: MediaDescription) -> [RemoteSource] {
        let pairs = section.sourceGroups.filter { $0.semantics == "FID" && $0.sources.count == 2 }.map(
            \.sources)
        return section.sources.compactMap { source in
            if pairs.contains(where: { $0[1] == source.ssrc }) { return nil }
            return RemoteSource(ssrc: source.ssrc, rtxSSRC: pairs.first { $0[0] == source.ssrc }?[1])
        }
    }
}
