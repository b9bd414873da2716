import RTC
import Testing
import WireFormats

@Suite struct NegotiatorAnsweringTests {
    @Test func recordingsAreThere() { #expect(NegotiatorFixture.clientOffers.count == 29) }

    /// What libwebrtc checks before it accepts an answer, and what LiveKit's clients need beyond it.
    @Test(arguments: NegotiatorFixture.clientOffers)
    func answersEveryRecordedOffer(name: String) throws {
        let text = try NegotiatorFixture.text(name)
        let offer = try SessionDescription(parsing: text)
        var server = NegotiatorFixture.make(.answerer) { $0.videoCodecs = [.vp8, .vp9, .h264, .av1] }
        try server.apply(offer: text)
        let composed = server.makeAnswer(NegotiatorFixture.transport)
        let answer = try SessionDescription(parsing: composed.text)
        #expect(answer == composed, "the answer survives its own text")

        #expect(answer.sections.map(\.mid) == offer.sections.map(\.mid))
        #expect(answer.bundle == answer.sections.filter { !$0.isRejected }.map(\.mid))
        #expect(answer.sections[0].candidates.count == 1 && answer.sections[0].endsCandidates)
        for (ours, theirs) in zip(answer.sections, offer.sections) {
            #expect(ours.media == theirs.media && ours.protocolName == theirs.protocolName)
            #expect(!ours.isRejected)
            #expect(ours.transport.setup == .active && ours.transport.icePassword != nil)
            guard ours.kind != .application else {
                #expect(ours.sctpPort == 5000)
                continue
            }
            #expect(ours.multiplexesRTCP)
            #expect(theirs.direction.sends || !ours.direction.receives)
            #expect(theirs.direction.receives || !ours.direction.sends)
            for codec in ours.codecs {
                let offered = try #require(theirs.codec(codec.payloadType))
                #expect(offered.name == codec.name && offered.clockRate == codec.clockRate)
                #expect(codec.feedback.allSatisfy(offered.feedback.contains))
                if let base = codec.associatedPayloadType { #expect(ours.codec(base) != nil) }
            }
            #expect(!ours.codecs.isEmpty && ours.formats == ours.codecs.map { String($0.payloadType) })
            for item in ours.extensions { #expect(theirs.extensions.contains(item)) }
            if ours.kind == .video { expectVideoExtensions(of: ours, offered: theirs) }
            #expect(ours.simulcastReceive == theirs.simulcastSend)
            #expect(ours.rids.map(\.id) == theirs.rids.map(\.id))
            #expect(ours.msids.isEmpty && ours.sources.isEmpty)
        }
    }

    private func expectVideoExtensions(of answered: MediaDescription, offered: MediaDescription) {
        let wanted: [RTPExtensionKind] = [
            .mid, .rid, .repairedRid, .transportSequenceNumber, .absoluteSendTime,
        ]
        for kind in wanted where offered.extensions.contains(where: { $0.uri == kind.uri }) {
            #expect(answered.extensions.contains { $0.uri == kind.uri }, "\(kind) is missing")
        }
    }

    @Test func listsRedundancyFirstWhereTheClientSends() throws {
        var server = NegotiatorFixture.make(.answerer)
        try server.apply(offer: NegotiatorFixture.text("py-1.2.1-v1-offer-simulcast-vp8.sdp"))
        let answer = server.makeAnswer(NegotiatorFixture.transport)
        #expect(answer.sections[7].formats == ["63", "111"])
        #expect(answer.sections[7].codec(111)?.parameters == "minptime=10;useinbandfec=1;usedtx=1")
        #expect(answer.sections[0].formats == ["111", "63"])
        #expect(answer.sections[0].codec(111)?.parameters == "minptime=10;useinbandfec=1")
        #expect(server.sections[7].codecs.first?.codec == .red)
        #expect(server.sections[8].remoteRIDs == ["f", "h", "q"])
        #expect(server.sections[8].remoteTrack?.trackID == "d5ce6b34-186e-45dd-a03f-436a6d17e764")
        #expect(server.sections[8].codecs.map(\.payloadType) == [96])
        #expect(server.sections[7].remoteSources == [RemoteSource(ssrc: 4_185_817_266)])

        server.prefer(.opus, in: 7)
        #expect(server.makeAnswer(NegotiatorFixture.transport).sections[7].formats == ["111", "63"])
    }

    @Test func placeholdersSendAndCarryNoTrack() throws {
        var server = NegotiatorFixture.make(.answerer)
        try server.apply(offer: NegotiatorFixture.text("py-1.2.1-v1-join-offer.sdp"))
        let answer = server.makeAnswer(NegotiatorFixture.transport)
        #expect(answer.sections.prefix(6).allSatisfy { $0.direction == .sendOnly && $0.msids.isEmpty })
        #expect(server.sections.prefix(6).allSatisfy { $0.isFreeForSending })
        #expect(server.hasDataSection && !server.sections[6].isFreeForSending)
    }

    @Test func attachedTracksAreDeclaredAndDetachedOnesGoInactive() throws {
        var server = NegotiatorFixture.make(.answerer)
        let offer = try NegotiatorFixture.text("py-1.2.1-v1-join-offer.sdp")
        try server.apply(offer: offer)
        let track = OutgoingTrack(
            kind: .video, streamID: "PA_a|TR_b", trackID: "TR_b", codec: .vp8,
            layers: [OutgoingLayer(ssrc: 77, rtxSSRC: 78)])
        server.attach(track, to: 4)
        #expect(!server.sections[4].isFreeForSending)
        let section = server.makeAnswer(NegotiatorFixture.transport).sections[4]
        let msid = MediaStreamIdentification(stream: "PA_a|TR_b", track: "TR_b")
        #expect(section.direction == .sendOnly && section.msids == [msid])
        #expect(section.sourceGroups == [SourceGroup(semantics: "FID", sources: [77, 78])])
        #expect(section.sources.map(\.ssrc) == [77, 78])
        #expect(section.sources.allSatisfy { $0.cname == "PA_a|TR_b" && $0.msid == msid })

        server.detach(4)
        try server.apply(offer: offer)
        #expect(server.sections[4].isFreeForSending)
        #expect(server.makeAnswer(NegotiatorFixture.transport).sections[4].direction == .inactive)
        server.attach(track, to: 4)
        #expect(server.makeAnswer(NegotiatorFixture.transport).sections[4].direction == .sendOnly)
    }

    @Test func redTrackListsRedundancyFirst() throws {
        var server = NegotiatorFixture.make(.answerer)
        try server.apply(offer: NegotiatorFixture.text("py-1.2.1-v1-join-offer.sdp"))
        var track = NegotiatorFixture.microphone
        track.streamID = "PA_a|TR_b"
        server.attach(track, to: 0)
        #expect(server.makeAnswer(NegotiatorFixture.transport).sections[0].formats == ["63", "111"])
    }

    @Test func refusesWhatItCannotHandle() throws {
        var server = NegotiatorFixture.make(.answerer)
        let text = try NegotiatorFixture.text("media--raw-v1-publisher-offer-h264.sdp")
        try server.apply(offer: text)
        #expect(server.sections.map(\.isRejected) == [false, true, false])
        let answer = server.makeAnswer(NegotiatorFixture.transport)
        #expect(answer.sections[1].isRejected && answer.sections[1].formats.count == 1)
        #expect(answer.bundle == ["0", "2"])
        #expect(try SessionDescription(parsing: answer.text) == answer)

        // The peer may use the line again for something else.
        let recycled = text.replacing("a=mid:1\r\n", with: "a=mid:9\r\n").replacing(
            "H264/90000", with: "VP8/90000"
        )
        .replacing("BUNDLE 0 1 2", with: "BUNDLE 0 9 2")
        try server.apply(offer: recycled)
        #expect(server.sections[1].mid == "9" && !server.sections[1].isRejected)
    }

    @Test(arguments: [("actpass", "active"), ("active", "passive"), ("passive", "active")])
    func choosesTheDTLSRole(offered: String, answered: String) throws {
        var server = NegotiatorFixture.make(.answerer)
        let text = try NegotiatorFixture.text("media--raw-v1-publisher-offer-vp8sim.sdp")
        try server.apply(offer: text.replacing("a=setup:actpass", with: "a=setup:\(offered)"))
        let answer = server.makeAnswer(NegotiatorFixture.transport)
        #expect(answer.sections.allSatisfy { $0.transport.setup?.rawValue == answered })
        #expect(server.dtlsRole == (answered == "active" ? .client : .server))
    }

    @Test func mayAnswerPassively() throws {
        var server = NegotiatorFixture.make(.answerer) { $0.answeringRole = .server }
        try server.apply(offer: NegotiatorFixture.text("py-1.2.1-v1-join-offer.sdp"))
        var transport = NegotiatorFixture.transport
        transport.isICELite = true
        let answer = server.makeAnswer(transport)
        #expect(answer.isICELite && answer.sections[0].transport.setup == .passive)
        #expect(answer.transport.fingerprint?.bytes == transport.fingerprint)
    }

    @Test(arguments: [
        ("a=ice-pwd:", "a=x:", NegotiationError.invalidICECredentials),
        ("a=fingerprint:sha-256", "a=fingerprint:sha-1", .missingFingerprint),
        ("a=setup:actpass", "a=setup:holdconn", .invalidSetup),
        ("BUNDLE 0 1 2", "BUNDLE 0 2", .notBundled(index: 1)),
        ("a=mid:1", "a=mid:0", .ambiguousMID(index: 1)),
        ("m=audio 9", "m=audio", .malformed(.malformedMediaLine(8))),
    ])
    func refusesBrokenOffers(part: String, replacement: String, error: NegotiationError) throws {
        var server = NegotiatorFixture.make(.answerer)
        let text = try NegotiatorFixture.text("media--raw-v1-publisher-offer-vp8sim.sdp")
        #expect(throws: error) { try server.apply(offer: text.replacing(part, with: replacement)) }
        #expect(server.sections.isEmpty && server.remoteTransport == nil)
    }

    @Test func sectionsNeverVanishOrChange() throws {
        var server = NegotiatorFixture.make(.answerer)
        try server.apply(offer: NegotiatorFixture.text("py-1.2.1-v1-join-offer.sdp"))
        let shorter = try NegotiatorFixture.text("media--raw-v1-publisher-offer-vp8sim.sdp")
        #expect(throws: NegotiationError.sectionCountMismatch(expected: 7, found: 3)) {
            try server.apply(offer: shorter)
        }
        let other = try NegotiatorFixture.text("py-1.2.1-v1-join-offer.sdp").replacing(
            "a=mid:2\r\n", with: "a=mid:x\r\n"
        )
        .replacing("BUNDLE 0 1 2", with: "BUNDLE 0 1 x")
        #expect(throws: NegotiationError.sectionMismatch(index: 2)) { try server.apply(offer: other) }
        #expect(throws: NegotiationError.wrongState) { try server.apply(answer: shorter) }
    }
}
