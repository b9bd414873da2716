import CZlib

/// Unpacks gzip (RFC 1952): LiveKit's own clients compress their join request.
enum Inflate {
    /// Why bytes could not be unpacked.
    enum Failure: Error {
        case malformed
        case tooLarge
    }

    /// The unpacked bytes of one gzip member, at most `limit` of them.
    static func gunzip(_ packed: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        var stream = z_stream()
        let window = MAX_WBITS + 16  // zlib.h, inflateInit2: 16 more means gzip and nothing else
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(&stream, window, ZLIB_VERSION, size) == Z_OK else { throw .malformed }
        defer { inflateEnd(&stream) }
        var input = packed
        var unpacked: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        var status = Z_OK
        var isTooLarge = false
        input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            while status == Z_OK, !isTooLarge {
                chunk.withUnsafeMutableBufferPointer { room in
                    stream.next_out = room.baseAddress
                    stream.avail_out = UInt32(room.count)
                    status = inflate(&stream, Z_NO_FLUSH)  // Z_BUF_ERROR when the input ends too early
                    let count = room.count - Int(stream.avail_out)
                    isTooLarge = unpacked.count + count > limit
                    if !isTooLarge { unpacked += room[..<count] }
                }
            }
        }
        guard !isTooLarge else { throw .tooLarge }
        guard status == Z_STREAM_END else { throw .malformed }
        return unpacked
    }
}
