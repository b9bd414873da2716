public import Primitives

/// Composes a STUN message in a caller's buffer.
///
/// Attributes stand in the order of the calls; `writeIntegrity` and `writeFingerprint` come last, in this order.
public struct STUNWriter {
    private var writer: ByteWriter
    private let transactionID: STUNTransactionID

    /// Starts a message of the given class and method at the first byte of `buffer`.
    public init(
        _ buffer: UnsafeMutableRawBufferPointer, _ messageClass: STUNClass, _ method: STUNMethod = .binding,
        transactionID: STUNTransactionID
    ) {
        writer = ByteWriter(buffer)
        self.transactionID = transactionID
        let method = method.rawValue
        let bits = UInt16(messageClass.rawValue)
        // The class bits lie between the method bits: RFC 8489 figure 3.
        writer.write(
            method & 0xf | (method & 0x70) << 1 | (method & 0xf80) << 2 | (bits & 1) << 4 | (bits & 2) << 7)
        writer.write(UInt16(0))
        writer.write(STUNMessage.magicCookie)
        writer.write(transactionID.high)
        writer.write(transactionID.low)
    }

    /// How many bytes the finished message has; 0 if it did not fit.
    public var count: Int { writer.overflowed ? 0 : writer.count }

    /// Adds USERNAME.
    public mutating func writeUsername(_ username: [UInt8]) { write(.username, bytes: username) }

    /// Adds PRIORITY.
    public mutating func writePriority(_ priority: UInt32) {
        begin(.priority, count: 4)
        writer.write(priority)
        updateLength()
    }

    /// Adds USE-CANDIDATE.
    public mutating func writeUseCandidate() { write(empty: .useCandidate) }

    /// Adds an attribute without a value.
    public mutating func write(empty type: STUNAttributeType) {
        begin(type, count: 0)
        updateLength()
    }

    /// Adds ICE-CONTROLLING or ICE-CONTROLLED with the sender's tie-breaker.
    public mutating func writeRole(isControlling: Bool, tieBreaker: UInt64) {
        begin(isControlling ? .iceControlling : .iceControlled, count: 8)
        writer.write(tieBreaker)
        updateLength()
    }

    /// Adds XOR-MAPPED-ADDRESS.
    public mutating func writeMappedAddress(_ address: SocketAddress) {
        writeXORAddress(.xorMappedAddress, address)
    }

    /// Adds an address that is masked with cookie and transaction (RFC 8489 section 14.2).
    public mutating func writeXORAddress(_ type: STUNAttributeType, _ address: SocketAddress) {
        let isV4 = address.family == .v4
        begin(type, count: isV4 ? 8 : 20)
        writer.write(UInt8(0))
        writer.write(UInt8(isV4 ? 1 : 2))
        writer.write(address.port ^ UInt16(STUNMessage.magicCookie >> 16))
        if isV4 {
            writer.write(UInt32(truncatingIfNeeded: address.low) ^ STUNMessage.magicCookie)
        } else {
            writer.write(address.high ^ (UInt64(STUNMessage.magicCookie) << 32 | UInt64(transactionID.high)))
            writer.write(address.low ^ transactionID.low)
        }
        updateLength()
    }

    /// Adds ERROR-CODE with a code of 300 to 699 and a phrase for humans.
    public mutating func writeErrorCode(_ code: Int, reason: StaticString) {
        precondition(300..<700 ~= code, "STUN error codes are 300 to 699")
        begin(.errorCode, count: 4 + reason.utf8CodeUnitCount)
        writer.write(UInt16(0))
        writer.write(UInt8(code / 100))
        writer.write(UInt8(code % 100))
        reason.withUTF8Buffer { writer.write(UnsafeRawBufferPointer($0)) }
        pad(reason.utf8CodeUnitCount)
        updateLength()
    }

    /// Adds UNKNOWN-ATTRIBUTES, naming those of `request` that must be understood and are not.
    public mutating func writeUnknownAttributes(of request: RawSpan) {
        let start = writer.count
        begin(.unknownAttributes, count: 0)
        var attributes = STUNAttributes(request)
        var count = 0
        let method = STUNMessage.method(of: request)
        while let attribute = attributes.next(), attribute.type != .messageIntegrity {
            guard !STUNMessage.understands(attribute.type, in: method) else { continue }
            writer.write(attribute.type.rawValue)
            count += 2
        }
        writer.patch(UInt16(truncatingIfNeeded: count), at: start + 2)
        pad(count)
        updateLength()
    }

    /// Adds the header of a DATA attribute, the last of its message, whose `count` bytes and padding follow by themselves.
    public mutating func writeDataHeader(count: Int) {
        begin(.data, count: count)
        updateLength(including: (count + 3) & ~3)
    }

    /// Adds MESSAGE-INTEGRITY: HMAC-SHA1 with `key` over all before it (RFC 8489 section 14.5).
    public mutating func writeIntegrity(key: [UInt8]) {
        guard !writer.overflowed else { return }
        let covered = writer.count
        updateLength(including: 4 + STUNMessage.integritySize)
        let message = Array(
            UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(writer.buffer)[..<covered]))
        write(.messageIntegrity, bytes: HMAC.sha1(message, key: key))
    }

    /// Adds FINGERPRINT: the CRC-32 over all before it (RFC 8489 section 14.7).
    public mutating func writeFingerprint() {
        guard !writer.overflowed else { return }
        updateLength(including: 8)
        let covered = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(writer.buffer)[..<writer.count])
        let checksum = CRC32.checksum(covered.bytes) ^ STUNMessage.fingerprintMask
        begin(.fingerprint, count: 4)
        writer.write(checksum)
        updateLength()
    }

    /// Adds an attribute that is an address in the clear, such as ALTERNATE-SERVER.
    public mutating func writeAddress(_ type: STUNAttributeType, _ address: SocketAddress) {
        let bytes = address.addressBytes
        begin(type, count: 4 + bytes.count)
        writer.write(UInt8(0))
        writer.write(UInt8(address.family == .v4 ? 1 : 2))
        writer.write(address.port)
        writer.write(bytes)
        updateLength()
    }

    /// Adds an attribute of four bytes, such as LIFETIME.
    public mutating func write(_ type: STUNAttributeType, _ value: UInt32) {
        begin(type, count: 4)
        writer.write(value)
        updateLength()
    }

    /// Adds an attribute of any bytes, such as NONCE.
    public mutating func write(_ type: STUNAttributeType, bytes: [UInt8]) {
        begin(type, count: bytes.count)
        writer.write(bytes)
        pad(bytes.count)
        updateLength()
    }

    private mutating func begin(_ type: STUNAttributeType, count: Int) {
        writer.write(type.rawValue)
        writer.write(UInt16(truncatingIfNeeded: count))
    }

    private mutating func pad(_ count: Int) { writer.writeZeros(-count & 3) }

    private mutating func updateLength(including more: Int = 0) {
        let length = writer.count - STUNMessage.headerSize + more
        writer.patch(UInt16(truncatingIfNeeded: max(0, length)), at: 2)
    }
}
