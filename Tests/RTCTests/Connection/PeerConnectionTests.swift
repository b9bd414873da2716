import Primitives
import RTC
import Testing
import WireFormats

@Suite struct PeerConnectionTests {
    @Test func connects() throws {
        let pair = PeerPair()
        try pair.connect()
        for side in [pair.client, pair.server] {
            #expect(side.events.prefix(3) == [.iceConnected, .dtlsConnected, .connected])
            #expect(side.peer.selectedPair != nil && side.peer.iceState == .connected)
            #expect(side.peer.statistics.unknownDatagramCount == 0)
        }
    }

    @Test(arguments: [DTLSRole.client, .server], [false, true])
    func connectsInEitherRole(role: DTLSRole, isLite: Bool) throws {
        let pair = PeerPair(configureServer: {
            $0.answeringDTLSRole = role
            $0.isICELite = isLite
        })
        try pair.connect()
        #expect(pair.client.events.contains(.connected))
    }

    @Test func connectsWithTrickledCandidates() throws {
        let pair = PeerPair()
        pair.client.peer.addDataSection()
        let offer = pair.client.peer.createOffer()
        try pair.server.peer.applyOffer(offer, now: pair.now)
        let lines = pair.server.peer.createAnswer(now: pair.now).split(separator: "\r\n")
        let stripped = lines.filter { !$0.hasPrefix("a=candidate") }.joined(separator: "\r\n") + "\r\n"
        try pair.client.peer.applyAnswer(stripped, now: pair.now)
        for line in lines where line.hasPrefix("a=candidate") {
            pair.client.peer.addRemoteCandidate(String(line))
        }
        pair.client.peer.addRemoteCandidate("candidate:1 1 udp 1 f00.local 9 typ host")
        pair.run(for: .seconds(1))
        #expect(pair.client.peer.isConnected && pair.server.peer.isConnected)
    }

