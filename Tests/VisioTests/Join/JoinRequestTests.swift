import Foundation
import Primitives
import Testing
import Visio

@Suite struct JoinRequestTests {
    private static func refusal(_ parameter: String) -> JoinRequestError? {
        do throws(JoinRequestError) {
            _ = try LiveKitJoinRequest(parameter: parameter)
            return nil
        } catch {
            return error
        }
    }

    private static func wrapped(
        _ compression: LiveKitWrappedJoinRequest.Compression, _ bytes: [UInt8]
    ) -> String {
        var wrapped = LiveKitWrappedJoinRequest()
        wrapped.compression = compression
        wrapped.joinRequest = Data(bytes)
        return Base64.encode(wrapped.encoded(), alphabet: .urlSafe)
    }

    /// The official SDK's request: gzip, and the offer that was captured beside it.
    @Test func officialRequestIsUnpacked() throws {
        let parameter = try Golden.text("py-1.2.1-join_request.b64url").trimmingCharacters(
            in: .whitespacesAndNewlines)
        let request = try LiveKitJoinRequest(parameter: parameter)
        #expect(request.clientInfo.sdk == .python)
        #expect(request.clientInfo.version == "1.2.1")
        #expect(request.clientInfo.protocol == 18)
        #expect(request.connectionSettings.autoSubscribe)
        #expect(request.publisherOffer.type == "offer")
        #expect(request.publisherOffer.sdp == (try Golden.text("py-1.2.1-v1-join-offer.sdp")))
    }

    @Test func ownRequestReadsBack() throws {
        var request = LiveKitJoinRequest()
        request.connectionSettings.autoSubscribe = true
        request.participantAttributes = ["b": "2", "a": "1", "c": "3"]
        request.publisherOffer.sdp = "v=0\r\n"
        #expect(try LiveKitJoinRequest(parameter: request.parameter()) == request)
        #expect(request.parameter().utf8.count.isMultiple(of: 4))
    }

    @Test func smallestLegalRequest() throws {
        #expect(try LiveKitJoinRequest(parameter: "EgA=") == LiveKitJoinRequest())
    }

    @Test func refusals() throws {
        #expect(Self.refusal("") == .missing)
        #expect(Self.refusal("EgA") == .undecodable, "padding is demanded")
        #expect(Self.refusal("E+A=") == .undecodable, "only the URL-safe alphabet")
        #expect(Self.refusal("!!!!") == .undecodable)
        #expect(Self.refusal("_____w==") == .malformed)
        #expect(Self.refusal(Self.wrapped(.none, [0xff])) == .malformed)
        #expect(Self.refusal(Self.wrapped(.gzip, [1, 2, 3])) == .malformed)
        #expect(Self.refusal(Self.wrapped(.UNRECOGNIZED(7), [])) == .malformed)
        let parameter = try Golden.text("py-1.2.1-join_request.b64url").trimmingCharacters(
            in: .whitespacesAndNewlines)
        let bytes = try #require(Base64.decode(parameter))
        var wrapped = try LiveKitWrappedJoinRequest(decoding: bytes)
        wrapped.joinRequest.removeLast(12)
        #expect(Self.refusal(Base64.encode(wrapped.encoded(), alphabet: .urlSafe)) == .malformed, "cut short")
    }

    /// Two kilobytes that unpack to a legal request with two mebibytes of metadata.
    @Test func bombsAreRefused() throws {
        let bomb = try Golden.text("two-mebibytes.gzip.b64").trimmingCharacters(in: .whitespacesAndNewlines)
        let bytes = try #require(Base64.decode(bomb))
        #expect(bytes.count < 3000)
        #expect(Self.refusal(Self.wrapped(.gzip, bytes)) == .malformed)
    }
}

