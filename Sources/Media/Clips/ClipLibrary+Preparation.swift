import WireFormats

/// How far the preparation of a library has come.
public struct PreparationProgress: Hashable, Sendable {
    /// Units of work done.
    public var done: Int
    /// Units of work in all; never changes.
    public var total: Int
}

extension ClipLibrary {
    /// Reads the clips of a specification from the cache, and makes and caches those that are not there.
    ///
    /// Making all that Visio pages send takes some tens of seconds of one core. A cache that cannot be written does
    /// not stop anything; the outcome tells of it.
    ///
    /// - Parameters:
    ///   - specification: What to prepare.
    ///   - directory: The cache folder, made if it is missing; nil for no cache.
    ///   - progress: Called after every picture while clips are made, and once when all were cached.
    public static func prepare(
        _ specification: ClipSpecification, cachedIn directory: String?,
        progress: (PreparationProgress) -> Void = { _ in }
    ) throws(CodecError) -> (library: ClipLibrary, cache: ClipCacheOutcome) {
        let cache = directory.map(ClipCache.init(directory:))
        var videos = specification.videos.enumerated().map { index, video in
            cache?.load(video, of: specification, clipIndex: index)
        }
        var voices = specification.microphones.enumerated().map { index, microphone in
            cache?.load(microphone, of: specification, clipIndex: index)
        }
        var state = PreparationProgress(done: 0, total: 0)
        for (index, clip) in videos.enumerated() where clip == nil {
            state.total += VideoPreparation.work(
                of: specification.videos[index], loopSeconds: specification.loopSeconds)
        }
        let voiceWork = AudioPreparation.workPerSecond * specification.loopSeconds
        state.total += voices.count { $0 == nil } * voiceWork
        guard state.total > 0 else {
            progress(PreparationProgress(done: 1, total: 1))
            return (library(specification, videos, voices), cache == nil ? .unused : .read)
        }
        var outcome = cache == nil ? ClipCacheOutcome.unused : .written
        for (index, video) in specification.videos.enumerated() where videos[index] == nil {
            let preparation = VideoPreparation(video, loopSeconds: specification.loopSeconds)
            let clip = try preparation.run(clipIndex: index) { work in
                state.done += work
                progress(state)
            }
            outcome = outcome.joined(with: cache?.store(clip, of: specification))
            videos[index] = clip
        }
        for (index, microphone) in specification.microphones.enumerated() where voices[index] == nil {
            let preparation = AudioPreparation(microphone, loopSeconds: specification.loopSeconds)
            let clip = try preparation.run(clipIndex: index)
            state.done += voiceWork
            progress(state)
            outcome = outcome.joined(with: cache?.store(clip, of: specification))
            voices[index] = clip
        }
        return (library(specification, videos, voices), outcome)
    }

    private static func library(
        _ specification: ClipSpecification, _ videos: [VideoClip?], _ voices: [AudioClip?]
    ) -> ClipLibrary {
        ClipLibrary(specification, video: videos.compactMap { $0 }, audio: voices.compactMap { $0 })
    }
}

extension ClipCacheOutcome {
    /// What is told of several clips: the first failure, if there is one.
    fileprivate func joined(with other: ClipCacheOutcome?) -> ClipCacheOutcome {
        if case .failed = self { return self }
        return other ?? self
    }
}
