/// An ICE candidate as it travels in `TrickleRequest.candidateInit`: the JSON of WebRTC's `RTCIceCandidateInit`.
///
/// All four keys are always written: LiveKit's Rust clients abort when `sdpMid` or `sdpMLineIndex` is missing.
public struct ICECandidateInit: Hashable, Sendable {
    /// The candidate line without `a=`; empty means there are no more.
    public var candidate: String
    /// The section's mid.
    public var mid: String?
    /// The section's index.
    public var sectionIndex: Int?
    /// The sender's ICE user name fragment.
    public var usernameFragment: String?

    /// Makes a candidate for the first section, where BUNDLE puts all of them.
    public init(
        candidate: String, mid: String? = "0", sectionIndex: Int? = 0, usernameFragment: String? = nil
    ) {
        self.candidate = candidate
        self.mid = mid
        self.sectionIndex = sectionIndex
        self.usernameFragment = usernameFragment
    }

    /// Reads the JSON; nil when it is none or has no candidate.
    public init?(json: String) {
        guard let value = JSON.decode(ICECandidateInit.self, from: Array(json.utf8)) else { return nil }
        self = value
    }

    /// The JSON, keys in a fixed order.
    public var json: String { String(decoding: JSON.encode(self), as: UTF8.self) }

    /// The candidate as a message; a single peer connection goes by the name of publisher.
    public func trickle(for target: LiveKitSignalTarget = .publisher) -> LiveKitTrickleRequest {
        var trickle = LiveKitTrickleRequest()
        trickle.candidateInit = json
        trickle.target = target
        return trickle
    }
}

extension ICECandidateInit: Codable {
    private enum CodingKeys: String, CodingKey {
        case candidate, usernameFragment
        case mid = "sdpMid"
        case sectionIndex = "sdpMLineIndex"
    }

    /// Writes all four keys, absent values as null.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(candidate, forKey: .candidate)
        try values.encode(mid, forKey: .mid)
        try values.encode(sectionIndex, forKey: .sectionIndex)
        try values.encode(usernameFragment, forKey: .usernameFragment)
    }
}
