import Primitives
import RTC
import Testing
import WireFormats

@Suite struct PeerConnectionFeedbackTests {
    /// A pair in which the server sends one video track in section 3.
    private func downlink(
        configureServer: (inout PeerConnection.Configuration) -> Void = { _ in }
    ) throws -> PeerPair {
        let pair = PeerPair(configureServer: configureServer)
        try pair.connect()
        try pair.negotiate { $0.attach(PeerConnectionTests.downlink, to: 3) }
        return pair
    }

    /// A pair in which the client sends a microphone and three layers of a camera.
    private func uplink() throws -> (pair: PeerPair, audio: Int, video: Int) {
        let pair = PeerPair()
        try pair.connect()
        let audio = pair.client.peer.addSendSection(NegotiatorFixture.microphone)
        let video = pair.client.peer.addSendSection(NegotiatorFixture.camera)
        try pair.negotiate()
        return (pair, audio, video)
    }

    private func sendVideo(_ pair: PeerPair, frames: Int) {
        for step in 0..<frames {
            pair.send(
                from: pair.server, section: 3, payloadType: 96, timestamp: UInt32(step) * 3000,
                [UInt8(truncatingIfNeeded: step), 1, 2])
            pair.run(for: .milliseconds(33))
        }
    }

    @Test func lostPacketsAreRepairedByRTX() throws {
        let pair = try downlink()
        var count = 0
        pair.isLost = { toServer, bytes in
            guard !toServer, Self.ssrc(bytes) == 900 else { return false }
            count += 1
            return count % 7 == 3
        }
        sendVideo(pair, frames: 70)
        pair.run(for: .seconds(1))
        let receiver = pair.client.peer.receiveStreams[0].receiver
        #expect(receiver.statistics.loss.lostBeforeRepair == 10)
        #expect(receiver.statistics.loss.repaired == 10)
        #expect(receiver.missingCount == 0)
        let repairs = pair.client.media.filter(\.packet.isRepair)
        #expect(repairs.count == 10)
        #expect(repairs.allSatisfy { $0.packet.header.ssrc == 900 && $0.packet.header.payloadType == 96 })
        // Payloads come out as they went in, whichever way they came.
        let payloads = pair.client.media.sorted { $0.packet.extendedSequence < $1.packet.extendedSequence }
            .map(\.payload)
        #expect(payloads == (0..<70).map { [UInt8($0), 1, 2] })
        #expect(pair.server.peer.sendStreams[0].sender.statistics.resentPacketCount == 10)
    }

    @Test func simulcastLayersAreRepairedByTheirOwnRTX() throws {
        let (pair, _, video) = try uplink()
        var count = 0
        pair.isLost = { toServer, bytes in
            guard toServer, let ssrc = Self.ssrc(bytes), [1, 3, 5].contains(ssrc) else { return false }
            count += 1
            return count > 12 && count % 10 == 5
        }
        for step in 0..<60 {
            for layer in 0..<3 {
                pair.send(
                    from: pair.client, section: video, layer: layer, payloadType: 96,
                    timestamp: UInt32(step) * 3000,
                    [UInt8(step), UInt8(layer)])
            }
            pair.run(for: .milliseconds(33))
        }
        pair.run(for: .seconds(1))
        #expect(pair.server.media.count == 180)
        #expect(pair.server.media.contains { $0.packet.isRepair })
        #expect(pair.server.media.allSatisfy { $0.payload[1] == UInt8($0.packet.layer) })
        let repaired = pair.server.peer.receiveStreams.map(\.receiver.statistics.loss.repaired).reduce(0, +)
        #expect(repaired == 17)
        #expect(pair.server.peer.receiveStreams.compactMap(\.rtxSSRC).sorted() == [2, 4, 6])
    }

    @Test func withoutRTXThePacketItselfIsRepeated() throws {
        let pair = PeerPair()
        try pair.connect()
        var track = PeerConnectionTests.downlink
        track.layers = [OutgoingLayer(ssrc: 900, rtxSSRC: nil)]
        try pair.negotiate { $0.attach(track, to: 3) }
        var count = 0
        pair.isLost = { toServer, bytes in
            guard !toServer, Self.ssrc(bytes) == 900 else { return false }
            count += 1
            return count == 5
        }
        sendVideo(pair, frames: 20)
        pair.run(for: .seconds(1))
        #expect(pair.client.media.count == 20)
        #expect(pair.client.media.filter(\.packet.isRepair).count == 1)
    }

