import Primitives
import Testing
import WireFormats

@Suite struct RTPHeaderWriterTests {
    static var everything: RTPHeaderExtensions {
        var extensions = RTPHeaderExtensions()
        extensions.mid = RTPIdentifier("12")
        extensions.rid = RTPIdentifier("f")
        extensions.audioLevel = .init(level: 55, isVoice: true)
        extensions.absoluteSendTime = 0x9880_1c
        extensions.transportSequenceNumber = 0xfffe
        extensions.captureTime = .init(ntp: 0x0123_4567_89ab_cdef, clockOffset: -2)
        extensions.playoutDelay = .init(minimum: .milliseconds(10), maximum: .milliseconds(400))
        return extensions
    }

    static func map(firstID: UInt8) -> HeaderExtensionMap {
        var map = HeaderExtensionMap()
        for (index, kind) in RTPExtensionKind.allCases.enumerated() { map[kind] = firstID + UInt8(index) }
        return map
    }

    func write(
        _ writer: RTPHeaderWriter, _ extensions: RTPHeaderExtensions, _ descriptor: [UInt8] = [],
        _ capacity: Int = 1500
    )
        -> [UInt8]
    {
        descriptor.withUnsafeBytes { descriptor in
            written(capacity) { buffer in
                writer.write(
                    marker: true, payloadType: 96, sequenceNumber: 0x1234, timestamp: 0x89ab_cdef,
                    ssrc: 0xcafe_f00d,
                    extensions: extensions, dependencyDescriptor: descriptor, into: buffer)
            }
        }
    }

    @Test(arguments: [(UInt8(1), UInt16(0xbede)), (6, 0xbede), (7, 0x1000), (200, 0x1000)])
    func whatIsWrittenIsRead(_ firstID: UInt8, _ profile: UInt16) throws {
        let map = Self.map(firstID: firstID)
        let descriptor: [UInt8] = [0x80, 0, 7]
        let bytes = write(RTPHeaderWriter(map: map), Self.everything, descriptor)
        let header = try #require(RTPHeader.parse(bytes))
        #expect(header.marker)
        #expect(header.payloadType == 96)
        #expect(header.sequenceNumber == 0x1234)
        #expect(header.timestamp == 0x89ab_cdef)
        #expect(header.ssrc == 0xcafe_f00d)
        #expect(header.extensionProfile == profile)
        #expect(header.payloadOffset == bytes.count)
        #expect(bytes.count.isMultiple(of: 4))
        var expected = Self.everything
        let read = RTPHeaderExtensions(packet: bytes, header: header, map: map)
        expected.dependencyDescriptor = read.dependencyDescriptor
        #expect(read == expected)
        let location = try #require(read.dependencyDescriptor)
        #expect(Array(bytes[location.offset..<location.offset + location.count]) == descriptor)
    }

    @Test func longDescriptorNeedsTheTwoByteForm() throws {
        let descriptor = [UInt8](repeating: 0xaa, count: 17)
        let short = write(
            RTPHeaderWriter(map: Self.map(firstID: 1)), Self.everything, Array(descriptor.dropLast()))
        let long = write(RTPHeaderWriter(map: Self.map(firstID: 1)), Self.everything, descriptor)
        #expect(RTPHeader.parse(short)?.extensionProfile == 0xbede)
        #expect(RTPHeader.parse(long)?.extensionProfile == 0x1000)
    }

    @Test func lengthDependsOnPresenceOnly() {
        let writer = RTPHeaderWriter(map: Self.map(firstID: 1))
        var other = Self.everything
        other.absoluteSendTime = 0
        other.transportSequenceNumber = 0
        other.audioLevel = .init(level: 0, isVoice: false)
        #expect(write(writer, other).count == write(writer, Self.everything).count)
    }

    @Test func writesNoBlockWithoutIDs() {
        let bytes = write(RTPHeaderWriter(map: HeaderExtensionMap()), Self.everything)
        #expect(bytes.count == RTPHeader.fixedByteCount)
        #expect(bytes.first == 0x80)
    }

    @Test(arguments: [0, 11, 12, 40])
    func writesNothingIntoTooSmallBuffers(_ capacity: Int) {
        #expect(write(RTPHeaderWriter(map: Self.map(firstID: 1)), Self.everything, [], capacity).isEmpty)
    }

    @Test func fitsTheDocumentedLength() {
        var extensions = Self.everything
        let longest = RTPIdentifier("1234567890123456")
        extensions.mid = longest
        extensions.rid = longest
        extensions.repairedRid = longest
        let bytes = write(RTPHeaderWriter(map: Self.map(firstID: 100)), extensions)
        #expect(bytes.count <= RTPHeaderWriter.maximumByteCount)
    }

    @Test func sendTimeCountsModulo64Seconds() {
        #expect(AbsoluteSendTime.encode(.seconds(1.0)) == 1 << 18)
        #expect(AbsoluteSendTime.encode(.seconds(64.5)) == 1 << 17)
        #expect(AbsoluteSendTime.encode(.seconds(-0.5)) == 0xfe_0000)
        let (before, after) = (
            AbsoluteSendTime.encode(.seconds(63.75)), AbsoluteSendTime.encode(.seconds(64.25))
        )
        #expect(AbsoluteSendTime.interval(from: before, to: after) == .milliseconds(500))
        #expect(AbsoluteSendTime.interval(from: after, to: before) == .milliseconds(-500))
    }
}
