/// A word of the scenario language.
public struct Word: Hashable, Sendable {
    /// The word as it is written.
    public var name: String
    /// What it means, in one sentence; the schema's description is the same.
    public var summary: String
    /// Whether its mapping is incomplete without it.
    public var isRequired: Bool

    init(_ name: String, _ summary: String, isRequired: Bool = false) {
        self.name = name
        self.summary = summary
        self.isRequired = isRequired
    }
}

/// The words that may stand together in one mapping.
public struct WordGroup: Hashable, Sendable {
    /// The group's name in the schema.
    public var name: String
    /// The words in the order in which they are explained.
    public var words: [Word]
    /// Words of which exactly one must be there; empty when all go together.
    public var alternatives: [String] = []
    /// Words of later versions, which are told apart from mistakes.
    public var later: [String] = []
}

/// The values that may stand behind one word.
public struct ChoiceGroup: Hashable, Sendable {
    /// The group's name in the schema.
    public var name: String
    /// The values.
    public var values: [String]
    /// Values of later versions, which are told apart from mistakes.
    public var later: [String] = []
}

/// Every word of the scenario language: the parser, the schema and the documentation agree with this table.
public enum Vocabulary {
    /// All groups, the outermost first.
    public static let groups = [
        scenario, target, embedded, livekit, login, application, metrics, allow, room, size, role, lobby,
        moderation, restriction, phase, arrive, ramp, staircase, storm,
        leave,
        network, link, jitter, bursts, probes, media,
    ]

    /// All groups of values.
    public static let choices = [
        signalling, access, loginKind, opening, client, microphone, camera, layout, receive, distribution,
        shape, path, firewall, ip, way, blocked, spread, depth, bitrate,
    ]

    static let scenario = WordGroup(
        name: "scenario",
        words: [
            Word("scenario", "The title of the run.", isRequired: true),
            Word("seed", "The number that every draw descends from: the same seed gives the same plan."),
            Word("target", "The deployment that is tested, and what may be done to it.", isRequired: true),
            Word("rooms", "The room groups: how many rooms, how large, with whom.", isRequired: true),
            Word("roles", "The roles by name: what a participant has and does.", isRequired: true),
            Word(
                "client",
                "The browser of the participants, or a share for each; chrome when not given."),
            Word("phases", "What happens one after the other: arrive, hold, leave.", isRequired: true),
            Word(
                "network", "The access networks by name: what lies between participants and the deployment."),
            Word("probes", "How closely receivers look at what they receive."),
            Word("media", "How media is sent."),
            Word("thresholds", "The promises that the run is judged by, one line each."),
        ], later: ["behaviours", "metrics"])

    static let target = WordGroup(
        name: "target",
        words: [
            Word("embedded", "The embedded Visio, started for the run on loopback."),
            Word("visio", "The address of a Visio; LiveKit's address and the tokens come from it."),
            Word("livekit", "A LiveKit server alone, with tokens signed by the given key."),
            Word("login", "How participants of a Visio get accounts, and who makes its rooms."),
            Word("api", "LiveKit's own API behind the target, which is asked who is there."),
            Word("metrics", "The metrics pages that are read beside the run: LiveKit's, and any other."),
            Word("allow", "What may be contacted: nothing outside of loopback and this list ever is."),
            Word(
                "signalling",
                "Which of LiveKit's signalling modes participants use; auto, as Visio's page, when not given."
            ),
        ], alternatives: ["embedded", "visio", "livekit"], later: ["turn"])

    static let embedded = WordGroup(
        name: "embedded",
        words: [
            Word("delay", "How long every media packet is held back before it is forwarded."),
            Word(
                "loss", "Media packets that are withheld: a share, or packet numbers in each stream."),
            Word("freeze", "When no video is forwarded, as if the senders stood still."),
            Word("capacity", "How many participants a room takes before it refuses the next one."),
            Word("signalling", "Which of LiveKit's signalling modes it speaks; both when not given."),
            Word("cut", "When all WebSockets break while media goes on, such as at 20s, or a list of such."),
            Word(
                "leave",
                "When everybody is sent away to resume, reconnect or disconnect, such as resume at 20s."),
            Word("restart", "When the media server is down; it comes back having forgotten everybody."),
            Word("deaf", "When nothing passes on the WebSockets that are open."),
            Word("blackout", "When no media packet passes in either direction."),
            Word("ways", "The ways in that it offers; udp and tcp when not given."),
            Word("blocked", "The way that it offers and on which nothing passes."),
            Word("ice-lite", "Whether it is an ICE-lite agent; false when not given."),
        ], later: ["jitter", "duplicate", "reorder", "rate", "skew", "layers"])

