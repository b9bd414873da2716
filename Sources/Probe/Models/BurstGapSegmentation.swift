/// RFC 3611 section 4.7.2 bursts and gaps by exact segmentation, Gmin 16.
///
/// Two losses belong to one burst when fewer than Gmin packets were received between them; a burst starts and
/// ends with a loss and holds at least two; everything else is gap.
public struct BurstGapSegmentation: Sendable, Hashable {
    /// Number of bursts.
    public var bursts = 0
    /// Packets inside bursts.
    public var burstPackets = 0
    /// Lost packets inside bursts.
    public var burstLost = 0
    /// Packets outside bursts.
    public var gapPackets = 0
    /// Lost packets outside bursts.
    public var gapLost = 0
    /// Stretches of packets outside bursts.
    public var gaps = 0

    /// Share of packets lost within bursts, 0...1.
    public var burstDensity: Double { burstPackets == 0 ? 0 : Double(burstLost) / Double(burstPackets) }
    /// Share of packets lost within gaps, 0...1.
    public var gapDensity: Double { gapPackets == 0 ? 0 : Double(gapLost) / Double(gapPackets) }

    /// The mean length of a burst, in packets; 0 without a burst.
    public var meanBurstPackets: Double { bursts == 0 ? 0 : Double(burstPackets) / Double(bursts) }
    /// The mean length of a gap, in packets; 0 without a gap.
    public var meanGapPackets: Double { gaps == 0 ? 0 : Double(gapPackets) / Double(gaps) }

    /// Segments a loss pattern.
    ///
    /// - Parameters:
    ///   - pattern: One element per packet in sequence order; true = lost or discarded.
    ///   - minimumGap: Gmin, 16 by RFC 3611.
    public init(_ pattern: some Collection<Bool>, minimumGap: Int = 16) {
        var burstStart: Int?
        var lastLoss = 0
        var lossesInBurst = 0
        var burstEnd = 0
        func close(_ segmentation: inout BurstGapSegmentation) {
            guard let start = burstStart, lossesInBurst > 1 else { return }
            if start > burstEnd { segmentation.gaps += 1 }
            burstEnd = lastLoss + 1
            segmentation.bursts += 1
            segmentation.burstPackets += lastLoss - start + 1
            segmentation.burstLost += lossesInBurst
        }
        var position = 0
        var lost = 0
        for isLost in pattern {
            if isLost {
                lost += 1
                if burstStart != nil, position - lastLoss - 1 < minimumGap {
                    lossesInBurst += 1
                } else {
                    close(&self)
                    burstStart = position
                    lossesInBurst = 1
                }
                lastLoss = position
            }
            position += 1
        }
        close(&self)
        if position > burstEnd { gaps += 1 }
        gapPackets = position - burstPackets
        gapLost = lost - burstLost
    }
}
