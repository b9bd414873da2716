import COpus

/// A libopus decoder to 48 kHz mono, with its own concealment of lost packets.
public final class OpusDecoder {
    /// Most samples one packet can hold: 120 ms (RFC 6716 section 3.2.5).
    public static let maximumSamplesPerPacket = 5760

    private let decoder: OpaquePointer

    /// Opens a decoder.
    public init() throws(CodecError) {
        var code: Int32 = 0
        let opened = opus_decoder_create(Int32(OpusEncoder.sampleRate), 1, &code)
        guard let opened, code == OPUS_OK else {
            throw CodecError(library: .opus, operation: .open, code: code)
        }
        decoder = opened
    }

    deinit { opus_decoder_destroy(decoder) }

    /// Decompresses a packet and returns how many samples it gave.
    ///
    /// Hostile bytes give an error or noise, never a crash.
    public func decode(
        _ packet: UnsafeRawBufferPointer, into samples: UnsafeMutableBufferPointer<Int16>
    ) throws(CodecError) -> Int {
        // libopus takes an empty packet for a lost one.
        guard !packet.isEmpty else {
            throw CodecError(library: .opus, operation: .decode, code: OPUS_INVALID_PACKET)
        }
        return try run(packet, into: samples, useRedundancy: false)
    }

    /// Rebuilds a lost packet from the coarse copy inside its successor, or conceals it if there is none.
    public func recover(
        from successor: UnsafeRawBufferPointer, into samples: UnsafeMutableBufferPointer<Int16>
    ) throws(CodecError) -> Int {
        try run(successor, into: samples, useRedundancy: true)
    }

    /// Fills `samples` with a guess at a lost packet of that length.
    public func conceal(into samples: UnsafeMutableBufferPointer<Int16>) throws(CodecError) -> Int {
        try run(UnsafeRawBufferPointer(start: nil, count: 0), into: samples, useRedundancy: false)
    }

    private func run(
        _ packet: UnsafeRawBufferPointer, into samples: UnsafeMutableBufferPointer<Int16>, useRedundancy: Bool
    ) throws(CodecError) -> Int {
        guard let output = samples.baseAddress else {
            throw CodecError(library: .opus, operation: .decode, code: OPUS_BUFFER_TOO_SMALL)
        }
        let count = opus_decode(
            decoder, packet.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(clamping: packet.count),
            output, Int32(clamping: samples.count), useRedundancy ? 1 : 0)
        guard count >= 0 else { throw CodecError(library: .opus, operation: .decode, code: count) }
        return Int(count)
    }
}
