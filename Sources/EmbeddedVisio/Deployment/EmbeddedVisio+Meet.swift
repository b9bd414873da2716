import FoundationEssentials
public import Primitives
public import Visio

/// Meet's REST API, the health check, and the way to LiveKit's signalling.
extension EmbeddedVisio {
    /// Takes one event from the HTTP and WebSocket carriers.
    public func receive(_ event: ServerCarrierEvent, now: Instant) {
        self.now = now
        guard !isSilent else { return }
        switch event {
        case .request(let exchange, let message):
            commands.append(.respond(exchange: exchange, respond(to: message)))
        case .upgradeRequested(let exchange, let message):
            admit(message, exchange: exchange)
        case .binary(let connection, let bytes):
            guard let session = sessionOfConnection[connection] else { return }
            guard let request = try? LiveKitSignalRequest(decoding: bytes) else {
                statistics.malformedSignals += 1
                return
            }
            handle(request, of: session)
        case .text(let connection, let text):
            guard let session = sessionOfConnection[connection] else { return }
            guard let request = try? LiveKitSignalRequest(decodingJSON: text) else {
                statistics.malformedSignals += 1
                return
            }
            handle(request, of: session)
        case .closed(let connection):
            signallingClosed(connection)
        }
    }

    private func respond(to message: HTTPRequestMessage) -> HTTPResponseMessage {
        let target = RequestTarget(parsing: message.url)
        let segments = target.path.split(separator: "/").map(String.init)
        switch segments.first {
        case nil:
            return HTTPResponseMessage(status: 200, text: "OK")
        case "__heartbeat__", "__lbheartbeat__":
            return HTTPResponseMessage(status: 200, text: "")
        case "rtc":
            return validate(message, target: target)
        case "api" where segments.count >= 3 && segments[1] == "v1.0":
            return meet(message, target: target, path: Array(segments[2...]))
        default:
            return HTTPResponseMessage(status: 404, text: "404 page not found")
        }
    }

    private func validate(_ message: HTTPRequestMessage, target: RequestTarget) -> HTTPResponseMessage {
        guard target.path == JoinEndpoint.validationPath else {
            return HTTPResponseMessage(status: 404, text: "")
        }
        do throws(JoinRefusal) {
            _ = try JoinAdmission(
                message, credentials: configuration.credentials,
                unixSeconds: configuration.wallClock.unixSeconds(at: now))
        } catch {
            return error.response
        }
        var response = HTTPResponseMessage(status: 200, text: "success")
        response.headers.append(HTTPMessageHeader(name: "Access-Control-Allow-Origin", value: "*"))
        return response
    }

    private func meet(
        _ message: HTTPRequestMessage, target: RequestTarget, path: [String]
    ) -> HTTPResponseMessage {
        switch (message.method, path.first, path.count) {
        case ("GET", "config", 1):
            return MeetReply.configuration(MeetConfiguration(liveKitURL: configuration.publicURL))
        case ("GET", "users", 2):
            return MeetReply.unauthenticated
        case ("GET", "rooms", 2):
            return room(key: path[1], username: target.value(of: "username"))
        case ("POST", "rooms", 1):
            return createRoom(message, username: target.value(of: "username"))
        case (_, "rooms", 1), (_, "rooms", 2), (_, "config", 1):
            return MeetReply.methodNotAllowed(message.method)
        default:
            return MeetReply.error(status: 404, detail: "Not found.")
        }
    }

    private func room(key: String, username: String?) -> HTTPResponseMessage {
        // An unknown room is open to everybody under its slug, as with ALLOW_UNREGISTERED_ROOMS.
        var room = registeredRooms[key] ?? MeetRoom(id: nil, slug: key)
        let name = room.id ?? room.slug
        room.entry = MeetRoom.Entry(
            url: configuration.publicURL, room: name, token: makeToken(room: name, username: username))
        return MeetReply.room(room)
    }

    private func createRoom(_ message: HTTPRequestMessage, username: String?) -> HTTPResponseMessage {
        let request = try? JSONDecoder().decode(RoomRequest.self, from: Data(message.body))
        guard let wish = request, !wish.name.isEmpty else {
            return MeetReply.error(status: 400, detail: "This field is required.")
        }
        guard registeredRooms[wish.name] == nil else { return MeetReply.slugTaken }
        var room = MeetRoom(id: makeUUID(), slug: wish.name, name: wish.name)
        registeredRooms[room.slug] = room
        if let id = room.id {
            registeredRooms[id] = room
            room.entry = MeetRoom.Entry(
                url: configuration.publicURL, room: id, token: makeToken(room: id, username: username))
        }
        return MeetReply.room(room, isNew: true)
    }

    private func makeToken(room: String, username: String?) -> String {
        let identity = makeUUID()
        let hue = identity.utf8.reduce(0) { ($0 * 31 + Int($1)) % 360 }
        let token = AccessToken(
            issuer: configuration.credentials.key, identity: identity, name: username ?? "Anonymous",
            attributes: ["color": "hsl(\(hue), 56%, 28%)", "room_role": "", "is_authenticated": "false"],
            video: VideoGrant(joining: room), unixSeconds: configuration.wallClock.unixSeconds(at: now))
        return token.signed(secret: configuration.credentials.secret)
    }

    private func makeUUID() -> String {
        var bytes = identifiers.bytes(16)
        bytes[6] = bytes[6] & 0x0f | 0x40  // RFC 9562 section 5.4: version 4, variant 10
        bytes[8] = bytes[8] & 0x3f | 0x80
        let text = bytes.hexadecimal
        var parts: [Substring] = []
        var start = text.startIndex
        for length in [8, 4, 4, 4, 12] {
            let end = text.index(start, offsetBy: length)
            parts.append(text[start..<end])
            start = end
        }
        return parts.joined(separator: "-")
    }
}

/// What `POST rooms/` asks for, as far as we look at it.
private struct RoomRequest: Decodable {
    var name: String
}
