public import Primitives

/// A stand-in for DTLS in virtual time: the flights, sizes, timers and failures of DTLS 1.2 without cryptography.
///
/// It takes two round trips, retransmits lost flights, refuses a certificate that does not match its announced
/// fingerprint, carries application data in records of the true size, and yields `SimulatedCipher`s. Everything
/// follows from the generator it is given. It talks only to its like.
public final class SimulatedHandshake: SecureHandshake {
    /// The SHA-256 digest of `certificate`.
    public let localFingerprint: [UInt8]
    /// How far the handshake has come.
    public private(set) var state = HandshakeState.idle
    /// When the flight is retransmitted or the handshake fails.
    public var deadline: Instant? { timer.deadline }

    /// What we show as our certificate.
    private let certificate: [UInt8]
    /// Our hello's random.
    private let localRandom: [UInt8]
    /// Our side, once started.
    private var role = DTLSRole.client
    /// The digest that the peer's certificate must have.
    private var remoteFingerprint: [UInt8] = []
    /// When to repeat a flight.
    private var timer = HandshakeTimer()
    /// The peer's hello's random, once known; tells a repeated hello from a new one.
    private var remoteRandom: [UInt8] = []
    /// The last flight we sent, kept to be repeated; empty when none can be asked for again.
    private var lastFlight: [UInt8] = []
    /// The proof that ends the handshake, a digest of everything agreed; empty until both hellos are known.
    private var proof: [UInt8] = []
    /// A ClientHello that came before `start`.
    private var earlyDatagram: [UInt8] = []
    /// Protects our application data; nil until the secret is known.
    private var outbound: SimulatedCipher?
    /// Checks the peer's application data; nil until the secret is known.
    private var inbound: SimulatedCipher?
    /// Numbers our records.
    private var nextSequenceNumber: UInt64 = 0
    /// Drops repeated records (RFC 6347 §4.1.2.6).
    private var replayWindow = ReplayWindow<1>()
    /// What waits to be sent.
    private var transmitQueue = DatagramQueue()
    /// What waits to be read.
    private var applicationQueue = DatagramQueue()

    /// Makes one side, its certificate and its random drawn from `generator`.
    public init(generator: SeededGenerator) {
        var certificateGenerator = generator.fork("certificate")
        var randomGenerator = generator.fork("random")
        certificate = certificateGenerator.bytes(32)
        localRandom = randomGenerator.bytes(32)
        localFingerprint = SHA256.digest(certificate)
    }

    /// The profile whose sizes are imitated, once connected.
    public var profile: SRTPProfile? { state == .connected ? .aeadAES128GCM : nil }

    /// Begins; the client sends its hello.
    public func start(role: DTLSRole, remoteFingerprint: [UInt8], now: Instant) {
        guard state == .idle else { return }
        self.role = role
        self.remoteFingerprint = remoteFingerprint
        state = .handshaking
        timer.start(now: now)
        switch role {
        case .client:
            sendFlight(.clientHello, fields: [localRandom], now: now)
        case .server:
            let early = earlyDatagram
            earlyDatagram = []
            early.withUnsafeBytes { receive($0, now: now) }
        }
    }

    /// Takes one datagram of records.
    public func receive(_ datagram: UnsafeRawBufferPointer, now: Instant) {
        if state == .idle {
            if datagram.count <= Outbox.maximumDatagramSize { earlyDatagram = Array(datagram) }
            return
        }
        var offset = 0
        while let record = SimulatedRecord.read(from: datagram, at: &offset) {
            let content = UnsafeRawBufferPointer(
                rebasing: datagram[record.contentOffset..<record.contentOffset + record.contentCount])
            switch (record.type, state) {
            case (.handshake, .handshaking), (.handshake, .connected): receiveFlight(content, now: now)
            case (.alert, .handshaking), (.alert, .connected): receiveAlert(content)
            case (.applicationData, .connected): receiveApplicationData(content, record: record)
            default: break
            }
        }
    }

