import Media

/// Fuzz entry: bytes either are the archive of a specification or give an error.
func fuzzClipArchive(_ bytes: UnsafeRawBufferPointer) {
    guard let library = try? ClipArchive.decode(bytes.bytes, for: ClipArchiveTests.tiny) else { return }
    var buffer = [UInt8](repeating: 0, count: 2_000)
    buffer.withUnsafeMutableBytes { buffer in
        for clip in library.audio {
            for number in 0..<clip.frameCount {
                _ = clip.writeFrame(
                    number, tag: clip.tag(frame: number, captureMicroseconds: 0), into: buffer)
            }
            for index in 0..<clip.comfortNoiseCount { _ = clip.writeComfortNoise(index, into: buffer) }
        }
        for layer in library.video.flatMap(\.layers) {
            for number in 0..<layer.frameCount {
                let tag = layer.tag(frame: number, captureMicroseconds: 0)
                for packet in 0..<layer.frame(number).packetCount {
                    _ = layer.writePacket(frame: number, packet: packet, pictureID: 0, tag: tag, into: buffer)
                }
            }
        }
    }
}
