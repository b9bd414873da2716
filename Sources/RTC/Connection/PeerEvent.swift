public import Primitives

/// What a peer connection tells its owner besides media.
public enum PeerEvent: Hashable, Sendable {
    /// ICE found a working path, first or again.
    case iceConnected
    /// DTLS finished and the SRTP keys are known.
    case dtlsConnected
    /// Media and data may flow: ICE and DTLS are up, first or again.
    case connected
    /// ICE moved to another path while the old one may still have worked.
    case pathChanged
    /// ICE lost its path and looks for one.
    case disconnected
    /// The peer said goodbye by DTLS (close_notify); nothing comes any more.
    case closedByPeer
    /// The connection is over, with a word on why; after an ICE failure `restartICE` may still save it.
    case failed(String)
    /// Something about the ways to the peer.
    case path(PathEvent)
    /// A remote stream was seen first; its index in `receiveStreams`.
    case streamAdded(Int)
    /// The peer wants a key frame of a layer we send (PLI or FIR).
    case keyFrameRequested(section: Int, layer: Int)
    /// A data channel is open, whoever opened it.
    case dataChannelOpened(channel: UInt16, label: String)
    /// A message came on a data channel.
    case data(channel: UInt16, bytes: [UInt8], isBinary: Bool)
    /// A data channel was closed.
    case dataChannelClosed(channel: UInt16)
    /// The data channels are gone, with a word on why; media goes on.
    case dataChannelsFailed(String)
    /// The peer reported how a layer we send arrives.
    case remoteReport(section: Int, layer: Int, report: RemoteReport)
    /// What may be sent for pictures has changed by more than a hundredth; see `congestionState`.
    case sendingRateChanged
    /// The peer estimates that it can receive this many bits per second (REMB).
    case receiverEstimatedMaximumBitrate(UInt64)
    /// A remote source said goodbye (RFC 3550 section 6.6).
    case bye(ssrc: UInt32)
}

/// What a receiver says about one of our streams (RFC 3550 section 6.4.1).
public struct RemoteReport: Hashable, Sendable {
    /// Share of packets lost since the previous report, 0...1.
    public var fractionLost: Double
    /// Packets lost since the start; negative if duplicates prevail.
    public var cumulativeLost: Int32
    /// Interarrival jitter.
    public var jitter: Interval
    /// Round-trip time out of this report, if it echoes one of our sender reports.
    public var roundTripTime: Interval?
}