    /// Repeats the last flight or gives up, if it is time.
    public func tick(now: Instant) {
        switch timer.expire(now: now) {
        case .none: break
        case .retransmit: lastFlight.withUnsafeBytes { transmitQueue.append($0) }
        case .giveUp: fail("the handshake timed out")
        }
    }

    /// Hands out the next datagram.
    public func pollTransmit(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        transmitQueue.take(into: buffer)
    }

    /// Hands out the next piece of application data.
    public func pollApplicationData(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        applicationQueue.take(into: buffer)
    }

    /// Wraps application data into a record.
    public func send(_ applicationData: UnsafeRawBufferPointer) {
        guard state == .connected, let outbound else { return }
        let contentCount =
            SimulatedRecord.explicitNonceByteCount + applicationData.count + SimulatedCipher.tagByteCount
        let sequenceNumber = takeSequenceNumber()
        transmitQueue.append(atMost: SimulatedRecord.headerByteCount + contentCount) { buffer in
            var writer = ByteWriter(buffer)
            SimulatedRecord.writeHeader(
                into: &writer, type: .applicationData, epoch: 1, sequenceNumber: sequenceNumber,
                contentCount: contentCount)
            writer.write(sequenceNumber)
            let start = writer.count
            writer.write(applicationData)
            let payload = UnsafeMutableRawBufferPointer(rebasing: buffer[start...])
            return start + outbound.seal(payload, count: applicationData.count, nonce: sequenceNumber)
        }
    }

    /// Ciphers keyed by what both hellos said.
    public func makeCiphers() -> CipherPair? {
        guard state == .connected, let inbound, let outbound else { return nil }
        return CipherPair(inbound: inbound, outbound: outbound)
    }

    /// Tells the peer, and ends.
    public func close() {
        if state == .connected { sendAlert(.closeNotify) }
        guard state != .closed else { return }
        if case .failed = state { return }
        timer.stop()
        state = .closed
    }

    // MARK: Flights

    private func receiveFlight(_ content: UnsafeRawBufferPointer, now: Instant) {
        var reader = ByteReader(content.bytes)
        guard let flight = SimulatedRecord.Flight(rawValue: reader.readUInt8()) else { return }
        let first = reader.readArray(32)
        let second = reader.remaining >= 32 ? reader.readArray(32) : []
        guard !reader.failed else { return }
        switch (role, flight) {
        case (.server, .clientHello):
            if remoteRandom.isEmpty {
                remoteRandom = first
                sendFlight(.serverHello, fields: [localRandom, certificate], now: now)
            } else if state == .handshaking, first == remoteRandom {
                // The peer repeats its hello: our answer was lost, or is on its way.
                lastFlight.withUnsafeBytes { transmitQueue.append($0) }
            }
        case (.client, .serverHello):
            guard remoteRandom.isEmpty, accept(certificate: second) else { return }
            remoteRandom = first
            agree(clientRandom: localRandom, serverRandom: first, certificates: [certificate, second])
            sendFlight(.clientFinished, fields: [certificate, proof], now: now)
        case (.server, .clientFinished):
            receiveClientFinished(certificate: first, proof: second, now: now)
        case (.client, .serverFinished):
            guard state == .handshaking, !proof.isEmpty, first == proof else { return }
            finish()
            lastFlight = []
        default: break
        }
    }

    private func receiveClientFinished(certificate remote: [UInt8], proof remoteProof: [UInt8], now: Instant)
    {
        guard !remoteRandom.isEmpty else { return }
        if state == .connected {
            // The peer repeats itself, so our last flight was lost; it has no timer (RFC 6347 §4.2.4).
            if remoteProof == proof { lastFlight.withUnsafeBytes { transmitQueue.append($0) } }
            return
        }
        guard accept(certificate: remote) else { return }
        agree(clientRandom: remoteRandom, serverRandom: localRandom, certificates: [remote, certificate])
        guard remoteProof == proof else { return }
        sendFlight(.serverFinished, fields: [proof], now: now)
        finish()
    }

