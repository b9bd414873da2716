public import Probe

/// Delay histograms as blobs: for each bucket in rising order two LEB128 numbers, the growth of its value in
/// microseconds since the bucket before it, and its count.
public enum HistogramCoding {
    /// Packs buckets.
    public static func encode(_ cells: [DelayHistogram.Cell]) -> [UInt8] {
        var bytes: [UInt8] = []
        var previous: UInt64 = 0
        for cell in cells {
            append(cell.microseconds &- previous, to: &bytes)
            append(cell.count, to: &bytes)
            previous = cell.microseconds
        }
        return bytes
    }

    /// Unpacks buckets; nil unless the bytes are exactly what `encode` gives for rising values within range.
    public static func decode(_ bytes: [UInt8]) -> [DelayHistogram.Cell]? {
        var cells: [DelayHistogram.Cell] = []
        var offset = 0
        var value: UInt64 = 0
        while offset < bytes.count {
            guard let growth = read(bytes, &offset), let count = read(bytes, &offset) else { return nil }
            guard growth > 0, growth <= largestValue - value, count > 0, count <= largestCount else {
                return nil
            }
            value += growth
            cells.append(DelayHistogram.Cell(microseconds: value, count: count))
        }
        return cells
    }

    /// Adds up buckets of several histograms, by rising value.
    static func sum(_ histograms: [[DelayHistogram.Cell]]) -> [DelayHistogram.Cell] {
        var sums: [DelayHistogram.Cell] = []
        for cell in histograms.joined().sorted(by: { $0.microseconds < $1.microseconds }) {
            if let last = sums.last, last.microseconds == cell.microseconds {
                sums[sums.count - 1].count = min(largestCount, last.count + cell.count)
            } else {
                sums.append(cell)
            }
        }
        return sums
    }

    /// The highest equivalent value of the last bucket lies at most 0.1 % above the largest value told apart.
    private static let largestValue =
        DelayHistogram.largestMicroseconds + DelayHistogram.largestMicroseconds / 1000

    /// Far above any run, and low enough that sums cannot overflow.
    private static let largestCount: UInt64 = 1 << 48

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private static func read(_ bytes: [UInt8], _ offset: inout Int) -> UInt64? {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count, shift < 64 {
            let byte = bytes[offset]
            offset += 1
            number |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return shift == 63 && byte > 1 ? nil : number }
            shift += 7
        }
        return nil
    }
}
