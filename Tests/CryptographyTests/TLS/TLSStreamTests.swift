import Cryptography
import Foundation
import Primitives
import Testing

@Suite struct TLSStreamTests {
    /// Carries bytes between two ends until both are quiet.
    private func pump(_ left: any StreamSecurity, _ right: any StreamSecurity) {
        left.receive(UnsafeRawBufferPointer(start: nil, count: 0))
        var buffer = [UInt8](repeating: 0, count: 4096)
        var isBusy = true
        while isBusy {
            isBusy = false
            for (sender, receiver) in [(left, right), (right, left)] {
                buffer.withUnsafeMutableBytes { room in
                    while true {
                        let count = sender.pollTransmit(into: room)
                        guard count > 0 else { break }
                        isBusy = true
                        receiver.receive(UnsafeRawBufferPointer(rebasing: room[..<count]))
                    }
                }
            }
        }
    }

    private func read(_ stream: any StreamSecurity) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1000)
        buffer.withUnsafeMutableBytes { room in
            while true {
                let count = stream.read(into: room)
                guard count > 0 else { return }
                bytes += room[..<count]
            }
        }
        return bytes
    }

    @Test func carriesBytesBothWays() throws {
        let client = try TLSContext().makeClient(name: "localhost", acceptsAnyCertificate: true)
        let server = try TLSContext(selfSignedServer: ()).makeServer()
        #expect(client.state == .handshaking)
        pump(client, server)
        #expect(client.state == .open && server.state == .open)
        let message = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        message.withUnsafeBytes { client.write($0) }
        pump(client, server)
        #expect(read(server) == message)
        message.prefix(10).withUnsafeBytes { server.write(UnsafeRawBufferPointer($0)) }
        pump(client, server)
        #expect(read(client) == Array(message.prefix(10)))
        client.close()
        pump(client, server)
        #expect(read(server).isEmpty && server.state == .closed)
    }

    @Test func certificatesOfNobodyAreRefused() throws {
        let client = try TLSContext().makeClient(name: "localhost")
        let server = try TLSContext(selfSignedServer: ()).makeServer()
        pump(client, server)
        guard case .failed(let reason) = client.state else {
            Issue.record("a self-signed certificate was believed")
            return
        }
        #expect(reason.contains("self signed") || reason.contains("self-signed"))
        #expect(server.state != .open || read(server).isEmpty)
    }

    @Test func missingAuthoritiesAreTold() {
        #expect(throws: DTLSError.self) {
            try TLSContext(trusting: .authorities(pemFile: "/nowhere/authorities.pem"))
        }
    }

    @Test(arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", "\u{16}\u{3}\u{1}", "ssh-2.0-"])
    func foreignBytesFailByName(text: String) throws {
        let client = try TLSContext().makeClient(name: "localhost", acceptsAnyCertificate: true)
        client.receive(UnsafeRawBufferPointer(start: nil, count: 0))
        Array((text + String(repeating: "x", count: 64)).utf8).withUnsafeBytes { client.receive($0) }
        guard case .failed(let reason) = client.state else {
            Issue.record("\(client.state)")
            return
        }
        #expect(!reason.isEmpty)
    }
}
