import RTC
import Testing

@Suite struct ICEServerURLTests {
    @Test(arguments: [
        ("stun:stun.example.org", ICEServerURL.Kind.stun, "stun.example.org", 3478),
        ("stun:192.0.2.7:3479", .stun, "192.0.2.7", 3479),
        ("turn:turn.example.org?transport=udp", .turn(.udp), "turn.example.org", 3478),
        ("turn:turn.example.org", .turn(.udp), "turn.example.org", 3478),
        ("turn:Turn.Example.org:80?transport=TCP", .turn(.tcp), "turn.example.org", 80),
        ("turns:turn.example.org:443?transport=tcp", .turn(.tls), "turn.example.org", 443),
        ("TURNS:turn.example.org", .turn(.tls), "turn.example.org", 5349),
        ("turn:[2001:db8::1]:3478?transport=udp", .turn(.udp), "2001:db8::1", 3478),
        ("turn:[::1]", .turn(.udp), "::1", 3478),
    ])
    func readsWhatServersHandOut(text: String, kind: ICEServerURL.Kind, host: String, port: UInt16) throws {
        let url = try #require(ICEServerURL(text))
        #expect(url.kind == kind)
        #expect(url.host == host)
        #expect(url.port == port)
    }

    @Test(arguments: [
        "", "turn", "turn:", "turn:?transport=udp", "http://turn.example.org", "turn://turn.example.org",
        "turn:host:0", "turn:host:65536", "turn:host:12a", "turn:host:", "turn:user@host", "turn:host/path",
        "turn:host?transport=", "turn:host?transport=sctp", "turn:host?x=1", "turns:host?transport=udp",
        "stuns:host", "turn:[::1", "turn:[]", "turn:ho st", "turn:h\u{0}st", "turn:[::1]x", "turn:[host]:1",
    ])
    func refusesEverythingElse(text: String) { #expect(ICEServerURL(text) == nil) }
}
