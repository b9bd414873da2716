import Primitives
import Testing
import WireFormats

@Suite struct RTCPWriterTests {
    static let report = SenderReport(
        ssrc: 0x8786_bc05, ntp: 17_198_937_624_625_762_051, rtpTimestamp: 3_265_729_399, packetCount: 354,
        octetCount: 420_078)
    static let block = ReportBlock(
        ssrc: 7, fractionLost: 12, cumulativeLost: -3, highestSequence: 0x0001_ffff, jitter: 99,
        lastSenderReport: 0xe63a_18f2, delaySinceLastSenderReport: 0x107)

    func compose(_ capacity: Int = 1500, _ body: (inout RTCPWriter) -> Void) -> [UInt8] {
        written(capacity) { buffer in
            var writer = RTCPWriter(buffer)
            body(&writer)
            return writer.finish()
        }
    }

    /// `#expect` cannot call mutating members.
    private func verify(_ holds: Bool, _ location: SourceLocation = #_sourceLocation) {
        #expect(holds, sourceLocation: location)
    }

    @Test func composesWhatLiveKitComposes() throws {
        // One SR per track, then their SDES chunks, as recorded; LiveKit puts both chunks into one SDES packet.
        let recorded = try MediaGoldens.bytes(
            "80c800068786bc05eeaee6a54deb4f03c2a7137700000162000668ee"
                + "81ca000b8786bc05012150415f666944376e537933675453677c54525f564355714d4d6e743376416b44670f013100000000"
        )
        let bytes = compose {
            $0.beginSenderReport(Self.report)
            $0.writeSourceDescription(
                ssrc: 0x8786_bc05, canonicalName: Array("PA_fiD7nSy3gTSg|TR_VCUqMMnt3vAkDg".utf8),
                mid: RTPIdentifier("1"))
        }
        #expect(bytes.hexadecimal.hasPrefix(recorded.hexadecimal.prefix(56)))
        #expect(bytes.count == 28 + 48)
        var reader = RTCPReader(bytes.span.bytes)
        guard case .senderReport(Self.report, _)? = reader.next() else { Issue.record("no SR"); return }
        guard case .sourceDescription(let list)? = reader.next() else { Issue.record("no SDES"); return }
        var items = reader.sourceDescriptions(list)
        var texts: [String] = []
        while let item = items.next() { texts.append(reader.text(of: item)) }
        #expect(texts == ["PA_fiD7nSy3gTSg|TR_VCUqMMnt3vAkDg", "1"])
    }

    @Test(arguments: [
        ("81ce00027520db317520db31", 0), ("81cd00037520db317520db310a220000", 1),
        ("80cf0004460c780304000002eeaee6a354cffbb4", 2),
        ("80cf00058786bc050500000300001111e6a755e600000000", 3),
        ("81c90007460c7803460c78037000001200007ebf000000b00000000000000000", 4),
    ])
    func matchesRecordedPackets(_ recorded: String, _ which: Int) {
        let bytes = compose { writer in
            switch which {
            case 0:
                writer.writePictureLossIndication(FeedbackSources(sender: 0x7520_db31, media: 0x7520_db31))
            case 1:
                verify(writer.beginNACK(FeedbackSources(sender: 0x7520_db31, media: 0x7520_db31)))
                verify(writer.append(lost: 2594))
            case 2:
                verify(writer.beginExtendedReport(ssrc: 1_175_222_275))
                verify(writer.append(receiverReferenceTime: 17_198_937_616_151_477_172))
            case 3:
                verify(writer.beginExtendedReport(ssrc: 2_273_754_117))
                verify(
                    writer.append(DelaySinceLastReference(ssrc: 4369, lastReference: 3_869_726_182, delay: 0))
                )
            default:
                writer.beginReceiverReport(ssrc: 1_175_222_275)
                let block = ReportBlock(
                    ssrc: 1_175_222_275, fractionLost: 112, cumulativeLost: 18, highestSequence: 32_447,
                    jitter: 176,
                    lastSenderReport: 0, delaySinceLastSenderReport: 0)
                verify(writer.append(block))
            }
        }
        #expect(bytes.hexadecimal == recorded)
    }

