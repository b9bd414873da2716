import Testing
import Visio

@Suite struct DataPacketComposerTests {
    @Test func sequencesCountReliablePacketsFromOne() {
        var composer = DataPacketComposer()
        #expect(composer.user([1], isReliable: true).sequence == 1)
        #expect(composer.user([1], isReliable: false).sequence == 0)
        #expect(composer.user([1], isReliable: true).sequence == 2)
        #expect(composer.lastSequence == 2)
    }

    @Test func topicsAndDestinations() {
        var composer = DataPacketComposer()
        let plain = composer.user(Array("{}".utf8), isReliable: false)
        #expect(!plain.user.hasTopic)
        #expect(plain.kind == .lossy)
        let addressed = composer.user([], topic: "t", isReliable: true, destinations: ["bob"])
        #expect(addressed.user.topic == "t")
        #expect(addressed.destinationIdentities == ["bob"])
    }

    @Test(arguments: [(0, 0), (1, 1), (15_000, 1), (15_001, 2), (45_000, 3)])
    func textIsCutIntoChunks(byteCount: Int, chunkCount: Int) throws {
        var composer = DataPacketComposer()
        let text = String(repeating: "x", count: byteCount)
        let packets = composer.text(text, topic: "lk.chat", streamID: "s", unixMilliseconds: 5)
        #expect(packets.count == chunkCount + 2)
        #expect(packets.first?.streamHeader.totalLength == UInt64(byteCount))
        #expect(packets.last?.streamTrailer.streamID == "s")
        let chunks = packets.dropFirst().dropLast().map(\.streamChunk)
        #expect(chunks.map(\.chunkIndex) == (0..<chunkCount).map { UInt64($0) })
        #expect(chunks.flatMap(\.contentBytes) == Array(text.utf8))
        #expect(packets.map(\.sequence) == (1...UInt32(chunkCount + 2)).map { $0 })
        #expect(packets.allSatisfy { $0.encoded().count < DataPacketComposer.maximumByteCount })
    }

    @Test func chatIsSaidTwice() {
        var composer = DataPacketComposer()
        let packets = composer.chat("hé \"x\"", id: "m1", unixMilliseconds: 1_795_000_000_000)
        #expect(packets.count == 4)
        #expect(packets[0].streamHeader.topic == "lk.chat")
        #expect(packets[3].user.topic == "lk-chat-topic")
        #expect(
            String(decoding: packets[3].user.payloadBytes, as: UTF8.self)
                == #"{"id":"m1","ignoreLegacy":true,"message":"hé \"x\"","timestamp":1795000000000}"#)
    }
}

@Suite struct ICECandidateInitTests {
    @Test func allFourKeysAreWritten() {
        #expect(
            ICECandidateInit(candidate: "candidate:1").json
                == #"{"candidate":"candidate:1","sdpMLineIndex":0,"sdpMid":"0","usernameFragment":null}"#)
    }

    @Test(
        arguments: [
            (#"{"candidate":"c","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":null}"#, "c"),
            (#"{"candidate":""}"#, ""),
            (#"{"sdpMid":"0"}"#, nil), ("", nil), ("null", nil), (#"{"candidate":7}"#, nil),
        ] as [(String, String?)])
    func reads(json: String, candidate: String?) {
        #expect(ICECandidateInit(json: json)?.candidate == candidate)
    }
}
