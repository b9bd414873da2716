import Media
import WireFormats

/// Fuzz entry: bytes either are the archive of a clip or give an error.
func fuzzClipArchive(_ bytes: UnsafeRawBufferPointer) {
    let tiny = ClipArchiveTests.tiny
    var buffer = [UInt8](repeating: 0, count: 2_000)
    buffer.withUnsafeMutableBytes { buffer in
        if let clip = try? ClipArchive.decode(
            bytes.bytes, as: tiny.microphones[0], of: tiny, clipIndex: 0)
        {
            for number in 0..<clip.frameCount {
                _ = clip.writeFrame(
                    number, tag: clip.tag(frame: number, captureMicroseconds: 0), into: buffer)
            }
            for index in 0..<clip.comfortNoiseCount { _ = clip.writeComfortNoise(index, into: buffer) }
        }
        guard let clip = try? ClipArchive.decode(bytes.bytes, as: tiny.videos[0], of: tiny, clipIndex: 0)
        else { return }
        for layer in clip.layers {
            for number in 0..<layer.frameCount {
                let tag = layer.tag(frame: number, captureMicroseconds: 0)
                for packet in 0..<layer.frame(number).packetCount {
                    _ = layer.writePacket(frame: number, packet: packet, pictureID: 0, tag: tag, into: buffer)
                    _ = layer.writePacket(
                        frame: number, packet: packet, description: VP9PayloadDescriptor(), tag: tag,
                        into: buffer)
                }
            }
        }
    }
}