    @Test func composesACompoundOfEverything() throws {
        let bytes = compose { writer in
            writer.beginSenderReport(Self.report)
            verify(writer.append(Self.block))
            verify(writer.append(Self.block))
            writer.writeSourceDescription(ssrc: 1, canonicalName: Array("abc".utf8))
            verify(writer.beginFullIntraRequest(sender: 1))
            verify(writer.append(FullIntraRequestEntry(ssrc: 5, sequenceNumber: 9)))
            verify(writer.beginBitrateEstimate(sender: 1, bitsPerSecond: 3_000_000))
            verify(writer.append(ssrc: 10))
            verify(writer.append(ssrc: 11))
            verify(writer.beginExtendedReport(ssrc: 1))
            verify(writer.append(DelaySinceLastReference(ssrc: 2, lastReference: 3, delay: 4)))
            verify(writer.append(DelaySinceLastReference(ssrc: 5, lastReference: 6, delay: 7)))
            verify(writer.append(receiverReferenceTime: 8))
            verify(writer.append(DelaySinceLastReference(ssrc: 9, lastReference: 10, delay: 11)))
            writer.writeGoodbye(ssrc: 77)
        }
        var reader = RTCPReader(bytes.span.bytes)
        var seen: [String] = []
        while let packet = reader.next() {
            switch packet {
            case .senderReport(let report, let blocks):
                #expect(report == Self.report)
                var matches: [Bool] = []
                for index in 0..<blocks.count {
                    matches.append(reader.reportBlock(index, of: blocks) == Self.block)
                }
                seen.append("SR \(matches)")
            case .sourceDescription(let list):
                var items = reader.sourceDescriptions(list)
                if let item = items.next() { seen.append("SDES \(reader.text(of: item))") }
            case .fullIntraRequest(let sources, let entries):
                seen.append("FIR \(sources.media) \(reader.fullIntraRequest(0, of: entries).sequenceNumber)")
            case .bitrateEstimate(_, let bitrate, let ssrcs): seen.append("REMB \(bitrate) \(ssrcs.count)")
            case .extendedReport(_, let list):
                var blocks = reader.extendedReportBlocks(list)
                while let block = blocks.next() {
                    switch block {
                    case .delaySinceLastReference(let echo): seen.append("DLRR \(echo.ssrc) \(echo.delay)")
                    case .receiverReferenceTime(let ntp): seen.append("RRTR \(ntp)")
                    case .other: seen.append("other")
                    }
                }
            case .goodbye(let list): seen.append("BYE \(reader.ssrc(0, of: list))")
            default: seen.append("other")
            }
        }
        verify(!reader.isMalformed)
        #expect(
            seen == [
                "SR [true, true]", "SDES abc", "FIR 0 9", "REMB 3000000 2", "DLRR 2 4", "DLRR 5 7", "RRTR 8",
                "DLRR 9 11", "BYE 77",
            ])
    }

    @Test func neighboursShareNACKEntries() {
        let lost: [UInt16] = [65_530, 65_535, 0, 10, 11, 12, 30, 46, 47]
        let bytes = compose { writer in
            verify(writer.beginNACK(FeedbackSources(sender: 1, media: 2)))
            for number in lost { verify(writer.append(lost: number)) }
            verify(writer.append(lost: 47))
        }
        var reader = RTCPReader(bytes.span.bytes)
        guard case .genericNACK(_, let entries)? = reader.next() else { Issue.record("no NACK"); return }
        var found: [UInt16] = []
        for index in 0..<entries.count { reader.nackEntry(index, of: entries).forEach { found.append($0) } }
        #expect(found == lost)
        #expect(entries.count == 4)
    }

    @Test func whatDoesNotFitIsLeftOut() throws {
        for capacity in 0..<160 {
            var fitted = 0
            let bytes = compose(capacity) { writer in
                if writer.beginSenderReport(Self.report) { fitted += 1 }
                if fitted == 1, writer.append(Self.block) { fitted += 1 }
                if writer.writeSourceDescription(ssrc: 1, canonicalName: [65, 66]) { fitted += 1 }
                if writer.beginNACK(FeedbackSources(sender: 1, media: 2)), writer.append(lost: 3) {
                    fitted += 1
                }
                if writer.writePictureLossIndication(FeedbackSources(sender: 1, media: 2)) { fitted += 1 }
            }
            var reader = RTCPReader(bytes.span.bytes)
            var found = 0
            while let packet = reader.next() {
                found += 1
                if case .senderReport(_, let blocks) = packet { found += blocks.count }
            }
            verify(!reader.isMalformed)
            #expect(found == fitted)
            #expect(bytes.count <= capacity)
        }
    }

    @Test func reportsHoldThirtyOneBlocks() {
        let bytes = compose { writer in
            writer.beginReceiverReport(ssrc: 1)
            for _ in 0..<31 { verify(writer.append(Self.block)) }
            verify(!writer.append(Self.block))
        }
        #expect(bytes.count == 8 + 31 * ReportBlock.byteCount)
        #expect(bytes[0] == 0x9f)
    }

    @Test(arguments: [0, 1, 262_143, 262_144, 1_000_000, 123_456_789, 1 << 40, UInt64.max])
    func bitrateKeepsEighteenBits(_ bitrate: UInt64) throws {
        let bytes = compose { verify($0.beginBitrateEstimate(sender: 1, bitsPerSecond: bitrate)) }
        var reader = RTCPReader(bytes.span.bytes)
        guard case .bitrateEstimate(_, let read, _)? = reader.next() else { Issue.record("no REMB"); return }
        #expect(read <= bitrate)
        #expect(bitrate - read <= bitrate >> 17)
    }

    @Test func appendingToTheWrongPacketIsAMistake() async {
        await #expect(processExitsWith: .failure) {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 8)
            var writer = RTCPWriter(memory)
            writer.writeGoodbye(ssrc: 1)
            _ = writer.append(lost: 1)
        }
    }
}
