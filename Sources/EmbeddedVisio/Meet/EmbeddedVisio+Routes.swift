import Primitives
import Visio

/// Which request is whose.
extension EmbeddedVisio {
    func respond(to message: HTTPRequestMessage) -> HTTPResponseMessage {
        let target = RequestTarget(parsing: message.url)
        if configuration.keepsAccessLog { accessLog.append("\(message.method) \(target.path)") }
        if let answer = fault(on: target.path) { return answer }
        let segments = target.path.split(separator: "/").map(String.init)
        switch segments.first {
        case nil:
            return HTTPResponseMessage(status: 200, text: message.method == "HEAD" ? "" : "OK")
        case "__heartbeat__", "__lbheartbeat__":
            return HTTPResponseMessage(status: 200, text: "")
        case "metrics":
            return metricsPage()
        case "twirp":
            return answerCensus(message)
        case "rtc":
            return validate(message, target: target)
        case "idp":
            return meet.provider.respond(
                to: message, options: configuration.meet, identifiers: &identifiers)
        case "api" where segments.count >= 3 && segments[1] == "v1.0":
            let request = MeetRequest(message: message, target: target, path: Array(segments[2...]))
            return redirectToSlash(request) ?? route(request)
        case "external-api" where segments.count >= 3 && segments[1] == "v1.0":
            return routeExternal(MeetRequest(message: message, target: target, path: Array(segments[2...])))
        default:
            return HTTPResponseMessage(status: 404, text: "404 page not found")
        }
    }

    private func fault(on path: String) -> HTTPResponseMessage? {
        for (index, fault) in configuration.meet.faults.enumerated() where path.hasSuffix(fault.path) {
            while meet.faultCounts.count <= index { meet.faultCounts.append(0) }
            guard meet.faultCounts[index] < fault.count else { continue }
            meet.faultCounts[index] += 1
            switch fault.answer {
            case .html(let status): return MeetReply.html(status: status, title: "Server Error")
            case .throttled(let wait): return MeetReply.throttled(retryAfter: wait)
            case .error(let status, let detail): return MeetReply.error(status: status, detail: detail)
            }
        }
        return nil
    }

    /// Django sends who forgot the slash at the end to the right place (`APPEND_SLASH`).
    private func redirectToSlash(_ request: MeetRequest) -> HTTPResponseMessage? {
        guard request.method == "GET", !request.target.path.hasSuffix("/") else { return nil }
        var target = request.target
        target.path += "/"
        return MeetReply.redirect(to: target.text, status: 301)
    }

    private func route(_ request: MeetRequest) -> HTTPResponseMessage {
        let path = request.path
        switch (request.method, path.first, path.count) {
        case ("GET", "config", 1): return MeetReply.configuration(meetConfiguration)
        case ("GET", "users", 2) where path[1] == "me": return showUser(request)
        case ("PUT", "users", 2), ("PATCH", "users", 2): return changeUser(request)
        case ("GET", "authenticate", 1): return authenticate(request)
        case ("GET", "callback", 1): return completeLogin(request)
        case ("GET", "rooms", 2): return showRoom(request)
        case ("POST", "rooms", 1): return createRoom(request)
        case ("PATCH", "rooms", 2): return changeRoom(request)
        case (_, "rooms", 3): return routeAction(request, path[2])
        case (_, "rooms", 1), (_, "rooms", 2), (_, "config", 1):
            return MeetReply.methodNotAllowed(request.method)
        default: return MeetReply.error(status: 404, detail: "Not found.")
        }
    }

    private func routeAction(_ request: MeetRequest, _ action: String) -> HTTPResponseMessage {
        switch (request.method, action) {
        case ("POST", "request-entry"): return requestEntry(request)
        case ("GET", "waiting-participants"): return listWaiting(request)
        case ("POST", "enter"): return decideEntry(request)
        case ("POST", "toggle-hand"): return toggleHand(request)
        case ("POST", "rename"): return rename(request)
        case ("POST", "mute-participant"): return muteParticipant(request)
        case ("POST", "update-participant"): return updateParticipant(request)
        case ("POST", "remove-participant"): return removeParticipant(request)
        default: return MeetReply.methodNotAllowed(request.method)
        }
    }

    private var meetConfiguration: MeetConfiguration {
        var meet = MeetConfiguration(liveKitURL: configuration.publicURL)
        meet.isSilentLoginEnabled = configuration.meet.isSilentLoginEnabled
        return meet
    }

    private func validate(_ message: HTTPRequestMessage, target: RequestTarget) -> HTTPResponseMessage {
        guard JoinEndpoint.validationPaths.contains(target.path),
            speaks(String(target.path.dropLast("/validate".count)))
        else {
            var response = HTTPResponseMessage(status: 404, text: "")
            // Scripts of any origin may read even that: it is how clients find out about an older server.
            response.headers.append(HTTPMessageHeader(name: "Access-Control-Allow-Origin", value: "*"))
            return response
        }
        do throws(JoinRefusal) {
            if isDown { throw JoinRefusal(status: 503, text: "the media server is being restarted") }
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

    func makeUUID() -> String {
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
