import Connections
import Testing
import Visio

@Suite(.timeLimit(.minutes(1))) struct HTTPCarrierTests {
    @Test func requestAndAnswerArriveWhole() async throws {
        let pair = try Pair()
        defer { pair.stop() }
        let sent = HTTPRequestMessage(
            method: "POST", url: pair.url("/api/v1.0/rooms/?username=Zo%C3%A9"),
            headers: [HTTPMessageHeader(name: "X-Test", value: "1")], body: Array("{}".utf8))
        pair.client.submit(.request(id: 3, sent), client: 1)
        guard case .request(let exchange, let received)? = await pair.serverEvents.next() else {
            Issue.record("no request")
            return
        }
        #expect(received.method == "POST")
        #expect(received.url == "/api/v1.0/rooms/?username=Zo%C3%A9")
        #expect(received.header("x-test") == "1")
        #expect(received.header("host") == "127.0.0.1:\(pair.server.port)")
        #expect(received.body == Array("{}".utf8))
        pair.server.submit(.respond(exchange: exchange, HTTPResponseMessage(status: 201, text: "made")))
        guard case .response(3, let response)? = await pair.clientEvents.next() else {
            Issue.record("no response")
            return
        }
        #expect(response.status == 201)
        #expect(response.body == Array("made".utf8))
        #expect(response.header("content-type") == "text/plain; charset=utf-8")
    }

    @Test func manyRequestsAreAnsweredEachWithItsOwn() async throws {
        let pair = try Pair()
        defer { pair.stop() }
        for id in 0..<50 {
            let message = HTTPRequestMessage(method: "GET", url: pair.url("/\(id)"))
            pair.client.submit(.request(id: id, message), client: id)
        }
        for _ in 0..<50 {
            guard case .request(let exchange, let message)? = await pair.serverEvents.next() else { continue }
            pair.server.submit(
                .respond(exchange: exchange, HTTPResponseMessage(status: 200, text: message.url)))
        }
        var seen = Set<Int>()
        for _ in 0..<50 {
            guard case .response(let id, let response)? = await pair.clientEvents.next() else { continue }
            #expect(response.body == Array("/\(id)".utf8))
            seen.insert(id)
        }
        #expect(seen.count == 50)
    }

    /// Whoever asked decides whether to follow, so that every hop is asked for, allowed and counted by itself.
    @Test(arguments: [("GET", 301, "/b"), ("GET", 302, "http://other.example.org/c"), ("POST", 307, "/b")])
    func redirectsAreAnswers(method: String, status: Int, location: String) async throws {
        let pair = try Pair(allow: HostAllowList(["other.example.org"]))
        defer { pair.stop() }
        pair.client.submit(
            .request(id: 1, HTTPRequestMessage(method: method, url: pair.url("/a"))), client: 1)
        guard case .request(let exchange, _)? = await pair.serverEvents.next() else {
            Issue.record("no request")
            return
        }
        let headers = [HTTPMessageHeader(name: "Location", value: location)]
        pair.server.submit(
            .respond(exchange: exchange, HTTPResponseMessage(status: status, headers: headers)))
        guard case .response(1, let response)? = await pair.clientEvents.next() else {
            Issue.record("no response")
            return
        }
        #expect(response.status == status)
        #expect(response.header("location") == location)
    }

    /// Several cookies are several headers, and all of them arrive.
    @Test func everyCookieArrives() async throws {
        let pair = try Pair()
        defer { pair.stop() }
        pair.client.submit(.request(id: 1, HTTPRequestMessage(method: "GET", url: pair.url("/a"))), client: 1)
        guard case .request(let exchange, _)? = await pair.serverEvents.next() else { return }
        let headers = ["a=1; Path=/", "b=2; Path=/"].map { HTTPMessageHeader(name: "Set-Cookie", value: $0) }
        pair.server.submit(.respond(exchange: exchange, HTTPResponseMessage(status: 200, headers: headers)))
        guard case .response(1, let response)? = await pair.clientEvents.next() else {
            Issue.record("no response")
            return
        }
        #expect(
            response.headers.filter { $0.name.lowercased() == "set-cookie" }.map(\.value) == [
                "a=1; Path=/", "b=2; Path=/",
            ])
    }

    @Test(arguments: ["http://example.org/", "https://192.0.2.1/", "http://127.0.0.1.evil.org/"])
    func foreignHostsAreForbidden(url: String) async throws {
        let pair = try Pair()
        defer { pair.stop() }
        pair.client.submit(.request(id: 1, HTTPRequestMessage(method: "GET", url: url)), client: 1)
        guard case .requestFailed(1, .forbidden)? = await pair.clientEvents.next() else {
            Issue.record("not forbidden")
            return
        }
        pair.client.submit(.openWebSocket(url: url, headers: []), client: 1)
        guard case .webSocketFailed(.forbidden)? = await pair.clientEvents.next() else {
            Issue.record("not forbidden")
            return
        }
    }

    @Test func nobodyListening() async throws {
        let pair = try Pair()
        pair.server.shutdown()
        defer { pair.client.shutdown() }
        pair.client.submit(.request(id: 1, HTTPRequestMessage(method: "GET", url: pair.url("/"))), client: 1)
        guard case .requestFailed(1, .unreachable)? = await pair.clientEvents.next() else {
            Issue.record("not unreachable")
            return
        }
        pair.client.submit(.openWebSocket(url: pair.url("/", scheme: "ws"), headers: []), client: 1)
        guard case .webSocketFailed(.unreachable)? = await pair.clientEvents.next() else {
            Issue.record("not unreachable")
            return
        }
    }

    @Test func bodiesOverTheLimitAreRefused() async throws {
        let pair = try Pair()
        defer { pair.stop() }
        let body = [UInt8](repeating: 0, count: (10 << 20) + 1)
        pair.client.submit(
            .request(id: 1, HTTPRequestMessage(method: "POST", url: pair.url("/"), body: body)), client: 1)
        switch await pair.clientEvents.next() {
        case .response(1, let response): #expect(response.status == 413)
        // The connection may close while we still send.
        case .requestFailed(1, .unreachable), .requestFailed(1, .protocolError): break
        case let other: Issue.record("\(String(describing: other))")
        }
        pair.client.submit(
            .request(id: 2, HTTPRequestMessage(method: "GET", url: pair.url("/next"))), client: 1)
        guard case .request(_, let message)? = await pair.serverEvents.next() else { return }
        #expect(message.url == "/next", "the refused request must not reach the machine")
    }

    @Test func onlyLoopbackIsServed() {
        #expect(throws: ServerCarrier.StartError.notLoopback("0.0.0.0")) {
            try ServerCarrier(host: "0.0.0.0", port: 0) { _ in }
        }
    }

    @Test func aTakenPortIsReported() throws {
        let first = try ServerCarrier(port: 0) { _ in }
        defer { first.shutdown() }
        #expect(throws: ServerCarrier.StartError.self) { try ServerCarrier(port: first.port) { _ in } }
    }
}