    private func accept(certificate: [UInt8]) -> Bool {
        guard SHA256.digest(certificate) != remoteFingerprint else { return true }
        sendAlert(.badCertificate)
        fail("the peer's certificate does not match its fingerprint")
        return false
    }

    private func agree(clientRandom: [UInt8], serverRandom: [UInt8], certificates: [[UInt8]]) {
        let secret = SHA256.digest(clientRandom + serverRandom + certificates.joined())
        proof = SHA256.digest(secret + [0])
        let clientCipher = SimulatedCipher(key: Self.key(SHA256.digest(secret + [1])))
        let serverCipher = SimulatedCipher(key: Self.key(SHA256.digest(secret + [2])))
        outbound = role == .client ? clientCipher : serverCipher
        inbound = role == .client ? serverCipher : clientCipher
    }

    private static func key(_ digest: [UInt8]) -> (UInt64, UInt64) {
        digest.withUnsafeBytes { ($0.load(as: UInt64.self), $0.load(fromByteOffset: 8, as: UInt64.self)) }
    }

    private func sendFlight(_ flight: SimulatedRecord.Flight, fields: [[UInt8]], now: Instant) {
        var datagram = [UInt8](repeating: 0, count: flight.datagramByteCount)
        datagram.withUnsafeMutableBytes { buffer in
            var writer = ByteWriter(buffer)
            SimulatedRecord.writeHeader(
                into: &writer, type: .handshake, epoch: 0, sequenceNumber: takeSequenceNumber(),
                contentCount: buffer.count - SimulatedRecord.headerByteCount)
            writer.write(flight.rawValue)
            for field in fields { writer.write(field) }
        }
        datagram.withUnsafeBytes { transmitQueue.append($0) }
        lastFlight = datagram
        timer.flightSent(now: now)
    }

    private func finish() {
        timer.stop()
        state = .connected
    }

    private func fail(_ reason: String) {
        timer.stop()
        state = .failed(reason)
    }

    // MARK: Records

    /// Bytes of the shared secret's proof that make an alert genuine.
    private static let alertSealByteCount = 16

    private func sendAlert(_ alert: SimulatedRecord.Alert) {
        let sequenceNumber = takeSequenceNumber()
        // Once there are keys an alert is authenticated, as DTLS does it: by what only the two sides know.
        let seal = Array(proof.prefix(Self.alertSealByteCount))
        transmitQueue.append(atMost: SimulatedRecord.headerByteCount + 1 + seal.count) { buffer in
            var writer = ByteWriter(buffer)
            SimulatedRecord.writeHeader(
                into: &writer, type: .alert, epoch: 0, sequenceNumber: sequenceNumber,
                contentCount: 1 + seal.count)
            writer.write(alert.rawValue)
            writer.write(seal)
            return writer.count
        }
    }

    private func receiveAlert(_ content: UnsafeRawBufferPointer) {
        guard let code = content.first, let alert = SimulatedRecord.Alert(rawValue: code) else { return }
        if state == .connected {
            let seal = content.dropFirst().prefix(Self.alertSealByteCount)
            guard alert == .closeNotify, seal.elementsEqual(proof.prefix(Self.alertSealByteCount)) else {
                return
            }
        }
        switch alert {
        case .closeNotify:
            timer.stop()
            state = .closed
        case .badCertificate:
            fail("the peer refused our certificate")
        }
    }

    private func receiveApplicationData(_ content: UnsafeRawBufferPointer, record: SimulatedRecord) {
        guard let inbound, content.count > SimulatedRecord.explicitNonceByteCount,
            replayWindow.isFresh(record.sequenceNumber)
        else { return }
        let sealed = UnsafeRawBufferPointer(rebasing: content[SimulatedRecord.explicitNonceByteCount...])
        let count = inbound.open(sealed, nonce: record.sequenceNumber)
        guard count > 0 else { return }
        replayWindow.commit(record.sequenceNumber)
        applicationQueue.append(UnsafeRawBufferPointer(rebasing: sealed[..<count]))
    }

    private func takeSequenceNumber() -> UInt64 {
        defer { nextSequenceNumber += 1 }
        return nextSequenceNumber
    }
}
