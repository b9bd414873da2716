import RTC
import Testing
import WireFormats

@Suite struct NegotiatorOfferingTests {
    /// A client as it joins: three placeholders of each kind and the data channels.
    private func joined() -> Negotiator {
        var client = NegotiatorFixture.make(.offerer)
        client.addReceiveSections(audio: 3, video: 3)
        client.addDataSection()
        return client
    }

    @Test func offersWhatTheSDKOffers() throws {
        var client = joined()
        let composed = client.makeOffer(NegotiatorFixture.transport)
        let offer = try SessionDescription(parsing: composed.text)
        #expect(offer == composed)
        let genuine = try SessionDescription(parsing: NegotiatorFixture.text("py-1.2.1-v1-join-offer.sdp"))
        #expect(offer.bundle == genuine.bundle)
        #expect(offer.allowsMixedExtensions)
        for (ours, theirs) in zip(offer.sections, genuine.sections) {
            #expect(ours.media == theirs.media && ours.protocolName == theirs.protocolName)
            #expect(ours.mid == theirs.mid && ours.direction == theirs.direction)
            #expect(ours.transport.setup == theirs.transport.setup)
            #expect(ours.multiplexesRTCP == theirs.multiplexesRTCP && ours.reducesRTCP == theirs.reducesRTCP)
            for codec in ours.codecs { #expect(theirs.codec(codec.payloadType)?.name == codec.name) }
            for item in ours.extensions { #expect(theirs.extensions.contains(item)) }
        }
        #expect(offer.sections[0].formats == ["111", "63"])
        #expect(offer.sections[3].formats == ["96", "97"])
        #expect(offer.sections[3].codec(96)?.feedback.contains("nack pli") == true)
        #expect(offer.sections[0].candidates.count == 1 && offer.sections[1].candidates.isEmpty)
    }

    @Test func takesTheGenuineAnswer() throws {
        var client = joined()
        _ = client.makeOffer(NegotiatorFixture.transport)
        try client.apply(
            answer: NegotiatorFixture.text("v1-join-vp8-simulcast--02-sub-s2c-answer-answer-id0.sdp"))
        #expect(client.dtlsRole == .server, "the genuine server opens DTLS")
        #expect(client.remoteTransport?.credentials.ufrag == "efmLonmwfvUzjtao")
        #expect(client.remoteTransport?.fingerprint.first == 0x52)
        #expect(client.hasDataSection)
        #expect(
            client.sections.prefix(6).allSatisfy { $0.remoteDirection == .sendOnly && $0.remoteTrack == nil })
        #expect(client.sections[0].codecs.map(\.codec) == [.opus, .red])
        #expect(client.sections[0].extensions[.mid] == 4 && client.sections[0].extensions[.audioLevel] == 1)
        let video = client.sections[3]
        #expect(video.codecs.map(\.payloadType) == [96] && video.codecs[0].rtxPayloadType == 97)
        #expect(video.codecs[0].usesNACK && video.codecs[0].usesPLI)
        #expect(video.extensions[.transportSequenceNumber] == 3 && video.extensions[.rid] == 10)
    }

    /// A server asks for a second codec only where the section of the first could carry it.
    @Test func scalableTracksAreOfferedWithOtherCodecsBehind() {
        var client = NegotiatorFixture.make(.offerer) { $0.videoCodecs = [.vp8, .vp9] }
        let camera = client.addSendSection(
            OutgoingTrack(
                kind: .video, streamID: "-", trackID: "camera", codec: .vp9,
                layers: [OutgoingLayer(ssrc: 1, rtxSSRC: 2)]))
        let offer = client.makeOffer(NegotiatorFixture.transport)
        #expect(offer.sections[camera].formats == ["98", "99", "96", "97"])
    }

    @Test func publishesToTheGenuineServer() throws {
        var client = joined()
        _ = client.makeOffer(NegotiatorFixture.transport)
        try client.apply(
            answer: NegotiatorFixture.text("v1-join-vp8-simulcast--04-pub-s2c-answer-answer-id0.sdp"))
        let audio = client.addSendSection(NegotiatorFixture.microphone)
        var camera = NegotiatorFixture.camera
        camera.layers.reverse()
        let video = client.addSendSection(camera)
        #expect((audio, video) == (7, 8))
        let offer = client.makeOffer(NegotiatorFixture.transport)
        #expect(offer.sessionVersion == 2)
        #expect(offer.sections[7].direction == .sendOnly)
        #expect(offer.sections[7].msids == [MediaStreamIdentification(stream: "-", track: "mic")])
        #expect(offer.sections[7].sources.map(\.ssrc) == [1111])
        #expect(offer.sections[8].simulcastSend == ["f", "h", "q"])
        #expect(offer.sections[8].sources.isEmpty, "rid simulcast declares no sources")
        try client.apply(
            answer: NegotiatorFixture.text("v1-join-vp8-simulcast--10-pub-s2c-answer-answer-id0.sdp"))
        #expect(client.sections[7].codecs.first?.codec == .red)
        #expect(client.sections[8].acceptedRIDs == ["f", "h", "q"])
        #expect(client.sections[8].remoteDirection == .receiveOnly)
    }

    @Test func readsTheGenuineServersTracks() throws {
        var client = NegotiatorFixture.make(.offerer) { $0.audioCodecs = [.red, .opus] }
        client.addReceiveSections(audio: 1, video: 1)
        client.addDataSection()
        _ = client.makeOffer(NegotiatorFixture.transport)
        try client.apply(
            answer: NegotiatorFixture.text("v1-dynacast-tracksettings--06-S-s2c-answer-answer-id2.sdp"))
        let video = client.sections[1]
        #expect(video.remoteTrack?.streamID == "PA_zC6ehLRLoEwm|TR_VCydCPfnSnC8Y2")
        #expect(video.remoteTrack?.trackID == "TR_VCydCPfnSnC8Y2")
        #expect(video.remoteSources == [RemoteSource(ssrc: 242_350_333, rtxSSRC: 558_112_046)])
        #expect(client.sections[0].remoteSources == [RemoteSource(ssrc: 837_287_789)])
        #expect(client.remoteTransport?.candidates.count == 4)

        // The track goes away again.
        _ = client.makeOffer(NegotiatorFixture.transport)
        try client.apply(
            answer: NegotiatorFixture.text("v1-dynacast-tracksettings--14-S-s2c-answer-answer-id6.sdp"))
        #expect(client.sections[1].remoteDirection == .inactive)
        #expect(client.sections[1].remoteTrack == nil && client.sections[1].remoteSources.isEmpty)
    }

    @Test func bothSidesOfOursAgree() throws {
        var client = joined()
        var server = NegotiatorFixture.make(.answerer)
        func exchange() throws {
            try server.apply(offer: client.makeOffer(NegotiatorFixture.transport).text)
            try client.apply(answer: server.makeAnswer(NegotiatorFixture.transport).text)
        }
        try exchange()
        let audio = client.addSendSection(NegotiatorFixture.microphone)
        let video = client.addSendSection(NegotiatorFixture.camera)
        client.addReceiveSections(audio: 1, video: 2)
        try exchange()
        #expect(client.sections.count == 12 && server.sections.count == 12)
        for (ours, theirs) in zip(client.sections, server.sections) {
            #expect(ours.mid == theirs.mid && ours.kind == theirs.kind)
            #expect(ours.codecs == theirs.codecs && ours.extensions == theirs.extensions)
            #expect(
                ours.localDirection == theirs.remoteDirection && ours.remoteDirection == theirs.localDirection
            )
        }
        #expect(server.sections[video].remoteRIDs == ["q", "h", "f"])
        #expect(client.sections[video].acceptedRIDs == ["q", "h", "f"])
        #expect(client.sections[audio].codecs.first?.codec == .red)
        #expect(client.dtlsRole == .server && server.dtlsRole == .client)

        // A track that stops leaves its section to the next one like it.
        client.removeSendSection(video)
        try exchange()
        #expect(client.sections[video].localDirection == .inactive)
        #expect(server.sections[video].remoteTrack == nil)
        var other = NegotiatorFixture.camera
        other.trackID = "screen"
        #expect(client.addSendSection(other) == video)
        try exchange()
        #expect(server.sections[video].remoteTrack?.trackID == "screen")
    }

