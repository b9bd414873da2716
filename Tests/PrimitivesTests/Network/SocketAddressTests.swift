import Primitives
import Testing

@Suite struct SocketAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1:5000", true), ("192.168.1.255", "192.168.1.255:5000", false),
        ("::1", "[0:0:0:0:0:0:0:1]:5000", true), ("::", "[0:0:0:0:0:0:0:0]:5000", false),
        ("fe80::1:2", "[fe80:0:0:0:0:0:1:2]:5000", false),
        ("2001:db8::", "[2001:db8:0:0:0:0:0:0]:5000", false),
        ("1:2:3:4:5:6:7:8", "[1:2:3:4:5:6:7:8]:5000", false),
    ])
    func readsLiterals(host: String, description: String, isLoopback: Bool) throws {
        let address = try #require(SocketAddress(host: host, port: 5000))
        #expect(address.description == description)
        #expect(address.isLoopback == isLoopback)
        #expect(SocketAddress(host: address.host, port: 5000) == address)
    }

    @Test(arguments: [
        "", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-4", "1..2.3", "+1.2.3.4", ":", ":::",
        "1::2::3",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", "12345::", "g::", "1:2:3:4:5:6:7:", "é::",
    ])
    func refusesOtherText(host: String) {
        #expect(SocketAddress(host: host, port: 1) == nil)
    }

    @Test func givesBytesInNetworkOrder() {
        #expect(SocketAddress(v4: 0x0102_0304, port: 1).addressBytes == [1, 2, 3, 4])
        #expect(
            SocketAddress(v6High: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10, port: 1).addressBytes
                == Array(1...16))
        #expect(SocketAddress.loopback(port: 7).with(port: 8) == SocketAddress(v4: 0x7f00_0001, port: 8))
        #expect(SocketAddress(v4: 1, port: 1) != SocketAddress(v6High: 0, low: 1, port: 1))
    }
}