    static let livekit = WordGroup(
        name: "livekit",
        words: [
            Word("url", "The address of the LiveKit server.", isRequired: true),
            Word(
                "key", "The environment variable with the API key, as ${LIVEKIT_API_KEY}.", isRequired: true),
            Word(
                "secret", "The environment variable with the API secret, as ${LIVEKIT_API_SECRET}.",
                isRequired: true),
        ])

    static let login = WordGroup(
        name: "login",
        words: [
            Word(
                "accounts", "The file with names and passwords, or the environment variable that holds them."),
            Word(
                "sessions",
                "The file with cookies of open sessions, or the environment variable that holds them."),
            Word("external-api", "The application that makes the rooms through Meet's external API."),
            Word(
                "silent",
                "Whether guests' pages look for a session at the identity provider; false when not given."),
        ])

    static let application = WordGroup(
        name: "application",
        words: [
            Word("client", "The environment variable with the application's id.", isRequired: true),
            Word("secret", "The environment variable with the application's secret.", isRequired: true),
            Word(
                "owner", "The e-mail address of the owner of rooms that have none among their participants."),
        ])

    static let metrics = WordGroup(
        name: "metrics",
        words: [
            Word("name", "What the page is called in the report.", isRequired: true),
            Word("url", "The address of a page in Prometheus' text format.", isRequired: true),
            Word("every", "The time from one reading to the next; 5s when not given."),
            Word("user", "The environment variable with the user's name, where the page asks for one."),
            Word("password", "The environment variable with the user's password."),
        ])

    static let allow = WordGroup(
        name: "allow",
        words: [
            Word("hosts", "Hosts that may be contacted: names, addresses, or *. and a domain."),
            Word("participants", "The most participants that a plan may have."),
            Word(
                "self-signed",
                "Hosts whose TURN servers need no certificate that a known authority has signed."),
        ])

    static let room = WordGroup(
        name: "room",
        words: [
            Word("name", "The group's name.", isRequired: true),
            Word("count", "How many rooms of this kind there are; 1 when not given."),
            Word("participants", "How many participants each room has.", isRequired: true),
            Word("mix", "How the participants divide into roles; may be left out when there is one role."),
            Word("slugs", "The names of existing rooms, one for each; invented when not given."),
            Word("access", "Who may enter without the lobby; the deployment's own choice when not given."),
        ])

    static let size = WordGroup(
        name: "size",
        words: [
            Word("distribution", "How the sizes are spread.", isRequired: true),
            Word("size", "The size of every room, for fixed."),
            Word("min", "The smallest room, for uniform and lognormal."),
            Word("max", "The largest room, for uniform and lognormal."),
            Word("median", "The size that half of the rooms do not exceed, for lognormal."),
            Word("p95", "The size that 95 % of the rooms do not exceed, for lognormal."),
        ])

