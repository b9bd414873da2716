import Primitives
import Testing
import Visio

@Suite struct MeetReplyTests {
    private static func text(_ response: HTTPResponseMessage) -> String {
        String(decoding: response.body, as: UTF8.self)
    }

    @Test func registeredRoom() {
        var room = MeetRoom(id: "5f0c", slug: "abc-defg-hij", name: "Réunion")
        room.publishableSources = ["camera"]
        #expect(
            Self.text(MeetReply.room(room))
                == #"{"access_level":"public","configuration":{"can_publish_sources":["camera"]},"id":"5f0c","#
                + #""name":"Réunion","slug":"abc-defg-hij"}"#)
        room.entry = MeetRoom.Entry(url: "https://l", room: "5f0c", token: "t")
        #expect(Self.text(MeetReply.room(room)).contains(#""pin_code":null"#))
        #expect(
            Self.text(MeetReply.room(room)).contains(
                #""livekit":{"room":"5f0c","token":"t","url":"https://l"}"#))
    }

    @Test func unregisteredRoom() {
        #expect(
            Self.text(MeetReply.room(MeetRoom(id: nil, slug: "x")))
                == #"{"access_level":"public","id":null,"is_administrable":false,"slug":"x"}"#)
    }

    @Test func configuration() {
        let text = Self.text(MeetReply.configuration(MeetConfiguration(liveKitURL: "https://l")))
        #expect(
            text.contains(
                #""livekit":{"default_sources":["camera","microphone","screen_share","screen_share_audio"],"#
                    + #""enable_firefox_proxy_workaround":false,"force_wss_protocol":false,"url":"https://l"}"#
            ))
        #expect(text.contains(#""auto_mute_on_join_threshold":50"#))
        #expect(text.contains(#""idle_disconnect_warning_delay":null"#))
    }

    @Test func throttling() {
        let response = MeetReply.throttled(retryAfter: .seconds(0.2))
        #expect(response.header("retry-after") == "1")
        #expect(
            Self.text(response) == #"{"detail":"Request was throttled. Expected available in 1 second."}"#)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000+00:00"),
            (1_769_587_200_123_456_789, "2026-01-28T08:00:00.123456+00:00"),
            (1_709_164_800_000_000_000, "2024-02-29T00:00:00.000000+00:00"),
            (951_782_399_999_999_999, "2000-02-28T23:59:59.999999+00:00"),
        ] as [(Int64, String)])
    func times(nanoseconds: Int64, text: String) {
        #expect(MeetReply.time(nanoseconds) == text)
    }

    @Test func lobby() {
        let entry = LobbyEntry(status: .waiting, id: "5f", username: "Ada", color: "hsl(1, 2%, 3%)")
        #expect(
            Self.text(MeetReply.lobbyEntry(entry))
                == #"{"color":"hsl(1, 2%, 3%)","id":"5f","livekit":null,"status":"waiting","username":"Ada"}"#
        )
        #expect(
            Self.text(MeetReply.lobbyList([entry]))
                == #"{"participants":[{"color":"hsl(1, 2%, 3%)","id":"5f","status":"waiting","username":"Ada"}]}"#
        )
    }
}