    @Test func trackOfAnotherShapeGetsItsOwnSection() throws {
        var client = joined()
        var server = NegotiatorFixture.make(.answerer)
        let video = client.addSendSection(NegotiatorFixture.camera)
        try server.apply(offer: client.makeOffer(NegotiatorFixture.transport).text)
        try client.apply(answer: server.makeAnswer(NegotiatorFixture.transport).text)
        client.removeSendSection(video)
        let plain = OutgoingTrack(
            kind: .video, streamID: "-", trackID: "plain", codec: .vp8,
            layers: [OutgoingLayer(ssrc: 9, rtxSSRC: 10)])
        #expect(client.addSendSection(plain) == video + 1)
        let offer = client.makeOffer(NegotiatorFixture.transport)
        #expect(offer.sections[video + 1].sourceGroups == [SourceGroup(semantics: "FID", sources: [9, 10])])
        #expect(offer.sections[video + 1].rids.isEmpty)
    }

    @Test func refusesAnswersThatDoNotFit() throws {
        var client = joined()
        let answer = try NegotiatorFixture.text("v1-join-vp8-simulcast--02-sub-s2c-answer-answer-id0.sdp")
        #expect(throws: NegotiationError.wrongState) { try client.apply(answer: answer) }
        _ = client.makeOffer(NegotiatorFixture.transport)
        let short = try NegotiatorFixture.text("v1-dynacast-tracksettings--06-S-s2c-answer-answer-id2.sdp")
        #expect(throws: NegotiationError.sectionCountMismatch(expected: 7, found: 3)) {
            try client.apply(answer: short)
        }
        #expect(throws: NegotiationError.invalidSetup) {
            try client.apply(answer: answer.replacing("a=setup:active", with: "a=setup:actpass"))
        }
        let swapped = answer.replacing("a=mid:1\r\n", with: "a=mid:x\r\n").replacing(
            "BUNDLE 0 1", with: "BUNDLE 0 x")
        #expect(throws: NegotiationError.sectionMismatch(index: 1)) { try client.apply(answer: swapped) }
        try client.apply(answer: answer)
        #expect(throws: NegotiationError.wrongState) { try client.apply(answer: answer) }
    }

    @Test func rejectedSectionStaysAsALine() throws {
        var client = joined()
        _ = client.makeOffer(NegotiatorFixture.transport)
        let answer = try NegotiatorFixture.text("v1-join-vp8-simulcast--02-sub-s2c-answer-answer-id0.sdp")
        let parts = answer.split(separator: "m=audio 9 ", maxSplits: 2, omittingEmptySubsequences: false)
        let rejecting = "\(parts[0])m=audio 9 \(parts[1])m=audio 0 \(parts[2])"
        try client.apply(answer: rejecting)
        #expect(client.sections[1].isRejected)
        let offer = client.makeOffer(NegotiatorFixture.transport)
        #expect(offer.sections[1].port == 0 && offer.sections.count == 7)
        #expect(offer.bundle == ["0", "2", "3", "4", "5", "6"])
        #expect(try SessionDescription(parsing: offer.text) == offer)
    }
}