    static let role = WordGroup(
        name: "role",
        words: [
            Word("microphone", "What the microphone does; off when not given."),
            Word("camera", "What the camera sends, or a share for each choice; off when not given."),
            Word("client", "The browser, or a share for each; as for the whole scenario when not given."),
            Word(
                "screen",
                "When the screen is shared, such as from 30s to 4m, or a list of such; never when not given."),
            Word("layout", "How the page shows the others; grid when not given."),
            Word("window", "The size of the page's window, such as 1366x768; 1920x1080 when not given."),
            Word("page-turns", "How often the next page of tiles is looked at, such as 2/min."),
            Word("receive", "The best quality that is received of cameras; high when not given."),
            Word("login", "As whom the participant comes; guest when not given."),
            Word("chat", "When chat lines are sent: a rate such as 2/min, or moments such as at 30s."),
            Word("reactions", "When reactions are sent: a rate such as 6/min, or moments such as at 30s."),
            Word("hand", "When the hand is up: a rate such as 1/min, or spans such as from 20s to 30s."),
            Word("rename", "When another name is taken: a rate such as 1/h, or moments such as at 30s."),
            Word("lobby", "What an owner does about people in the lobby; nothing when not given."),
            Word("moderates", "What an owner does to others."),
            Word(
                "mute",
                "When the microphone is muted for a while, such as from 20s to 30s, or a list of such."),
            Word("network", "The network of everybody in this role; drawn by share when not given."),
            Word(
                "reload",
                "When the page is loaded anew: at 30s, a list of such, or a rate such as 2/h."),
            Word(
                "network-change",
                "When the device moves to another network: at 30s, a list of such, or a rate such as 2/h."),
            Word(
                "close-tab",
                "When the tab is closed, which ends the participation: at 30s, or a rate such as 2/h."),
        ],
        later: ["path", "decode"])

    static let lobby = WordGroup(
        name: "lobby",
        words: [
            Word("accept", "How many are let in, the others being refused; 100% when not given."),
            Word("after", "How long a host takes to decide; 2s when not given."),
        ])

    static let moderation = WordGroup(
        name: "moderation",
        words: [
            Word("mute", "When somebody is muted: a rate, or moments."),
            Word("mute-all", "When everybody is muted: a rate, or moments."),
            Word("remove", "When somebody is sent away: a rate, or moments."),
            Word("restrict", "When the others may not publish something."),
        ])

    static let restriction = WordGroup(
        name: "restriction",
        words: [
            Word("microphone", "When the others may not open a microphone."),
            Word("camera", "When the others may not open a camera."),
            Word("screen", "When the others may not share a screen."),
        ])

    static let phase = WordGroup(
        name: "phase",
        words: [
            Word("arrive", "Participants join, in one pattern."),
            Word("hold", "Nobody comes or goes for this long."),
            Word("leave", "Everybody leaves."),
            Word("name", "The phase's name for thresholds and reports; its word when not given."),
        ], alternatives: ["arrive", "hold", "leave"])

    static let arrive = WordGroup(
        name: "arrive",
        words: [
            Word("constant", "Join at a steady rate, such as 5/s."),
            Word("ramp", "Join at a rate that changes evenly."),
            Word("staircase", "Join in equal groups at equal distances."),
            Word("poisson", "Join independently of each other at a mean rate, such as 3/s."),
            Word("storm", "Join all within one window, such as 10s."),
            Word(
                "participants", "How many join here: a number, a share, or rest; rest when not given."),
        ], alternatives: ["constant", "ramp", "staircase", "poisson", "storm"], later: ["trace"])

    static let ramp = WordGroup(
        name: "ramp",
        words: [
            Word("from", "The rate at the start.", isRequired: true),
            Word("to", "The rate at the end, and from then on.", isRequired: true),
            Word("over", "How long the rate takes to change.", isRequired: true),
        ])

    static let staircase = WordGroup(
        name: "staircase",
        words: [
            Word("step", "How many participants join in one step.", isRequired: true),
            Word("every", "The time from one step to the next.", isRequired: true),
            Word("over", "The time that one step takes to join, evenly spread; all at once when not given."),
        ])

    static let storm = WordGroup(
        name: "storm",
        words: [
            Word("over", "The window.", isRequired: true),
            Word("shape", "How the joins are spread over the window; uniform when not given."),
        ])

    static let leave = WordGroup(
        name: "leave",
        words: [Word("over", "The time over which the leaving is evenly spread.", isRequired: true)])

    static let network = WordGroup(
        name: "network",
        words: [
            Word(
                "share",
                "How many of all participants use it: a share, or rest; 100% when it is the only one."),
            Word("path", "The ways that media may take; any when not given."),
            Word("up", "What only the way to the deployment has: a bit rate, or words of its own."),
            Word("down", "What only the way from the deployment has: a bit rate, or words of its own."),
            Word("firewall", "What the network swallows; none when not given."),
            Word("ip", "The IP versions that the network has; any when not given."),
        ] + link.words)

