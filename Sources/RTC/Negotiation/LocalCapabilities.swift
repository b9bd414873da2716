import WireFormats

/// What we are able to send and receive, and the numbers we give it when we offer.
///
/// The numbers are those of libwebrtc as the LiveKit SDKs ship it, because servers are tested against those.
struct LocalCapabilities: Sendable {
    /// The audio codecs, the preferred one first; other audio is refused.
    var audio: [Codec]
    /// The video codecs, the preferred one first; other video is refused.
    var video: [Codec]
    /// The largest data channel message we take, `a=max-message-size`.
    var maximumMessageSize = 262_144

    /// Extensions that are used on audio sections; the genuine server negotiates no more there either.
    static let audioExtensions: [RTPExtensionKind] = [.mid, .audioLevel]
    /// Extensions that are used on video sections: all that any later section may need, because libwebrtc
    /// never offers again what the first answer lacks.
    static let videoExtensions: [RTPExtensionKind] = [
        .mid, .rid, .repairedRid, .transportSequenceNumber, .absoluteSendTime, .dependencyDescriptor,
    ]
    /// Feedback kinds that we understand on video.
    static let videoFeedback = ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"]
    /// Feedback kinds that we understand on audio.
    static let audioFeedback = ["nack"]
    /// RTP over DTLS-SRTP with feedback, RFC 5764 section 9.
    static let mediaProtocol = "UDP/TLS/RTP/SAVPF"
    /// SCTP over DTLS, RFC 8841 section 4.
    static let dataProtocol = "UDP/DTLS/SCTP"
    /// The SCTP port of data channels that every implementation uses.
    static let sctpPort: UInt16 = 5000

    /// The codecs for a kind of media.
    func codecs(of kind: MediaKind) -> [Codec] { kind == .audio ? audio : video }

    /// The ids of the header extensions in our offers: those of the Rust SDK, or of the genuine server's downlink.
    ///
    /// - Parameter isScalable: Whether a track with layers in one stream is sent, which needs dependency descriptors;
    ///   livekit-client adds them to such sections only, under the next free id.
    static func offeredExtensions(
        _ kind: MediaKind, side: Negotiator.Side, isScalable: Bool
    ) -> [HeaderExtensionDescription] {
        var ids: [(RTPExtensionKind, UInt8)] =
            switch (side, kind) {
            case (.server, .video): [(.absoluteSendTime, 3)]
            case (.server, _): []
            case (.client, .audio): [(.audioLevel, 1), (.mid, 4)]
            case (.client, _):
                [
                    (.absoluteSendTime, 2), (.transportSequenceNumber, 3), (.mid, 4), (.rid, 10),
                    (.repairedRid, 11),
                ]
            }
        if isScalable, side == .client { ids.append((.dependencyDescriptor, 12)) }
        return ids.map { HeaderExtensionDescription(id: $0.1, uri: $0.0.uri) }
    }

    /// The codecs of a section that we offer, with their retransmission formats behind them.
    func offeredCodecs(_ codecs: [Codec]) -> [CodecDescription] {
        codecs.flatMap { codec -> [CodecDescription] in
            switch codec {
            case .opus:
                [
                    CodecDescription(
                        payloadType: 111, name: "opus", clockRate: 48_000, channelCount: 2,
                        parameters: "minptime=10;useinbandfec=1")
                ]
            case .red:
                [
                    CodecDescription(
                        payloadType: 63, name: "red", clockRate: 48_000, channelCount: 2,
                        parameters: "111/111")
                ]
            case .vp8: Self.video("VP8", payloadType: 96, parameters: "")
            case .vp9: Self.video("VP9", payloadType: 98, parameters: "profile-id=0")
            case .av1: Self.video("AV1", payloadType: 45, parameters: "level-idx=5;profile=0;tier=0")
            case .h264:
                Self.video(
                    "H264", payloadType: 103,
                    parameters: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f")
            case .h265, .other: []
            }
        }
    }

    private static func video(_ name: String, payloadType: UInt8, parameters: String) -> [CodecDescription] {
        [
            CodecDescription(
                payloadType: payloadType, name: name, clockRate: 90_000, parameters: parameters,
                feedback: videoFeedback),
            CodecDescription(
                payloadType: payloadType + 1, name: "rtx", clockRate: 90_000, parameters: "apt=\(payloadType)"
            ),
        ]
    }

    /// The codecs of an offered section that we take, preferred ones first, each with its retransmission
    /// format.
    ///
    /// - Parameters:
    ///   - preferred: A codec that is to be first whatever our own order.
    ///   - receives: Whether the peer will send: then Opus is told that we understand pauses (`usedtx`).
    func answeredCodecs(
        to section: MediaDescription, preferred: Codec?, receives: Bool
    ) -> [CodecDescription] {
        var order = codecs(of: section.kind)
        if let preferred, order.contains(preferred) {
            order.removeAll { $0 == preferred }
            order.insert(preferred, at: 0)
        }
        let understood = section.kind == .audio ? Self.audioFeedback : Self.videoFeedback
        var answer: [CodecDescription] = []
        for codec in order {
            for offered in section.codecs where Codec(offered) == codec {
                var accepted = offered
                accepted.feedback = offered.feedback.filter(understood.contains)
                accepted.parameters = Self.answeredParameters(codec, offered.parameters, receives: receives)
                answer.append(accepted)
                if let rtx = section.codecs.first(where: { $0.associatedPayloadType == offered.payloadType })
                {
                    answer.append(
                        CodecDescription(
                            payloadType: rtx.payloadType, name: rtx.name, clockRate: rtx.clockRate,
                            parameters: "apt=\(offered.payloadType)"))
                }
            }
        }
        // Redundancy without the codec inside it carries nothing.
        if !answer.contains(where: { Codec($0) == .opus }) { answer.removeAll { Codec($0) == .red } }
        return answer
    }

    /// The codecs of an offered section that we take, in the offer's order as libwebrtc answers.
    func answeredCodecs(inOrderOf section: MediaDescription) -> [CodecDescription] {
        let taken = answeredCodecs(to: section, preferred: nil, receives: false)
        return section.codecs.compactMap { offered in
            taken.first { $0.payloadType == offered.payloadType }
        }
    }

    private static func answeredParameters(_ codec: Codec, _ offered: String, receives: Bool) -> String {
        switch codec {
        case .opus: receives ? "minptime=10;useinbandfec=1;usedtx=1" : "minptime=10;useinbandfec=1"
        default:
            // Parameters such as x-google-start-bitrate are notes of the offerer to itself.
            offered.utf8.split(separator: UInt8(ascii: ";")).map { String(Substring($0)) }
                .filter { !$0.hasPrefix("x-google-") }.joined(separator: ";")
        }
    }
}
