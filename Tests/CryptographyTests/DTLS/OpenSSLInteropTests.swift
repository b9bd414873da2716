import Cryptography
import Foundation
import Glibc
import Primitives
import RTC
import Testing

/// Our handshake against OpenSSL's command line, over real sockets, where that is installed.
@Suite(.serialized, .enabled(if: OpenSSLPeer.isInstalled)) struct OpenSSLInteropTests {
    @Test(arguments: SRTPProfile.all, [[], ["-listen"], ["-mtu", "300"]])
    func weAreTheClient(profile: SRTPProfile, options: [String]) throws {
        // `-listen` asks for a cookie first (HelloVerifyRequest); a small MTU splits the certificate.
        let socket = try DatagramSocket()
        let port = try DatagramSocket.freePort()
        let peer = try OpenSSLPeer(
            ["s_server", "-accept", "127.0.0.1:\(port)", "-Verify", "1"] + options, profile: profile)
        socket.remotePort = port
        try converse(with: peer, role: .client, over: socket, profile: profile)
    }

    @Test(arguments: SRTPProfile.all, [[], ["-mtu", "300"]])
    func weAreTheServer(profile: SRTPProfile, options: [String]) throws {
        let socket = try DatagramSocket()
        let peer = try OpenSSLPeer(
            ["s_client", "-connect", "127.0.0.1:\(socket.localPort)"] + options, profile: profile)
        try converse(with: peer, role: .server, over: socket, profile: profile)
    }

    private func converse(
        with peer: OpenSSLPeer, role: DTLSRole, over socket: DatagramSocket, profile: SRTPProfile
    ) throws {
        let handshake = try DTLSContext().makeHandshake()
        let origin = DispatchTime.now().uptimeNanoseconds
        func now() -> Instant { Instant(nanoseconds: Int64(DispatchTime.now().uptimeNanoseconds - origin)) }
        var received: [UInt8] = []
        func pump() {
            var buffer = [UInt8](repeating: 0, count: 2048)
            if let datagram = socket.receive() {
                datagram.withUnsafeBytes { handshake.receive($0, now: now()) }
            }
            if let deadline = handshake.deadline, deadline <= now() { handshake.tick(now: now()) }
            while case let count = buffer.withUnsafeMutableBytes({ handshake.pollTransmit(into: $0) }),
                count > 0
            {
                socket.send(Array(buffer[..<count]))
            }
            while case let count = buffer.withUnsafeMutableBytes({ handshake.pollApplicationData(into: $0) }),
                count > 0
            {
                received += buffer[..<count]
            }
        }

        handshake.start(role: role, remoteFingerprint: peer.fingerprint, now: now())
        while handshake.state == .handshaking { pump() }
        try #require(handshake.state == .connected, "\(handshake.state)")
        #expect(handshake.profile == profile)

        // Application data both ways.
        let greeting = Array("greeting from here\n".utf8)
        greeting.withUnsafeBytes { handshake.send($0) }
        peer.write("greeting from there\n")
        let end = now() + .seconds(20.0)
        while now() < end, received.isEmpty || !peer.output.contains("greeting from here") { pump() }
        #expect(String(decoding: received, as: UTF8.self) == "greeting from there\n")
        #expect(peer.output.contains("greeting from here"))

        // Both sides exported the same keys: a packet under OpenSSL's is authentic under ours.
        let line = try #require(peer.output.split(separator: "\n").first { $0.contains("Keying material: ") })
        let material = try #require([UInt8](hexadecimal: line.split(separator: " ").last ?? ""))
        let theirs = try #require(
            CipherPair(profile: profile, keyingMaterial: material, role: role == .client ? .server : .client))
        let ours = try #require(handshake.makeCiphers())
        let packet = TestPacket(ssrc: 7, sequenceNumber: 1, payload: [1, 2, 3])
        let inbound = theirs.outbound.protected(packet, ssrc: 7, index: 1)
        #expect(ours.inbound.unprotected(inbound, headerLength: 12, ssrc: 7, index: 1) == packet.bytes)
        let outbound = ours.outbound.protected(packet, ssrc: 7, index: 1)
        #expect(theirs.inbound.unprotected(outbound, headerLength: 12, ssrc: 7, index: 1) == packet.bytes)
        handshake.close()
        pump()
    }
}

/// A running `openssl s_client` or `s_server` with a fresh certificate.
final class OpenSSLPeer {
    /// The SHA-256 digest of its certificate.
    let fingerprint: [UInt8]
    private let process: Process
    private let input = Pipe()
    private let log: URL
    private let folder: URL

    static let program = "/usr/bin/openssl"

    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    init(_ arguments: [String], profile: SRTPProfile) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let certificate = folder.appendingPathComponent("certificate.der").path
        let key = folder.appendingPathComponent("key.pem").path
        log = folder.appendingPathComponent("output.txt")
        try Self.run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "1",
            "-subj", "/CN=peer", "-keyout", key, "-outform", "DER", "-out", certificate,
        ])
        fingerprint = SHA256.digest([UInt8](try Data(contentsOf: URL(fileURLWithPath: certificate))))

        try Data().write(to: log)
        let name = profile == .aeadAES128GCM ? "SRTP_AEAD_AES_128_GCM" : "SRTP_AES128_CM_SHA1_80"
        let byteCount = 2 * (profile.keyByteCount + profile.saltByteCount)
        process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments =
            arguments + [
                "-dtls1_2", "-cert", certificate, "-certform", "DER", "-key", key, "-use_srtp", name,
                "-keymatexport", "EXTRACTOR-dtls_srtp", "-keymatexportlen", "\(byteCount)",
            ]
        process.standardInput = input
        process.standardOutput = try FileHandle(forWritingTo: log)
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)  // it inherits a signal mask that blocks SIGTERM
        try? FileManager.default.removeItem(at: folder)
    }

    /// Everything it printed so far.
    var output: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// Sends a line as application data.
    func write(_ text: String) { input.fileHandleForWriting.write(Data(text.utf8)) }

    private static func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }
}

/// A UDP socket on the loopback interface.
final class DatagramSocket {
    let localPort: UInt16
    /// Where to send; the source of the first datagram unless set.
    var remotePort: UInt16?
    private let descriptor: CInt

    init() throws {
        let descriptor = Glibc.socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
        try #require(descriptor >= 0)
        var address = Self.address(port: 0)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        try #require(bound == 0)
        var length = size
        let named = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        try #require(named == 0)
        self.descriptor = descriptor
        localPort = UInt16(bigEndian: address.sin_port)
    }

    deinit { Glibc.close(descriptor) }

    /// A port that was free a moment ago.
    static func freePort() throws -> UInt16 { try DatagramSocket().localPort }

    func send(_ bytes: [UInt8]) {
        guard let remotePort else { return }
        var address = Self.address(port: remotePort)
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// The next datagram, if one comes within 20 ms.
    func receive() -> [UInt8]? {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&poller, 1, 20) > 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 2048)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(descriptor, &buffer, buffer.count, 0, $0, &length)
            }
        }
        guard count > 0 else { return nil }
        if remotePort == nil { remotePort = UInt16(bigEndian: address.sin_port) }
        return Array(buffer[..<count])
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}
