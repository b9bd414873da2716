import Primitives
import RTC
import WireFormats

/// Reads `bytes` as an SCTP packet, each of its chunks as what it claims to be, and as a data channel message; must
/// end without a trap.
func fuzzSCTP(_ bytes: UnsafeRawBufferPointer) {
    let packet = bytes.bytes
    _ = try? SCTPHeader(verifying: packet)
    _ = try? DataChannelMessage(parsing: packet)
    var reader = SCTPChunkReader(packet)
    while let chunk = try? reader.next() {
        precondition(chunk.value.upperBound <= bytes.count)
        let value = reader.value(of: chunk)
        if let initiate = try? SCTPInitiate(parsing: value), let cookie = initiate.cookie {
            precondition(cookie.upperBound <= value.byteCount)
        }
        if (try? SCTPDataChunk(parsing: value, flags: chunk.flags)) != nil {
            precondition(!SCTPDataChunk.userData(in: value).isEmpty)
        }
        if let ack = try? SCTPSelectiveAck(parsing: value) {
            for index in 0..<ack.gapBlockCount { _ = ack.gapBlock(index) }
        }
        if let forward = try? SCTPForwardTSN(parsing: value) {
            for index in 0..<forward.streamCount { _ = forward.skipped(index) }
        }
        var parameters = SCTPParameterReader(value)
        while let parameter = try? parameters.next() {
            precondition(parameter.value.upperBound <= value.byteCount)
            _ = try? SCTPReconfiguration(parameter, in: value)
        }
    }
}

/// Gives each chunk in `bytes` to an association that is up, in a packet with a valid header and checksum, as a hostile
/// peer inside DTLS could; it must survive.
///
/// Sequence numbers below 256 are taken relative to those that the association expects, so that the input gets past
/// the first comparison.
func fuzzSCTPAssociation(_ bytes: UnsafeRawBufferPointer) {
    withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 8) { buffer in
        var victim = HostilePeer(buffer: buffer)
        var offset = 0
        while bytes.count - offset >= 4 {
            let length = Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])
            let size = min(max(4, (length + 3) & ~3), bytes.count - offset)
            victim.attack(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + size]))
            offset += size
        }
    }
}

/// An association that is up, and how to reach it.
private struct HostilePeer {
    private let buffer: UnsafeMutableRawBufferPointer
    private var victim = SCTPAssociation(generator: SeededGenerator(seed: 1))
    private var tag: UInt32 = 0
    private var victimTSN: UInt32 = 0
    private var peerTSN: UInt32 = 0
    private var now = Instant.zero

    init(buffer: UnsafeMutableRawBufferPointer) {
        self.buffer = buffer
        var peer = SCTPAssociation(generator: SeededGenerator(seed: 2))
        victim.start(now: now)
        for _ in 0..<4 {
            while case let count = victim.pollTransmit(into: buffer), count > 0 {
                if buffer[12] == SCTPChunkType.initiate.rawValue { victimTSN = word(at: 28) }
                peer.receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]), now: now)
            }
            while case let count = peer.pollTransmit(into: buffer), count > 0 {
                tag = word(at: 4)
                if buffer[12] == SCTPChunkType.initiateAck.rawValue { peerTSN = word(at: 28) }
                victim.receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]), now: now)
            }
        }
        precondition(victim.state == .established)
        for index in 0..<8 as Range<UInt32> {
            _ = victim.send(
                [UInt8](repeating: 1, count: 3000), protocolIdentifier: 53, stream: 0, isOrdered: true,
                maximumRetransmissions: index, now: now)
        }
        drain()
    }

    mutating func attack(_ chunk: UnsafeRawBufferPointer) {
        var writer = ByteWriter(buffer)
        writer.write(UInt16(5000))
        writer.write(UInt16(5000))
        writer.write(tag)
        writer.write(UInt32(0))
        writer.write(chunk)
        if chunk.count >= 8, word(at: 16) < 256 {
            let base = SCTPChunkType(rawValue: chunk[0]) == .selectiveAck ? victimTSN : peerTSN
            buffer.storeBytes(of: (base &+ word(at: 16) &- 4).bigEndian, toByteOffset: 16, as: UInt32.self)
        }
        let packet = UnsafeRawBufferPointer(rebasing: buffer[..<writer.count])
        let checksum = SCTPHeader.checksum(of: packet.bytes)
        buffer.storeBytes(of: checksum.littleEndian, toByteOffset: 8, as: UInt32.self)
        now += .milliseconds(150 as Int64)
        victim.receive(packet, now: now)
        victim.tick(now: now)
        drain()
    }

    private mutating func drain() {
        var count = 0
        while victim.pollTransmit(into: buffer) > 0 {
            count += 1
            precondition(count < 100, "endless output")
        }
        while victim.nextEvent() != nil {}
    }

    private func word(at offset: Int) -> UInt32 {
        UInt32(bigEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
