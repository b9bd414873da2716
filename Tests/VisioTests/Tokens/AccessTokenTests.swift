import Primitives
import Testing
import Visio

@Suite struct AccessTokenTests {
    private static let credentials = AccessToken.Credentials(key: "devkey", secret: "secret")
    private static let now: Int64 = 1_795_450_000

    private static func token(_ payload: String, algorithm: String = "HS256", secret: String = "secret")
        -> String
    {
        let parts = ["{\"alg\":\"\(algorithm)\",\"typ\":\"JWT\"}", payload].map {
            Base64.encode(Array($0.utf8), alphabet: .urlSafe, padded: false)
        }
        let head = parts.joined(separator: ".")
        let signature = HMAC.sha256(Array(head.utf8), key: Array(secret.utf8))
        return head + "." + Base64.encode(signature, alphabet: .urlSafe, padded: false)
    }

    private static func refusal(_ text: String, at time: Int64 = now) -> AccessTokenError? {
        do throws(AccessTokenError) {
            _ = try AccessToken.verify(text, credentials: credentials, unixSeconds: time).authorizeJoin()
            return nil
        } catch {
            return error
        }
    }

    @Test func signedTokensReadBack() throws {
        var token = AccessToken(
            issuer: "devkey", identity: "7b1c", name: "Zoé",
            attributes: ["color": "hsl(160, 56%, 28%)", "room_role": ""],
            video: VideoGrant(joining: "room/1"), unixSeconds: Self.now)
        token.metadata = "{}"
        let text = token.signed(secret: "secret")
        #expect(text == token.signed(secret: "secret"), "equal tokens give equal bytes")
        #expect(try AccessToken.verify(text, credentials: Self.credentials, unixSeconds: Self.now) == token)
        #expect(try token.authorizeJoin() == "room/1")
        #expect(token.expiresAt == Self.now + 21_600)
    }

