import Primitives

/// The records that `SimulatedHandshake` exchanges: framed as DTLS 1.2 records (RFC 6347 §4.1), so that
/// demultiplexing sees the real thing, with contents of our own.
struct SimulatedRecord {
    /// Content types of RFC 6347; all lie in 20...63 (RFC 7983).
    enum ContentType: UInt8 {
        case alert = 21
        case handshake = 22
        case applicationData = 23
    }

    /// What a handshake record says, in the order in which the four flights of DTLS 1.2 pass.
    enum Flight: UInt8 {
        case clientHello = 1
        case serverHello = 2
        case clientFinished = 3
        case serverFinished = 4

        /// The size of the datagram that carries this flight, as a LiveKit server and an OpenSSL client sent them.
        var datagramByteCount: Int {
            switch self {
            case .clientHello: 149
            case .serverHello: 782
            case .clientFinished: 555
            case .serverFinished: 75
            }
        }
    }

    /// What an alert says (RFC 5246 §7.2).
    enum Alert: UInt8 {
        case closeNotify = 0
        case badCertificate = 42
    }

    /// Bytes before the contents: type, version, epoch, sequence number, length.
    static let headerByteCount = 13
    /// Bytes of the explicit nonce that AES-GCM puts before protected contents (RFC 5288 §3).
    static let explicitNonceByteCount = 8

    /// What the contents are.
    let type: ContentType
    /// Position in the sender's stream of records.
    let sequenceNumber: UInt64
    /// Where the contents start in the datagram.
    let contentOffset: Int
    /// How many bytes the contents take.
    let contentCount: Int

    /// Reads the record that starts at `offset`, and moves `offset` behind it; nil if there is no whole record.
    static func read(from datagram: UnsafeRawBufferPointer, at offset: inout Int) -> SimulatedRecord? {
        guard offset < datagram.count else { return nil }
        var reader = ByteReader(datagram.bytes)
        reader.skip(offset)
        let rawType = reader.readUInt8()
        let version = reader.readUInt16()
        _ = reader.readUInt16()  // epoch
        let sequenceHigh = UInt64(reader.readUInt16())
        let sequenceNumber = sequenceHigh << 32 | UInt64(reader.readUInt32())
        let count = Int(reader.readUInt16())
        guard !reader.failed, version == 0xfefd, count <= reader.remaining,
            let type = ContentType(rawValue: rawType)
        else { return nil }
        offset = reader.offset + count
        return SimulatedRecord(
            type: type, sequenceNumber: sequenceNumber, contentOffset: reader.offset, contentCount: count)
    }

    /// Writes a record header.
    static func writeHeader(
        into writer: inout ByteWriter, type: ContentType, epoch: UInt16, sequenceNumber: UInt64,
        contentCount: Int
    ) {
        writer.write(type.rawValue)
        writer.write(UInt16(0xfefd))
        writer.write(epoch)
        writer.write(UInt16(truncatingIfNeeded: sequenceNumber >> 32))
        writer.write(UInt32(truncatingIfNeeded: sequenceNumber))
        writer.write(UInt16(truncatingIfNeeded: contentCount))
    }
}
