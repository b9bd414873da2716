import Foundation
import Primitives
import Testing
import Visio

/// Every parser of this target that reads what a stranger wrote; none may trap, whatever the bytes.
func fuzzVisio(_ bytes: UnsafeRawBufferPointer) {
    let array = Array(bytes)
    let text = String(decoding: array, as: UTF8.self)
    if let message = try? LiveKitSignalRequest(decoding: array) { _ = message.encoded() }
    if let message = try? LiveKitSignalResponse(decoding: array) { _ = message.encoded() }
    if let message = try? LiveKitDataPacket(decoding: array) { _ = message.encoded() }
    _ = try? LiveKitSignalRequest(decodingJSON: text)
    _ = try? LiveKitJoinRequest(parameter: text)
    _ = try? LiveKitJoinRequest(parameter: Base64.encode(array, alphabet: .urlSafe))
    var wrapped = LiveKitWrappedJoinRequest()
    wrapped.compression = .gzip
    wrapped.joinRequest.append(contentsOf: array)
    _ = try? LiveKitJoinRequest(parameter: Base64.encode(wrapped.encoded(), alphabet: .urlSafe))
    let credentials = AccessToken.Credentials(key: "devkey", secret: "secret")
    _ = try? AccessToken.verify(text, credentials: credentials, unixSeconds: 0)
    if let url = CarrierURL(text) { _ = (url.text, url.resolving(text), url.appending(path: text)) }
    _ = RequestTarget(parsing: text).text
    _ = ICECandidateInit(json: text)
    fuzzMeetClient(array)
    fuzzSignalClient(array)
}

private func fuzzMeetClient(_ bytes: [UInt8]) {
    var client = MeetClient(.init(baseURL: "http://127.0.0.1", purpose: .join(slug: "x"), username: "u"))
    client.start(now: .zero)
    client.receive(.response(id: 1, HTTPResponseMessage(status: 200, body: bytes)), now: .zero)
    client.receive(.response(id: 2, HTTPResponseMessage(status: 200, body: bytes)), now: .zero)
}

/// Cuts the bytes into frames of at most 255 and plays them to a client that has joined.
private func fuzzSignalClient(_ bytes: [UInt8]) {
    var client = SignalClient(.init(wallClock: WallClockOrigin(unixNanoseconds: 0)))
    client.start(url: "ws://127.0.0.1", token: "t", joinOffer: "v=0", now: .zero)
    client.receive(.webSocketOpened, now: .zero)
    client.receive(.binary([0x0a, 0x00]), now: .zero)
    var rest = bytes[...]
    while let count = rest.popFirst() {
        client.receive(.binary(Array(rest.prefix(Int(count)))), now: .zero)
        rest = rest.dropFirst(Int(count))
    }
    while client.nextCommand() != nil {}
    while client.nextEvent() != nil {}
}

@Suite struct VisioFuzzTests {
    private static let seeds: [[UInt8]] = [
        LiveKitSignalResponse(.update(update)).encoded(),
        LiveKitSignalResponse(.trickle(ICECandidateInit(candidate: "candidate:1").trickle)).encoded(),
        Array(#"{"livekit":{"url":"http://x"},"slug":"s","id":null}"#.utf8),
        Array("https://[::1]:80/a?b=%20c#d".utf8),
        Array("eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJkZXZrZXkiLCJzdWIiOiJhIn0.AAAA".utf8),
        [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 0x4c, 0x04, 0, 0x43, 0xbe, 0xb7, 0xe8, 1, 0, 0, 0],
    ]

    private static var update: LiveKitParticipantUpdate {
        var info = LiveKitParticipantInfo()
        info.sid = "PA_1"
        info.attributes = ["a": "b"]
        info.tracks = [LiveKitTrackInfo()]
        var update = LiveKitParticipantUpdate()
        update.participants = [info]
        return update
    }

    @Test(arguments: 0..<8)
    func mutationsDoNotTrap(seed: Int) {
        var generator = SeededGenerator(seed: 7).fork("visio", seed)
        for _ in 0..<400 {
            var bytes = Self.seeds[Int(generator.next() % UInt64(Self.seeds.count))]
            for _ in 0..<Int(generator.next() % 6) {
                let index = Int(generator.next() % UInt64(bytes.count + 1))
                let byte = UInt8(truncatingIfNeeded: generator.next())
                switch generator.next() % 4 {
                case 0: bytes.insert(byte, at: index)
                case 1 where index < bytes.count: bytes.remove(at: index)
                case 2 where index < bytes.count: bytes[index] = byte
                default: bytes = Array(bytes.prefix(index))
                }
            }
            bytes.withUnsafeBytes { fuzzVisio($0) }
        }
    }

    @Test(arguments: 0..<8)
    func noiseDoesNotTrap(seed: Int) {
        var generator = SeededGenerator(seed: 8).fork("visio", seed)
        for _ in 0..<200 {
            let bytes = generator.bytes(Int(generator.next() % 200))
            bytes.withUnsafeBytes { fuzzVisio($0) }
        }
    }
}
