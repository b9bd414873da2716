/// The machine-readable mark in the top left corner of every synthetic picture: which stream, which frame.
///
/// 48 data bits and their CRC-16 in four rows of sixteen cells, each row between two calibration cells at
/// either end (black, white ... white, black). Large cells survive scaling and hard compression, and only a
/// mark whose checksum holds is accepted, so a reading is either right or absent.
public struct FrameMark: Hashable, Sendable {
    /// Which stream the picture belongs to.
    public var stream: UInt8
    /// The frame's number, 40 bits.
    public var frameNumber: UInt64

    /// Rows of cells.
    public static let rowCount = 4
    /// Cells in a row, calibration cells included.
    public static let columnCount = 20
    /// The largest frame number.
    public static let maximumFrameNumber: UInt64 = 1 << 40 - 1

    /// Luma of a cell that carries 0 and of one that carries 1: inside video range, with room for ringing.
    static let levels: (zero: UInt8, one: UInt8) = (24, 232)

    /// Makes a mark; of the frame number the low 40 bits count.
    public init(stream: UInt8, frameNumber: UInt64) {
        self.stream = stream
        self.frameNumber = frameNumber & Self.maximumFrameNumber
    }

    /// Side of a cell in pixels: 8 at 180 lines, 16 at 360, 32 at 720.
    public static func cellSize(height: Int) -> Int { (height * 2 + 22) / 45 }

    /// How many lines from the top are left out when picture quality is measured: the mark and one cell below
    /// it.
    public static func maskedRows(height: Int) -> Int { (rowCount + 1) * cellSize(height: height) }

    /// The 64 bits of the cells, first cell in the highest bit.
    public var bits: UInt64 {
        let data = UInt64(stream) << 40 | frameNumber
        return data << 16 | UInt64(Self.checksum(data))
    }

    /// Reads a mark back from the bits of its cells; nil when the checksum does not hold.
    public init?(bits: UInt64) {
        let data = bits >> 16
        guard Self.checksum(data) == UInt16(truncatingIfNeeded: bits) else { return nil }
        self.init(stream: UInt8(truncatingIfNeeded: data >> 40), frameNumber: data)
    }

    /// CRC-16/CCITT (polynomial 0x1021, start 0xffff) over the low 48 bits of `data`, highest first.
    static func checksum(_ data: UInt64) -> UInt16 {
        var remainder: UInt16 = 0xffff
        var position = 48
        while position > 0 {
            position -= 1
            let bit = UInt16(truncatingIfNeeded: data >> UInt64(position) & 1)
            let carry = remainder >> 15 ^ bit
            remainder = remainder << 1 ^ (carry == 1 ? 0x1021 : 0)
        }
        return remainder
    }
}

extension FrameMark {
    /// Draws the mark over the top left corner of `picture`.
    public func draw(into picture: Picture) {
        let cell = Self.cellSize(height: picture.height)
        let (rows, columns) = (Self.rowCount * cell, Self.columnCount * cell)
        precondition(columns <= picture.width, "the picture is at least as wide as the mark")
        for row in 0..<Self.rowCount {
            let line = picture.bytes + row * cell * picture.width
            for column in 0..<Self.columnCount {
                let level = isOne(row: row, column: column) ? Self.levels.one : Self.levels.zero
                (line + column * cell).update(repeating: level, count: cell)
            }
            for copy in 1..<max(cell, 2) {
                (line + copy * picture.width).update(from: line, count: columns)
            }
        }
        for row in 0..<(rows + 1) / 2 {
            let offset = row * picture.width / 2
            (picture.u + offset).update(repeating: 128, count: (columns + 1) / 2)
            (picture.v + offset).update(repeating: 128, count: (columns + 1) / 2)
        }
    }

    /// Reads the mark of a picture of any size; nil when there is none, or when it is damaged.
    ///
    /// - Parameter luma: The luma plane of the whole picture.
    public init?(reading luma: PicturePlane) {
        guard Self.columnCount * 4 <= luma.width, luma.height >= 45 else { return nil }
        var bits: UInt64 = 0
        for row in 0..<Self.rowCount {
            func mean(_ column: Int) -> Int { Self.mean(of: luma, row: row, column: column) }
            let white = mean(1) + mean(Self.columnCount - 2)
            let black = mean(0) + mean(Self.columnCount - 1)
            guard white > black else { return nil }
            for column in 2..<Self.columnCount - 2 {
                bits = bits << 1 | (4 * mean(column) > white + black ? 1 : 0)
            }
        }
        self.init(bits: bits)
    }

    private func isOne(row: Int, column: Int) -> Bool {
        switch column {
        case 0, Self.columnCount - 1: false
        case 1, Self.columnCount - 2: true
        default: bits >> UInt64(63 - row * 16 - (column - 2)) & 1 == 1
        }
    }

    /// The mean of the middle half of a cell, times 16.
    ///
    /// The cell side is height / 22.5 exactly, so that a picture scaled to any height reads the same.
    private static func mean(of luma: PicturePlane, row: Int, column: Int) -> Int {
        func edge(_ quarters: Int) -> Int { (quarters * luma.height + 45) / 90 }
        let top = edge(4 * row + 1)
        let left = edge(4 * column + 1)
        let bottom = max(edge(4 * row + 3), top + 1)
        let right = max(edge(4 * column + 3), left + 1)
        guard right <= luma.width, bottom <= luma.height else { return 0 }
        var sum = 0
        for y in top..<bottom {
            for x in left..<right { sum += Int(luma.start[y * luma.stride + x]) }
        }
        return 16 * sum / ((bottom - top) * (right - left))
    }
}
