/// Comparison of numbers that wrap around (RFC 1982), for TSNs and stream sequence numbers.
extension FixedWidthInteger where Self: UnsignedInteger {
    /// Whether the number lies in the half of the circle after `other`.
    func isAfter(_ other: Self) -> Bool {
        let distance = self &- other
        return distance != 0 && distance < Self(1) << Self(Self.bitWidth - 1)
    }
}
