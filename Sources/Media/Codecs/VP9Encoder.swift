import CVPX

/// A libvpx VP9 encoder for scalable streams, set up as libwebrtc sets it up for a call, but deterministic.
///
/// Real-time, one pass, constant bit rate, no dropped frames; the references of every layer are given from outside, as
/// libwebrtc's scalability controllers do it.
public final class VP9Encoder {
    /// What an encoder is asked to produce.
    public struct Configuration: Hashable, Sendable {
        /// How the stream is divided.
        public var mode: ScalabilityMode
        /// Width of the highest spatial layer in pixels.
        public var width: Int
        /// Height of the highest spatial layer in pixels.
        public var height: Int
        /// Pictures per second.
        public var framesPerSecond: Int
        /// Target bit rate of each spatial layer in bit/s, lowest first.
        public var bitrates: [Int]

        /// Makes a configuration.
        public init(mode: ScalabilityMode, width: Int, height: Int, framesPerSecond: Int, bitrates: [Int]) {
            precondition(bitrates.count == mode.spatialLayerCount, "every spatial layer has a bit rate")
            self.mode = mode
            self.width = width
            self.height = height
            self.framesPerSecond = framesPerSecond
            self.bitrates = bitrates
        }
    }

    /// What this encoder produces.
    public let configuration: Configuration
    private let context: UnsafeMutablePointer<vpx_codec_ctx_t>
    private let gathered: UnsafeMutablePointer<cvpx_layer_frames>
    private var settings = vpx_codec_enc_cfg_t()
    private var scalability = cvpx_scalability()
    private var picturesEncoded: Int64 = 0

    /// The largest picture that is expected, all layers together.
    private static let capacity = 1 << 21
    private static let optimalBufferMilliseconds: UInt32 = 600

    /// Opens an encoder.
    public init(_ configuration: Configuration) throws(CodecError) {
        self.configuration = configuration
        context = .allocate(capacity: 1)
        context.initialize(to: vpx_codec_ctx_t())
        gathered = .allocate(capacity: 1)
        gathered.initialize(to: cvpx_layer_frames())
        gathered.pointee.bytes = .allocate(capacity: Self.capacity)
        gathered.pointee.capacity = Self.capacity
        try Self.check(cvpx_vp9_default_configuration(&settings), .configure)
        apply()
        try Self.check(cvpx_vp9_encoder_open(context, &settings), .open)
        try Self.check(cvpx_set_maximum_intra_percent(context, intraPercent), .configure)
        scalability.spatial_layers = Int32(configuration.mode.spatialLayerCount)
        scalability.temporal_layers = Int32(ScalabilityMode.temporalLayerCount)
        scalability.minimum_quantizer = 2
        scalability.maximum_quantizer = 52
        setSpeeds(temporal: 0)
        try Self.check(cvpx_vp9_set_scalability(context, &scalability, gathered), .configure)
        try Self.check(cvpx_set_static_threshold(context, 1), .configure)
    }

    deinit {
        vpx_codec_destroy(context)
        context.deallocate()
        gathered.pointee.bytes.deallocate()
        gathered.deallocate()
    }

    /// Compresses the next picture in all its layers.
    ///
    /// - Parameters:
    ///   - position: How many pictures it lies behind its key picture; 0 makes one.
    ///   - body: Gets the layer frames, lowest first, whose bytes are valid for the call.
    public func encode<Result>(
        _ picture: Picture, position: Int, _ body: ([UnsafeRawBufferPointer]) throws(CodecError) -> Result
    ) throws(CodecError) -> Result {
        precondition(
            picture.width == configuration.width && picture.height == configuration.height,
            "a picture has the encoder's size")
        let temporal = ScalabilityMode.temporalLayer(at: position)
        setSpeeds(temporal: temporal)
        try Self.check(cvpx_vp9_set_scalability(context, &scalability, nil), .configure)
        var references = references(at: position)
        try Self.check(cvpx_vp9_set_references(context, &references), .configure)
        var image = vpx_image_t()
        guard
            vpx_img_wrap(
                &image, VPX_IMG_FMT_I420, UInt32(picture.width), UInt32(picture.height), 1, picture.bytes)
                != nil
        else { throw Self.error(VPX_CODEC_INVALID_PARAM, .encode) }
        gathered.pointee.count = 0
        gathered.pointee.layer_count = 0
        gathered.pointee.is_key_frame = 0
        gathered.pointee.overflowed = 0
        let duration = 90_000 / Int64(configuration.framesPerSecond)
        let flags = position == 0 ? vpx_enc_frame_flags_t(VPX_EFLAG_FORCE_KF) : 0
        try Self.check(
            vpx_codec_encode(
                context, &image, picturesEncoded * duration, UInt(duration), flags, UInt(VPX_DL_REALTIME)),
            .encode)
        picturesEncoded += 1
        let isWhole = gathered.pointee.layer_count == configuration.mode.spatialLayerCount
        // With frame dropping off every picture gives one frame in each layer, and key frames come when asked for.
        guard isWhole, gathered.pointee.overflowed == 0,
            (gathered.pointee.is_key_frame != 0) == (position == 0)
        else { throw Self.error(VPX_CODEC_ERROR, .encode) }
        return try body(layerFrames)
    }

    private var layerFrames: [UnsafeRawBufferPointer] {
        let counts = [gathered.pointee.counts.0, gathered.pointee.counts.1, gathered.pointee.counts.2]
        var start = 0
        return counts.prefix(configuration.mode.spatialLayerCount).map { count in
            defer { start += count }
            return UnsafeRawBufferPointer(start: gathered.pointee.bytes + start, count: count)
        }
    }

