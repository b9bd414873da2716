extension UnsafeMutableRawBufferPointer {
    /// The first byte, as BoringSSL wants it.
    var bytesBase: UnsafeMutablePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
