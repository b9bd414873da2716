import Testing
import WireFormats

@Suite struct SessionDescriptionTests {
    @Test func goldensAreThere() { #expect(SDPGoldens.names.count == 62) }

    @Test(arguments: SDPGoldens.names)
    func readsAndWritesRecordings(name: String) throws {
        let text = try SDPGoldens.text(name)
        let description = try SessionDescription(parsing: text)
        let mediaLines = text.utf8.split(separator: 10).filter { $0.starts(with: "m=".utf8) }.count
        #expect(description.sections.count == mediaLines)
        #expect(description.bundle == description.sections.map(\.mid))
        for section in description.sections {
            let transport = description.transport(of: section)
            #expect(
                transport.iceUserFragment != nil && transport.icePassword != nil && transport.setup != nil)
            #expect(transport.fingerprint?.algorithm == "sha-256" && transport.fingerprint?.bytes.count == 32)
            guard section.kind != .application else {
                #expect(section.sctpPort == 5000)
                continue
            }
            #expect(section.codecs.count == section.formats.count, "every format has a codec")
            #expect(section.multiplexesRTCP)
        }
        let again = try SessionDescription(parsing: description.text)
        #expect(again == description)
        #expect(again.text == description.text)
    }

    @Test func readsSimulcastOffer() throws {
        let text = try SDPGoldens.text("media--raw-v1-publisher-offer-vp8sim.sdp")
        let description = try SessionDescription(parsing: text)
        let (audio, video) = (description.sections[0], description.sections[1])
        #expect(description.sessionID == 77 && description.sessionVersion == 1)
        #expect(description.allowsMixedExtensions && !description.isICELite)
        #expect(audio.formats == ["63", "111"])
        #expect(audio.codecs.map(\.name) == ["red", "opus"])
        #expect(audio.codec(111)?.channelCount == 2)
        #expect(audio.codec(111)?.parameter("useinbandfec") == "1")
        #expect(audio.codec(111)?.feedback == ["transport-cc", "nack"])
        #expect(audio.msids == [MediaStreamIdentification(stream: "-", track: "cidA")])
        #expect(audio.sources == [SourceDescription(ssrc: 1_113_009_662, cname: "raw")])
        #expect(video.direction == .sendOnly)
        #expect(video.retransmissionPayloadType(for: 96) == 97)
        #expect(video.codec(97)?.associatedPayloadType == 96)
        #expect(video.rids.map(\.id) == ["f", "h", "q"])
        #expect(video.rids.allSatisfy { $0.direction == .send })
        #expect(video.simulcastSend == ["f", "h", "q"] && video.simulcastReceive.isEmpty)
        #expect(
            video.extensions.first { $0.id == 10 }?.uri == "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id")
        #expect(description.sections[2].maximumMessageSize == 65_535)
    }

    @Test func readsServerAnswerWithSources() throws {
        let text = try SDPGoldens.text("v1-dynacast-tracksettings--06-S-s2c-answer-answer-id2.sdp")
        let description = try SessionDescription(parsing: text)
        let video = description.sections[1]
        #expect(video.sourceGroups == [SourceGroup(semantics: "FID", sources: [242_350_333, 558_112_046])])
        #expect(video.sources.map(\.ssrc) == [242_350_333, 558_112_046])
        #expect(video.msids.first?.stream == "PA_zC6ehLRLoEwm|TR_VCydCPfnSnC8Y2")
        #expect(video.msids.first?.track == "TR_VCydCPfnSnC8Y2")
        #expect(description.sections[0].candidates.count == 4)
        #expect(
            description.sections[0].candidates[0].hasPrefix("candidate:2878742611 1 udp 2130706431 127.0.0.1")
        )
        #expect(description.transport(of: video).fingerprint?.bytes.first == 0xa9)
        #expect(video.transport.setup == .active)
    }

    @Test func feedbackForAllFormatsAppliesToEach() throws {
        let text =
            Self.minimal
            + "m=video 9 UDP/TLS/RTP/SAVPF 96 98\r\na=rtcp-fb:* nack\r\na=rtcp-fb:98 nack pli\r\n"
            + "a=rtpmap:98 VP9/90000\r\na=rtpmap:96 VP8/90000\r\n"
        let section = try SessionDescription(parsing: text).sections[0]
        #expect(section.codecs.map(\.payloadType) == [96, 98], "the order of the m-line counts")
        #expect(section.codecs.map(\.feedback) == [["nack"], ["nack", "nack pli"]])
    }

    @Test func sessionLevelAttributesAreDefaults() throws {
        let text =
            Self.minimal + "a=ice-ufrag:abcd\r\na=setup:passive\r\na=recvonly\r\na=ice-lite\r\n"
            + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=ice-ufrag:efgh\r\nm=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=sendonly\r\n"
        let description = try SessionDescription(parsing: text)
        #expect(description.isICELite)
        #expect(description.transport(of: description.sections[0]).iceUserFragment == "efgh")
        #expect(description.transport(of: description.sections[0]).setup == .passive)
        #expect(description.transport(of: description.sections[1]).iceUserFragment == "abcd")
        #expect(description.sections.map(\.direction) == [.receiveOnly, .sendOnly])
        #expect(description.sections.map(\.isRejected) == [false, true])
        #expect(
            description.sections[0].codecs == [
                CodecDescription(payloadType: 0, name: "PCMU", clockRate: 8000)
            ])
    }

    @Test func simulcastAlternativesAndPauses() throws {
        let text = Self.minimal + "m=video 9 UDP/TLS/RTP/SAVPF 96\na=simulcast:recv a;~b,c send ~d;e,f\n"
        let section = try SessionDescription(parsing: text).sections[0]
        #expect(section.simulcastReceive == ["a", "b"])
        #expect(section.simulcastSend == ["d", "e"])
    }

    @Test(arguments: broken)
    func refuses(text: String, error: SDPParseError) {
        #expect(throws: error) { try SessionDescription(parsing: text) }
    }

    private static let broken: [(String, SDPParseError)] = [
        ("", SDPParseError.malformedOrigin),
        ("v=1\r\n", .unsupportedVersion),
        ("o=- 1 1 IN IP4 0.0.0.0\r\nv=0\r\n", .unsupportedVersion),
        ("v=0\r\ns=-\r\n", .malformedOrigin),
        ("v=0\r\no=- 1 x IN IP4 0.0.0.0\r\n", .malformedOrigin),
        ("v=0\r\nhello\r\n", .malformedLine(2)),
        ("\(minimal)m=audio\r\n", .malformedMediaLine(3)),
        ("\(minimal)m=audio 70000 UDP/TLS/RTP/SAVPF 0\r\n", .malformedMediaLine(3)),
        ("\(minimal)a=setup:maybe\r\n", .malformedAttribute(3)),
        ("\(minimal)a=fingerprint:sha-256 0:1\r\n", .malformedAttribute(3)),
        ("\(minimal)m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=rtpmap:128 x/1\r\n", .malformedAttribute(4)),
        ("\(minimal)m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=extmap:0 urn:x\r\n", .malformedAttribute(4)),
    ]

    @Test func refusesTooManySections() {
        let line = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"
        let text = Self.minimal + String(repeating: line, count: SessionDescription.maximumSectionCount + 1)
        #expect(throws: SDPParseError.tooManySections) { try SessionDescription(parsing: text) }
    }

    @Test func prefersSHA256() throws {
        let text =
            Self.minimal
            + "a=fingerprint:sha-1 01:02\r\na=fingerprint:SHA-256 0a:0B\r\na=fingerprint:sha-512 03\r\n"
        let fingerprint = try SessionDescription(parsing: text).transport.fingerprint
        #expect(fingerprint == CertificateFingerprint(algorithm: "sha-256", bytes: [10, 11]))
    }

    @Test func directionsMirror() {
        #expect(MediaDirection.sendOnly.reversed == .receiveOnly)
        #expect(MediaDirection.sendReceive.reversed == .sendReceive)
        #expect(MediaDirection.inactive.reversed == .inactive)
        #expect(MediaDirection(sends: false, receives: true) == .receiveOnly)
    }

    private static let minimal = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"
}