    /// libwebrtc's use of libvpx' eight buffers: one for each spatial layer of the lowest temporal layer, then one for
    /// each of the middle one.
    private func references(at position: Int) -> cvpx_references {
        let layers = Int32(configuration.mode.spatialLayerCount)
        var reads: [Int32] = [-1, -1, -1]
        var writes: [Int32] = [-1, -1, -1]
        for spatial in 0..<layers {
            let (low, middle) = (spatial, layers + spatial)
            let index = Int(spatial)
            switch position & 3 {
            case 0:
                reads[index] = position > 0 ? low : spatial > 0 ? low - 1 : -1
                writes[index] = low
            case 2:
                reads[index] = low
                writes[index] = middle
            case 3: reads[index] = middle
            default: reads[index] = low
            }
        }
        return cvpx_references(
            spatial_layers: layers, temporal_layer: Int32(ScalabilityMode.temporalLayer(at: position)),
            reads: (reads[0], reads[1], reads[2]), writes: (writes[0], writes[1], writes[2]))
    }

    /// The speeds of libwebrtc's `GetDefaultPerformanceFlags`: slower for small pictures that others refer to.
    private func setSpeeds(temporal: Int) {
        var speeds: [Int32] = [9, 9, 9]
        var modes: [Int32] = [0, 0, 0]
        for spatial in 0..<configuration.mode.spatialLayerCount {
            let shift = configuration.mode.spatialLayerCount - 1 - spatial
            switch (configuration.width >> shift) * (configuration.height >> shift) {
            case ..<(352 * 288):
                speeds[spatial] = temporal == 0 ? 5 : 8
                modes[spatial] = 1
            case ..<(1920 * 1080): speeds[spatial] = temporal == 0 ? 7 : 8
            default: speeds[spatial] = 9
            }
        }
        scalability.speeds = (speeds[0], speeds[1], speeds[2])
        scalability.loop_filter_modes = (modes[0], modes[1], modes[2])
    }

    /// The numbers of libwebrtc's `LibvpxVp9Encoder::InitEncode`.
    private func apply() {
        settings.g_w = UInt32(configuration.width)
        settings.g_h = UInt32(configuration.height)
        settings.g_timebase = vpx_rational(num: 1, den: 90_000)
        settings.g_threads = 1  // More threads would make the bytes depend on the machine.
        settings.g_lag_in_frames = 0
        settings.g_error_resilient = 1
        settings.g_pass = VPX_RC_ONE_PASS
        settings.rc_end_usage = VPX_CBR
        settings.rc_target_bitrate = UInt32(configuration.bitrates.reduce(0, +) / 1000)
        settings.rc_dropframe_thresh = 0
        settings.rc_resize_allowed = 0
        settings.kf_mode = VPX_KF_DISABLED
        settings.rc_min_quantizer = 2
        settings.rc_max_quantizer = 52
        settings.rc_undershoot_pct = 50
        settings.rc_overshoot_pct = 50
        settings.rc_buf_initial_sz = 500
        settings.rc_buf_optimal_sz = Self.optimalBufferMilliseconds
        settings.rc_buf_sz = 1000
        settings.ss_number_layers = UInt32(configuration.mode.spatialLayerCount)
        settings.ts_number_layers = UInt32(ScalabilityMode.temporalLayerCount)
        settings.ts_periodicity = UInt32(ScalabilityMode.period)
        settings.ts_rate_decimator.0 = 4
        settings.ts_rate_decimator.1 = 2
        settings.ts_rate_decimator.2 = 1
        settings.ts_layer_id.0 = 0
        settings.ts_layer_id.1 = 2
        settings.ts_layer_id.2 = 1
        settings.ts_layer_id.3 = 2
        settings.temporal_layering_mode = Int32(VP9E_TEMPORAL_LAYERING_MODE_BYPASS.rawValue)
        withUnsafeMutableBytes(of: &settings.ss_target_bitrate) { bytes in
            let targets = bytes.assumingMemoryBound(to: UInt32.self)
            for (layer, bitrate) in configuration.bitrates.enumerated() {
                targets[layer] = UInt32(bitrate / 1000)
            }
        }
        withUnsafeMutableBytes(of: &settings.layer_target_bitrate) { bytes in
            let targets = bytes.assumingMemoryBound(to: UInt32.self)
            for (layer, bitrate) in configuration.bitrates.enumerated() {
                // libwebrtc's `kTemporalLayeringRateScalingFactor` of 0.55: 54 %, 16.3 % and 29.7 %, added up.
                for (temporal, share) in [540, 703, 1000].enumerated() {
                    targets[layer * ScalabilityMode.temporalLayerCount + temporal] =
                        UInt32(bitrate * share / 1_000_000)
                }
            }
        }
    }

    /// How large a key frame may be, in percent of an average frame (libwebrtc's `MaxIntraTarget`).
    private var intraPercent: UInt32 {
        max(300, Self.optimalBufferMilliseconds / 2 * UInt32(configuration.framesPerSecond) / 10)
    }

    private static func check(_ result: vpx_codec_err_t, _ operation: CodecError.Operation) throws(CodecError)
    {
        guard result == VPX_CODEC_OK else { throw error(result, operation) }
    }

    private static func error(_ result: vpx_codec_err_t, _ operation: CodecError.Operation) -> CodecError {
        CodecError(library: .vpx, operation: operation, code: Int32(result.rawValue))
    }
}