    @Test func unansweredRequestsEnd() throws {
        let pair = try downlink()
        pair.server.answersRequests = false
        var count = 0
        pair.isLost = { toServer, bytes in
            guard !toServer, Self.ssrc(bytes) == 900 else { return false }
            count += 1
            return count == 5
        }
        sendVideo(pair, frames: 150)
        let receiver = pair.client.peer.receiveStreams[0].receiver
        #expect(receiver.missingCount == 0)
        #expect(receiver.statistics.requestedCount > 1 && receiver.statistics.requestedCount <= 10)
        #expect(pair.client.media.count == 149)
    }

    @Test func keyFrameRequestsArriveThrottled() throws {
        let pair = try downlink()
        sendVideo(pair, frames: 3)
        for _ in 0..<10 {
            pair.client.peer.requestKeyFrame(stream: 0, now: pair.now)
            pair.run(for: .milliseconds(100))
        }
        let expected = PeerEvent.keyFrameRequested(section: 3, layer: 0)
        #expect(pair.server.events.filter { $0 == expected }.count == 2)
        #expect(pair.server.peer.sendStreams[0].keyFrameRequestCount == 2)
        #expect(pair.client.peer.receiveStreams[0].keyFrameRequestCount == 2)
        pair.client.peer.requestKeyFrame(stream: 5, now: pair.now)
    }

    @Test func keyFrameRequestsNameTheLayer() throws {
        let (pair, _, video) = try uplink()
        for layer in 0..<3 {
            pair.send(from: pair.client, section: video, layer: layer, payloadType: 96, timestamp: 0, [1])
        }
        pair.run(for: .milliseconds(50))
        let stream = try #require(pair.server.peer.receiveStreams.firstIndex { $0.layer == 2 })
        pair.server.peer.requestKeyFrame(stream: stream, now: pair.now)
        pair.run(for: .milliseconds(50))
        #expect(pair.client.events.last == .keyFrameRequested(section: video, layer: 2))
    }

    @Test func reportsFlowEverySecond() throws {
        let pair = try downlink()
        sendVideo(pair, frames: 150)
        let reports = pair.server.events.compactMap { event -> RemoteReport? in
            guard case .remoteReport(section: 3, layer: 0, let report) = event else { return nil }
            return report
        }
        #expect(4...6 ~= reports.count, "five seconds")
        #expect(reports.allSatisfy { $0.fractionLost == 0 && $0.cumulativeLost == 0 })
        let trip = try #require(reports.last?.roundTripTime)
        #expect((trip - .milliseconds(20)).magnitude < .milliseconds(1))
        // The receiver knows it too, by the echo of its own reference time.
        let echoed = try #require(pair.client.peer.roundTripTime)
        #expect((echoed - .milliseconds(20)).magnitude < .milliseconds(1))
        let report = try #require(pair.client.peer.receiveStreams[0].receiver.lastSenderReport)
        #expect(pair.now - report.arrivedAt < .milliseconds(1100))
        #expect(report.report.packetCount > 100)
    }

    @Test func reportsTellLoss() throws {
        let pair = try downlink()
        pair.server.answersRequests = false
        var count = 0
        pair.isLost = { toServer, bytes in
            guard !toServer, Self.ssrc(bytes) == 900 else { return false }
            count += 1
            return count.isMultiple(of: 4)
        }
        sendVideo(pair, frames: 150)
        let fractions = pair.server.events.compactMap { event -> Double? in
            guard case .remoteReport(_, _, let report) = event else { return nil }
            return report.fractionLost
        }
        #expect(fractions.count >= 4)
        #expect(fractions.allSatisfy { 0.2...0.3 ~= $0 })
    }

    @Test func transportFeedbackReachesTheSender() throws {
        let (pair, _, video) = try uplink()
        var count = 0
        pair.isLost = { toServer, bytes in
            guard toServer, Self.ssrc(bytes) == 1 else { return false }
            count += 1
            return count % 10 == 5
        }
        for step in 0..<100 {
            pair.send(
                from: pair.client, section: video, payloadType: 96, timestamp: UInt32(step) * 3000, [1, 2, 3])
            pair.run(for: .milliseconds(33))
        }
        pair.run(for: .milliseconds(300))
        let feedback = try #require(pair.client.peer.transportFeedbackStatistics)
        #expect(feedback.sentCount == 110, "a hundred packets and ten repairs")
        #expect(feedback.acknowledgedCount == 100 && feedback.lostCount == 10)
        #expect(20...40 ~= feedback.feedbackCount, "every 100 ms while packets come")
        #expect(try #require(feedback.queueingDelay) < .milliseconds(1))
    }

