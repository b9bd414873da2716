import RTC
import Testing
import WireFormats

/// A client that answers the genuine server's offers, as libwebrtc does.
@Suite struct ClientAnsweringTests {
    private static func makeClient() -> Negotiator {
        NegotiatorFixture.make(.answerer) {
            $0.side = .client
            $0.videoCodecs = [.vp8, .vp9, .h264, .av1]
        }
    }

    @Test func dataAloneIsAnsweredAsTheSDKDoes() throws {
        var client = Self.makeClient()
        try client.apply(
            offer: NegotiatorFixture.text("v0-join-vp8-simulcast--01-sub-s2c-offer-offer-id222.sdp"))
        let answer = client.makeAnswer(NegotiatorFixture.transport)
        let captured = try SessionDescription(
            parsing: NegotiatorFixture.text("v0-join-vp8-simulcast--02-sub-c2s-answer-answer-id0.sdp"))
        #expect(answer.sections.map(\.mid) == captured.sections.map(\.mid))
        #expect(answer.sections[0].transport.setup == captured.sections[0].transport.setup)
        #expect(answer.sections[0].protocolName == captured.sections[0].protocolName)
        #expect(client.hasDataSection && client.dtlsRole == .client)
    }

    /// Directions, codecs and their order are those of the official SDK's captured answer.
    @Test func audioIsAnsweredAsTheSDKDoes() throws {
        var client = Self.makeClient()
        try client.apply(
            offer: NegotiatorFixture.text("v0-join-vp8-simulcast--11-sub-s2c-offer-offer-id223.sdp"))
        let answer = client.makeAnswer(NegotiatorFixture.transport)
        let captured = try SessionDescription(
            parsing: NegotiatorFixture.text("v0-join-vp8-simulcast--14-sub-c2s-answer-answer-id0.sdp"))
        for (ours, theirs) in zip(answer.sections, captured.sections) {
            #expect(ours.mid == theirs.mid && ours.media == theirs.media)
            #expect(ours.direction == theirs.direction)
            #expect(ours.transport.setup == theirs.transport.setup)
            // The telephone codecs of the capture are none that we play.
            let known = theirs.codecs.filter { Codec($0) == .opus || Codec($0) == .red }
            #expect(ours.codecs.map(\.payloadType) == known.map(\.payloadType))
            #expect(ours.codecs.map(\.parameters) == known.map(\.parameters))
        }
        #expect(client.sections[1].remoteTrack?.trackID.hasPrefix("TR_AM") == true)
        #expect(client.sections[1].remoteSources.map(\.ssrc) == [833_018_384])
    }

    @Test(arguments: ["av1svc", "h264", "vp8sim", "vp9svc"])
    func videoOfEveryCodecFindsItsSource(codec: String) throws {
        var client = Self.makeClient()
        let text = try NegotiatorFixture.text("media--raw-v0-subscriber-offer-\(codec).sdp")
        try client.apply(offer: text)
        let offer = try SessionDescription(parsing: text)
        let answer = client.makeAnswer(NegotiatorFixture.transport)
        #expect(try SessionDescription(parsing: answer.text) == answer)
        let index = try #require(offer.sections.firstIndex { $0.kind == .video })
        #expect(answer.sections[index].direction == .receiveOnly)
        #expect(client.sections[index].remoteSources.first?.rtxSSRC != nil)
        #expect(client.sections[index].extensions[.absoluteSendTime] == 3)
        #expect(
            answer.sections[index].codecs.first?.payloadType
                == offer.sections[index].codecs.first?.payloadType)
        #expect(answer.sections[index].msids.isEmpty)
    }
}
