import Foundation
import Primitives
import RTC
import WireFormats

/// The header of a packet without extensions.
func packet(_ sequenceNumber: UInt16, timestamp: UInt32 = 0, ssrc: UInt32 = 7, payloadCount: Int = 100)
    -> RTPHeader
{
    var bytes: [UInt8] = [0x80, 96]
    bytes += [UInt8(truncatingIfNeeded: sequenceNumber >> 8), UInt8(truncatingIfNeeded: sequenceNumber)]
    for word in [timestamp, ssrc] { bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
    bytes += [UInt8](repeating: 0, count: payloadCount)
    guard let header = RTPHeader.parse(bytes.span.bytes) else {
        preconditionFailure("a composed header is whole")
    }
    return header
}

extension Instant {
    /// The instant that lies `value` milliseconds after the start of the run.
    static func ms(_ value: Double) -> Instant { .zero + .milliseconds(value) }
}

/// Gives `body` a writer and returns the datagram.
func composed(_ capacity: Int = 1500, _ body: (inout RTCPWriter) -> Void) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: capacity)
    let count = bytes.withUnsafeMutableBytes { buffer in
        var writer = RTCPWriter(buffer)
        body(&writer)
        return writer.finish()
    }
    return Array(bytes[..<count])
}

/// The sequence numbers that the NACKs of a datagram ask for.
func requested(in datagram: [UInt8]) -> [UInt16] {
    var reader = RTCPReader(datagram.span.bytes)
    var numbers: [UInt16] = []
    while let packet = reader.next() {
        guard case .genericNACK(_, let entries) = packet else { continue }
        for index in 0..<entries.count { reader.nackEntry(index, of: entries).forEach { numbers.append($0) } }
    }
    return numbers
}

/// The rows of a golden table, without its head line.
func goldenRows(_ name: String) throws -> [[Substring]] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(contentsOf: folder.appending(path: "Goldens/" + name), encoding: .utf8)
    return text.split(whereSeparator: \.isNewline).dropFirst().map { $0.split(separator: ",") }
}
