import Primitives
import RTC
import Visio

/// One participant at the server: its signalling connection, its peer connections and its tracks.
final class Session {
    /// Position in the deployment's table.
    let index: Int
    /// The id, `PA_` and random letters.
    let sid: String
    /// Who it is, by the token.
    let identity: String
    /// What the token allows, and hosts have changed since.
    var grant: VideoGrant
    /// Where it is.
    unowned let room: Room
    /// The WebSocket, while there is one.
    var connection: UInt64?
    /// When that was opened.
    var connectedAt: Instant
    /// The connection that the participant publishes by; it makes the offers.
    let uplink: PeerConnection
    /// The connection that everything goes to it by: the same one, or in LiveKit's older mode one of its own, for which
    /// the server makes the offers.
    let downlink: PeerConnection
    /// The state of our offers, where we make any.
    var offering: Offering
    /// Until when it may come back after its transport failed; nil while all is well.
    var resumeBy: Instant?
    /// What everybody is told about the participant.
    var info: LiveKitParticipantInfo
    /// Whether it wants every track without asking.
    let subscribesAutomatically: Bool
    /// Whether it chooses layers by the size of its tiles; then video starts low.
    let usesAdaptiveStream: Bool
    /// Tracks it announced or publishes.
    var tracks: [PublishedTrack] = []
    /// Tracks it receives or waits for.
    var subscriptions: [DownTrack] = []
    /// Tracks it does not want, by sid.
    var unsubscribed: Set<String> = []
    /// The forwarding of each section of its downlink: index = section.
    var downTrackOfSection: [DownTrack?] = []
    /// What each section of its uplink publishes: index = section.
    var publicationOfSection: [Publication?] = []
    /// The user name fragments of its ICE agent, one for each restart.
    var fragments: [String] = []
    /// The data channels it sends by, by label.
    var channels: [String: UInt16] = [:]
    /// The data channels it is sent to by, by label.
    var downChannels: [String: UInt16] = [:]
    /// Media is up, others are told.
    var isActive = false
    /// When it joined.
    let joinedAt: Instant
    /// When it must be asked for a new offer.
    var negotiateAt: Instant?
    /// Last token refresh.
    var nextTokenRefresh: Instant
    /// Offer id last answered.
    var lastOfferID: UInt32 = 0
    /// Its token, to refresh it.
    var token: AccessToken
    /// The last opinion told about its connection.
    var toldQuality: LiveKitConnectionQuality?
    /// Share of packets lost by its worst downlink report since the last opinion, 0...1.
    var worstLoss = 0.0
    /// Whether it waits in the list of sessions to be served.
    var isScheduled = false

    /// A participant that has just been let in.
    init(
        index: Int, sid: String, admission: JoinAdmission, room: Room, connection: UInt64,
        uplink: PeerConnection, downlink: PeerConnection, firstOfferID: UInt32, now: Instant,
        unixSeconds: Int64
    ) {
        self.index = index
        self.sid = sid
        identity = admission.token.identity
        grant = admission.grant
        token = admission.token
        self.room = room
        self.connection = connection
        connectedAt = now
        self.uplink = uplink
        self.downlink = downlink
        offering = Offering(nextID: firstOfferID)
        peers = uplink === downlink ? [uplink] : [downlink, uplink]
        subscribesAutomatically = admission.request.connectionSettings.autoSubscribe
        usesAdaptiveStream = admission.request.connectionSettings.adaptiveStream
        joinedAt = now
        nextTokenRefresh = now + .seconds(300)
        info = LiveKitParticipantInfo()
        info.sid = sid
        info.identity = identity
        info.name = admission.token.name ?? ""
        info.metadata = admission.token.metadata ?? ""
        info.attributes = admission.token.attributes
        info.state = .joining
        info.joinedAt = unixSeconds
        info.joinedAtMs = unixSeconds * 1000
        info.permission = admission.grant.permission
        info.clientProtocol = admission.request.clientInfo.clientProtocol
        info.version = 1
    }

    /// Whether there are two peer connections.
    var isDual: Bool { uplink !== downlink }

    /// The connections, once each; the one that has to be up for the participant to be in comes first.
    let peers: [PeerConnection]

    /// Whether anything is published.
    var isPublisher: Bool { tracks.contains { $0.isLive } }

    /// Brings `info` up to date with the tracks and counts the version up.
    func refreshInfo() {
        info.tracks = tracks.filter(\.isLive).map(\.info)
        info.isPublisher = isPublisher
        info.version += 1
    }
}