@Suite struct JoinEndpointTests {
    @Test(arguments: [
        ("https://livekit.example.org", "wss://livekit.example.org/rtc/v1?"),
        ("ws://127.0.0.1:7880/", "ws://127.0.0.1:7880/rtc/v1?"),
        ("http://host/prefix", "ws://host/prefix/rtc/v1?"),
    ])
    func address(server: String, start: String) throws {
        let endpoint = try #require(
            JoinEndpoint(
                server: server, token: "t.o.k", options: JoinEndpoint.Options(transport: .query),
                request: LiveKitJoinRequest()))
        #expect(endpoint.url == start + "access_token=t.o.k&join_request=EgA%3D")
        #expect(endpoint.headers.isEmpty)
    }

    @Test func tokenInTheHeader() throws {
        let endpoint = try #require(
            JoinEndpoint(
                server: "ws://h", token: "t.o.k",
                options: JoinEndpoint.Options(transport: .header, userAgent: "Agent/1"),
                request: LiveKitJoinRequest()))
        #expect(endpoint.url == "ws://h/rtc/v1?join_request=EgA%3D")
        #expect(
            endpoint.headers == [
                HTTPMessageHeader(name: "Authorization", value: "Bearer t.o.k"),
                HTTPMessageHeader(name: "User-Agent", value: "Agent/1"),
            ])
        #expect(endpoint.validationURL == "http://h/rtc/v1/validate?join_request=EgA%3D")
    }

    /// Names and order of livekit-client 2.21 (`createConnectionParams`).
    @Test func twoConnectionsAreAskedForByQuery() throws {
        var request = LiveKitJoinRequest()
        request.clientInfo = ClientProfile.chrome.info
        request.connectionSettings.autoSubscribe = true
        request.connectionSettings.adaptiveStream = true
        let options = JoinEndpoint.Options(transport: .query)
        let endpoint = try #require(
            JoinEndpoint(dual: "wss://h/p", token: "t", options: options, request: request))
        #expect(
            endpoint.url
                == "wss://h/p/rtc?access_token=t&auto_subscribe=1&sdk=js&version=2.21.0&protocol=17"
                + "&client_protocol=2&adaptive_stream=1")
        request.reconnect = true
        request.participantSid = "PA_1"
        request.reconnectReason = .rrSignalDisconnected
        let again = try #require(
            JoinEndpoint(dual: "wss://h", token: "t", options: options, request: request))
        #expect(
            again.url
                == "wss://h/rtc?access_token=t&reconnect=1&sid=PA_1&auto_subscribe=1&sdk=js&version=2.21.0"
                + "&protocol=17&client_protocol=2&adaptive_stream=1&reconnect_reason=1")
        #expect(again.validationURL.hasPrefix("https://h/rtc/validate?access_token=t&reconnect=1"))
    }

    @Test func whatAQuerySaysComesBackOutOfIt() {
        var request = LiveKitJoinRequest()
        request.clientInfo = ClientProfile.native.info
        request.connectionSettings.autoSubscribe = false
        request.reconnect = true
        request.participantSid = "PA_1"
        request.reconnectReason = .rrPublisherFailed
        let items = request.queryItems.map { RequestTarget.Item(name: $0.name, value: $0.value) }
        #expect(LiveKitJoinRequest(query: RequestTarget(path: "/rtc", items: items)) == request)
        // A capture of the official Python SDK.
        let sdk = LiveKitJoinRequest(
            query: RequestTarget(
                parsing: "/rtc?sdk=python&os=Debian&os_version=12.0.0&protocol=18&client_protocol=2"
                    + "&adaptive_stream=0&version=1.2.1"))
        #expect(sdk.clientInfo.sdk == .python && sdk.clientInfo.protocol == 18)
        #expect(sdk.connectionSettings.autoSubscribe, "absent means yes here, unlike in a join request")
        #expect(!sdk.connectionSettings.adaptiveStream && !sdk.reconnect)
        let nonsense = LiveKitJoinRequest(
            query: RequestTarget(parsing: "/rtc?protocol=x&reconnect_reason=99&attributes=%%&sdk=toaster"))
        #expect(nonsense.clientInfo.protocol == 0 && nonsense.clientInfo.sdk == .unknown)
    }

    @Test func noAddress() {
        #expect(
            JoinEndpoint(
                server: "nonsense", token: "", options: JoinEndpoint.Options(transport: .query),
                request: LiveKitJoinRequest()) == nil)
    }
}

@Suite struct JoinAdmissionTests {
    private static let credentials = AccessToken.Credentials(key: "devkey", secret: "secret")
    private static let now: Int64 = 1_795_450_000

