import CVPX

/// The codecs that pictures are sent in.
public enum VideoCodec: String, Hashable, Sendable {
    /// VP8, RFC 6386.
    case vp8
    /// VP9.
    case vp9
}

/// A libvpx decoder of VP8 or VP9.
public final class VideoDecoder {
    /// The planes of a decoded picture, lent by the decoder.
    public struct DecodedPicture {
        /// Luma.
        public let y: PicturePlane
        /// Blue-difference chroma, half as wide and half as high.
        public let u: PicturePlane
        /// Red-difference chroma, half as wide and half as high.
        public let v: PicturePlane
    }

    private let context: UnsafeMutablePointer<vpx_codec_ctx_t>

    /// Opens a decoder that uses one thread.
    public init(_ codec: VideoCodec) throws(CodecError) {
        context = .allocate(capacity: 1)
        context.initialize(to: vpx_codec_ctx_t())
        let result =
            switch codec {
            case .vp8: cvpx_vp8_decoder_open(context, 1)
            case .vp9: cvpx_vp9_decoder_open(context, 1)
            }
        guard result == VPX_CODEC_OK else { throw Self.error(.open, result) }
    }

    deinit {
        vpx_codec_destroy(context)
        context.deallocate()
    }

    /// Decompresses one frame and lends the picture; of VP9, the layer frames of a picture one behind the other, of
    /// which the highest is shown.
    ///
    /// Hostile bytes give an error or a damaged picture, never a crash.
    ///
    /// - Parameter body: Gets the picture, valid for the call; nil when the frame shows nothing.
    public func decode<Result>(
        _ frame: UnsafeRawBufferPointer, _ body: (DecodedPicture?) throws(CodecError) -> Result
    ) throws(CodecError) -> Result {
        // libvpx takes no bytes for a request to flush.
        guard let bytes = frame.baseAddress, !frame.isEmpty else {
            throw Self.error(.decode, VPX_CODEC_INVALID_PARAM)
        }
        let result = vpx_codec_decode(
            context, bytes.assumingMemoryBound(to: UInt8.self), UInt32(clamping: frame.count), nil, 0)
        guard result == VPX_CODEC_OK else { throw Self.error(.decode, result) }
        var iterator: vpx_codec_iter_t?
        let image = vpx_codec_get_frame(context, &iterator)
        defer { withExtendedLifetime(self) {} }
        return try body(image.flatMap { Self.picture($0.pointee) })
    }

    private static func picture(_ image: vpx_image_t) -> DecodedPicture? {
        guard let y = image.planes.0, let u = image.planes.1, let v = image.planes.2 else { return nil }
        let (width, height) = (Int(image.d_w), Int(image.d_h))
        guard width > 0, height > 0 else { return nil }
        func chroma(_ start: UnsafePointer<UInt8>, _ stride: Int32) -> PicturePlane {
            PicturePlane(start: start, stride: Int(stride), width: (width + 1) / 2, height: (height + 1) / 2)
        }
        return DecodedPicture(
            y: PicturePlane(start: y, stride: Int(image.stride.0), width: width, height: height),
            u: chroma(u, image.stride.1), v: chroma(v, image.stride.2))
    }

    private static func error(_ operation: CodecError.Operation, _ result: vpx_codec_err_t) -> CodecError {
        CodecError(library: .vpx, operation: operation, code: Int32(result.rawValue))
    }
}
