import Cryptography
import Primitives
import RTC

/// Offers hostile datagrams to handshakes in every state; the bytes are cut at the length that each piece's first
/// byte says, times eight.
func fuzzSecureHandshake(_ bytes: UnsafeRawBufferPointer) {
    for isConnected in [false, true] {
        guard let context = try? DTLSContext() else { return }
        let generator = SeededGenerator(seed: 1)
        fuzz(
            bytes, client: context.makeHandshake(), server: context.makeHandshake(), isConnected: isConnected)
        fuzz(
            bytes, client: SimulatedHandshake(generator: generator.fork("client")),
            server: SimulatedHandshake(generator: generator.fork("server")), isConnected: isConnected)
    }
}

/// Offers a hostile packet to SRTP and SRTCP under every cipher, as a parser might that read anything at all.
func fuzzSRTP(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 8 else { return }
    let headerLength = Int(bytes[0]) | Int(bytes[1] & 7) << 8
    let sequenceNumber = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
    for pair in cipherPairs() {
        var session = SRTPSession(ciphers: pair)
        for ssrc in [UInt32(bytes[4]), 7] {
            var packet = Array(bytes)
            let result = packet.withUnsafeMutableBytes {
                session.unprotectRTP(
                    $0, headerLength: headerLength, ssrc: ssrc, sequenceNumber: sequenceNumber)
            }
            precondition(result == .unauthentic, "a forgery passed")
        }
        var packet = Array(bytes)
        let result = packet.withUnsafeMutableBytes { session.unprotectRTCP($0) }
        precondition(result == .unauthentic, "a forgery passed")
        _ = packet.withUnsafeMutableBytes {
            session.protectRTP(
                $0, count: bytes.count - Int(bytes[5] & 31), headerLength: headerLength, ssrc: 1,
                sequenceNumber: sequenceNumber)
        }
        _ = packet.withUnsafeMutableBytes {
            session.protectRTCP($0, count: bytes.count - Int(bytes[5] & 31), ssrc: 1)
        }
    }
}

private func cipherPairs() -> [CipherPair] {
    let key = [UInt8](0..<60)
    let real = [SRTPProfile.aeadAES128GCM, .aes128CMHMACSHA1_80].compactMap { profile in
        let count = 2 * (profile.keyByteCount + profile.saltByteCount)
        return CipherPair(profile: profile, keyingMaterial: Array(key[..<count]), role: .client)
    }
    let simulated = SimulatedCipher(key: (1, 2))
    return real + [CipherPair(inbound: simulated, outbound: simulated)]
}

private func fuzz(
    _ bytes: UnsafeRawBufferPointer, client: any SecureHandshake, server: any SecureHandshake,
    isConnected: Bool
) {
    client.start(role: .client, remoteFingerprint: server.localFingerprint, now: .zero)
    server.start(role: .server, remoteFingerprint: client.localFingerprint, now: .zero)
    for _ in 0..<(isConnected ? 4 : 0) {
        carry(from: client, to: server)
        carry(from: server, to: client)
    }
    var offset = 0
    while offset < bytes.count {
        let end = min(bytes.count, offset + 1 + Int(bytes[offset]) * 8)
        let datagram = UnsafeRawBufferPointer(rebasing: bytes[offset + 1..<max(end, offset + 1)])
        client.receive(datagram, now: .zero)
        server.receive(datagram, now: .zero)
        carry(from: client, to: server)
        carry(from: server, to: client)
        offset = max(end, offset + 1)
    }
    client.close()
    server.close()
}

private func carry(from sender: any SecureHandshake, to receiver: any SecureHandshake) {
    withUnsafeTemporaryAllocation(byteCount: 2048, alignment: 8) { buffer in
        while true {
            let count = sender.pollTransmit(into: buffer)
            guard count > 0 else { break }
            receiver.receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]), now: .zero)
        }
        while receiver.pollApplicationData(into: buffer) > 0 {}
    }
}
