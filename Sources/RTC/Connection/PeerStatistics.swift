/// What a peer connection has counted, besides what its streams and its ICE agent count.
public struct PeerStatistics: Sendable, Hashable {
    /// Datagrams received, of every kind.
    public internal(set) var receivedDatagramCount = 0
    /// Bytes of these.
    public internal(set) var receivedByteCount = 0
    /// RTP packets sent, retransmissions included.
    public internal(set) var sentPacketCount = 0
    /// Bytes of these, as they left.
    public internal(set) var sentByteCount = 0
    /// RTCP datagrams sent.
    public internal(set) var sentFeedbackCount = 0
    /// RTCP datagrams received and understood.
    public internal(set) var receivedFeedbackCount = 0

    /// Datagrams that belong to no protocol of ours.
    public internal(set) var unknownDatagramCount = 0
    /// STUN messages that are broken.
    public internal(set) var malformedSTUNCount = 0
    /// RTP packets with a broken header or padding.
    public internal(set) var malformedRTPCount = 0
    /// RTCP datagrams that are broken somewhere; what came before the damage was used.
    public internal(set) var malformedRTCPCount = 0
    /// RTP and RTCP packets that failed authentication.
    public internal(set) var unauthenticCount = 0
    /// RTP and RTCP packets that had been received before, as SRTP sees it.
    public internal(set) var replayCount = 0
    /// RTP and RTCP packets that came before there were keys.
    public internal(set) var earlyCount = 0
    /// Authentic RTP packets of sources that could not be assigned to a section (yet).
    public internal(set) var unassignedCount = 0
    /// RTP packets of such sources that were not even looked into any more.
    public internal(set) var ignoredSourceCount = 0
    /// RTP packets with a payload type that was not negotiated.
    public internal(set) var unknownPayloadTypeCount = 0
    /// RTP packets whose number was out of all proportion.
    public internal(set) var implausibleCount = 0
    /// Messages that said what we can take (REMB).
    public internal(set) var sentEstimateCount = 0
    /// Packets that found no room in the pacer.
    public internal(set) var droppedPacketCount = 0
    /// Retransmission requests that found no room in the queue.
    public internal(set) var droppedRequestCount = 0
    /// Events that were dropped because nobody fetched them.
    public internal(set) var droppedEventCount = 0

    /// Nothing counted yet.
    public init() {}
}
