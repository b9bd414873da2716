import Media

/// The small library, prepared once for all tests.
enum SharedClips {
    static let library: Result<ClipLibrary, CodecError> = Result { () throws(CodecError) in
        try ClipLibrary.prepare(.small, cachedIn: nil).library
    }

    static func get() throws -> ClipLibrary { try library.get() }
}
