import CSRTP
import Cryptography
import Primitives
import RTC
import Testing

/// Our ciphers against libsrtp2, in both directions.
@Suite(.serialized) struct LibSRTPOracleTests {
    /// One libsrtp2 session in one direction.
    final class Reference {
        private let session: srtp_t
        private let keyAndSalt: UnsafeMutablePointer<UInt8>

        /// libsrtp2 wants its global state made before the first session.
        private static let initialised: Bool = srtp_init() == srtp_err_status_ok

        init(profile: SRTPProfile, key: [UInt8], salt: [UInt8], isInbound: Bool, ssrc: UInt32? = nil) throws {
            try #require(Self.initialised)
            keyAndSalt = .allocate(capacity: 64)
            keyAndSalt.initialize(repeating: 0, count: 64)
            for (offset, byte) in (key + salt).enumerated() { keyAndSalt[offset] = byte }
            var policy = srtp_policy_t()
            switch profile {
            case .aeadAES128GCM:
                srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp)
                srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp)
            case .aes128CMHMACSHA1_80:
                srtp_crypto_policy_set_rtp_default(&policy.rtp)
                srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
            }
            policy.ssrc.type = isInbound ? ssrc_any_inbound : ssrc_any_outbound
            if let ssrc {
                policy.ssrc.type = ssrc_specific
                policy.ssrc.value = ssrc
            }
            policy.key = keyAndSalt
            policy.window_size = 1024
            var created: srtp_t?
            try #require(srtp_create(&created, &policy) == srtp_err_status_ok)
            session = try #require(created)
        }

        deinit {
            srtp_dealloc(session)
            keyAndSalt.deallocate()
        }

        /// Says how often the sequence numbers of `ssrc` have wrapped.
        func setRolloverCounter(_ counter: UInt32, ssrc: UInt32) throws {
            try #require(srtp_set_stream_roc(session, ssrc, counter) == srtp_err_status_ok)
        }

        func run(
            _ bytes: [UInt8],
            _ operation: (srtp_t?, UnsafeMutableRawPointer?, UnsafeMutablePointer<CInt>?) -> srtp_err_status_t
        ) -> [UInt8] {
            // libsrtp2 casts the packet to structures of 32-bit words: give it aligned memory with room to grow.
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 160, alignment: 8)
            defer { buffer.deallocate() }
            buffer.copyBytes(from: bytes)
            var count = CInt(bytes.count)
            guard operation(session, buffer.baseAddress, &count) == srtp_err_status_ok else { return [] }
            return Array(buffer[..<Int(count)])
        }
    }

    private func sequences() -> [UInt16] {
        // Across two wraps, with gaps, and with packets late on either side of a wrap.
        [32_000, 50_000, 65_530, 65_533, 65_532, 65_535, 1, 65_534, 2, 0, 30_000, 60_000, 59_990, 5]
    }

    private func packet(_ number: Int, sequenceNumber: UInt16) -> TestPacket {
        var generator = SeededGenerator(seed: UInt64(number))
        return TestPacket(
            ssrc: 0xcafe_0001, sequenceNumber: sequenceNumber, contributors: number % 3,
            extensionWords: number % 2 == 0 ? nil : number % 5, payload: generator.bytes(number * 97 % 1150))
    }

    private func keys(_ profile: SRTPProfile) -> (key: [UInt8], salt: [UInt8]) {
        var generator = SeededGenerator(seed: 0x5eed)
        return (generator.bytes(profile.keyByteCount), generator.bytes(profile.saltByteCount))
    }

    private func session(_ profile: SRTPProfile) throws -> SRTPSession {
        let (key, salt) = keys(profile)
        let inbound = try #require(CipherPair.cipher(profile: profile, masterKey: key, masterSalt: salt))
        let outbound = try #require(CipherPair.cipher(profile: profile, masterKey: key, masterSalt: salt))
        return SRTPSession(ciphers: CipherPair(inbound: inbound, outbound: outbound))
    }

    @Test(arguments: SRTPProfile.all)
    func libsrtpReadsOurPackets(profile: SRTPProfile) throws {
        let (key, salt) = keys(profile)
        let reference = try Reference(profile: profile, key: key, salt: salt, isInbound: true)
        var session = try session(profile)
        for (number, sequenceNumber) in sequences().enumerated() {
            let packet = packet(number, sequenceNumber: sequenceNumber)
            let protected = inPlace(packet.bytes, room: session.rtpOverhead) {
                session.protectRTP(
                    $0, count: packet.bytes.count, headerLength: packet.headerLength, ssrc: 0xcafe_0001,
                    sequenceNumber: sequenceNumber)
            }
            #expect(
                reference.run(protected) { srtp_unprotect($0, $1, $2) } == packet.bytes, "packet \(number)")
        }
        #expect(session.statistics.protectedRTP == sequences().count)
    }

    @Test(arguments: SRTPProfile.all)
    func weReadLibsrtpsPackets(profile: SRTPProfile) throws {
        let (key, salt) = keys(profile)
        let reference = try Reference(profile: profile, key: key, salt: salt, isInbound: false)
        var session = try session(profile)
        for (number, sequenceNumber) in sequences().enumerated() {
            let packet = packet(number, sequenceNumber: sequenceNumber)
            let protected = reference.run(packet.bytes) { srtp_protect($0, $1, $2) }
            let plain = inPlace(protected) { buffer in
                let result = session.unprotectRTP(
                    buffer, headerLength: packet.headerLength, ssrc: 0xcafe_0001,
                    sequenceNumber: sequenceNumber)
                guard case .ok(let count, _) = result else { return 0 }
                return count
            }
            #expect(plain == packet.bytes, "packet \(number)")
        }
        #expect(session.statistics.unprotectedRTP == sequences().count)
    }

    @Test(arguments: SRTPProfile.all, [1, 0xffff, 0x1_0000, 0x1234_5678, 0xffff_fffe] as [UInt32])
    func largeRolloverCountersAgree(profile: SRTPProfile, counter: UInt32) throws {
        let (key, salt) = keys(profile)
        let reference = try Reference(
            profile: profile, key: key, salt: salt, isInbound: true, ssrc: 0xcafe_0001)
        try reference.setRolloverCounter(counter, ssrc: 0xcafe_0001)
        let cipher = try #require(CipherPair.cipher(profile: profile, masterKey: key, masterSalt: salt))
        let packet = packet(3, sequenceNumber: 1000)
        let protected = cipher.protected(packet, ssrc: 0xcafe_0001, index: UInt64(counter) << 16 | 1000)
        #expect(reference.run(protected) { srtp_unprotect($0, $1, $2) } == packet.bytes)
    }

    @Test(arguments: SRTPProfile.all)
    func controlPacketsAgreeBothWays(profile: SRTPProfile) throws {
        let (key, salt) = keys(profile)
        let reader = try Reference(profile: profile, key: key, salt: salt, isInbound: true)
        let writer = try Reference(profile: profile, key: key, salt: salt, isInbound: false)
        var session = try session(profile)
        var generator = SeededGenerator(seed: 77)
        for number in 0..<20 {
            let words = number * 13 % 250
            let report =
                [0x81, 201] + [UInt8(words >> 8), UInt8(words & 0xff)] + [0, 0, 0x11, 0x11]
                + generator.bytes(words * 4)
            let ours = inPlace(report, room: session.rtcpOverhead) {
                session.protectRTCP($0, count: report.count, ssrc: 0x1111)
            }
            #expect(reader.run(ours) { srtp_unprotect_rtcp($0, $1, $2) } == report)

            let theirs = writer.run(report) { srtp_protect_rtcp($0, $1, $2) }
            let plain = inPlace(theirs) { buffer in
                guard case .ok(let count, let index) = session.unprotectRTCP(buffer) else { return 0 }
                #expect(index == UInt64(number + 1))  // libsrtp2 begins with one
                return count
            }
            #expect(plain == report)
        }
    }
}
