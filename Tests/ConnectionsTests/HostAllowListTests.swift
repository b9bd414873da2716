import Connections
import Primitives
import Testing

@Suite struct HostAllowListTests {
    @Test(arguments: ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST.", "room.localhost"])
    func loopbackIsAlwaysPermitted(host: String) {
        #expect(HostAllowList.loopbackOnly.permits(host: host))
    }

    @Test(arguments: [
        "example.org", "0.0.0.0", "10.0.0.1", "127.1", "0x7f.0.0.1", "2130706433", "", "localhost.evil.org",
    ])
    func everythingElseIsForbiddenUnlessNamed(host: String) {
        #expect(!HostAllowList.loopbackOnly.permits(host: host))
    }

    @Test(arguments: [
        ("visio.example.org", "visio.example.org", true),
        ("Visio.Example.org", "VISIO.example.ORG.", true),
        ("visio.example.org", "evil-visio.example.org", false),
        ("visio.example.org", "visio.example.org.evil.net", false),
        ("*.example.org", "a.example.org", true),
        ("*.example.org", "a.b.example.org", true),
        ("*.example.org", "example.org", false),
        ("*.example.org", ".example.org", false),
        ("*.example.org", "aexample.org", false),
        ("192.0.2.7", "192.0.2.7", true),
        ("192.0.2.7", "192.0.2.8", false),
        ("192.0.2.0/24", "192.0.2.200", true),
        ("192.0.2.0/24", "192.0.3.1", false),
        ("192.0.2.0/33", "192.0.2.1", false),
        ("0.0.0.0/0", "203.0.113.9", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("2001:db8::7", "[2001:DB8::7]", true),
        ("2001:db8::/32", "2001:db8:ffff::1", true),
        ("2001:db8::/32", "2001:db9::1", false),
        ("2001:db8::/96", "2001:db8::1:1", true),
        ("2001:db8::/96", "2001:db8::1:1:1", false),
    ])
    func patterns(pattern: String, host: String, isPermitted: Bool) {
        #expect(HostAllowList([pattern]).permits(host: host) == isPermitted)
    }

    @Test func resolvedAddressesCanBeAdded() throws {
        let address = try #require(SocketAddress(host: "192.0.2.7", port: 443))
        let list = HostAllowList(["visio.example.org"])
        #expect(!list.permits(address))
        #expect(list.allowing([address]).permits(address.with(port: 7882)))
        #expect(list.allowing([address]).permits(host: "visio.example.org"))
    }
}
