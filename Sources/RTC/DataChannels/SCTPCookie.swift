import Primitives
import WireFormats

/// The state cookie: what we must remember of an INIT, kept by the peer (RFC 9260 section 5.1.3).
///
/// It carries no signature. The packets travel inside DTLS, so only the authenticated peer can send one, and a
/// forged cookie could only spoil the forger's own association.
struct SCTPCookie: Hashable {
    private static let magic: UInt64 = 0x7669_7369_6f62_6331
    private static let byteCount = 29

    /// The tag that we gave in the INIT ACK.
    var localTag: UInt32
    /// What the peer's INIT said.
    var peer: SCTPInitiate

    init(localTag: UInt32, peer: SCTPInitiate) {
        self.localTag = localTag
        self.peer = peer
    }

    init?(parsing value: RawSpan) {
        var reader = ByteReader(value)
        let magic = reader.readUInt64()
        localTag = reader.readUInt32()
        peer = SCTPInitiate(
            initiateTag: reader.readUInt32(), receiverWindow: reader.readUInt32(),
            outboundStreams: reader.readUInt16(), inboundStreams: reader.readUInt16(),
            initialTSN: reader.readUInt32())
        let flags = reader.readUInt8()
        guard !reader.failed, magic == Self.magic, peer.initiateTag != 0 else { return nil }
        peer.supportsForwardTSN = flags & 1 != 0
        peer.supportsReconfigure = flags & 2 != 0
    }

    var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            var writer = ByteWriter(UnsafeMutableRawBufferPointer(buffer))
            writer.write(Self.magic)
            writer.write(localTag)
            writer.write(peer.initiateTag)
            writer.write(peer.receiverWindow)
            writer.write(peer.outboundStreams)
            writer.write(peer.inboundStreams)
            writer.write(peer.initialTSN)
            writer.write(UInt8(peer.supportsForwardTSN ? 1 : 0) | UInt8(peer.supportsReconfigure ? 2 : 0))
            count = writer.count
        }
    }
}
