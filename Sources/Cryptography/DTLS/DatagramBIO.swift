import CNIOBoringSSL

/// The callbacks by which BoringSSL reads and writes whole datagrams, from and to a `DTLSHandshake`.
///
/// BoringSSL's own memory BIOs are byte streams: they would glue datagrams together.
enum DatagramBIO {
    /// A new `BIO_METHOD *`, nil if memory ran out.
    static func makeMethod() -> OpaquePointer? {
        guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagram queue") else {
            return nil
        }
        let done =
            BIO_meth_set_read(method) { bio, buffer, count in
                guard let bio, let buffer, count > 0, let handshake = DatagramBIO.owner(of: bio) else {
                    return -1
                }
                BIO_clear_retry_flags(bio)
                let taken = handshake.takeInbound(
                    into: UnsafeMutableRawBufferPointer(start: buffer, count: Int(count)))
                guard taken > 0 else {
                    BIO_set_retry_read(bio)
                    return -1
                }
                return CInt(taken)
            } == 1
            && BIO_meth_set_write(method) { bio, bytes, count in
                guard let bio, let bytes, count > 0, let handshake = DatagramBIO.owner(of: bio) else {
                    return -1
                }
                BIO_clear_retry_flags(bio)
                handshake.queueOutbound(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
                return count
            } == 1
            && BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 } == 1
        guard done else {
            BIO_meth_free(method)
            return nil
        }
        return method
    }

    /// A new `BIO *` at the queues of `handshake`, which must outlive it.
    static func make(for handshake: DTLSHandshake, method: OpaquePointer) -> OpaquePointer? {
        guard let bio = BIO_new(method) else { return nil }
        BIO_set_data(bio, Unmanaged.passUnretained(handshake).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }

    private static func owner(of bio: OpaquePointer) -> DTLSHandshake? {
        BIO_get_data(bio).map { Unmanaged<DTLSHandshake>.fromOpaque($0).takeUnretainedValue() }
    }
}
