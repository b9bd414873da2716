/// What one direction of an emulated access network did to a participant's datagrams: the injected truth, beside
/// which what was measured can be held.
public struct PathCounts: Sendable, Hashable {
    /// Datagrams that entered.
    public var entered: UInt64 = 0
    /// Datagrams that arrived, once or twice.
    public var delivered: UInt64 = 0
    /// Datagrams lost by chance.
    public var lost: UInt64 = 0
    /// Datagrams that found the bottleneck's queue full.
    public var overflowed: UInt64 = 0
    /// Datagrams lost in outages.
    public var lostInOutages: UInt64 = 0
    /// Datagrams that arrived twice.
    public var duplicated: UInt64 = 0
    /// Datagrams held back so that others overtook them.
    public var reordered: UInt64 = 0

    /// Nothing counted.
    public init() {}
}
