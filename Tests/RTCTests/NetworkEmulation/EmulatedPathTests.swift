import Primitives
import RTC
import Testing

@Suite struct EmulatedPathTests {
    private static let peer = SocketAddress.loopback(port: 9)

    private func makePath(_ profile: NetworkPathProfile) -> EmulatedPath {
        EmulatedPath(profile: profile, generator: SeededGenerator(seed: 1))
    }

    private func admit(
        _ byte: UInt8, count: Int = 3, socket: Int32, at now: Double, into path: inout EmulatedPath
    ) {
        let datagram = [UInt8](repeating: byte, count: count)
        datagram.withUnsafeBytes {
            _ = path.admit($0, socket: socket, peer: Self.peer, now: .zero + .milliseconds(now))
        }
    }

    private struct Found {
        var milliseconds: Double
        var lastByte: UInt8
        var socket: Int32
    }

    /// Everything that has arrived by then.
    private func arrivals(_ path: inout EmulatedPath, by now: Double) -> [Found] {
        var room = [UInt8](repeating: 0, count: EmulatedPath.maximumDatagramSize)
        var found: [Found] = []
        room.withUnsafeMutableBytes { room in
            while let arrival = path.takeArrival(by: .zero + .milliseconds(now), into: room) {
                #expect(arrival.peer == Self.peer)
                found.append(
                    Found(
                        milliseconds: (arrival.instant - .zero).milliseconds,
                        lastByte: room[arrival.count - 1],
                        socket: arrival.socket))
            }
        }
        return found
    }

    @Test func datagramsArriveWhenDueWithTheirBytes() {
        var path = makePath(NetworkPathProfile(delay: .milliseconds(10)))
        #expect(path.deadline == nil)
        admit(1, socket: 7, at: 0, into: &path)
        admit(2, count: 1200, socket: 8, at: 5, into: &path)
        #expect(path.deadline == .zero + .milliseconds(10))
        #expect(arrivals(&path, by: 9.999).isEmpty)
        // Taken late, they still say when they arrived.
        let found = arrivals(&path, by: 99)
        #expect(found.map(\.milliseconds) == [10, 15])
        #expect(found.map(\.lastByte) == [1, 2])
        #expect(found.map(\.socket) == [7, 8])
        #expect(path.deadline == nil)
        #expect(path.statistics.delivered == 2)
    }

    @Test func duplicatesArriveTwiceAndLossesNever() {
        var path = makePath(NetworkPathProfile(lostOrdinals: [1], duplication: 1))
        for number in 0..<3 { admit(UInt8(number), socket: Int32(number), at: 0, into: &path) }
        #expect(arrivals(&path, by: 1).map(\.socket) == [0, 2, 0, 2])
    }

    @Test func aChangedProfileHoldsFromThenOn() {
        var path = makePath(NetworkPathProfile())
        admit(1, socket: 1, at: 0, into: &path)
        path.profile.delay = .milliseconds(4)
        admit(2, socket: 2, at: 0, into: &path)
        #expect(arrivals(&path, by: 9).map(\.milliseconds) == [0, 4])
    }

    @Test func aDatagramBeyondTheSlotIsNotHeld() {
        var path = makePath(NetworkPathProfile())
        admit(1, count: EmulatedPath.maximumDatagramSize + 1, socket: 1, at: 0, into: &path)
        #expect(path.deadline == nil)
    }

    @Test(.enabled(if: AllocationCounter.isConclusive))
    func steadyStateAllocatesNothing() {
        var path = makePath(NetworkPathProfile(delay: .milliseconds(10), loss: .random(0.1), duplication: 1))
        let datagram = [UInt8](repeating: 1, count: 1000)
        var room = [UInt8](repeating: 0, count: EmulatedPath.maximumDatagramSize)
        func pass(_ milliseconds: Range<Int>) {
            for millisecond in milliseconds {
                let now = Instant.zero + .milliseconds(Int64(millisecond))
                datagram.withUnsafeBytes { _ = path.admit($0, socket: 0, peer: Self.peer, now: now) }
                room.withUnsafeMutableBytes { room in
                    while path.takeArrival(by: now, into: room) != nil {}
                }
            }
        }
        pass(0..<500)
        #expect(AllocationCounter.count { pass(500..<2000) } == 0)
    }
}