    @Test func identificationStopsWithTheFirstReport() throws {
        let (pair, _, video) = try uplink()
        var lengths: [Int] = []
        pair.isLost = { toServer, bytes in
            if toServer, Self.ssrc(bytes) == 1 { lengths.append(bytes.count) }
            return false
        }
        for step in 0..<60 {
            pair.send(from: pair.client, section: video, payloadType: 96, timestamp: UInt32(step) * 3000, [1])
            pair.run(for: .milliseconds(33))
        }
        let (first, last) = (try #require(lengths.first), try #require(lengths.last))
        #expect(first > last, "mid and rid leave the header")
        #expect(lengths.prefix(20).allSatisfy { $0 == first })
    }

    @Test func whatIsNotAcceptedIsNotSent() throws {
        let pair = PeerPair()
        try pair.connect()
        let video = pair.client.peer.addSendSection(NegotiatorFixture.camera)
        try pair.server.peer.applyOffer(pair.client.peer.createOffer(), now: pair.now)
        let answer = pair.server.peer.createAnswer(now: pair.now)
            .replacing("a=rid:h recv\r\n", with: "").replacing("recv q;h;f", with: "recv q;f")
        try pair.client.peer.applyAnswer(answer, now: pair.now)
        let sent = (0..<3).map {
            pair.send(from: pair.client, section: video, layer: $0, payloadType: 96, timestamp: 0, [1])
        }
        #expect(sent == [true, false, true])
    }

    @Test func undeclaredSourcesAreGivenUp() throws {
        let pair = try downlink()
        // The client never hears of the second track.
        var track = PeerConnectionTests.downlink
        track.layers = [OutgoingLayer(ssrc: 777, rtxSSRC: nil)]
        let offer = pair.client.peer.createOffer()
        try pair.server.peer.applyOffer(offer, now: pair.now)
        pair.server.peer.attach(track, to: 4)
        for step in 0..<30 {
            pair.send(from: pair.server, section: 4, payloadType: 96, timestamp: UInt32(step), [1])
        }
        pair.run(for: .milliseconds(50))
        #expect(pair.client.media.isEmpty)
        #expect(pair.client.peer.statistics.unassignedCount == 10)
        #expect(pair.client.peer.statistics.ignoredSourceCount == 20)
        // Signalling that comes late gives the source another chance.
        try pair.client.peer.applyAnswer(pair.server.peer.createAnswer(now: pair.now), now: pair.now)
        pair.send(from: pair.server, section: 4, payloadType: 96, timestamp: 30, [1])
        pair.run(for: .milliseconds(50))
        #expect(pair.client.media.count == 1)
    }

    @Test func garbageIsCountedByProtocol() throws {
        let pair = try downlink()
        var generator = SeededGenerator(seed: 8)
        let before = pair.client.peer.statistics
        for first in [0, 20, 64, 128, 200] as [UInt8] {
            for _ in 0..<20 {
                var bytes = generator.bytes(Int(generator.next() % 60) + 2)
                bytes[0] = first
                bytes[1] = 96
                pair.inject(bytes, into: pair.client)
                bytes[1] = 201
                pair.inject(bytes, into: pair.client)
            }
        }
        pair.inject([], into: pair.client)
        pair.run(for: .seconds(1))
        let after = pair.client.peer.statistics
        #expect(after.malformedSTUNCount == before.malformedSTUNCount + 40)
        #expect(after.unknownDatagramCount == before.unknownDatagramCount + 81)
        #expect(after.malformedRTPCount + after.unauthenticCount == before.malformedRTPCount + 40)
        #expect(pair.client.peer.isConnected)
        sendVideo(pair, frames: 3)
        #expect(pair.client.media.count == 3)
    }

    @Test func repeatedDatagramsAreReplays() throws {
        let pair = try downlink()
        var copies: [[UInt8]] = []
        pair.isLost = { toServer, bytes in
            if !toServer, Self.ssrc(bytes) == 900 { copies.append(bytes) }
            return false
        }
        sendVideo(pair, frames: 5)
        for copy in copies { pair.inject(copy, into: pair.client) }
        pair.run(for: .milliseconds(50))
        #expect(pair.client.peer.statistics.replayCount == 5)
        #expect(pair.client.media.count == 5)
    }

    /// The source of an RTP datagram.
    private static func ssrc(_ bytes: [UInt8]) -> UInt32? {
        bytes.withUnsafeBytes { buffer in
            guard DatagramKind.classify(buffer) == .rtp else { return nil }
            return RTPHeader.parse(buffer.bytes)?.ssrc
        }
    }
}
