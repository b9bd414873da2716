import Primitives
import WireFormats

/// Walks over `bytes` as an RTCP datagram and all that it holds; must end without a trap.
func fuzzRTCP(_ bytes: UnsafeRawBufferPointer) {
    var reader = RTCPReader(bytes.bytes)
    var count = 0
    while let packet = reader.next() {
        count += 1
        precondition(count <= bytes.count / 4)
        switch packet {
        case .senderReport(_, let blocks), .receiverReport(_, let blocks):
            for index in 0..<blocks.count { _ = reader.reportBlock(index, of: blocks) }
        case .sourceDescription(let list):
            var items = reader.sourceDescriptions(list)
            while let item = items.next() {
                precondition(item.offset + item.count <= bytes.count)
                _ = reader.text(of: item)
            }
        case .genericNACK(_, let entries):
            for index in 0..<entries.count { reader.nackEntry(index, of: entries).forEach { _ in } }
        case .fullIntraRequest(_, let entries):
            for index in 0..<entries.count { _ = reader.fullIntraRequest(index, of: entries) }
        case .goodbye(let ssrcs), .bitrateEstimate(_, _, let ssrcs):
            for index in 0..<ssrcs.count { _ = reader.ssrc(index, of: ssrcs) }
        case .transportFeedback(_, let header):
            var statuses = reader.transportStatuses(header)
            var statusCount = 0
            while statuses.next() != nil { statusCount += 1 }
            precondition(statusCount == header.statusCount)
        case .extendedReport(_, let list):
            var blocks = reader.extendedReportBlocks(list)
            while blocks.next() != nil {}
        case .pictureLossIndication, .other: break
        }
    }
}
