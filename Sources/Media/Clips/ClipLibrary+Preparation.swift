import WireFormats

/// How far the preparation of a library has come.
public struct PreparationProgress: Hashable, Sendable {
    /// Units of work done.
    public var done: Int
    /// Units of work in all; never changes.
    public var total: Int
}

extension ClipLibrary {
    /// Reads the library of a specification from the cache, or makes it and puts it there.
    ///
    /// Making the standard library takes some seconds of one core. A cache that cannot be written does not
    /// stop anything; the outcome tells of it.
    ///
    /// - Parameters:
    ///   - specification: What to prepare.
    ///   - directory: The cache folder, made if it is missing; nil for no cache.
    ///   - progress: Called after every frame while a library is made, and once when it was cached.
    public static func prepare(
        _ specification: ClipSpecification, cachedIn directory: String?,
        progress: (PreparationProgress) -> Void = { _ in }
    ) throws(CodecError) -> (library: ClipLibrary, cache: ClipCacheOutcome) {
        let cache = directory.map(ClipCache.init(directory:))
        if let library = cache?.load(specification) {
            progress(PreparationProgress(done: 1, total: 1))
            return (library, .read)
        }
        let library = try make(specification, progress: progress)
        return (library, cache?.store(library) ?? .unused)
    }

    private static func make(
        _ specification: ClipSpecification, progress: (PreparationProgress) -> Void
    ) throws(CodecError) -> ClipLibrary {
        var state = PreparationProgress(done: 0, total: VideoPreparation.work(of: specification))
        state.total += AudioPreparation.work(of: specification)
        var tables = ClipTables()
        var storage: [UInt8] = []
        for (clip, camera) in specification.cameras.enumerated() {
            var layers: [[EncodedFrame]] = []
            for (index, layer) in camera.layers.enumerated() {
                let preparation = try VideoPreparation(
                    camera: camera, layer: layer, stream: UInt8(clip << 3 | index),
                    loopSeconds: specification.loopSeconds)
                layers.append(
                    try preparation.run(appendingTo: &storage) { work in
                        state.done += work
                        progress(state)
                    })
            }
            tables.layers.append(layers)
        }
        for microphone in specification.microphones {
            let preparation = AudioPreparation(microphone, loopSeconds: specification.loopSeconds)
            tables.microphones.append(try preparation.run(appendingTo: &storage))
            state.done += AudioPreparation.workPerSecond * specification.loopSeconds
            progress(state)
        }
        return ClipLibrary(specification, tables: tables, storage: storage)
    }
}
