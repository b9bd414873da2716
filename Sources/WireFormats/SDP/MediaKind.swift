/// What an m-section carries.
public enum MediaKind: UInt8, Hashable, Sendable {
    /// `m=audio`.
    case audio
    /// `m=video`.
    case video
    /// `m=application`: data channels over SCTP (RFC 8841).
    case application
    /// Anything else; to be rejected.
    case other

    /// The media token of the m-line; empty for `other`.
    public var token: String {
        switch self {
        case .audio: "audio"
        case .video: "video"
        case .application: "application"
        case .other: ""
        }
    }

    /// The kind that a media token of an m-line names.
    public init(token: String) {
        self = [.audio, .video, .application].first { $0.token == token } ?? .other
    }
}

/// Who may send media in a section, seen from the description's author (RFC 8866 section 6.7).
public enum MediaDirection: String, Hashable, Sendable {
    /// Both.
    case sendReceive = "sendrecv"
    /// The author only.
    case sendOnly = "sendonly"
    /// The other side only.
    case receiveOnly = "recvonly"
    /// Nobody.
    case inactive

    /// Whether the author may send.
    public var sends: Bool { self == .sendReceive || self == .sendOnly }
    /// Whether the author is ready to receive.
    public var receives: Bool { self == .sendReceive || self == .receiveOnly }

    /// The direction in which the author may send and receive as told.
    public init(sends: Bool, receives: Bool) {
        self =
            switch (sends, receives) {
            case (true, true): .sendReceive
            case (true, false): .sendOnly
            case (false, true): .receiveOnly
            case (false, false): .inactive
            }
    }

    /// The same agreement seen from the other side.
    public var reversed: MediaDirection { MediaDirection(sends: receives, receives: sends) }
}

/// Which side opens the DTLS connection, `a=setup` (RFC 4145 section 4, RFC 8842 section 5).
public enum DTLSSetup: String, Hashable, Sendable {
    /// The author opens it.
    case active
    /// The other side opens it.
    case passive
    /// The answerer chooses.
    case actpass
    /// Nobody, for now.
    case holdconn
}
