/// The data channels of a LiveKit session.
public enum LiveKitDataChannel: CaseIterable, Hashable, Sendable {
    /// Everything that must arrive, in order.
    case reliable
    /// What may get lost.
    case lossy
    /// Packets of data tracks.
    case dataTrack

    /// The first protocol number of a server with which the channels are agreed on beforehand, without DCEP.
    public static let firstNegotiatingProtocol: Int32 = 18

    /// The channel's label.
    public var label: String {
        switch self {
        case .reliable: "_reliable"
        case .lossy: "_lossy"
        case .dataTrack: "_data_track"
        }
    }

    /// Whether messages are repeated until they arrive, and kept in order.
    public var isReliable: Bool { self == .reliable }

    /// The stream of the channel where it is agreed on beforehand (LiveKit's `NegotiatedDataChannelID`).
    public var negotiatedID: UInt16 {
        switch self {
        case .reliable: 100
        case .lossy: 101
        case .dataTrack: 102
        }
    }
}
