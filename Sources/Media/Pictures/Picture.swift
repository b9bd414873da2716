/// An I420 picture that owns its memory: a luma plane and two chroma planes of half its width and height.
public final class Picture {
    /// Width in pixels; even.
    public let width: Int
    /// Height in pixels; even.
    public let height: Int
    /// The three planes, one after the other without gaps.
    let bytes: UnsafeMutablePointer<UInt8>

    /// Makes a grey picture.
    public init(width: Int, height: Int) {
        precondition(
            width > 0 && height > 0 && width.isMultiple(of: 2) && height.isMultiple(of: 2),
            "an I420 picture has an even width and an even height")
        self.width = width
        self.height = height
        bytes = .allocate(capacity: width * height * 3 / 2)
        bytes.initialize(repeating: 128, count: width * height * 3 / 2)
    }

    deinit { bytes.deallocate() }

    /// How many bytes the three planes take.
    public var byteCount: Int { width * height * 3 / 2 }

    /// Lends the luma plane for the call.
    public func withLuma<Result, Failure: Error>(
        _ body: (PicturePlane) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(PicturePlane(start: bytes, stride: width, width: width, height: height))
    }

    /// Lends all bytes for the call: luma, then U, then V.
    public func withBytes<Result>(_ body: (UnsafeMutableBufferPointer<UInt8>) -> Result) -> Result {
        defer { withExtendedLifetime(self) {} }
        return body(UnsafeMutableBufferPointer(start: bytes, count: byteCount))
    }

    /// The first sample of the U plane.
    var u: UnsafeMutablePointer<UInt8> { bytes + width * height }
    /// The first sample of the V plane.
    var v: UnsafeMutablePointer<UInt8> { bytes + width * height * 5 / 4 }

    /// The picture at half its width and height, so many times: each sample is the mean of four.
    public func reduced(times: Int) -> Picture {
        guard times > 0 else { return self }
        let half = Picture(width: width / 2, height: height / 2)
        Self.halve(bytes, width, into: half.bytes, half.width, half.height)
        Self.halve(u, width / 2, into: half.u, half.width / 2, half.height / 2)
        Self.halve(v, width / 2, into: half.v, half.width / 2, half.height / 2)
        return half.reduced(times: times - 1)
    }

    private static func halve(
        _ source: UnsafeMutablePointer<UInt8>, _ stride: Int, into target: UnsafeMutablePointer<UInt8>,
        _ width: Int, _ height: Int
    ) {
        for row in 0..<height {
            let top = source + 2 * row * stride
            let bottom = top + stride
            let line = target + row * width
            for x in 0..<width {
                let upper = UInt16(top[2 * x]) &+ UInt16(top[2 * x + 1])
                let lower = UInt16(bottom[2 * x]) &+ UInt16(bottom[2 * x + 1])
                line[x] = UInt8(truncatingIfNeeded: (upper &+ lower &+ 2) >> 2)
            }
        }
    }
}