    private static func token(mayUpdate: Bool = false) -> String {
        var grant = VideoGrant(joining: "r1")
        grant.canUpdateOwnMetadata = mayUpdate
        return AccessToken(issuer: "devkey", identity: "u", video: grant, unixSeconds: now).signed(
            secret: "secret")
    }

    private static func admit(_ url: String, header: String? = nil) -> Result<JoinAdmission, JoinRefusal> {
        let headers = header.map { [HTTPMessageHeader(name: "Authorization", value: $0)] } ?? []
        let message = HTTPRequestMessage(method: "GET", url: url, headers: headers)
        do throws(JoinRefusal) {
            return .success(try JoinAdmission(message, credentials: credentials, unixSeconds: now))
        } catch {
            return .failure(error)
        }
    }

    /// The genuine server looks at the parameter, not at the path; on the newer path it demands it.
    @Test func theParameterDecidesOverTheMode() throws {
        let token = Self.token()
        #expect(try Self.admit("/rtc?access_token=\(token)&auto_subscribe=1").get().isDual)
        #expect(try !Self.admit("/rtc?access_token=\(token)&join_request=EgA%3D").get().isDual)
        #expect(try !Self.admit("/rtc/v1?access_token=\(token)&join_request=EgA%3D").get().isDual)
        guard case .failure(let refusal) = Self.admit("/rtc/v1?access_token=\(token)") else {
            Issue.record("let in without a join request")
            return
        }
        #expect(refusal == JoinRefusal(status: 400, text: "join_request is required"))
    }

    @Test func queryAndHeader() throws {
        let byQuery = try Self.admit("/rtc/v1?access_token=\(Self.token())&join_request=EgA%3D").get()
        #expect(byQuery.room == "r1")
        #expect(byQuery.token.identity == "u")
        let byHeader = try Self.admit("//rtc/v1?join_request=EgA%3D", header: "Bearer \(Self.token())").get()
        #expect(byHeader.grant == byQuery.grant)
    }

    @Test(
        arguments: [
            ("/rtc/v1?join_request=EgA%3D", nil, 401, "no permissions to access the room"),
            (
                "/rtc/v1?join_request=EgA%3D", "Basic x", 401,
                "invalid authorization header. Must start with Bearer "
            ),
            ("/rtc/v1?join_request=EgA%3D", "Bearer nonsense", 401, "invalid authorization token"),
            ("/rtc/v1", "good", 400, "join_request is required"),
            ("/rtc/v1?join_request=%21", "good", 400, "cannot base64 decode wrapped join request"),
        ] as [(String, String?, Int, String)])
    func refusals(url: String, header: String?, status: Int, text: String) {
        let header = header == "good" ? "Bearer \(Self.token())" : header
        guard case .failure(let refusal) = Self.admit(url, header: header) else {
            Issue.record("admitted")
            return
        }
        #expect(refusal == JoinRefusal(status: status, text: text))
        #expect(refusal.response.status == status)
        #expect(refusal.response.body == Array(text.utf8))
        #expect(refusal.response.header("access-control-allow-origin") == "*")
    }

    @Test func attributesNeedAGrant() throws {
        var request = LiveKitJoinRequest()
        request.participantAttributes = ["a": "1"]
        let query = "/rtc/v1?join_request=" + PercentEncoding.encode(request.parameter())
        guard case .failure(let refusal) = Self.admit(query, header: "Bearer \(Self.token())") else {
            Issue.record("admitted")
            return
        }
        #expect(refusal.status == 401)
        #expect(
            try Self.admit(query, header: "Bearer \(Self.token(mayUpdate: true))").get().request == request)
    }

    @Test func clientAndServerAgree() throws {
        var request = LiveKitJoinRequest()
        request.publisherOffer.sdp = "v=0\r\na=é\r\n"
        for transport in [JoinEndpoint.TokenTransport.query, .header] {
            let endpoint = try #require(
                JoinEndpoint(
                    server: "ws://h/p", token: Self.token(),
                    options: JoinEndpoint.Options(transport: transport), request: request))
            let target = try #require(CarrierURL(endpoint.url)).target
            #expect(RequestTarget(parsing: target).path == "/p/rtc/v1")
            #expect(try Self.admit(target, header: endpoint.headers.first?.value).get().request == request)
        }
    }
}
