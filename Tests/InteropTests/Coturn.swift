import Foundation
import Testing

/// A coturn of a test's own, on loopback ports that were free.
final class Coturn {
    /// Where Debian's package `coturn` has it, or wherever else it is found; nil where there is none.
    static let program: String? = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/bin", "/usr/local/bin"]
        return folders.map { "\($0)/turnserver" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// Why tests are skipped where there is none.
    static let missing: Comment = "no turnserver: install coturn (scripts/setup --tests does)"

    /// Its certificate, which is its own authority, for `localhost`.
    let certificate: String
    /// The name and password it takes.
    let environment = ["TURN_USER": "visiobench", "TURN_PASSWORD": "a-password"]
    private let folder: Folder
    private let process: ChildProcess
    private let port: UInt16
    private let securePort: UInt16

    init() async throws {
        folder = try Folder()
        (port, securePort) = (try Self.freePort(), try Self.freePort())
        certificate = folder.url.appendingPathComponent("certificate.pem").path
        let key = folder.url.appendingPathComponent("key.pem").path
        let maker = try ChildProcess(
            "/usr/bin/env",
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
            ], named: "openssl", in: folder)
        let code = try await maker.exitCode(within: 30)
        try #require(code == 0, "\(maker.errorText)")
        process = try ChildProcess(
            try #require(Self.program),
            [
                "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--listening-port=\(port)",
                "--tls-listening-port=\(securePort)", "--realm=visiobench.test", "--lt-cred-mech",
                "--user=visiobench:a-password", "--allow-loopback-peers", "--no-cli", "--cert=\(certificate)",
                "--pkey=\(key)", "--log-file=stdout", "--simple-log", "--verbose",
                "--pidfile=\(folder.url.appendingPathComponent("pid").path)",
                "--userdb=\(folder.url.appendingPathComponent("users").path)",
            ], named: "coturn", in: folder)
        for _ in 0..<200 where !Self.answers(securePort) { try await Task.sleep(for: .milliseconds(50)) }
        try #require(Self.answers(port) && Self.answers(securePort), "\(log)")
    }

    /// How it is reached in the way of this name.
    func url(_ path: String) -> String {
        switch path {
        case "turn-udp": "turn:127.0.0.1:\(port)?transport=udp"
        case "turn-tcp": "turn:127.0.0.1:\(port)?transport=tcp"
        default: "turns:localhost:\(securePort)?transport=tcp"
        }
    }

    /// What it said so far.
    var log: String { process.text + process.errorText }

    /// How many relays it gave.
    var relayCount: Int { log.components(separatedBy: "ALLOCATE processed, success").count - 1 }

    /// A port that neither TCP nor UDP uses at the moment.
    private static func freePort() throws -> UInt16 {
        for _ in 0..<100 {
            let port = UInt16.random(in: 20_000..<32_000)
            if bind(port, SOCK_DGRAM), bind(port, SOCK_STREAM) { return port }
        }
        throw NoPort()
    }

    private struct NoPort: Error {}

    private static func bind(_ port: UInt16, _ type: __socket_type) -> Bool {
        withSocket(port, type) { Glibc.bind($0, $1, $2) == 0 }
    }

    private static func answers(_ port: UInt16) -> Bool {
        withSocket(port, SOCK_STREAM) { Glibc.connect($0, $1, $2) == 0 }
    }

    private static func withSocket(
        _ port: UInt16, _ type: __socket_type, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
    ) -> Bool {
        let descriptor = socket(AF_INET, Int32(type.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body(descriptor, $0, size) }
        }
    }
}
