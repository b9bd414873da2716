import Connections
import Cryptography
import Foundation
import LoadGen
import Primitives
import Scenario
import Visio

/// Where a run goes, resolved and allowed before anything is contacted.
struct RunTarget {
    /// The way in; nil for the embedded deployment, whose address is not known yet.
    let entrance: ShardEnvironment.Entrance?
    /// What may be contacted.
    let allow: HostAllowList
    /// An address in the target's direction.
    let direction: SocketAddress?
    /// Whose certificates TURN servers may show; OpenSSL's variable names others than the system's.
    let trust: TLSContext.Trust
    /// Whether a TURN server of this name may show any certificate.
    let trustsAnyCertificate: @Sendable (String) -> Bool

    /// Resolves the target of a plan; secrets come from the environment.
    init(plan: Plan) throws(HostError) {
        var list = HostAllowList(plan.allow.hosts)
        trust =
            ProcessInfo.processInfo.environment["SSL_CERT_FILE"].map { .authorities(pemFile: $0) } ?? .system
        let allow = plan.allow
        // The embedded deployment's certificate is made anew each time, in this very process.
        let isEmbedded = if case .embedded = plan.target { true } else { false }
        trustsAnyCertificate = { name in
            allow.trustsAnyCertificate(of: name) || isEmbedded && AllowList.isLoopback(name)
        }
        switch plan.target {
        case .embedded:
            entrance = nil
            direction = .loopback(port: 9)
        case .visio(let url):
            entrance = .meet(baseURL: url.description)
            (list, direction) = try Self.resolve(url, list)
        case .livekit(let url, let key, let secret):
            let credentials = AccessToken.Credentials(
                key: try Self.secret(key), secret: try Self.secret(secret))
            entrance = .liveKit(url: url.description, credentials: credentials)
            (list, direction) = try Self.resolve(url, list)
        }
        self.allow = list
    }

    /// The key of an embedded deployment: nobody outside the process needs it.
    static func embeddedCredentials(seed: UInt64) -> AccessToken.Credentials {
        var generator = SeededGenerator(seed: seed).fork("embedded secret")
        return AccessToken.Credentials(key: "embedded", secret: generator.text(32))
    }

    private static func resolve(
        _ url: TargetURL, _ list: HostAllowList
    ) throws(HostError) -> (HostAllowList, SocketAddress?) {
        guard list.permits(host: url.host) else { throw .notAllowed("the target \(url.host) is not allowed") }
        let addresses = NameResolution.addresses(of: url.host).map { $0.with(port: 9) }
        guard !addresses.isEmpty else { throw .unknownHost(url.host) }
        // Media usually comes from the same machine as signalling; other addresses must be named.
        return (list.allowing(addresses), addresses.first)
    }

    static func secret(_ credential: Credential) throws(HostError) -> String {
        guard let value = ProcessInfo.processInfo.environment[credential.environmentVariable], !value.isEmpty
        else {
            throw .missingSecret(variable: credential.environmentVariable)
        }
        return value
    }
}
