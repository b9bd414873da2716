import CVPX

/// A libvpx VP8 encoder set up as libwebrtc sets it up for a call, but deterministic.
///
/// Real-time, one pass, constant bit rate, no dropped frames, no alternative references, one key frame at the
/// start; a negative libvpx `cpu-used` fixes the speed instead of adapting it to the clock, so that the same
/// pictures always give the same bytes.
public final class VP8Encoder {
    /// What an encoder is asked to produce.
    public struct Configuration: Hashable, Sendable {
        /// Width in pixels; even.
        public var width: Int
        /// Height in pixels; even.
        public var height: Int
        /// Pictures per second.
        public var framesPerSecond: Int
        /// Target bit rate in bit/s.
        public var bitrate: Int
        /// libvpx speed, 1 (best) to 16 (fastest).
        public var speed: Int

        /// Makes a configuration.
        public init(width: Int, height: Int, framesPerSecond: Int, bitrate: Int, speed: Int) {
            self.width = width
            self.height = height
            self.framesPerSecond = framesPerSecond
            self.bitrate = bitrate
            self.speed = speed
        }
    }

    /// A compressed frame, lent until the next call of the encoder.
    public struct Frame {
        /// The compressed bytes.
        public let bytes: UnsafeRawBufferPointer
        /// Whether a decoder can start here.
        public let isKeyFrame: Bool
    }

    /// What this encoder produces.
    public let configuration: Configuration
    private let context: UnsafeMutablePointer<vpx_codec_ctx_t>
    private var framesEncoded: Int64 = 0

    /// Opens an encoder.
    public init(_ configuration: Configuration) throws(CodecError) {
        self.configuration = configuration
        context = .allocate(capacity: 1)
        context.initialize(to: vpx_codec_ctx_t())
        var settings = vpx_codec_enc_cfg_t()
        try Self.check(cvpx_vp8_default_configuration(&settings), .configure)
        Self.apply(configuration, to: &settings)
        try Self.check(cvpx_vp8_encoder_open(context, &settings), .open)
        try Self.check(cvpx_set_speed(context, Int32(-configuration.speed)), .configure)
        try Self.check(cvpx_set_static_threshold(context, 1), .configure)
        try Self.check(cvpx_set_noise_sensitivity(context, 0), .configure)
        try Self.check(cvpx_set_token_partitions(context, 0), .configure)
        try Self.check(cvpx_set_maximum_intra_percent(context, Self.intraPercent(configuration)), .configure)
    }

    deinit {
        vpx_codec_destroy(context)
        context.deallocate()
    }

    /// Compresses the next picture.
    ///
    /// - Parameter body: Gets the compressed frame, whose bytes are valid for the call.
    public func encode<Result>(
        _ picture: Picture, isKeyFrameForced: Bool = false, _ body: (Frame) -> Result
    ) throws(CodecError) -> Result {
        precondition(
            picture.width == configuration.width && picture.height == configuration.height,
            "a picture has the encoder's size")
        var image = vpx_image_t()
        guard
            vpx_img_wrap(
                &image, VPX_IMG_FMT_I420, UInt32(picture.width), UInt32(picture.height), 1, picture.bytes)
                != nil
        else {
            throw CodecError(library: .vpx, operation: .encode, code: Int32(VPX_CODEC_INVALID_PARAM.rawValue))
        }
        let flags = isKeyFrameForced ? vpx_enc_frame_flags_t(VPX_EFLAG_FORCE_KF) : 0
        try Self.check(
            vpx_codec_encode(context, &image, framesEncoded, 1, flags, UInt(VPX_DL_REALTIME)), .encode)
        framesEncoded += 1
        var iterator: vpx_codec_iter_t?
        let frame = cvpx_next_frame(context, &iterator)
        // With frame dropping off and no lag every picture gives exactly one frame.
        guard let bytes = frame.bytes else {
            throw CodecError(library: .vpx, operation: .encode, code: Int32(VPX_CODEC_ERROR.rawValue))
        }
        return body(
            Frame(
                bytes: UnsafeRawBufferPointer(start: bytes, count: frame.count),
                isKeyFrame: frame.is_key_frame != 0))
    }

    /// The library's version, part of a clip's cache key.
    public static var libraryVersion: String { String(cString: vpx_codec_version_str()) }

    private static func apply(_ configuration: Configuration, to settings: inout vpx_codec_enc_cfg_t) {
        settings.g_w = UInt32(configuration.width)
        settings.g_h = UInt32(configuration.height)
        settings.g_timebase = vpx_rational(num: 1, den: Int32(configuration.framesPerSecond))
        settings.g_threads = 1  // More threads would make the bytes depend on the machine.
        settings.g_lag_in_frames = 0
        settings.g_error_resilient = 0
        settings.rc_end_usage = VPX_CBR
        settings.rc_target_bitrate = UInt32(configuration.bitrate / 1000)
        settings.rc_dropframe_thresh = 0
        settings.rc_resize_allowed = 0
        settings.kf_mode = VPX_KF_DISABLED
        // The numbers of libwebrtc's LibvpxVp8Encoder::InitEncode.
        settings.rc_min_quantizer = 2
        settings.rc_max_quantizer = 56
        settings.rc_undershoot_pct = 100
        settings.rc_overshoot_pct = 15
        settings.rc_buf_initial_sz = 500
        settings.rc_buf_optimal_sz = optimalBufferMilliseconds
        settings.rc_buf_sz = 1000
    }

    private static let optimalBufferMilliseconds: UInt32 = 600

    /// How large a key frame may be, in percent of an average frame (libwebrtc's `MaxIntraTarget`).
    private static func intraPercent(_ configuration: Configuration) -> UInt32 {
        max(300, optimalBufferMilliseconds / 2 * UInt32(configuration.framesPerSecond) / 10)
    }

    private static func check(
        _ result: vpx_codec_err_t, _ operation: CodecError.Operation
    ) throws(CodecError) {
        guard result == VPX_CODEC_OK else {
            throw CodecError(library: .vpx, operation: operation, code: Int32(result.rawValue))
        }
    }
}
