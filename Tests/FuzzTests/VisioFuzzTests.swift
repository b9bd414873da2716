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

/// Plays the bytes as every answer that Meet and an identity provider can give.
private func fuzzMeetClient(_ bytes: [UInt8]) {
    let browser = UserAgent(wallClock: WallClockOrigin(unixNanoseconds: 1_700_000_000_000_000_000))
    let text = String(decoding: bytes, as: UTF8.self)
    let headers = ["Set-Cookie", "Location", "Retry-After", "Content-Type"].map {
        HTTPMessageHeader(name: $0, value: text)
    }
    let account = Account(username: "u", password: "p")
    for visitor in [MeetClient.Visitor.guest, .account(account), .session] {
        var configuration = MeetClient.Configuration(
            baseURL: "http://127.0.0.1", purpose: .join(slug: "x"), username: "u")
        configuration.visitor = visitor
        for status in [200, 302, 401, 429, 500] {
            var client = MeetClient(configuration, browser: browser)
            client.start(now: .zero)
            // A good configuration and a login page lead on to the questions behind them.
            let good = MeetReply.configuration(MeetConfiguration(liveKitURL: "http://127.0.0.1"))
            client.receive(.response(id: 1, good), now: .zero)
            for id in 2..<12 {
                let status = id == 2 && status == 302 ? 401 : status
                client.receive(
                    .response(id: id, HTTPResponseMessage(status: status, headers: headers, body: bytes)),
                    now: .zero)
                client.tick(now: .seconds(Double(id)))
            }
            while client.nextCommand() != nil {}
            while client.nextEvent() != nil {}
        }
    }
    for form in HTMLForm.forms(in: bytes) {
        _ = (form.body(filling: [:]), form.usernameField, form.passwordField)
    }
    _ = CookieDate.unixSeconds(text)
    _ = Redaction(["secret"]).apply(to: text)
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
        LiveKitSignalResponse(.trickle(ICECandidateInit(candidate: "candidate:1").trickle())).encoded(),
        Array(#"{"livekit":{"url":"http://x"},"slug":"s","id":null}"#.utf8),
        Array("https://[::1]:80/a?b=%20c#d".utf8),
        Array(
            "sessionid=a; Path=/; Domain=x.fr; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure".utf8),
        Array(#"{"status":"waiting","id":"a","username":"u","color":"c","livekit":null}"#.utf8),
        Array(
            #"<form action="/x?a&amp;b" method=post><input name=u><input type=password name=p value='&#x2F;'>"#
                .utf8),
        Array("<select name=a><option value=1 selected></select><!-- <script><form>".utf8),
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