    /// The example of RFC 7515 appendix A.1 fixes header, payload, key and signature; only the claims differ.
    @Test func signatureMatchesAnIndependentImplementation() {
        // openssl dgst -sha256 -hmac secret over the two segments below.
        let head = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJkZXZrZXkiLCJzdWIiOiJhIn0"
        let signature = HMAC.sha256(Array(head.utf8), key: Array("secret".utf8))
        var token = AccessToken(issuer: "devkey", identity: "a", video: nil, unixSeconds: 0)
        token.notBefore = nil
        token.expiresAt = nil
        #expect(
            token.signed(secret: "secret")
                == head + "." + Base64.encode(signature, alphabet: .urlSafe, padded: false))
        #expect(signature.hexadecimal == "85c519d66c7e17ecdaf7b29ad84551983cf46de976f748b774918bee090e3174")
    }

    @Test func meetsTokenWithItsNulls() throws {
        let text = Self.token(
            """
            {"name":"Anon","video":{"roomAdmin":false,"roomJoin":true,"room":"r","canPublish":true,\
            "canSubscribe":true,"canPublishData":true,"canPublishSources":["camera","microphone"],\
            "canUpdateOwnMetadata":false},"attributes":{"room_role":null,"is_authenticated":"false"},\
            "sub":"u","iss":"devkey","nbf":\(Self.now),"exp":\(Self.now + 21_600)}
            """)
        let token = try AccessToken.verify(text, credentials: Self.credentials, unixSeconds: Self.now)
        #expect(token.attributes == ["room_role": "", "is_authenticated": "false"])
        #expect(token.video?.mayPublish(source: .camera) == true)
        #expect(token.video?.mayPublish(source: .screenShare) == false)
        #expect(token.video?.permission.canPublishSources == [.camera, .microphone])
    }

    @Test(
        arguments: [
            (#"{"iss":"devkey","sub":"u","video":{"roomJoin":true,"room":"r"}}"#, nil),
            (#"{"iss":"devkey","jti":"u","video":{"roomJoin":true,"room":"r"}}"#, nil),
            (#"{"iss":"devkey","sub":"u","exp":1795449970,"video":{"roomJoin":true,"room":"r"}}"#, nil),
            (#"{"iss":"devkey","sub":"u","exp":1795449939,"video":{"roomJoin":true,"room":"r"}}"#, .expired),
            (#"{"iss":"devkey","sub":"u","exp":-1e300,"video":{"roomJoin":true,"room":"r"}}"#, .expired),
            (#"{"iss":"devkey","sub":"u","exp":1e300,"video":{"roomJoin":true,"room":"r"}}"#, nil),
            (#"{"iss":"devkey","sub":"u","nbf":1795450060,"video":{"roomJoin":true,"room":"r"}}"#, nil),
            (
                #"{"iss":"devkey","sub":"u","nbf":1795450061,"video":{"roomJoin":true,"room":"r"}}"#,
                .notYetValid
            ),
            (#"{"iss":"other","sub":"u","video":{"roomJoin":true,"room":"r"}}"#, .unknownKey("other")),
            (#"{"iss":"devkey","sub":"u"}"#, .noPermission),
            (#"{"iss":"devkey","sub":"u","video":{}}"#, .joinDenied),
            (#"{"iss":"devkey","sub":"u","video":{"roomJoin":false,"room":"r"}}"#, .joinDenied),
            (#"{"iss":"devkey","video":{"roomJoin":true,"room":"r"}}"#, .noIdentity),
            (#"{"iss":"devkey","sub":"u","video":{"roomJoin":true}}"#, .noRoom),
            (#"{"iss":"devkey","sub":7}"#, .malformed),
            (#"[]"#, .malformed),
            (#"{"#, .malformed),
        ] as [(String, AccessTokenError?)])
    func claims(payload: String, refusal: AccessTokenError?) {
        #expect(Self.refusal(Self.token(payload)) == refusal)
    }

    @Test func identitiesAreLimited() {
        let grant = #""video":{"roomJoin":true,"room":"r"}"#
        let fits = String(repeating: "x", count: 256)
        #expect(Self.refusal(Self.token(#"{"iss":"devkey","sub":"\#(fits)",\#(grant)}"#)) == nil)
        #expect(
            Self.refusal(Self.token(#"{"iss":"devkey","sub":"\#(fits)x",\#(grant)}"#)) == .identityTooLong)
    }

    @Test(arguments: ["none", "HS512", "RS256", "hs256"])
    func onlyHS256IsAccepted(algorithm: String) {
        let text = Self.token(#"{"iss":"devkey","sub":"u"}"#, algorithm: algorithm)
        #expect(Self.refusal(text) == .wrongAlgorithm(algorithm))
        let unsigned = text.split(separator: ".").prefix(2).joined(separator: ".") + "."
        #expect(Self.refusal(unsigned) == .wrongAlgorithm(algorithm))
    }

    @Test func anyChangedByteIsNoticed() {
        let text = Self.token(#"{"iss":"devkey","sub":"u","video":{"roomJoin":true,"room":"r"}}"#)
        #expect(Self.refusal(text) == nil)
        #expect(Self.refusal(Self.token(#"{"iss":"devkey","sub":"u"}"#, secret: "guess")) == .wrongSignature)
        let signature = text.utf8.lastIndex(of: UInt8(ascii: ".")).map {
            text.utf8.distance(from: text.utf8.startIndex, to: $0)
        }
        for index in 0..<text.utf8.count - 1 where index != signature {
            var bytes = Array(text.utf8)
            bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(Self.refusal(String(decoding: bytes, as: UTF8.self)) != nil, "byte \(index)")
        }
        #expect(Self.refusal(text + "AAAA") == .wrongSignature)
    }

    @Test(arguments: ["", ".", "..", "...", "a.b", "a.b.c", "nonsense", "é.é.é"])
    func whatIsNoToken(text: String) {
        #expect(Self.refusal(text) == .malformed)
    }

    @Test func textsNeverRepeatTheToken() {
        #expect(
            AccessTokenError.wrongSignature.text
                == "invalid token, error: token signature is invalid: signature is invalid")
        #expect(AccessTokenError.noPermission.status == 401)
        #expect(AccessTokenError.noRoom.status == 400)
    }

    /// A token that a genuine server gave out as refresh: its claims must be readable.
    @Test func genuineTokensAreRead() throws {
        let frames: [Golden.Frame] = try Golden.lines("v1-join-vp8-simulcast.jsonl")
        let frame = try #require(frames.first { $0.kind == "refresh_token" })
        let text = try LiveKitSignalResponse(decoding: frame.bytes).refreshToken
        let token = try AccessToken.verify(text, credentials: Self.credentials, unixSeconds: 1_795_449_466)
        #expect(token.identity == "sub")
        #expect(try token.authorizeJoin() == "v1-join-vp8-simulcast")
    }
}

@Suite struct VideoGrantTests {
    @Test func absentIsNotNo() {
        let grant = VideoGrant()
        #expect(grant.mayPublish && grant.maySubscribe && grant.mayPublishData && !grant.mayUpdateOwnMetadata)
        var silent = VideoGrant()
        silent.canPublish = false
        #expect(!silent.mayPublishData)
        #expect(!silent.mayPublish(source: .camera))
        #expect(grant.mayPublish(source: .screenShareAudio))
    }

    @Test func noSourcesMeansNoPublishing() {
        #expect(!VideoGrant(joining: "r", sources: []).mayPublish)
    }
}
