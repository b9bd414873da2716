import Primitives
import RTC
import Testing

@Suite struct InterarrivalJitterTests {
    @Test func agreesWithTheReferenceVectors() throws {
        var series: Substring?
        var jitter = InterarrivalJitter(clockRate: 1)
        var rowCount = 0
        for row in try goldenRows("rfc3550-jitter.csv") {
            let clockRate = try #require(UInt32(row[2]))
            if row[0] != series {
                series = row[0]
                jitter = InterarrivalJitter(clockRate: clockRate)
            }
            let timestamp = try #require(UInt32(row[3]))
            let arrival = Instant(nanoseconds: try #require(Int64(row[4])))
            jitter.receive(timestamp: timestamp, arrival: arrival)
            #expect(abs(jitter.units - (try #require(Double(row[5])))) < 1e-6)
            #expect(abs(jitter.interval.milliseconds - (try #require(Double(row[6])))) < 1e-5)
            #expect(jitter.integerUnits == UInt32(row[7]))
            rowCount += 1
        }
        #expect(rowCount == 490)
    }

    @Test func survivesARestartedClock() {
        var jitter = InterarrivalJitter(clockRate: 90_000)
        for index in 0..<50 {
            jitter.receive(timestamp: index % 2 == 0 ? 0 : 0x8000_0000, arrival: .ms(Double(index)))
        }
        #expect(jitter.units.isFinite)
    }
}
