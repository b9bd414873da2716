import WireFormats

/// Makes one microphone: synthesises, finds the codec rate that meets the target, encodes, adds room for
/// tags.
struct AudioPreparation {
    private let microphone: ClipSpecification.Microphone
    private let speech: SyntheticSpeech

    /// Work of one second of one microphone, in the unit of `VideoPreparation.work`.
    static let workPerSecond = 10
    /// Loss that in-band redundancy is made for, in percent.
    private static let expectedLossPercent = 10
    /// Packets of silence that are encoded to find comfort noise.
    private static let silentPackets = 400
    /// Comfort packets that are kept.
    private static let comfortCount = 8
    /// A packet up to this size means that nothing is sent (RFC 6716 section 2.1.9).
    private static let largestEmptyPacket = 2

    init(_ microphone: ClipSpecification.Microphone, loopSeconds: Int) {
        self.microphone = microphone
        speech = SyntheticSpeech(
            seed: microphone.seed, rhythm: microphone.rhythm, pitch: microphone.pitch, seconds: loopSeconds)
    }

    /// The finished clip.
    func run(clipIndex: Int) throws(CodecError) -> AudioClip {
        var storage: [UInt8] = []
        let (encoded, delay) = try encodedLoop()
        var packets: [AudioClip.Packet] = []
        for (index, packet) in encoded.enumerated() {
            let offset = storage.count
            // With 20 ms packets of one channel libopus always writes one frame.
            guard packet.withUnsafeBytes({ OpusPacketPadding.append($0, to: &storage) }) else {
                throw CodecError(library: .opus, operation: .encode, code: 0)
            }
            packets.append(
                AudioClip.Packet(offset: offset, count: storage.count - offset, level: level(of: index)))
        }
        var comfort: [AudioClip.Packet] = []
        for packet in try comfortNoise() {
            comfort.append(
                AudioClip.Packet(offset: storage.count, count: packet.count, level: AudioLevel.silence))
            storage += packet
        }
        return AudioClip(
            clipIndex: clipIndex, specification: microphone, codecDelaySamples: delay, packets: packets,
            comfort: comfort, storage: storage)
    }

    private func level(of index: Int) -> UInt8 {
        speech.samples.withUnsafeBufferPointer { samples in
            let start = index * OpusEncoder.samplesPerPacket
            return AudioLevel.measure(
                UnsafeBufferPointer(rebasing: samples[start..<start + OpusEncoder.samplesPerPacket]))
        }
    }

    /// Encodes at the codec rate whose packets, made larger by the tag, average the target.
    private func encodedLoop() throws(CodecError) -> (packets: [[UInt8]], delay: Int) {
        let target = microphone.bitrate
        var rate = target - OpusPacketPadding.overhead * 8 * 50
        var best: (packets: [[UInt8]], delay: Int, error: Int)?
        for _ in 0..<4 {
            let (packets, delay) = try encode(at: rate)
            let total = packets.reduce(0) { $0 + $1.count + OpusPacketPadding.overhead - 1 }
            let error = total * 8 * 50 / packets.count - target
            if abs(error) < abs(best?.error ?? .max) { best = (packets, delay, error) }
            guard abs(error) > target / 200 else { break }
            rate = max(6000, rate - error)
        }
        return (best?.packets ?? [], best?.delay ?? 0)
    }

    /// Encodes the loop twice and keeps the second turn: its first packet follows on from its last.
    private func encode(at rate: Int) throws(CodecError) -> ([[UInt8]], Int) {
        let encoder = try OpusEncoder(
            OpusEncoder.Configuration(
                bitrate: rate, hasForwardErrorCorrection: microphone.hasForwardErrorCorrection,
                expectedLossPercent: microphone.hasForwardErrorCorrection ? Self.expectedLossPercent : 0))
        _ = try Self.packets(of: speech.samples, encoder)
        return (try Self.packets(of: speech.samples, encoder), encoder.lookahead)
    }

    /// What an encoder with discontinuous transmission sends when only the background is heard.
    ///
    /// Packets of one or two bytes stand for silence that goes on; what remains are the updates of the noise.
    private func comfortNoise() throws(CodecError) -> [[UInt8]] {
        let encoder = try OpusEncoder(
            OpusEncoder.Configuration(bitrate: microphone.bitrate, isDiscontinuous: true))
        // Only after speech does the encoder know how faint the background is.
        _ = try Self.packets(of: speech.samples, encoder)
        var packets: [[UInt8]] = []
        while packets.count < Self.silentPackets {
            packets += try Self.packets(of: speech.background, encoder)
        }
        let updates = packets.filter { $0.count > Self.largestEmptyPacket }.prefix(Self.comfortCount)
        // An encoder that never falls silent leaves no update: what it sends last is as good as one.
        return updates.isEmpty ? packets.suffix(1) : Array(updates)
    }

    private static func packets(of samples: [Int16], _ encoder: OpusEncoder) throws(CodecError) -> [[UInt8]] {
        var packets: [[UInt8]] = []
        for start in stride(from: 0, to: samples.count, by: OpusEncoder.samplesPerPacket) {
            var packet = [UInt8](repeating: 0, count: OpusEncoder.maximumPacketSize)
            let count = try samples.withUnsafeBufferPointer { (samples) throws(CodecError) in
                try packet.withUnsafeMutableBufferPointer { (packet) throws(CodecError) in
                    try encoder.encode(
                        UnsafeBufferPointer(rebasing: samples[start..<start + OpusEncoder.samplesPerPacket]),
                        into: UnsafeMutableRawBufferPointer(packet))
                }
            }
            packets.append(Array(packet.prefix(count)))
        }
        return packets
    }
}
