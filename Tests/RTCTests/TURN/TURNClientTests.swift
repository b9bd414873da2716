import Primitives
import RTC
import Testing
import WireFormats

@Suite struct TURNClientTests {
    private let peer = TURNWorld.peerAddress
    private let media: [UInt8] = [0x80, 0x60, 0, 1, 2, 3, 4]
    private let check: [UInt8] = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42] + [UInt8](repeating: 3, count: 12)

    private func failure(_ world: TURNWorld) -> TURNFailure? {
        for case .failed(let failure) in world.events { return failure }
        return nil
    }

    @Test(arguments: TURNTransport.allCases)
    func getsARelayAndKeepsItsPromises(transport: TURNTransport) throws {
        let world = TURNWorld(transport: transport)
        world.start()
        // First without credentials, to learn realm and nonce.
        #expect(world.requests == [.allocate, .allocate])
        let relayed = try #require(world.client.relayedAddress)
        #expect(world.events == [.allocated(relayed: relayed, mapped: TURNWorld.clientAddress)])
        // Nothing passes before there is a permission.
        world.send(media)
        #expect(world.delivered.isEmpty)
        world.permit(peer)
        #expect(world.events.last == .permitted(peer))
        // Checks go as indications and bind no channel; what is no check binds one and goes by it afterwards.
        world.send(check)
        #expect(world.delivered == [check])
        #expect(world.requests.last == .createPermission && world.channelMessages == 0)
        world.send(media)
        #expect(world.requests.last == .channelBind && world.channelMessages == 0)
        world.send(media)
        world.send(check)
        #expect(world.channelMessages == 2)
        #expect(world.delivered == [check, media, media, check])
        #expect(world.received.map(\.bytes) == world.delivered)
        #expect(world.received.allSatisfy { $0.peer == peer })
        world.close()
        #expect(world.requests.last == .refresh)
        #expect(world.openRelays.isEmpty && world.client.state == .ended)
    }

    @Test func livesLongerThanWhatItWasGiven() throws {
        let world = TURNWorld()
        world.start()
        world.permit(peer)
        world.send(media)
        world.run(for: .seconds(3600))
        // The relay every 9 min, the permission every 4, the channel every 9: RFC 8656 less libwebrtc's minute.
        #expect(world.requests.count { $0 == .refresh } == 6)
        #expect(world.requests.count { $0 == .createPermission } == 16)
        #expect(world.requests.count { $0 == .channelBind } == 7)
        world.send(media)
        #expect(world.delivered.count == 2 && world.received.count == 2)
    }

    @Test func followsAFreshNonce() throws {
        let world = TURNWorld { $0.nonceLifetime = .seconds(100) }
        world.start()
        world.permit(peer)
        world.run(for: .seconds(3600))
        #expect(world.client.state == .allocated)
        world.send(media)
        #expect(world.delivered == [media])
        // Whatever was asked with an old nonce was refused with 438 and asked again.
        #expect(world.requests.count { $0 == .refresh } > 6)
        #expect(world.server?.statistics.refusals ?? 0 >= 15)
    }

    @Test func shortLivesAreRefreshedInTheirMiddle() {
        let world = TURNWorld { $0.lifetime = .seconds(20) }
        world.start()
        world.run(for: .seconds(95))
        #expect(world.requests.count { $0 == .refresh } == 9)
        #expect(world.openRelays.count == 1)
    }

    @Test func asksAgainWhatWasLost() {
        let world = TURNWorld()
        world.isLost = { number, _ in number <= 2 || number == 4 }
        world.start()
        world.run(for: .seconds(10))
        #expect(world.client.state == .allocated)
        #expect(world.server?.statistics.allocations == 1)
    }

    @Test func givesUpOnSilence() {
        let world = TURNWorld()
        world.isLost = { _, _ in true }
        world.start()
        world.run(for: .seconds(60))
        #expect(failure(world) == .noAnswer)
        #expect(world.requests.count == 7)
        #expect(world.client.deadline == nil)
    }

    @Test func aStreamIsAskedOnce() {
        let world = TURNWorld(transport: .tcp)
        world.isLost = { _, _ in true }
        world.start()
        world.run(for: .seconds(60))
        #expect(failure(world) == .noAnswer)
        #expect(world.requests.count == 1)
    }

    @Test func wrongPasswordsAreNotRepeated() {
        let world = TURNWorld(password: "wrong")
        world.start()
        #expect(failure(world) == .unauthorized)
        #expect(world.requests.count == 2)
        let stranger = TURNWorld(username: "nobody")
        stranger.start()
        #expect(failure(stranger) == .unauthorized)
    }

    @Test(arguments: [486, 508, 403, 500])
    func refusalsKeepTheirCode(code: Int) throws {
        let world = TURNWorld { $0.refusal = code }
        world.start()
        #expect(failure(world) == .refused(code: code, reason: "Refused on Purpose"))
        #expect(world.openRelays.isEmpty)
        let text = try #require(failure(world)).description
        #expect(text == "refused with \(code) Refused on Purpose")
    }

    @Test func quotasAreObeyed() {
        let world = TURNWorld { $0.quota = 0 }
        world.start()
        #expect(failure(world) == .refused(code: 486, reason: "Allocation Quota Reached"))
    }

    @Test func redirectionsAreToldAndNotFollowedBlindly() {
        let other = SocketAddress(v4: 0x0a00_0063, port: 3479)
        let world = TURNWorld { $0.alternate = other }
        world.start()
        #expect(world.events == [.redirected(other)])
        #expect(world.client.state == .ended)
    }

    @Test func forbiddenPeersAreDenied() {
        let world = TURNWorld()
        let stranger = SocketAddress(v4: 0x0808_0808, port: 53)
        world.start()
        world.permit(stranger)
        #expect(world.events.last == .denied(stranger, .refused(code: 403, reason: "Forbidden")))
        #expect(world.client.state == .allocated)
        world.permit(peer)
        #expect(world.events.last == .permitted(peer))
    }

    @Test func permissionsAreForAddresses() {
        let world = TURNWorld()
        world.start()
        world.permit(peer)
        let neighbour = peer.with(port: 9)
        world.permit(neighbour)
        #expect(world.events.suffix(2) == [.permitted(peer), .permitted(neighbour)])
        #expect(world.requests.count { $0 == .createPermission } == 1)
    }

    @Test func aForgottenRelayIsLost() {
        // The server forgets without a word: the next refresh is refused with 437.
        let world = TURNWorld(configure: { $0.lifetime = .seconds(600) })
        world.start()
        world.permit(peer)
        world.isLost = { _, method in method == .refresh }
        world.run(for: .seconds(700))
        world.isLost = { _, _ in false }
        world.run(for: .seconds(60))
        #expect(world.client.state == .ended)
        #expect(failure(world) != nil)
    }

    @Test func forgedAnswersChangeNothing() throws {
        let world = TURNWorld()
        world.start()
        world.permit(peer)
        let before = world.events.count
        var bytes = [UInt8](repeating: 0, count: 100)
        for messageClass in [STUNClass.success, .failure] {
            let count = bytes.withUnsafeMutableBytes { buffer in
                var writer = STUNWriter(
                    buffer, messageClass, .refresh, transactionID: STUNTransactionID(high: 9, low: 9))
                writer.write(.lifetime, 0)
                return writer.count
            }
            world.inject(Array(bytes[..<count]))
        }
        #expect(world.events.count == before)
        #expect(world.client.state == .allocated)
        // Data of a channel that was never bound is nobody's.
        world.inject([0x40, 0x77, 0, 1, 5, 0, 0, 0])
        #expect(world.received.isEmpty)
    }
}

