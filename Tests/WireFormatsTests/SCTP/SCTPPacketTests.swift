import Primitives
import Testing
import WireFormats

@Suite struct SCTPPacketTests {
    private func chunks(of packet: [UInt8]) throws -> [SCTPChunk] {
        var chunks: [SCTPChunk] = []
        var reader = SCTPChunkReader(packet.span.bytes)
        while let chunk = try reader.next() { chunks.append(chunk) }
        return chunks
    }

    private func compose(
        tag: UInt32, capacity: Int = 1500, _ body: (inout SCTPPacketWriter) -> Void
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xee, count: capacity)
        let count = bytes.withUnsafeMutableBytes { buffer in
            var writer = SCTPPacketWriter(
                buffer, header: SCTPHeader(sourcePort: 5000, destinationPort: 5000, verificationTag: tag))
            body(&writer)
            return writer.finish()
        }
        return Array(bytes[..<count])
    }

    @Test func verifiesRecordedPackets() throws {
        let packets = try SCTPGoldens.load()
        #expect(packets.count == 15)
        for packet in packets {
            let header = try SCTPHeader(verifying: packet.bytes.span.bytes)
            #expect(header.sourcePort == 5000)
            #expect(header.destinationPort == 5000)
            #expect(try !chunks(of: packet.bytes).isEmpty)
            var damaged = packet.bytes
            damaged[damaged.count - 1] ^= 1
            #expect(throws: SCTPParseError.badChecksum) { _ = try SCTPHeader(verifying: damaged.span.bytes) }
        }
    }

    @Test func readsTheRecordedHandshake() throws {
        let packets = try SCTPGoldens.load().map(\.bytes)
        let kinds = try packets.prefix(8).map { try chunks(of: $0)[0].type }
        #expect(
            kinds == [
                .initiate, .initiate, .initiateAck, .initiateAck, .cookieEcho, .cookieEcho, .cookieAck,
                .cookieAck,
            ])

        let aiortc = try SCTPInitiate(parsing: Array(packets[0][16...]).span.bytes)
        #expect(aiortc.initiateTag == 0xd855_97fa)
        #expect(aiortc.receiverWindow == 0x10_0000)
        #expect(aiortc.initialTSN == 0x6fe2_e899)
        #expect(aiortc.supportsForwardTSN && aiortc.supportsReconfigure)

        // pion announces FORWARD TSN in the list of extensions alone.
        let pion = try SCTPInitiate(parsing: Array(packets[1][16...]).span.bytes)
        #expect(pion.initiateTag == 0x140a_0266)
        #expect(pion.supportsForwardTSN && pion.supportsReconfigure)
        #expect(pion.cookie == nil)

        let answer = try SCTPInitiate(parsing: Array(packets[3][16...]).span.bytes)
        #expect(answer.cookie.map { Array(packets[3][16...])[$0].count } == 32)
    }

    @Test func readsTheRecordedChannels() throws {
        let packets = try SCTPGoldens.load().map(\.bytes)
        var messages: [DataChannelMessage] = []
        for packet in packets {
            for chunk in try chunks(of: packet) where chunk.type == .data {
                let value = Array(packet[chunk.value])
                let data = try SCTPDataChunk(parsing: value.span.bytes, flags: chunk.flags)
                #expect(data.flags == [.beginning, .ending])
                if data.protocolIdentifier == DataChannelPayload.establishment.rawValue {
                    let userData = Array(value[12...])
                    messages.append(try DataChannelMessage(parsing: userData.span.bytes))
                } else {
                    #expect(data.protocolIdentifier == DataChannelPayload.binary.rawValue)
                    #expect(value.count == 69)
                }
            }
        }
        #expect(
            messages == [
                .open(DataChannelOpen(isOrdered: true, label: "_reliable")),
                .open(
                    DataChannelOpen(
                        isOrdered: false, limit: .retransmissions, limitAmount: 0, label: "_lossy")),
                .acknowledge, .acknowledge,
            ])
    }

    /// Every recorded packet of these kinds comes out of the writer as it went into the reader.
    @Test func composesWhatOthersCompose() throws {
        var compared = 0
        for packet in try SCTPGoldens.load().map(\.bytes) {
            let header = try SCTPHeader(verifying: packet.span.bytes)
            var isKnown = true
            let chunks = try chunks(of: packet)
            let composed = compose(tag: header.verificationTag) { writer in
                for chunk in chunks {
                    let value = Array(packet[chunk.value])
                    switch chunk.type {
                    case .data:
                        guard let data = try? SCTPDataChunk(parsing: value.span.bytes, flags: chunk.flags)
                        else {
                            isKnown = false
                            continue
                        }
                        value[12...].withUnsafeBytes { writer.writeData(data, userData: $0) }
                    case .selectiveAck:
                        guard let ack = try? SCTPSelectiveAck(parsing: value.span.bytes) else {
                            isKnown = false
                            continue
                        }
                        writer.beginSelectiveAck(
                            cumulativeTSN: ack.cumulativeTSN, receiverWindow: ack.receiverWindow,
                            gapBlockCount: 0, duplicateCount: 0)
                        writer.endChunk()
                    case .cookieAck:
                        writer.writeEmptyChunk(.cookieAck)
                    case .cookieEcho:
                        writer.beginChunk(.cookieEcho)
                        writer.write { $0.write(value) }
                        writer.endChunk()
                    default: isKnown = false
                    }
                }
            }
            if isKnown {
                compared += 1
                #expect(composed == packet)
            }
        }
        #expect(compared == 11)
    }

    @Test func initiateSurvivesTheRoundTrip() throws {
        let initiate = SCTPInitiate(
            initiateTag: 7, receiverWindow: 1 << 20, outboundStreams: 65_535, inboundStreams: 1024,
            initialTSN: 0xffff_fff0)
        let packet = compose(tag: 0) { $0.writeInitiate(initiate) }
        #expect(try SCTPInitiate(parsing: Array(packet[16...]).span.bytes) == initiate)
        // The padding behind the last parameter is no part of the chunk (RFC 9260 section 3.2).
        #expect(packet.count == 44)
        #expect(Array(packet[14..<16]) == [0, 30])
        let answer = compose(tag: 9) { $0.writeInitiate(initiate, cookie: [1, 2, 3, 4, 5]) }
        let value = Array(answer[16...])
        let read = try SCTPInitiate(parsing: value.span.bytes)
        #expect(read.cookie.map { Array(value[$0]) } == [1, 2, 3, 4, 5])
    }

    @Test func reconfigurationSurvivesTheRoundTrip() throws {
        let all: [SCTPReconfiguration] = [
            .resetOutgoing(requestSequence: 1, responseSequence: 2, lastTSN: 3, streams: [4, 5, 6]),
            .response(responseSequence: 7, result: .inProgress),
        ]
        let packet = compose(tag: 1) { writer in
            writer.beginChunk(.reconfigure)
            for one in all { writer.writeReconfiguration(one) }
            writer.endChunk()
        }
        let value = Array(packet[16...])
        var parameters = SCTPParameterReader(value.span.bytes)
        var read: [SCTPReconfiguration] = []
        while let parameter = try parameters.next() {
            if let one = try SCTPReconfiguration(parameter, in: value.span.bytes) { read.append(one) }
        }
        #expect(read == all)
    }

    @Test(arguments: [
        DataChannelMessage.acknowledge,
        .open(DataChannelOpen(isOrdered: true, label: "")),
        .open(
            DataChannelOpen(
                isOrdered: false, limit: .lifetime, limitAmount: 100_000, priority: 256, label: "été",
                protocolName: "x")),
    ])
    func establishmentSurvivesTheRoundTrip(message: DataChannelMessage) throws {
        let bytes = message.bytes
        #expect(try DataChannelMessage(parsing: bytes.span.bytes) == message)
    }

    @Test func refusesImpossibleStructures() throws {
        let short: [UInt8] = [1, 2, 3]
        #expect(throws: SCTPParseError.truncated) { _ = try SCTPHeader(verifying: short.span.bytes) }
        let header = [UInt8](repeating: 0, count: 12)
        #expect(throws: SCTPParseError.truncated) { try chunks(of: header + [0, 0]) }
        #expect(throws: SCTPParseError.badLength) { try chunks(of: header + [0, 0, 0, 3]) }
        #expect(throws: SCTPParseError.badLength) { try chunks(of: header + [0, 0, 0, 5]) }
        let tagless = [UInt8](repeating: 0, count: 4) + [0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 1]
        #expect(throws: SCTPParseError.badValue) { _ = try SCTPInitiate(parsing: tagless.span.bytes) }
        let empty = [UInt8](repeating: 0, count: 12)
        #expect(throws: SCTPParseError.truncated) {
            _ = try SCTPDataChunk(parsing: empty.span.bytes, flags: 3)
        }
        let boastful: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 1, 0, 2, 0, 0, 0, 1, 0, 1]
        #expect(throws: SCTPParseError.badLength) { _ = try SCTPSelectiveAck(parsing: boastful.span.bytes) }
        let unknown: [UInt8] = [9]
        #expect(throws: SCTPParseError.badValue) { _ = try DataChannelMessage(parsing: unknown.span.bytes) }
        let long: [UInt8] = [3, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 65]
        #expect(throws: SCTPParseError.truncated) { _ = try DataChannelMessage(parsing: long.span.bytes) }
    }

    @Test func writesNothingThatDoesNotFit() {
        let initiate = SCTPInitiate(
            initiateTag: 1, receiverWindow: 1, outboundStreams: 1, inboundStreams: 1, initialTSN: 1)
        #expect(compose(tag: 1, capacity: 43) { $0.writeInitiate(initiate) } == [])
        #expect(compose(tag: 1, capacity: 44) { $0.writeInitiate(initiate) }.count == 44)
        #expect(compose(tag: 1) { _ in } == [], "a packet without chunks")
    }
}
