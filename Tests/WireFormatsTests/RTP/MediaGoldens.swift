import Foundation
import Primitives
import WireFormats

/// Recordings of real servers and SDKs, one JSON object or one row per line.
enum MediaGoldens {
    /// An RTP packet as an SDK published it, with the recorder's own reading of it.
    struct Uplink: Decodable {
        let ssrc: UInt32
        let pt: UInt8
        let seq: UInt16
        let ts: UInt32
        let m: Int
        /// Extension data in hexadecimal by id.
        let ext: [String: String]
        let pad: Int
        let hex: String
    }

    /// A decrypted packet of a downlink.
    struct Downlink: Decodable {
        let dir: String
        let layer: String
        let hex: String
    }

    /// A dependency descriptor as an SDK published it.
    struct Descriptor: Decodable {
        let codec: String
        let ssrc: UInt32
        let m: Int
        let ts: UInt32
        let dd: String
    }

    /// A packet of a VP9 picture as an SDK published it, with the start of its payload.
    struct VP9Packet: Decodable {
        let seq: UInt16
        let ts: UInt32
        let m: Int
        let dd: String
        let count: Int
        let start: String
    }

    static func vp9() throws -> [VP9Packet] { try lines("vp9-uplink.jsonl") }

    static func uplink() throws -> [Uplink] { try lines("rtp-uplink.jsonl") }

    static func downlink(_ layer: String) throws -> [[UInt8]] {
        try lines("downlink-plain.jsonl").filter { (packet: Downlink) in packet.layer == layer }.map {
            try bytes($0.hex)
        }
    }

    static func descriptors() throws -> [Descriptor] { try lines("dependency-descriptors.jsonl") }

    static func lines<Line: Decodable>(_ name: String) throws -> [Line] {
        try rows(name).map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    static func rows(_ name: String) throws -> [String] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: folder.appending(path: "Goldens/Media/" + name), encoding: .utf8)
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
    }

    static func bytes(_ hexadecimal: String) throws -> [UInt8] {
        guard let bytes = [UInt8](hexadecimal: hexadecimal) else { throw CocoaError(.fileReadCorruptFile) }
        return bytes
    }
}

/// Gives `body` a zeroed buffer and returns what it wrote.
func written(_ capacity: Int = 1500, _ body: (UnsafeMutableRawBufferPointer) -> Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: capacity)
    let count = bytes.withUnsafeMutableBytes { body($0) }
    return Array(bytes[..<count])
}

// The parsers take borrowed spans, which the macros of Swift Testing cannot take apart.

extension RTPHeader {
    static func parse(_ packet: [UInt8]) -> RTPHeader? { parse(packet.span.bytes) }

    mutating func removePadding(in packet: [UInt8]) -> Bool { removePadding(in: packet.span.bytes) }
}

extension RTPHeaderExtensions {
    init(packet: [UInt8], header: RTPHeader, map: HeaderExtensionMap) {
        self.init(packet: packet.span.bytes, header: header, map: map)
    }
}

extension RTPIdentifier {
    init?(packet: [UInt8], offset: Int, count: Int) {
        self.init(packet: packet.span.bytes, offset: offset, count: count)
    }
}

extension FrameTag {
    init?(tail: [UInt8]) { self.init(tail: tail.span.bytes) }
}

extension VP8PayloadDescriptor {
    static func parse(_ payload: [UInt8]) -> (descriptor: VP8PayloadDescriptor, byteCount: Int)? {
        parse(payload.span.bytes)
    }
}

extension VP8FrameHeader {
    static func parse(_ frame: [UInt8]) -> VP8FrameHeader? { parse(frame.span.bytes) }
}

extension VP9PayloadDescriptor {
    static func parse(_ payload: [UInt8]) -> (descriptor: VP9PayloadDescriptor, byteCount: Int)? {
        parse(payload.span.bytes)
    }
}

extension VP9FrameHeader {
    static func parse(_ frame: [UInt8], maximumTileColumns: Int = 0) -> VP9FrameHeader? {
        parse(frame.span.bytes, maximumTileColumns: maximumTileColumns)
    }
}

extension DependencyDescriptor {
    static func parse(_ bytes: [UInt8], known: DependencyStructure?) -> DependencyDescriptor? {
        parse(bytes.span.bytes, known: known)
    }
}

extension RTXPayload {
    static func originalHeader(
        of header: RTPHeader, in packet: [UInt8], ssrc: UInt32, payloadType: UInt8
    ) -> RTPHeader? {
        originalHeader(of: header, in: packet.span.bytes, ssrc: ssrc, payloadType: payloadType)
    }
}
