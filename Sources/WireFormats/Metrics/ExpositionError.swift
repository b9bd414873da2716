/// Why a page of metrics could not be read.
public enum ExpositionError: Error, Hashable, Sendable {
    /// Longer than `ExpositionReader.maximumByteCount`.
    case tooLarge
    /// A line is neither empty, nor a comment, nor a sample; its number, counted from 1.
    case malformedLine(Int)
    /// A name with its labels is not of the format.
    case malformedSeries
}
