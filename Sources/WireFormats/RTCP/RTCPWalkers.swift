import Primitives

/// Walks over the items of a source description (RFC 3550 section 6.5).
public struct SourceDescriptionItems: ~Escapable {
    private var reader: ByteReader
    private let end: Int
    private var chunksLeft: Int
    private var chunkStart = 0
    private var ssrc: UInt32 = 0
    private var isInChunk = false

    @_lifetime(copy datagram)
    init(datagram: RawSpan, list: RTCPList) {
        reader = ByteReader(datagram)
        reader.skip(list.offset)
        end = list.offset + list.byteCount
        chunksLeft = list.count
    }

    /// The next item of any chunk; nil at the end or at damage.
    public mutating func next() -> SourceDescriptionItem? {
        while !reader.failed, reader.offset < end {
            if !isInChunk {
                guard chunksLeft > 0 else { return nil }
                chunksLeft -= 1
                chunkStart = reader.offset
                ssrc = reader.readUInt32()
                isInChunk = true
                continue
            }
            let type = reader.readUInt8()
            if type == 0 {
                // A chunk ends with zeros up to the next multiple of four bytes.
                reader.skip((4 - (reader.offset - chunkStart) % 4) % 4)
                isInChunk = false
                continue
            }
            let count = Int(reader.readUInt8())
            let offset = reader.offset
            reader.skip(count)
            guard !reader.failed, offset + count <= end else { return nil }
            return SourceDescriptionItem(ssrc: ssrc, type: type, offset: offset, count: count)
        }
        return nil
    }
}

/// Walks over the blocks of an extended report; DLRR blocks are yielded sub-block by sub-block.
public struct ExtendedReportBlocks: ~Escapable {
    private var reader: ByteReader
    private let end: Int
    private var blockEnd = 0
    private var isInEcho = false

    @_lifetime(copy datagram)
    init(datagram: RawSpan, list: RTCPList) {
        reader = ByteReader(datagram)
        reader.skip(list.offset)
        end = list.offset + list.byteCount
    }

    /// The next block; nil at the end or at damage.
    public mutating func next() -> ExtendedReportBlock? {
        while !reader.failed {
            if isInEcho {
                if blockEnd - reader.offset >= 12 {
                    return .delaySinceLastReference(
                        DelaySinceLastReference(
                            ssrc: reader.readUInt32(), lastReference: reader.readUInt32(),
                            delay: reader.readUInt32())
                    )
                }
                isInEcho = false
                reader.skip(blockEnd - reader.offset)
                continue
            }
            guard end - reader.offset >= 4 else { return nil }
            let blockType = reader.readUInt8()
            reader.skip(1)
            blockEnd = reader.offset + 2 + Int(reader.readUInt16()) * 4
            guard blockEnd <= end else { return nil }
            switch blockType {
            case 4 where blockEnd - reader.offset >= 8:
                let ntp = reader.readUInt64()
                reader.skip(blockEnd - reader.offset)
                return .receiverReferenceTime(ntp: ntp)
            case 5:
                isInEcho = true
            default:
                reader.skip(blockEnd - reader.offset)
                return .other(blockType: blockType)
            }
        }
        return nil
    }
}