    static let link = WordGroup(
        name: "link",
        words: [
            Word("delay", "How long every datagram travels, one way."),
            Word(
                "jitter", "What is added to the delay, differently for each datagram: a mean, or its spread."),
            Word("loss", "Datagrams that are lost: a share, or bursts."),
            Word("reorder", "The share of datagrams held back by 20 ms, so that later ones overtake them."),
            Word("duplicate", "The share of datagrams that arrive twice."),
            Word("outage", "When nothing gets through, such as from 20s to 22s, or a list of such."),
            Word("rate", "The bottleneck's bit rate, headers included."),
            Word("queue", "How long the bottleneck's full queue takes to empty; 500ms when not given."),
        ])

    static let jitter = WordGroup(
        name: "jitter",
        words: [
            Word("mean", "What is added to the delay in the mean.", isRequired: true),
            Word("spread", "How it is spread around the mean; exponential when not given."),
        ])

    static let bursts = WordGroup(
        name: "bursts",
        words: [
            Word("burst", "The share of all datagrams that are lost in bursts.", isRequired: true),
            Word("length", "How many datagrams a burst lasts in the mean.", isRequired: true),
            Word("inside", "The share of datagrams that is lost within a burst; 100% when not given."),
        ])

    static let probes = WordGroup(
        name: "probes",
        words: [Word("depth", "How closely every receiver looks; verify when not given.")],
        later: ["decode"])

    static let media = WordGroup(
        name: "media",
        words: [
            Word("bitrate", "How much of its pictures a participant sends; fixed when not given."),
            Word("fec", "Whether Opus carries in-band forward error correction; false when not given."),
            Word("red", "Whether Opus is sent with redundancy as Visio's page does; true when not given."),
        ], later: ["clips", "recordings"])

    static let bitrate = ChoiceGroup(name: "sending", values: SendingRate.allCases.map(\.rawValue))
    static let signalling = ChoiceGroup(
        name: "signalling", values: SignallingMode.allCases.map(\.rawValue))
    static let microphone = ChoiceGroup(name: "microphone", values: Microphone.allCases.map(\.rawValue))
    static let camera = ChoiceGroup(
        name: "camera", values: Camera.allCases.map(\.rawValue),
        later: ["vp8", "vp9", "av1", "h264"])
    static let client = ChoiceGroup(
        name: "client", values: Browser.allCases.map(\.rawValue), later: ["safari", "edge"])
    static let layout = ChoiceGroup(name: "layout", values: Layout.allCases.map(\.rawValue))
    static let receive = ChoiceGroup(name: "receive", values: ReceiveQuality.allCases.map(\.rawValue))
    static let access = ChoiceGroup(name: "access", values: RoomAccess.allCases.map(\.rawValue))
    static let loginKind = ChoiceGroup(name: "login-kind", values: Login.allCases.map(\.rawValue))
    static let opening = ChoiceGroup(name: "opening", values: ["accept", "deny"])
    static let distribution = ChoiceGroup(name: "distribution", values: ["fixed", "uniform", "lognormal"])
    static let shape = ChoiceGroup(name: "shape", values: StormShape.allCases.map(\.rawValue))
    static let path = ChoiceGroup(
        name: "path", values: NetworkPath.allCases.map(\.rawValue))
    static let firewall = ChoiceGroup(name: "firewall", values: Firewall.allCases.map(\.rawValue))
    static let ip = ChoiceGroup(name: "ip", values: IPVersions.allCases.map(\.rawValue))
    static let way = ChoiceGroup(name: "way", values: EmbeddedWay.allCases.map(\.rawValue))
    static let blocked = ChoiceGroup(name: "blocked", values: BlockedWay.allCases.map(\.rawValue))
    static let spread = ChoiceGroup(name: "spread", values: JitterSpread.allCases.map(\.rawValue))
    static let depth = ChoiceGroup(
        name: "depth", values: ProbeDepth.allCases.map(\.rawValue), later: ["decode"])

    /// Metrics of later versions.
    static let laterMetrics = [
        "audio.mouth-to-ear", "av.skew", "video.vmaf", "audio.visqol", "video.harmonic-fps",
    ]
}
