import Foundation
import Primitives
import RTC
import Testing
import WireFormats

/// Recorded descriptions and ready-made parts for tests of negotiation.
enum NegotiatorFixture {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "WireFormatsTests/Goldens/SDP")

    /// The names of all recorded offers that a client sent to a single-PC server.
    static let clientOffers: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return names.filter { name in
            guard name.hasSuffix(".sdp"), !name.contains("answer-"), !name.contains("raw-v0") else {
                return false
            }
            return name.contains("c2s-offer") || name.contains("join_request") || name.hasPrefix("py-")
                || name.contains("uplink") || name.contains("publisher-offer")
        }.sorted()
    }()

    /// The text of one recording.
    static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    static let transport = LocalTransport(
        credentials: ICECredentials(ufrag: "abcdefgh", password: "abcdefghijklmnopqrstuvwx"),
        fingerprint: (0..<32).map { $0 },
        candidates: [
            ICECandidate(
                foundation: "1", priority: 2_130_706_431, address: .loopback(port: 7882), type: .host)
        ])

    static func make(
        _ role: Negotiator.Role, configure: (inout Negotiator.Configuration) -> Void = { _ in }
    ) -> Negotiator {
        var configuration = Negotiator.Configuration(role: role, cname: "test")
        configure(&configuration)
        var generator = SeededGenerator(seed: 5)
        return Negotiator(configuration: configuration, generator: &generator)
    }

    /// A microphone as a LiveKit client publishes it.
    static let microphone = OutgoingTrack(
        kind: .audio, streamID: "-", trackID: "mic", codec: .opus(red: true),
        layers: [OutgoingLayer(ssrc: 1111, rtxSSRC: nil)])

    /// A camera with three layers.
    static let camera = OutgoingTrack(
        kind: .video, streamID: "-", trackID: "cam", codec: .vp8,
        layers: [
            OutgoingLayer(rid: "q", ssrc: 1, rtxSSRC: 2), OutgoingLayer(rid: "h", ssrc: 3, rtxSSRC: 4),
            OutgoingLayer(rid: "f", ssrc: 5, rtxSSRC: 6),
        ])
}