    @Test func mediaOfAllKindsFlows() throws {
        let pair = PeerPair()
        try pair.connect()
        let audio = pair.client.peer.addSendSection(NegotiatorFixture.microphone)
        let video = pair.client.peer.addSendSection(NegotiatorFixture.camera)
        #expect(
            !pair.send(from: pair.client, section: audio, payloadType: 63, timestamp: 0, [1]),
            "not agreed yet")
        try pair.negotiate()
        #expect(pair.server.peer.sections[video].remoteRIDs == ["q", "h", "f"])
        for step in 0..<50 {
            let time = UInt32(step) * 960
            pair.send(
                from: pair.client, section: audio, payloadType: 63, timestamp: time, audioLevel: 30,
                [UInt8(step), 0xaa])
            for layer in 0..<3 {
                pair.send(
                    from: pair.client, section: video, layer: layer, payloadType: 96, timestamp: time * 2,
                    [UInt8(step), UInt8(layer)])
            }
            pair.run(for: .milliseconds(20))
        }
        pair.run(for: .milliseconds(100))
        #expect(pair.server.media.count == 200)
        let streams = pair.server.peer.receiveStreams
        #expect(streams.count == 4)
        for (packet, payload) in pair.server.media {
            let stream = streams[packet.stream]
            #expect(packet.section == stream.section && packet.layer == stream.layer)
            #expect(packet.header.ssrc == stream.ssrc && !packet.isRepair && !packet.isDuplicate)
            if packet.section == audio {
                #expect(packet.codec == .red && payload[1] == 0xaa && packet.audioLevel == 30)
            } else {
                #expect(packet.codec == .vp8 && packet.section == video && payload[1] == UInt8(packet.layer))
            }
        }
        let added = pair.server.events.filter { if case .streamAdded = $0 { true } else { false } }
        #expect(added.count == 4)
        for stream in streams {
            #expect(stream.receiver.statistics.packetCount == 50)
            #expect(stream.receiver.statistics.loss.lostBeforeRepair == 0)
        }
    }

    @Test func theServerSendsWhereTheClientListens() throws {
        let pair = PeerPair()
        try pair.connect()
        let section = try #require(
            pair.server.peer.sections.firstIndex { $0.kind == .video && $0.isFreeForSending })
        try pair.negotiate { $0.attach(Self.downlink, to: section) }
        #expect(pair.client.peer.sections[section].remoteTrack?.trackID == "TR_b")
        #expect(pair.client.peer.sections[section].remoteSources == [RemoteSource(ssrc: 900, rtxSSRC: 901)])
        for step in 0..<10 {
            pair.send(
                from: pair.server, section: section, payloadType: 96, timestamp: UInt32(step), [UInt8(step)])
        }
        pair.run(for: .milliseconds(100))
        #expect(pair.client.media.map(\.payload) == (0..<10).map { [UInt8($0)] })
        #expect(pair.client.media.allSatisfy { $0.packet.section == section && $0.packet.header.ssrc == 900 })

        // The track goes, its stream ends, and the section takes another one.
        try pair.negotiate { $0.detach(section: section) }
        #expect(!pair.send(from: pair.server, section: section, payloadType: 96, timestamp: 9, [1]))
        #expect(pair.client.peer.receiveStreams[0].isActive == false)
        var other = Self.downlink
        other.trackID = "TR_c"
        other.layers = [OutgoingLayer(ssrc: 910, rtxSSRC: 911)]
        try pair.negotiate { $0.attach(other, to: section) }
        pair.send(from: pair.server, section: section, payloadType: 96, timestamp: 1, [77])
        pair.run(for: .milliseconds(100))
        #expect(pair.client.media.last?.payload == [77] && pair.client.media.last?.packet.stream == 1)
    }

    /// Neither side may depend on `a=ssrc`: mid and rid serve, and a payload type where it leaves no doubt.
    @Test func undeclaredSourcesAreFoundByOtherMeans() throws {
        let pair = PeerPair()
        try pair.connect()
        let audio = pair.client.peer.addSendSection(NegotiatorFixture.microphone)
        func stripped(_ sdp: String) -> String {
            sdp.split(separator: "\r\n").filter { !$0.hasPrefix("a=ssrc") }.joined(separator: "\r\n") + "\r\n"
        }
        try pair.server.peer.applyOffer(stripped(pair.client.peer.createOffer()), now: pair.now)
        pair.server.peer.attach(Self.downlink, to: 3)
        try pair.client.peer.applyAnswer(
            stripped(pair.server.peer.createAnswer(now: pair.now)), now: pair.now)
        #expect(pair.server.peer.sections[audio].remoteSources.isEmpty)
        pair.send(from: pair.client, section: audio, payloadType: 63, timestamp: 0, [1])
        pair.send(from: pair.server, section: 3, payloadType: 96, timestamp: 0, [2])
        pair.run(for: .milliseconds(50))
        #expect(pair.server.media.map(\.packet.section) == [audio])
        #expect(pair.client.media.map(\.packet.section) == [3])

        // A second track of unknown source makes the payload type ambiguous for a third source.
        var others = [Self.downlink, Self.downlink]
        for index in others.indices {
            others[index].layers = [OutgoingLayer(ssrc: UInt32(3000 + index), rtxSSRC: nil)]
        }
        try pair.server.peer.applyOffer(stripped(pair.client.peer.createOffer()), now: pair.now)
        pair.server.peer.attach(others[0], to: 4)
        pair.server.peer.attach(others[1], to: 5)
        try pair.client.peer.applyAnswer(
            stripped(pair.server.peer.createAnswer(now: pair.now)), now: pair.now)
        pair.send(from: pair.server, section: 4, payloadType: 96, timestamp: 0, [3])
        pair.run(for: .milliseconds(50))
        #expect(pair.client.media.count == 1 && pair.client.peer.statistics.unassignedCount == 1)
    }

    @Test func forwardedNumbersAreKept() throws {
        let pair = PeerPair()
        try pair.connect()
        try pair.negotiate { $0.attach(Self.downlink, to: 3) }
        var outbox = Outbox(capacity: 10_000)
        let isSent = pair.server.peer.send(
            section: 3, layer: 0, payloadType: 96, timestamp: 5, marker: false, sequenceNumber: 4711,
            token: 0,
            audioLevel: nil, now: pair.now, into: &outbox
        ) { buffer in
            buffer[0] = 1
            return 1
        }
        #expect(isSent && outbox.entries.count == 1)
        #expect(pair.server.peer.sendStreams[0].sender.nextSequenceNumber == 4712)
        let bytes = outbox.bytes(of: outbox.entries[0])
        #expect(RTPHeader.parse(bytes.bytes)?.sequenceNumber == 4711)
    }

    @Test func nothingIsSentForZeroBytes() throws {
        let pair = PeerPair()
        try pair.connect()
        try pair.negotiate { $0.attach(Self.downlink, to: 3) }
        #expect(!pair.send(from: pair.server, section: 3, payloadType: 96, timestamp: 0, []))
        #expect(!pair.send(from: pair.server, section: 3, layer: 1, payloadType: 96, timestamp: 0, [1]))
        #expect(!pair.send(from: pair.server, section: 99, payloadType: 96, timestamp: 0, [1]))
        #expect(pair.server.peer.sendStreams[0].sender.statistics.packetCount == 0)
    }

    @Test func dataChannelsCarryMessagesBothWays() throws {
        let pair = PeerPair()
        try pair.connect()
        let reliable = pair.client.peer.openDataChannel(
            label: "_reliable", isOrdered: true, reliability: .reliable)
        let lossy = pair.client.peer.openDataChannel(
            label: "_lossy", isOrdered: false, reliability: .maxRetransmits(0))
        // The server is DTLS client, so the numbers of the client's channels are odd (RFC 8832 section 6).
        #expect(reliable == 1 && lossy == 3)
        pair.run(for: .seconds(1))
        for side in [pair.client, pair.server] {
            #expect(side.events.contains(.dataChannelOpened(channel: reliable, label: "_reliable")))
            #expect(side.events.contains(.dataChannelOpened(channel: lossy, label: "_lossy")))
        }
        let long = (0..<5_000).map { UInt8(truncatingIfNeeded: $0) }
        #expect(pair.client.peer.send(data: long, channel: reliable, now: pair.now))
        #expect(pair.server.peer.send(data: [9], isBinary: false, channel: reliable, now: pair.now))
        #expect(!pair.client.peer.send(data: [1], channel: 77, now: pair.now))
        #expect(pair.client.peer.deadline == pair.now)
        pair.run(for: .seconds(1))
        #expect(pair.server.events.contains(.data(channel: reliable, bytes: long, isBinary: true)))
        #expect(pair.client.events.contains(.data(channel: reliable, bytes: [9], isBinary: false)))
    }

    @Test func renegotiationAddsSectionsWhileMediaFlows() throws {
        let pair = PeerPair()
        try pair.connect()
        let audio = pair.client.peer.addSendSection(NegotiatorFixture.microphone)
        try pair.negotiate()
        pair.send(from: pair.client, section: audio, payloadType: 63, timestamp: 0, [1])
        pair.run(for: .milliseconds(50))
        pair.client.peer.addReceiveSections(audio: 5, video: 5)
        try pair.negotiate()
        #expect(pair.server.peer.sections.count == 18)
        pair.send(from: pair.client, section: audio, payloadType: 63, timestamp: 960, [2])
        pair.run(for: .milliseconds(50))
        #expect(pair.server.media.map(\.payload) == [[1], [2]])
        #expect(pair.server.peer.receiveStreams.count == 1)
        try pair.negotiate { server in
            for (index, section) in server.sections.enumerated() where section.isFreeForSending {
                var track = Self.downlink
                if section.kind == .audio { track = NegotiatorFixture.microphone }
                track.streamID = "PA_\(index)|TR_\(index)"
                track.layers = [OutgoingLayer(ssrc: UInt32(5000 + index), rtxSSRC: UInt32(6000 + index))]
                server.attach(track, to: index)
            }
        }
        for section in 0..<18 where pair.client.peer.sections[section].remoteTrack != nil {
            let isAudio = pair.client.peer.sections[section].kind == .audio
            pair.send(
                from: pair.server, section: section, payloadType: isAudio ? 111 : 96, timestamp: 0,
                [UInt8(section)])
        }
        pair.run(for: .milliseconds(50))
        #expect(pair.client.media.count == 16)
        #expect(pair.client.media.allSatisfy { $0.payload == [UInt8($0.packet.section)] })
    }

    @Test func restartFindsAnotherPath() throws {
        let pair = PeerPair()
        try pair.connect()
        let before = pair.client.peer.localUsernameFragment
        pair.client.peer.restartICE(now: pair.now)
        try pair.negotiate()
        #expect(pair.client.peer.localUsernameFragment != before)
        let audio = pair.client.peer.addSendSection(NegotiatorFixture.microphone)
        try pair.negotiate()
        pair.run(for: .seconds(20))
        #expect(pair.client.peer.iceState == .connected && pair.server.peer.iceState == .connected)
        #expect(pair.send(from: pair.client, section: audio, payloadType: 63, timestamp: 0, [1]))
        pair.run(for: .milliseconds(50))
        #expect(pair.server.media.count == 1)
    }

    @Test func aSilentPathIsNoticedAndMayComeBack() throws {
        let pair = PeerPair()
        try pair.connect()
        pair.isLost = { _, _ in true }
        pair.run(for: .seconds(12))
        #expect(pair.client.events.last == .disconnected)
        #expect(!pair.client.peer.isConnected)
        pair.isLost = { _, _ in false }
        pair.run(for: .seconds(2))
        #expect(pair.client.events.suffix(2) == [.iceConnected, .connected])

        pair.isLost = { _, _ in true }
        pair.run(for: .seconds(20))
        #expect(pair.client.events.last == .failed("ICE found no way to the peer"))
        pair.isLost = { _, _ in false }
        pair.client.peer.restartICE(now: pair.now)
        try pair.negotiate()
        pair.run(for: .seconds(2))
        #expect(pair.client.peer.isConnected && pair.server.peer.isConnected)
    }

    @Test func aForgedCertificateFails() throws {
        let pair = PeerPair()
        pair.client.peer.addDataSection()
        try pair.server.peer.applyOffer(pair.client.peer.createOffer(), now: pair.now)
        let answer = pair.server.peer.createAnswer(now: pair.now)
        let range = try #require(answer.firstRange(of: "sha-256 "))
        var forged = answer
        let digit = answer[range.upperBound] == "0" ? "1" : "0"
        forged.replaceSubrange(range.upperBound...range.upperBound, with: digit)
        try pair.client.peer.applyAnswer(forged, now: pair.now)
        pair.run(for: .seconds(5))
        #expect(!pair.client.peer.isConnected)
        let failures = pair.client.events.filter { if case .failed = $0 { true } else { false } }
        #expect(failures.count == 1)
    }

    @Test func closingTellsThePeer() throws {
        let pair = PeerPair()
        try pair.connect()
        let audio = pair.client.peer.addSendSection(NegotiatorFixture.microphone)
        try pair.negotiate()
        pair.send(from: pair.client, section: audio, payloadType: 63, timestamp: 0, [1])
        pair.run(for: .milliseconds(50))
        pair.close(pair.client)
        pair.run(for: .milliseconds(50))
        #expect(pair.server.events.contains(.bye(ssrc: 1111)))
        #expect(pair.server.events.contains(.closedByPeer))
        #expect(pair.client.peer.deadline == nil)
        #expect(!pair.send(from: pair.client, section: audio, payloadType: 63, timestamp: 1, [1]))
    }

    @Test func equalSeedsGiveEqualRuns() throws {
        func run(seed: UInt64) throws -> ([PeerEvent], String, Int) {
            let pair = PeerPair(seed: seed)
            try pair.connect()
            return (pair.client.events, pair.client.peer.createOffer(), pair.client.sentCount)
        }
        let (first, second, other) = (try run(seed: 3), try run(seed: 3), try run(seed: 4))
        #expect(first == second)
        #expect(first.1 != other.1)
    }

    /// A camera as the server forwards it.
    static let downlink = OutgoingTrack(
        kind: .video, streamID: "PA_a|TR_b", trackID: "TR_b", codec: .vp8,
        layers: [OutgoingLayer(ssrc: 900, rtxSSRC: 901)])
}
