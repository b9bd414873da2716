/// One end of TLS over a stream: the bytes of the wire on one side, those of the application on the other.
///
/// Owns no socket: what `pollTransmit` gives goes out, what comes in goes to `receive`. Every call may make the state
/// change and bytes wait on both sides.
public protocol StreamSecurity: AnyObject {
    /// How far it is.
    var state: StreamSecurityState { get }

    /// Takes bytes from the wire.
    func receive(_ ciphertext: UnsafeRawBufferPointer)

    /// Moves bytes for the wire into `buffer` and returns how many; zero when there are none.
    func pollTransmit(into buffer: UnsafeMutableRawBufferPointer) -> Int

    /// Moves bytes of the application into `buffer` and returns how many; zero when there are none.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int

    /// Encrypts bytes of the application; ignored unless open.
    func write(_ plaintext: UnsafeRawBufferPointer)

    /// Says goodbye to the peer.
    func close()
}

/// How far one end of TLS is.
public enum StreamSecurityState: Sendable, Hashable {
    /// Keys and certificates are being exchanged.
    case handshaking
    /// Application bytes may flow.
    case open
    /// The peer said goodbye.
    case closed
    /// It failed, with a word on why.
    case failed(String)
}
