import Foundation
import Primitives
import SwiftProtobuf
import Testing
import Visio

@Suite struct GoldenFramesTests {
    static func frames(_ name: String) throws -> [Golden.Frame] {
        let frames: [Golden.Frame] = try Golden.lines(name)
        return frames.filter { $0.kind != "join_request" }
    }

    /// Names of fields that our `.proto` does not list appear as numbers.
    private static func unknownFields(of message: some WireMessage) -> [Substring] {
        message.textFormatString().split(separator: "\n").filter { line in
            line.drop { $0 == " " }.first?.isNumber ?? true
        }
    }

    @Test(arguments: ["v1-join-vp8-simulcast.jsonl", "more-signals.jsonl"])
    func everyFrameIsReadAndWrittenTheSame(file: String) throws {
        let frames = try Self.frames(file)
        #expect(frames.count > 20)
        for frame in frames {
            let written: [UInt8]
            let unknown: [Substring]
            if frame.dir == "c2s" {
                let message = try LiveKitSignalRequest(decoding: frame.bytes)
                #expect(message.message != nil, "\(frame.kind)")
                (written, unknown) = (message.encoded(), Self.unknownFields(of: message))
                #expect(try LiveKitSignalRequest(decoding: written) == message)
            } else {
                let message = try LiveKitSignalResponse(decoding: frame.bytes)
                #expect(message.message != nil, "\(frame.kind)")
                (written, unknown) = (message.encoded(), Self.unknownFields(of: message))
                #expect(try LiveKitSignalResponse(decoding: written) == message)
            }
            #expect(unknown.isEmpty, "\(frame.kind)")
            // Go writes the fields of a oneof last, so there the order differs, but never the bytes as such.
            #expect(
                frame.kind == "request_response"
                    ? written.sorted() == frame.bytes.sorted() : written == frame.bytes)
        }
    }

    @Test func everyDataPacketIsReadAndWrittenTheSame() throws {
        let packets: [Golden.Packet] = try Golden.lines("datapackets.jsonl")
        #expect(packets.count == 5)
        for packet in packets {
            let message = try LiveKitDataPacket(decoding: packet.bytes)
            #expect(message.value != nil)
            #expect(message.encoded().sorted() == packet.bytes.sorted())
            #expect(Self.unknownFields(of: message).isEmpty)
        }
        let first = try LiveKitDataPacket(decoding: packets[0].bytes)
        #expect(first.sequence == 1)
        #expect(first.user.payloadBytes == Array("hello-reliable".utf8))
        #expect(first.user.topic == "t1")
    }

    @Test func unknownKindsAndFieldsAreTolerated() throws {
        // Field 99 of a response, an unknown enum value in a leave, an unknown field in a ping.
        #expect(try LiveKitSignalResponse(decoding: [0x9a, 0x06, 0x01, 0x00]).message == nil)
        let leave = try LiveKitSignalResponse(decoding: [0x42, 0x02, 0x10, 0x63])
        #expect(leave.leave.reason == .UNRECOGNIZED(99))
        let ping: [UInt8] = [0x82, 0x01, 0x04, 0x08, 0x01, 0x78, 0x02]
        #expect(try LiveKitSignalRequest(decoding: ping).encoded() == ping)
    }

    @Test func textFrames() throws {
        let message = try LiveKitSignalRequest(decodingJSON: #"{"pingReq":{"timestamp":"12"},"later":1}"#)
        #expect(message.pingReq.timestamp == 12)
        #expect(throws: WireMessageError.malformed) { try LiveKitSignalRequest(decodingJSON: "{") }
    }

    @Test func mapsHaveOneOrder() throws {
        var update = LiveKitUpdateParticipantMetadata()
        for index in 0..<50 { update.attributes["key\(index)"] = "value" }
        let first = LiveKitSignalRequest(.updateMetadata(update)).encoded()
        var reversed = LiveKitUpdateParticipantMetadata()
        for index in (0..<50).reversed() { reversed.attributes["key\(index)"] = "value" }
        #expect(LiveKitSignalRequest(.updateMetadata(reversed)).encoded() == first)
        let text = String(decoding: first, as: UTF8.self)
        let ten = try #require(text.range(of: "key10"))
        let eleven = try #require(text.range(of: "key11"))
        #expect(ten.lowerBound < eleven.lowerBound)
    }
}
