/// One plane of a picture, borrowed: rows of bytes that somebody else owns.
///
/// Valid only as long as its owner says; never stored.
public struct PicturePlane {
    /// The first sample of the first row.
    public let start: UnsafePointer<UInt8>
    /// Bytes from one row to the next.
    public let stride: Int
    /// Samples in a row.
    public let width: Int
    /// Rows.
    public let height: Int

    /// Makes a plane over memory that stays valid while the plane is used.
    public init(start: UnsafePointer<UInt8>, stride: Int, width: Int, height: Int) {
        precondition(
            width > 0 && height > 0 && stride >= width, "a plane has samples, and rows do not overlap")
        self.start = start
        self.stride = stride
        self.width = width
        self.height = height
    }

    /// The sample at a column and a row.
    @inlinable
    public subscript(x: Int, y: Int) -> UInt8 {
        precondition(x >= 0 && x < width && y >= 0 && y < height, "the sample lies in the plane")
        return start[y * stride + x]
    }

    /// The rows from `row` on.
    public func rows(from row: Int) -> PicturePlane {
        PicturePlane(start: start + row * stride, stride: stride, width: width, height: height - row)
    }
}
