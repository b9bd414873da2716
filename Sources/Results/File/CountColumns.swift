import Probe

/// The columns in which audio and video counts stand, in one place for creating, writing and reading.
enum CountColumns {
    struct Column<Counts>: Sendable {
        var name: String
        var path: any WritableKeyPath<Counts, UInt64> & Sendable
    }

    static let audio: [Column<AudioCounts>] = [
        Column(name: "audio_expected", path: \.packets.expected),
        Column(name: "audio_received", path: \.packets.received),
        Column(name: "audio_lost_before_repair", path: \.packets.lostBeforeRepair),
        Column(name: "audio_repaired", path: \.packets.repaired),
        Column(name: "audio_lost", path: \.packets.lost),
        Column(name: "audio_duplicates", path: \.packets.duplicates),
        Column(name: "audio_reordered", path: \.packets.reordered),
        Column(name: "audio_bytes", path: \.packets.bytes),
        Column(name: "audio_turns", path: \.turns),
        Column(name: "audio_missed", path: \.missed),
        Column(name: "audio_missed_runs", path: \.missedRuns),
        Column(name: "audio_played_ms", path: \.playedMilliseconds),
        Column(name: "audio_concealed_ms", path: \.concealedMilliseconds),
        Column(name: "audio_concealments", path: \.concealmentEvents),
        Column(name: "audio_playout_delay_sum_ms", path: \.playoutDelaySum),
        Column(name: "audio_network_delay_sum_us", path: \.networkDelaySum),
        Column(name: "audio_delay_count", path: \.delayCount),
    ]

    static let video: [Column<VideoCounts>] = [
        Column(name: "video_expected", path: \.packets.expected),
        Column(name: "video_received", path: \.packets.received),
        Column(name: "video_lost_before_repair", path: \.packets.lostBeforeRepair),
        Column(name: "video_repaired", path: \.packets.repaired),
        Column(name: "video_lost", path: \.packets.lost),
        Column(name: "video_duplicates", path: \.packets.duplicates),
        Column(name: "video_reordered", path: \.packets.reordered),
        Column(name: "video_bytes", path: \.packets.bytes),
        Column(name: "video_frames", path: \.framesRendered),
        Column(name: "video_frames_skipped", path: \.framesSkipped),
        Column(name: "video_key_frames", path: \.keyFrames),
        Column(name: "video_freezes", path: \.freezes),
        Column(name: "video_frozen_ms", path: \.frozenMilliseconds),
        Column(name: "video_watched_ms", path: \.watchedMilliseconds),
        Column(name: "video_stalled_ms", path: \.stalledMilliseconds),
        Column(name: "video_duration_sum_ms", path: \.frameDurationSum),
        Column(name: "video_duration_squares_ms2", path: \.frameDurationSquares),
        Column(name: "video_delay_sum_us", path: \.delaySum),
        Column(name: "video_recognised", path: \.recognised),
        Column(name: "video_psnr_sum_mdb", path: \.psnrSum),
        Column(name: "video_ssim_sum_e6", path: \.ssimSum),
        Column(name: "video_height_sum", path: \.heightSum),
        Column(name: "video_asked_frames", path: \.askedFrames),
        Column(name: "video_matched_frames", path: \.matchedFrames),
        Column(name: "video_low_bytes", path: \.layerBytes.low),
        Column(name: "video_medium_bytes", path: \.layerBytes.medium),
        Column(name: "video_high_bytes", path: \.layerBytes.high),
    ]

    /// All column names, audio first.
    static var names: [String] { audio.map(\.name) + video.map(\.name) }

    /// The values in the order of `names`.
    static func values(_ audio: AudioCounts, _ video: VideoCounts) -> [Int64] {
        Self.audio.map { Int64(clamping: audio[keyPath: $0.path]) }
            + Self.video.map { Int64(clamping: video[keyPath: $0.path]) }
    }

    /// Reads both counts from a row.
    static func read(_ cells: inout RowReader) throws(RowReader.Damage) -> (
        audio: AudioCounts, video: VideoCounts
    ) {
        var audio = AudioCounts()
        var video = VideoCounts()
        for column in Self.audio { audio[keyPath: column.path] = try cells.count(column.name) }
        for column in Self.video { video[keyPath: column.path] = try cells.count(column.name) }
        return (audio, video)
    }
}
