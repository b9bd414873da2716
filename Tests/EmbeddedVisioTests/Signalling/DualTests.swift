import EmbeddedVisio
import FoundationEssentials
import Primitives
import RTC
import Scenario
import Testing
import Visio
import WireFormats

/// LiveKit's older mode at the server: two peer connections, and the server's own offers.
@Suite("Two peer connections")
struct DualTests {
    private static func join(_ deployment: Deployment, _ identity: String) -> Visitor {
        deployment.join(identity, hasOffer: false, path: JoinEndpoint.dualPath, isDual: true)
    }

    /// The genuine server's first frames, and an offer that holds the data channels alone, as mid 0.
    @Test func firstFramesComeInOrder() throws {
        let deployment = Deployment()
        let visitor = Self.join(deployment, "a")
        #expect(visitor.kinds == ["join", "refreshToken", "offer", "trickle"])
        let join = try #require(visitor.last(\.join))
        #expect(join.subscriberPrimary && join.fastPublish)
        let offer = try #require(visitor.last(\.offer))
        #expect((2...257).contains(offer.id) && offer.midToTrackID.isEmpty)
        let description = try SessionDescription(parsing: offer.sdp)
        #expect(description.sections.map(\.kind) == [.application])
        #expect(description.sections[0].mid == "0")
        #expect(description.sections[0].transport.setup == .actpass)
        #expect(try #require(visitor.last(\.trickle)).target == .subscriber)
    }

    @Test func aSecondOfferWaitsForTheFirstAnswer() throws {
        let deployment = Deployment()
        let speaker = try deployment.connect("speaker")
        let visitor = Self.join(deployment, "a")
        let first = try #require(visitor.last(\.offer))
        let track = try deployment.publishMicrophone(of: speaker)
        deployment.advance(by: .milliseconds(500))
        #expect(visitor.kinds.count { $0 == "offer" } == 1, "never two offers at a time")
        let listener = try deployment.connectDual("b")
        #expect(try #require(listener.last(\.offer)).midToTrackID.values.contains(track.sid))
        #expect(first.id != 0)
    }

    @Test func anOfferThatNobodyAnswersEndsTheSession() throws {
        let deployment = Deployment()
        let visitor = Self.join(deployment, "a")
        deployment.advance(by: .seconds(14.9))
        #expect(visitor.closeCode == nil)
        deployment.advance(by: .seconds(0.2))
        let leave = try #require(visitor.last(\.leave))
        #expect(leave.reason == .stateMismatch && leave.action == .reconnect)
        #expect(visitor.closeCode == 1000)
        #expect(deployment.server.statistics.participants == 0)
    }

    @Test func nonsenseForAnAnswerEndsTheSession() throws {
        let deployment = Deployment()
        let visitor = Self.join(deployment, "a")
        var answer = LiveKitSessionDescription()
        answer.sdp = "v=0\r\nnonsense"
        deployment.send(.answer(answer), from: visitor)
        #expect(try #require(visitor.last(\.leave)).action == .reconnect)
    }

    @Test func resumingRestartsICEOnTheServersConnection() throws {
        let deployment = Deployment()
        let visitor = try deployment.connectDual("a")
        let before = try #require(visitor.last(\.offer))
        visitor.forget()
        deployment.resume(visitor, isDual: true)
        #expect(visitor.kinds == ["reconnect", "update", "roomUpdate", "offer", "trickle"])
        let after = try #require(visitor.last(\.offer))
        #expect(after.id == before.id + 1)
        let fragments = try [before, after].map { offer in
            try SessionDescription(parsing: offer.sdp).sections[0].transport.iceUserFragment
        }
        #expect(fragments[0] != fragments[1])
        deployment.advance(by: .milliseconds(500))
        #expect(visitor.subscriber?.iceState == .connected)
    }

    @Test(arguments: [(SignallingMode.dual, JoinEndpoint.path), (.single, JoinEndpoint.dualPath)])
    func aModeThatIsNotSpokenIsNotFound(mode: SignallingMode, path: String) throws {
        var behaviour = EmbeddedConfiguration.Behaviour()
        behaviour.signalling = mode
        let deployment = Deployment(behaviour: behaviour)
        let visitor = deployment.join("a", path: path)
        #expect(visitor.refusal?.status == 404)
        let validation = try deployment.request("GET", path + "/validate")
        #expect(validation.status == 404)
        #expect(validation.header("Access-Control-Allow-Origin") == "*", "scripts may read it")
    }

    @Test func protocol18NeedsNoOpeningOfChannels() throws {
        let deployment = Deployment(protocolVersion: 18)
        let first = try deployment.connectDual("a")
        let second = try deployment.connect("b")
        #expect(try #require(first.last(\.join)).serverInfo.protocol == 18)
        for peer in [first.peer, try #require(first.subscriber), second.peer] {
            peer.addNegotiatedDataChannel(100, label: "_reliable", isOrdered: true, reliability: .reliable)
        }
        deployment.advance(by: .milliseconds(200))
        var packet = LiveKitDataPacket()
        packet.user.payload = .init([1, 2, 3])
        #expect(first.peer.send(data: packet.encoded(), channel: 100, now: deployment.now))
        #expect(second.peer.send(data: packet.encoded(), channel: 100, now: deployment.now))
        deployment.advance(by: .milliseconds(200))
        #expect(first.data.map(\.participantIdentity) == ["b"])
        #expect(second.data.map(\.participantIdentity) == ["a"])
    }
}
