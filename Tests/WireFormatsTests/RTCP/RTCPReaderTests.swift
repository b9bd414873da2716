import Primitives
import Testing
import WireFormats

@Suite struct RTCPReaderTests {
    /// A datagram that a LiveKit server sent, with the recorder's own reading of it.
    struct Recording: Decodable {
        struct Packet: Decodable {
            let k: String
            let ssrc: UInt32?
            let media: UInt32?
            let ntp: UInt64?
            let ts: UInt32?
            let pk: UInt32?
            let oct: UInt32?
            let rb: [Block]?
            let fci: [[UInt16]]?
            let base: UInt16?
            let count: Int?
            let ref: Int32?
            let fbcnt: UInt8?
            let rrtr: UInt64?
            let dlrr: [[UInt32]]?
        }
        struct Block: Decodable {
            let ssrc: UInt32
            let fl: UInt8
            let lost: Int32
            let ehsn: UInt32
            let jit: UInt32
            let lsr: UInt32
            let dlsr: UInt32
        }
        let compound_hex: String
        let parsed: [Packet]
    }

    @Test func readsWhatLiveKitSends() throws {
        var kinds = Set<String>()
        for recording: Recording in try MediaGoldens.lines("rtcp-server-to-client.jsonl") {
            let bytes = try MediaGoldens.bytes(recording.compound_hex)
            var reader = RTCPReader(bytes.span.bytes)
            for expected in recording.parsed {
                let packet = reader.next()
                compare(try #require(packet), expected, reader)
                kinds.insert(expected.k)
            }
            let (rest, isMalformed) = (reader.next(), reader.isMalformed)
            #expect(rest == nil)
            #expect(!isMalformed)
        }
        #expect(kinds == ["PLI", "TWCC", "XR", "RR", "NACK", "SR", "SDES"])
    }

    private func compare(_ packet: RTCPPacket, _ expected: Recording.Packet, _ reader: borrowing RTCPReader) {
        switch packet {
        case .senderReport(let report, let blocks):
            #expect(expected.k == "SR")
            #expect(
                report
                    == SenderReport(
                        ssrc: expected.ssrc ?? 0, ntp: expected.ntp ?? 0, rtpTimestamp: expected.ts ?? 0,
                        packetCount: expected.pk ?? 0, octetCount: expected.oct ?? 0))
            #expect(blocks.count == expected.rb?.count)
        case .receiverReport(let ssrc, let blocks):
            #expect(expected.k == "RR")
            #expect(ssrc == expected.ssrc)
            #expect(blocks.count == expected.rb?.count)
            for (index, block) in (expected.rb ?? []).enumerated() {
                let found = reader.reportBlock(index, of: blocks)
                #expect(
                    found
                        == ReportBlock(
                            ssrc: block.ssrc, fractionLost: block.fl, cumulativeLost: block.lost,
                            highestSequence: block.ehsn, jitter: block.jit, lastSenderReport: block.lsr,
                            delaySinceLastSenderReport: block.dlsr))
            }
        case .genericNACK(let sources, let entries):
            #expect(expected.k == "NACK")
            #expect(sources.media == expected.media)
            var found: [NACKEntry] = []
            for index in 0..<entries.count { found.append(reader.nackEntry(index, of: entries)) }
            #expect(found == expected.fci?.map { NACKEntry(sequenceNumber: $0[0], following: $0[1]) })
        case .pictureLossIndication(let sources):
            #expect(expected.k == "PLI")
            #expect(sources == FeedbackSources(sender: expected.ssrc ?? 0, media: expected.media ?? 0))
        case .transportFeedback(let sources, let header):
            #expect(expected.k == "TWCC")
            #expect(sources.sender == expected.ssrc)
            #expect(header.baseSequence == expected.base)
            #expect(header.statusCount == expected.count)
            #expect(header.referenceTime == expected.ref)
            #expect(header.feedbackCount == expected.fbcnt)
            var statuses = reader.transportStatuses(header)
            var count = 0
            while statuses.next() != nil { count += 1 }
            #expect(count == expected.count)
        case .extendedReport(let ssrc, let list):
            #expect(expected.k == "XR")
            #expect(ssrc == expected.ssrc)
            var blocks = reader.extendedReportBlocks(list)
            var found: [ExtendedReportBlock] = []
            while let block = blocks.next() { found.append(block) }
            let echoes = (expected.dlrr ?? []).map {
                ExtendedReportBlock.delaySinceLastReference(
                    DelaySinceLastReference(ssrc: $0[0], lastReference: $0[1], delay: $0[2]))
            }
            #expect(found == (expected.rrtr.map { [.receiverReferenceTime(ntp: $0)] } ?? []) + echoes)
        case .sourceDescription(let list):
            #expect(expected.k == "SDES")
            #expect(list.count == 2)
        case .goodbye, .fullIntraRequest, .bitrateEstimate, .other:
            Issue.record("unexpected packet")
        }
    }

    @Test func readsSourceDescriptions() throws {
        let recordings: [Recording] = try MediaGoldens.lines("rtcp-server-to-client.jsonl")
        let recording = try #require(recordings.first { $0.parsed.last?.k == "SDES" })
        let bytes = try MediaGoldens.bytes(recording.compound_hex)
        var reader = RTCPReader(bytes.span.bytes)
        var found: [String] = []
        while let packet = reader.next() {
            guard case .sourceDescription(let list) = packet else { continue }
            var items = reader.sourceDescriptions(list)
            while let item = items.next() {
                found.append("\(item.ssrc) \(item.type) \(reader.text(of: item))")
            }
        }
        #expect(
            found == [
                "2273754117 1 PA_fiD7nSy3gTSg|TR_VCUqMMnt3vAkDg", "2273754117 15 1",
                "4262786255 1 PA_fiD7nSy3gTSg|TR_AMpsQLEfKraDq5", "4262786255 15 0",
            ])
    }

    @Test func readsTheCompoundsOfADownlink() throws {
        var blocks = 0
        for bytes in try MediaGoldens.downlink("rtcp_plain") {
            var reader = RTCPReader(bytes.span.bytes)
            while let packet = reader.next() {
                if case .receiverReport(ssrc: 0x1111, let list) = packet { blocks += list.count }
            }
            let isMalformed = reader.isMalformed
            #expect(!isMalformed)
        }
        #expect(blocks == 5)
    }

    @Test func signsTheLossOfReportBlocks() throws {
        let bytes = try MediaGoldens.bytes("81c9000700000001000000022afffffe00000003000000040000000500000006")
        var reader = RTCPReader(bytes.span.bytes)
        guard case .receiverReport(_, let blocks)? = reader.next() else { Issue.record("no RR"); return }
        let block = reader.reportBlock(0, of: blocks)
        #expect(block.cumulativeLost == -2)
        #expect(block.fractionLost == 0x2a)
    }

    @Test func masksOfNACKsNameTheFollowingPackets() {
        var lost: [UInt16] = []
        NACKEntry(sequenceNumber: 0xfffe, following: 0b1000_0000_0000_0101).forEach { lost.append($0) }
        #expect(lost == [0xfffe, 0xffff, 1, 14])
    }

    @Test func readsBitrateEstimates() throws {
        // 3 Mbit/s = 187500 * 2^4 for two sources.
        let bytes = try MediaGoldens.bytes("8fce0006000000010000000052454d420212dc6c0000000a0000000b")
        var reader = RTCPReader(bytes.span.bytes)
        guard case .bitrateEstimate(let sources, let bitrate, let ssrcs)? = reader.next() else {
            Issue.record("no REMB")
            return
        }
        #expect(sources.sender == 1)
        #expect(bitrate == 3_000_000)
        let found = [reader.ssrc(0, of: ssrcs), reader.ssrc(1, of: ssrcs)]
        #expect(ssrcs.count == 2)
        #expect(found == [10, 11])
    }

    private func reporter(_ packet: RTCPPacket) -> UInt32? {
        guard case .receiverReport(let ssrc, _) = packet else { return nil }
        return ssrc
    }

    @Test(arguments: [
        "81", "41c90001" + "00000001", "80c90002" + "00000001", "81c90001" + "00000001",
        "80c80001" + "00000001",
        "a0c90001" + "00000000", "a0c90001" + "00000009", "81cd0001" + "00000001", "82cb0001" + "00000001",
        "8fcd0003" + "0000000100000002" + "00010001",
    ])
    func stopsAtDamage(_ hexadecimal: String) throws {
        let whole = "80c90001" + "0000000a"
        let bytes = try MediaGoldens.bytes(whole + hexadecimal)
        var reader = RTCPReader(bytes.span.bytes)
        let found = [reader.next(), reader.next(), reader.next()]
        let isMalformed = reader.isMalformed
        #expect(found[0].flatMap(reporter) == 10)
        #expect(found[1...].allSatisfy { $0 == nil })
        #expect(isMalformed)
    }

    @Test func passesOverWhatItDoesNotKnow() throws {
        let bytes = try MediaGoldens.bytes(
            "80cc0002" + "0000000141424344" + "85ce0002" + "0000000100000002" + "80c90001" + "00000003")
        var reader = RTCPReader(bytes.span.bytes)
        let found = [reader.next(), reader.next(), reader.next(), reader.next()]
        let isMalformed = reader.isMalformed
        #expect(found[0] == .other(packetType: 204, format: 0))
        #expect(found[1] == .other(packetType: 206, format: 5))
        #expect(found[2].flatMap(reporter) == 3)
        #expect(found[3] == nil)
        #expect(!isMalformed)
    }
}
