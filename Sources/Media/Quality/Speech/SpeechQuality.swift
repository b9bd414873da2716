/// How well received speech matches what was said, by the method of ViSQOL in speech mode (Hines and others 2015; version
/// 3, exponential mapping).
///
/// It hears coding, noise and cut bandwidth well, but averages short gaps away and does not notice stretched time:
/// never use it alone to judge loss. `similarities` keep what the average hides.
public struct SpeechQuality: Sendable {
    /// The estimated opinion score, 1...5.
    public var opinion: Double
    /// The mean similarity of all patches, at most 1.
    public var similarity: Double
    /// The similarity of every patch of 0.4 s that holds speech, in order; 0 for one that nothing matches.
    public var similarities: [Double]

    /// A patch below this similarity is poor.
    public static let poorSimilarity = 0.6

    /// The similarity that nine of ten patches reach.
    public var tenthPercentile: Double {
        let sorted = similarities.sorted()
        return sorted[(sorted.count - 1) / 10]
    }
    /// How many patches are poor.
    public var poorCount: Int { similarities.count { $0 < Self.poorSimilarity } }

    /// Compares two pieces of speech at 16 kHz, a few seconds each; nil when there is too little of it.
    ///
    /// - Parameters:
    ///   - degraded: What was heard; may begin earlier or later.
    ///   - reference: What was said.
    ///   - searchFrames: How far a patch may have moved, in frames of 20 ms.
    public init?(of degraded: [Double], against reference: [Double], searchFrames: Int = 1200) {
        let graph = AuditorySpectrograph.speech
        guard min(degraded.count, reference.count) > graph.windowSize else { return nil }
        var received = SoundAlignment.align(degraded, to: reference).samples
        let (energy, wanted) = (Self.energy(received), Self.energy(reference))
        guard energy > 0, wanted > 0 else { return nil }
        let scale = (wanted / energy).squareRoot()
        for index in received.indices { received[index] *= scale }
        guard var expected = graph.spectrogram(of: reference), var heard = graph.spectrogram(of: received)
        else {
            return nil
        }
        AuditorySpectrogram.prepareForComparison(&expected, &heard)
        let starts = SpeechPatches.starts(in: reference, frameCount: expected.frameCount, hop: graph.hop)
        let matcher = PatchMatcher(
            expected: expected, heard: heard, starts: starts, searchFrames: searchFrames)
        guard let matches = matcher.matches() else { return nil }
        let refined = matches.map { match in
            match.isLost ? match : Self.refine(match, received: received, reference: reference, graph)
        }
        let bands = graph.bandCount
        var means = [Double](repeating: 0, count: bands)
        for match in refined {
            for band in 0..<bands { means[band] += match.bandMeans[band] / Double(refined.count) }
        }
        similarity = means.reduce(0, +) / Double(bands)
        similarities = refined.map(\.similarity)
        opinion = similarity < 0.15 ? 1 : Self.opinion(ofSimilarity: similarity)
    }

    /// The exponential fitted on speech over IP, scaled so that perfect similarity gives 5.
    public static func opinion(ofSimilarity similarity: Double, isScaled: Bool = true) -> Double {
        let raw = -262.847869 + exponential(0.0154302525 * (similarity + 361.063949))
        return min(5, max(1, raw * (isScaled ? 1.245063 : 1)))
    }

    /// The mean square.
    private static func energy(_ samples: [Double]) -> Double {
        samples.isEmpty ? 0 : samples.reduce(0) { $0 + $1 * $1 } / Double(samples.count)
    }

    /// Aligns a matched patch once more by its own sound, and keeps the better comparison.
    private static func refine(
        _ match: PatchMatcher.Match, received: [Double], reference: [Double], _ graph: AuditorySpectrograph
    ) -> PatchMatcher.Match {
        var expected = slice(reference, from: match.start)
        let (moved, lag) = SoundAlignment.align(slice(received, from: match.offset), to: expected)
        var heard = moved
        // What was moved back begins with silence, which nothing is compared with.
        if expected.count < heard.count, lag > 0 {
            expected = Array(expected.dropFirst(lag))
            heard = Array(heard.dropFirst(lag))
        }
        let count = min(expected.count, heard.count)
        expected = Array(expected.prefix(count))
        heard = Array(heard.prefix(count))
        guard var left = graph.spectrogram(of: expected), var right = graph.spectrogram(of: heard) else {
            return match
        }
        AuditorySpectrogram.prepareForComparison(&left, &right)
        let comparison = NeurogramSimilarity(
            of: right.values, against: left.values, bandCount: graph.bandCount)
        guard comparison.mean >= match.similarity else { return match }
        var better = match
        better.similarity = comparison.mean
        better.bandMeans = comparison.bandMeans
        return better
    }

    /// The sound of a patch that starts at a frame; where the end is missing, silence stands in front.
    private static func slice(_ samples: [Double], from frame: Int) -> [Double] {
        let rate = Double(SpeechResampler.sampleRate)
        let start = Double(frame) * frameSeconds
        let end = start + Double(SpeechPatches.frameCount) * frameSeconds
        let first = max(0, Int(start * rate))
        let last = min(samples.count - 1, Int(end * rate))
        let missing = Int(max(0, end * rate - Double(samples.count)))
        return [Double](repeating: 0, count: missing) + samples[min(first, last)..<last]
    }

    private static let frameSeconds = 0.02
}

/// Which stretches of the reference are compared: those in which somebody speaks.
enum SpeechPatches {
    /// Frames in a patch.
    static let frameCount = 20
    /// Root mean square of a chunk from which it counts as speech, when the peak is 32768.
    private static let threshold = 5000.0
    /// This many chunks in a row have to be silent.
    private static let silentChunks = 3

    /// The first frames of all patches with speech.
    static func starts(in reference: [Double], frameCount total: Int, hop: Int) -> [Int] {
        let first = frameCount / 2 - 1
        let count = max(0, (total - first) / frameCount)
        // Activity is read from the sample of that number on, not from the frame: the published method does so.
        let activity = voiceActivity(
            reference.dropFirst(first).prefix(count * frameCount * hop), peak: reference.max() ?? 0,
            chunk: hop)
        return (0..<count).compactMap { patch in
            let chunks = activity.dropFirst(patch * frameCount).prefix(frameCount)
            return chunks.contains(true) ? first + patch * frameCount : nil
        }
    }

    private static func voiceActivity(_ samples: ArraySlice<Double>, peak: Double, chunk: Int) -> [Bool] {
        var isLoud: [Bool] = []
        var sum = 0.0
        var count = 0
        for sample in samples {
            let scaled = peak > 0 ? sample / peak * 32768 : 0
            let value = min(32767, max(-32768, scaled)).rounded(.towardZero)
            sum += value * value
            count += 1
            if count == chunk {
                isLoud.append((sum / Double(chunk)).squareRoot() >= threshold)
                (sum, count) = (0, 0)
            }
        }
        return isLoud.indices.map { index in
            index < silentChunks - 1 || isLoud[index - silentChunks + 1...index].contains(true)
        }
    }
}
