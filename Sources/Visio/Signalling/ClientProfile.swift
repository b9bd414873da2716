/// The program that a participant claims to be: servers change their behaviour by it.
public struct ClientProfile: Hashable, Sendable {
    /// What the program says about itself.
    public var info: LiveKitClientInfo
    /// The `User-Agent` of its requests, from which servers take browser and system; nil to send none.
    public var userAgent: String?
    /// Whether its first offer travels inside the join request; Firefox sends it as a message (livekit-client
    /// `isPublisherOfferWithJoinSupported`).
    public var offersWithJoin = true
    /// Whether it pings as livekit-client: first after one interval, and in the old form too.
    ///
    /// Native SDKs ping at once, in the new form alone.
    public var pingsAsPage = false

    /// Describes a program.
    public init(info: LiveKitClientInfo) { self.info = info }

    /// A native client with a name of its own.
    public static let native: ClientProfile = {
        var info = LiveKitClientInfo()
        info.sdk = .cpp
        info.version = "1.0.0"
        info.protocol = SignalClient.protocolVersion
        info.clientProtocol = 2  // Streams may come whole in one packet, as to Meet's page.
        info.os = "linux"
        info.deviceModel = "visiobench"
        return ClientProfile(info: info)
    }()

    /// Meet's page in Chrome.
    public static let chrome = page(
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/144.0.0.0 Safari/537.36"
    )

    /// Meet's page in Firefox.
    public static let firefox: ClientProfile = {
        var profile = page("Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0")
        profile.offersWithJoin = false
        return profile
    }()

    /// livekit-client 2.21, as Meet's page has it.
    private static func page(_ userAgent: String) -> ClientProfile {
        var info = LiveKitClientInfo()
        info.sdk = .js
        info.version = "2.21.0"
        info.protocol = SignalClient.protocolVersion
        info.clientProtocol = 2
        var profile = ClientProfile(info: info)
        profile.userAgent = userAgent
        profile.pingsAsPage = true
        return profile
    }
}
