import Media
import Testing
import WireFormats

@Suite struct AudioClipTests {
    private func frame(_ clip: AudioClip, _ number: Int, captureMicroseconds: UInt64 = 1) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 1500)
        let tag = clip.tag(frame: number, captureMicroseconds: captureMicroseconds)
        let count = buffer.withUnsafeMutableBytes { clip.writeFrame(number, tag: tag, into: $0) }
        return Array(buffer.prefix(count))
    }

    private func comfort(_ clip: AudioClip, _ index: Int) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 1500)
        let count = buffer.withUnsafeMutableBytes { clip.writeComfortNoise(index, into: $0) }
        return Array(buffer.prefix(count))
    }

    @Test func averagesItsBitrateTagIncluded() throws {
        let clip = try SharedClips.get().audio[0]
        let bytes = (0..<clip.frameCount).reduce(0) { $0 + frame(clip, $1).count }
        #expect(clip.frameCount == 100)
        #expect(clip.averageBitrate == bytes * 8 * 50 / clip.frameCount)
        #expect(abs(clip.averageBitrate - 48_000) < 960)
    }

    /// RFC 6716 section 3.2.5: code 3, one frame, twelve bytes of padding which are the tag.
    @Test func framesAreCodeThreeAndEndInTheTag() throws {
        let clip = try SharedClips.get().audio[0]
        for number in 0..<clip.frameCount {
            let payload = frame(clip, number, captureMicroseconds: 777)
            #expect(payload[0] & 3 == 3 && payload[1] == 0x41 && payload[2] == 12)
            let tag = payload.withUnsafeBytes { FrameTag(tail: $0) }
            #expect(tag == FrameTag(captureMicroseconds: 777, frameNumber: UInt16(number), clip: 0, layer: 0))
        }
    }

    /// libopus hears no difference between a tagged packet and the packet it was made from.
    @Test func paddingChangesNoSample() throws {
        let clip = try SharedClips.get().audio[0]
        let (plain, tagged) = (try OpusDecoder(), try OpusDecoder())
        for number in 0..<clip.frameCount {
            let payload = frame(clip, number)
            let original = [payload[0] & ~3] + payload.dropFirst(3).dropLast(FrameTag.byteCount)
            #expect(try decoded(payload, by: tagged) == decoded(original, by: plain))
        }
    }

    /// Two turns of the loop, decoded: every whole second has its chirp, also after the seam.
    @Test func chirpsMarkWholeSecondsAcrossTheSeam() throws {
        let clip = try SharedClips.get().audio[0]
        let decoder = try OpusDecoder()
        var sound: [Int16] = []
        for number in 0..<2 * clip.frameCount + 10 {
            sound += try decoded(frame(clip, number % clip.frameCount), by: decoder)
        }
        let found = sound.withUnsafeBufferPointer(ChirpDetector.detect)
        #expect(found.count == 5)
        for (second, detection) in found.enumerated() {
            let offset = detection.sampleOffset - Double(clip.codecDelaySamples + second * 48_000)
            #expect(abs(offset) < 0.13 * 48)
        }
    }

    @Test func levelsFollowTheVoice() throws {
        let clip = try SharedClips.get().audio[0]
        let levels = (0..<clip.frameCount).map(clip.audioLevel)
        #expect((levels.min() ?? 0) > 8 && (levels.min() ?? 0) < 30)
        #expect((levels.max() ?? 0) > 60 && (levels.max() ?? 0) < 100)
    }

    @Test func comfortNoiseIsFaintAndUntagged() throws {
        let clip = try SharedClips.get().audio[0]
        let decoder = try OpusDecoder()
        #expect((1...8).contains(clip.comfortNoiseCount))
        for index in 0..<clip.comfortNoiseCount {
            let packet = comfort(clip, index)
            #expect(packet.count > 2)  // shorter ones mean that nothing is sent
            #expect(packet.withUnsafeBytes { FrameTag(tail: $0) } == nil)
            let level = try decoded(packet, by: decoder).withUnsafeBufferPointer(AudioLevel.measure)
            #expect(level > 50)
        }
        #expect(comfort(clip, clip.comfortNoiseCount) == comfort(clip, 0))
    }

    @Test func aSmallBufferGetsNothing() throws {
        let clip = try SharedClips.get().audio[0]
        let tag = clip.tag(frame: 0, captureMicroseconds: 0)
        var buffer = [UInt8](repeating: 0, count: frame(clip, 0).count - 1)
        #expect(buffer.withUnsafeMutableBytes { clip.writeFrame(0, tag: tag, into: $0) } == 0)
        var tiny: [UInt8] = []
        #expect(tiny.withUnsafeMutableBytes { clip.writeComfortNoise(0, into: $0) } == 0)
    }

    @Test func redundancyIsKeptWhenAskedFor() throws {
        var specification = ClipSpecification(
            loopSeconds: 1, videos: [], microphones: ClipSpecification.small.microphones)
        specification.microphones[0].hasForwardErrorCorrection = true
        let clip = try ClipLibrary.prepare(specification, cachedIn: nil).library.audio[0]
        #expect(abs(clip.averageBitrate - 48_000) < 2_400)
        // SILK or hybrid, whose configurations are below 16: CELT cannot carry redundancy (RFC 6716
        // section 2.1.7).
        let coded = (10..<clip.frameCount).filter { frame(clip, $0)[0] >> 3 < 16 }
        #expect(coded.count > (clip.frameCount - 10) / 2)
    }
}
