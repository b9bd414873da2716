import Primitives
import RTC
import Testing
import WireFormats

/// LiveKit's subscriber connection: the server offers, the client answers.
@Suite struct ServerOffersTests {
    private static let track = OutgoingTrack(
        kind: .video, streamID: "PA_1|TR_V1", trackID: "TR_V1", codec: .vp8,
        layers: [OutgoingLayer(ssrc: 5001, rtxSSRC: 5002)])

    private static func makePair(clientTakes role: DTLSRole = .client) -> PeerPair {
        PeerPair(
            configureClient: {
                $0.offers = false
                $0.answeringDTLSRole = role
            }, configureServer: { $0.offers = true })
    }

    @Test(arguments: [DTLSRole.client, .server])
    func mediaAndDataFlowInBothDTLSRoles(role: DTLSRole) throws {
        let pair = Self.makePair(clientTakes: role)
        pair.server.peer.addDataSection()
        try pair.negotiateFromServer()
        let channel = pair.server.peer.openDataChannel(
            label: "_reliable", isOrdered: true, reliability: .reliable)
        // LiveKit's own numbers: 1 where the client is the DTLS client, 0 where it is the server.
        #expect(channel == (role == .client ? 1 : 0))
        pair.run(for: .seconds(2))
        #expect(pair.client.peer.isConnected && pair.server.peer.isConnected)
        #expect(pair.client.events.contains(.dataChannelOpened(channel: channel, label: "_reliable")))

        let section = pair.server.peer.addSendSection(Self.track)
        try pair.negotiateFromServer()
        #expect(section == 1, "the application section came first")
        let agreed = pair.client.peer.sections[section]
        #expect(agreed.localDirection == .receiveOnly && agreed.remoteDirection == .sendReceive)
        #expect(agreed.remoteTrack == RemoteTrack(streamID: "PA_1|TR_V1", trackID: "TR_V1"))
        #expect(pair.send(from: pair.server, section: section, payloadType: 96, timestamp: 1, [1, 2, 3]))
        pair.run(for: .milliseconds(100))
        #expect(pair.client.media.map(\.payload) == [[1, 2, 3]])
    }

    @Test func aSectionThatLostItsTrackIsUsedAgain() throws {
        let pair = Self.makePair()
        pair.server.peer.addDataSection()
        let section = pair.server.peer.addSendSection(Self.track)
        try pair.negotiateFromServer()
        pair.run(for: .seconds(2))
        pair.server.peer.removeSendSection(section)
        try pair.negotiateFromServer()
        #expect(pair.client.peer.sections[section].remoteDirection == .receiveOnly, "as the genuine server")
        #expect(pair.client.peer.sections[section].localDirection == .inactive)
        #expect(pair.client.peer.sections[section].remoteTrack == nil)
        var other = Self.track
        other.trackID = "TR_V2"
        other.layers = [OutgoingLayer(ssrc: 6001, rtxSSRC: 6002)]
        #expect(pair.server.peer.addSendSection(other) == section)
        try pair.negotiateFromServer()
        #expect(pair.send(from: pair.server, section: section, payloadType: 96, timestamp: 1, [7]))
        pair.run(for: .milliseconds(100))
        #expect(pair.client.media.map(\.payload) == [[7]])
    }

    @Test func theServersRestartTakesBothToNewCredentials() throws {
        let pair = Self.makePair()
        pair.server.peer.addDataSection()
        let section = pair.server.peer.addSendSection(Self.track)
        try pair.negotiateFromServer()
        pair.run(for: .seconds(2))
        let fragments = (pair.client.peer.localUsernameFragment, pair.server.peer.localUsernameFragment)
        pair.server.peer.restartICE(now: pair.now)
        #expect(pair.server.peer.isConnected, "the old path serves until there is a new one")
        try pair.negotiateFromServer()
        #expect(pair.client.peer.localUsernameFragment != fragments.0)
        #expect(pair.server.peer.localUsernameFragment != fragments.1)
        pair.run(for: .seconds(1))
        #expect(pair.client.peer.iceState == .connected && pair.server.peer.iceState == .connected)
        #expect(pair.send(from: pair.server, section: section, payloadType: 96, timestamp: 9, [9]))
        pair.run(for: .milliseconds(100))
        #expect(pair.client.media.map(\.payload) == [[9]], "keys and streams stay")
    }

    @Test func channelsThatWereAgreedOnNeedNoOpening() throws {
        let pair = PeerPair()
        pair.client.peer.addDataSection()
        try pair.negotiate()
        for side in [pair.client, pair.server] {
            side.peer.addNegotiatedDataChannel(
                100, label: "_reliable", isOrdered: true, reliability: .reliable)
        }
        pair.run(for: .seconds(2))
        #expect(pair.client.peer.send(data: [1], channel: 100, now: pair.now))
        pair.run(for: .milliseconds(100))
        #expect(pair.server.events.contains(.data(channel: 100, bytes: [1], isBinary: true)))
        for side in [pair.client, pair.server] {
            #expect(side.events.contains(.dataChannelOpened(channel: 100, label: "_reliable")))
        }
    }

    @Test func aMovedPathIsTold() throws {
        let pair = PeerPair()
        try pair.connect()
        #expect(!pair.client.events.contains(.pathChanged))
        pair.client.peer.restartICE(now: pair.now)
        try pair.negotiate()
        pair.run(for: .seconds(1))
        #expect(!pair.client.events.contains(.pathChanged), "the same path under new names is no other path")
        #expect(pair.client.peer.iceState == .connected)
    }
}
