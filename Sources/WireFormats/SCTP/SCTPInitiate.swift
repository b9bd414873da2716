import Primitives

/// The value of an INIT or INIT ACK chunk (RFC 9260 sections 3.3.2 and 3.3.3).
public struct SCTPInitiate: Hashable, Sendable {
    /// The tag that every packet to the sender must carry; never 0.
    public var initiateTag: UInt32
    /// How many bytes the sender can take in, a_rwnd.
    public var receiverWindow: UInt32
    /// How many streams the sender wants to send on.
    public var outboundStreams: UInt16
    /// How many streams the sender can receive on.
    public var inboundStreams: UInt16
    /// Number of the first DATA chunk of the sender.
    public var initialTSN: UInt32
    /// Whether the sender understands FORWARD TSN (RFC 3758 section 3.1, or RFC 5061 section 4.2.7).
    public var supportsForwardTSN: Bool
    /// Whether the sender understands RE-CONFIG (RFC 6525, announced as in RFC 5061 section 4.2.7).
    public var supportsReconfigure: Bool
    /// Where the state cookie of an INIT ACK lies in the chunk's value.
    public var cookie: Range<Int>?

    /// Makes the value of a chunk that announces both extensions.
    public init(
        initiateTag: UInt32, receiverWindow: UInt32, outboundStreams: UInt16, inboundStreams: UInt16,
        initialTSN: UInt32
    ) {
        self.initiateTag = initiateTag
        self.receiverWindow = receiverWindow
        self.outboundStreams = outboundStreams
        self.inboundStreams = inboundStreams
        self.initialTSN = initialTSN
        supportsForwardTSN = true
        supportsReconfigure = true
        cookie = nil
    }

    /// Reads the value of an INIT or INIT ACK chunk.
    public init(parsing value: RawSpan) throws(SCTPParseError) {
        var reader = ByteReader(value)
        initiateTag = reader.readUInt32()
        receiverWindow = reader.readUInt32()
        outboundStreams = reader.readUInt16()
        inboundStreams = reader.readUInt16()
        initialTSN = reader.readUInt32()
        guard !reader.failed else { throw .truncated }
        guard initiateTag != 0, outboundStreams != 0, inboundStreams != 0 else { throw .badValue }
        supportsForwardTSN = false
        supportsReconfigure = false
        var parameters = SCTPParameterReader(value, from: reader.offset)
        while let parameter = try parameters.next() {
            switch parameter.type {
            case Self.cookieParameter:
                cookie = parameter.value
            case Self.forwardTSNParameter:
                supportsForwardTSN = true
            case Self.extensionsParameter:
                for offset in parameter.value {
                    let type = value.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
                    if type == SCTPChunkType.forwardTSN.rawValue { supportsForwardTSN = true }
                    if type == SCTPChunkType.reconfigure.rawValue { supportsReconfigure = true }
                }
            default:
                // Whatever else there is (addresses, zero checksum, authentication) asks nothing of a receiver.
                continue
            }
        }
    }

    static let cookieParameter: UInt16 = 7
    static let extensionsParameter: UInt16 = 0x8008
    static let forwardTSNParameter: UInt16 = 0xc000
}

extension SCTPPacketWriter {
    /// Writes an INIT chunk, or an INIT ACK chunk that carries `cookie`.
    public mutating func writeInitiate(_ initiate: SCTPInitiate, cookie: [UInt8]? = nil) {
        beginChunk(cookie == nil ? .initiate : .initiateAck)
        write { writer in
            writer.write(initiate.initiateTag)
            writer.write(initiate.receiverWindow)
            writer.write(initiate.outboundStreams)
            writer.write(initiate.inboundStreams)
            writer.write(initiate.initialTSN)
        }
        if let cookie {
            writeParameter(SCTPInitiate.cookieParameter) { $0.write(cookie) }
        }
        // Both ways to announce FORWARD TSN: each is the only one that some stacks look for.
        if initiate.supportsForwardTSN {
            writeParameter(SCTPInitiate.forwardTSNParameter) { _ in }
        }
        writeParameter(SCTPInitiate.extensionsParameter) { writer in
            if initiate.supportsReconfigure { writer.write(SCTPChunkType.reconfigure.rawValue) }
            if initiate.supportsForwardTSN { writer.write(SCTPChunkType.forwardTSN.rawValue) }
        }
        endChunk()
    }
}