extension TURNClientTests {
    @Test func unsignedSuccessIsNoSuccess() throws {
        let world = TURNWorld()
        // The second request shows credentials: its answer must bear a signature.
        world.isLost = { number, _ in number == 2 }
        world.start(for: .milliseconds(100))
        #expect(world.requests.count == 2)
        let id = try #require(world.lastRequest)
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = bytes.withUnsafeMutableBytes { buffer in
            var writer = STUNWriter(buffer, .success, .allocate, transactionID: id)
            writer.writeXORAddress(.xorRelayedAddress, peer)
            writer.writeMappedAddress(TURNWorld.clientAddress)
            writer.write(.lifetime, 600)
            return writer.count
        }
        world.inject(Array(bytes[..<count]))
        #expect(world.client.state == .allocating && world.events.isEmpty)
        world.run(for: .seconds(2))
        #expect(world.client.state == .allocated)
    }
}

@Suite struct TURNServerTests {
    private let peer = TURNWorld.peerAddress

    @Test func relaysEndWithTheirTime() {
        let world = TURNWorld { $0.lifetime = .seconds(30) }
        world.start()
        #expect(world.openRelays.count == 1)
        world.isLost = { _, _ in true }
        world.run(for: .seconds(31))
        #expect(world.openRelays.isEmpty)
    }

    @Test func permissionsEndWithTheirTime() {
        let world = TURNWorld()
        world.start()
        world.permit(peer)
        world.send([0x80, 1, 2])
        #expect(world.received.count == 1)
        world.isLost = { _, method in method == .createPermission || method == .channelBind }
        world.run(for: .seconds(590))
        // The channel's own permission is over as well.
        world.send([0x80, 1, 2])
        #expect(world.received.count == 1)
        #expect(world.server?.statistics.strays ?? 0 > 0)
    }

    @Test func countsWhatPasses() {
        let world = TURNWorld()
        world.start()
        world.permit(peer)
        for _ in 0..<3 { world.send([0x80, 1, 2]) }
        let statistics = world.server?.statistics
        #expect(statistics?.allocations == 1 && statistics?.datagramsOut == 3 && statistics?.datagramsIn == 3)
        #expect(statistics?.strays == 0 && statistics?.refusals == 0)
    }
}
