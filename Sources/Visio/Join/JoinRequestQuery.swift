import FoundationEssentials
import Primitives

/// A join request as the query of `/rtc`, the form of two peer connections: the same wishes, spelled out.
extension LiveKitJoinRequest {
    /// The parameters livekit-client sends beside the token, in its order.
    public var queryItems: [(name: String, value: String)] {
        var items: [(name: String, value: String)] = []
        if reconnect {
            items.append(("reconnect", "1"))
            if !participantSid.isEmpty { items.append(("sid", participantSid)) }
        }
        items.append(("auto_subscribe", connectionSettings.autoSubscribe ? "1" : "0"))
        items.append(("sdk", Self.name(of: clientInfo.sdk)))
        items.append(("version", clientInfo.version))
        items.append(("protocol", String(clientInfo.protocol)))
        items.append(("client_protocol", String(clientInfo.clientProtocol)))
        let texts = [
            ("device_model", clientInfo.deviceModel), ("os", clientInfo.os),
            ("os_version", clientInfo.osVersion), ("browser", clientInfo.browser),
            ("browser_version", clientInfo.browserVersion),
        ]
        for (name, value) in texts where !value.isEmpty { items.append((name, value)) }
        if connectionSettings.adaptiveStream { items.append(("adaptive_stream", "1")) }
        if reconnectReason != .rrUnknown {
            items.append(("reconnect_reason", String(reconnectReason.rawValue)))
        }
        return items
    }

    /// Reads the query of `/rtc`; what is absent or unreadable has LiveKit's default.
    public init(query target: RequestTarget) {
        self.init()
        func flag(_ name: String, default value: Bool) -> Bool {
            guard let text = target.value(of: name), !text.isEmpty else { return value }
            return text == "1" || text == "true"
        }
        connectionSettings.autoSubscribe = flag("auto_subscribe", default: true)
        connectionSettings.adaptiveStream = flag("adaptive_stream", default: false)
        connectionSettings.disableIceLite = flag("disable_ice_lite", default: false)
        reconnect = flag("reconnect", default: false)
        participantSid = target.value(of: "sid") ?? ""
        let reason = target.value(of: "reconnect_reason").flatMap { Int($0) } ?? 0
        reconnectReason = LiveKitReconnectReason(rawValue: reason) ?? .rrUnknown
        clientInfo.sdk = Self.sdk(named: target.value(of: "sdk") ?? "")
        clientInfo.protocol = target.value(of: "protocol").flatMap { Int32($0) } ?? 0
        clientInfo.clientProtocol = target.value(of: "client_protocol").flatMap { Int32($0) } ?? 0
        clientInfo.version = target.value(of: "version") ?? ""
        clientInfo.os = target.value(of: "os") ?? ""
        clientInfo.osVersion = target.value(of: "os_version") ?? ""
        clientInfo.deviceModel = target.value(of: "device_model") ?? ""
        clientInfo.browser = target.value(of: "browser") ?? ""
        clientInfo.browserVersion = target.value(of: "browser_version") ?? ""
        if let text = target.value(of: "attributes"), let bytes = Base64.decode(text) {
            participantAttributes = JSON.decode([String: String].self, from: bytes) ?? [:]
        }
    }

    private static let names: [(LiveKitClientInfo.SDK, String)] = [
        (.js, "js"), (.swift, "ios"), (.swift, "swift"), (.android, "android"), (.flutter, "flutter"),
        (.go, "go"), (.unity, "unity"), (.reactNative, "reactnative"), (.rust, "rust"), (.python, "python"),
        (.cpp, "cpp"), (.unityWeb, "unityweb"), (.node, "node"), (.unreal, "unreal"), (.esp32, "esp32"),
    ]

    private static func name(of sdk: LiveKitClientInfo.SDK) -> String {
        names.first { $0.0 == sdk }?.1 ?? "unknown"
    }

    private static func sdk(named name: String) -> LiveKitClientInfo.SDK {
        names.first { $0.1 == name }?.0 ?? .unknown
    }
}
