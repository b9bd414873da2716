public import Primitives
public import WireFormats

/// A looped voice, encoded by Opus in 20 ms packets, and the comfort noise that is sent while it is silent.
public struct AudioClip: Sendable {
    /// One packet: where its bytes lie and how loud it is.
    struct Packet: Hashable, Sendable {
        /// Offset of its first byte in the clip's buffer.
        var offset: Int
        /// Its length in bytes, tag included if it has one.
        var count: Int
        /// Loudness in -dBov (RFC 6464).
        var level: UInt8
    }

    /// Number of the clip in its library, as frame tags carry it.
    public let clipIndex: Int
    /// What it was made from.
    public let specification: ClipSpecification.Microphone
    /// How many samples the decoded sound lags behind the source.
    public let codecDelaySamples: Int
    let packets: [Packet]
    let comfort: [Packet]
    let storage: [UInt8]

    /// RTP timestamp units, hence samples, in one packet.
    public static let samplesPerPacket = OpusEncoder.samplesPerPacket

    /// Time between comfort noise packets: libopus leaves out 20 packets at a time, and sends the next.
    public static let comfortNoiseInterval = Interval.milliseconds(420 as Int64)

    /// Packets in the loop.
    public var frameCount: Int { packets.count }
    /// How many different comfort noise packets there are, at least one.
    public var comfortNoiseCount: Int { comfort.count }

    /// The loudness of packet `number` in -dBov, as the RTP header extension carries it (RFC 6464).
    public func audioLevel(_ number: Int) -> UInt8 { packets[number].level }

    /// The average bit rate of the loop in bit/s, tags included, RTP headers not.
    public var averageBitrate: Int { packets.reduce(0) { $0 + $1.count } * 8 * 50 / max(1, packets.count) }

    /// The tag of packet `number`, captured at a Unix time in microseconds.
    public func tag(frame number: Int, captureMicroseconds: UInt64) -> FrameTag {
        FrameTag(
            captureMicroseconds: captureMicroseconds, frameNumber: UInt16(truncatingIfNeeded: number),
            clip: UInt8(truncatingIfNeeded: clipIndex), layer: 0)
    }

    /// Writes the RTP payload of packet `number`, which ends in the tag.
    ///
    /// - Returns: the payload's length; 0 if the buffer is too small.
    public func writeFrame(_ number: Int, tag: FrameTag, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = copy(packets[number], into: buffer)
        guard count > 0 else { return 0 }
        tag.write(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count - FrameTag.byteCount..<count]))
        return count
    }

    /// Writes the RTP payload of a comfort noise packet, without a tag.
    ///
    /// Silence is one such packet every `comfortNoiseInterval`, and nothing between.
    ///
    /// - Parameter index: Counts comfort packets; taken modulo their number.
    /// - Returns: the payload's length; 0 if the buffer is too small.
    public func writeComfortNoise(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        copy(comfort[index % comfort.count], into: buffer)
    }

    private func copy(_ packet: Packet, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard buffer.count >= packet.count else { return 0 }
        storage.withUnsafeBytes { bytes in
            buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes[packet.offset..<packet.offset + packet.count]))
        }
        return packet.count
    }
}
