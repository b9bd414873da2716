import Probe
import Results

/// What happened to one participant, in order of time.
struct Story {
    /// More lines than these would hide the story.
    private static let most = 12

    /// “0.4 s joining · 0.9 s connected · …”.
    let text: String
    /// The same as marks on a line.
    let marks: [Drawing.Mark]

    init(_ events: [RunFile.Event]) {
        var lines = events.prefix(Self.most).map { event in
            let detail = PlainText.line(event.text, limit: 120)
            return "\(NumberText.moment(event.at)) \(Self.word(event.kind))"
                + (detail.isEmpty ? "" : " (\(detail))")
        }
        if events.count > Self.most { lines.append("and \(events.count - Self.most) more") }
        text = lines.isEmpty ? "nothing was noted" : lines.joined(separator: " · ")
        marks = events.map { event in
            switch RunEvent.Kind(rawValue: event.kind) {
            case .failed, .disconnected: Drawing.Mark(at: event.at, ink: .vermillion, isTall: true)
            case .freeze: Drawing.Mark(at: event.at, ink: .orange, isTall: true)
            case .firstVideo, .reconnected: Drawing.Mark(at: event.at, ink: .green, isTall: true)
            default: Drawing.Mark(at: event.at, ink: .context, isTall: false)
            }
        }
    }

    /// What went wrong, or that nothing did.
    static func summary(_ standing: Standing) -> String {
        var parts: [String] = []
        let person = standing.participant
        if person.ending == .failed {
            let code = person.failedCode.map { " (\($0))" } ?? ""
            parts.append(
                "failed at \(PlainText.line(person.failedStage ?? "?", limit: 20)): "
                    + "\(PlainText.line(person.failedCause ?? "no cause is known", limit: 120))\(code)")
        }
        if let time = standing.firstPicture { parts.append("first picture: \(NumberText.time(time))") }
        if let frozen = standing.frozen { parts.append("frozen \(NumberText.percent(frozen))") }
        if let sound = standing.sound { parts.append("MOS \(NumberText.decimal(sound, 2))") }
        if let loss = standing.loss { parts.append("lost \(NumberText.percent(loss))") }
        return parts.isEmpty ? "nothing was measured" : parts.joined(separator: ", ")
    }

    private static func word(_ kind: String) -> String {
        switch RunEvent.Kind(rawValue: kind) {
        case .joining: "joining"
        case .connected: "connected"
        case .firstVideo: "first picture"
        case .freeze: "picture froze"
        case .path: "way"
        case .disconnected: "connection broke"
        case .reconnected: "connection back"
        case .failed: "failed"
        case .muted: "microphone"
        case .lobby: "lobby"
        case .deed: "did"
        case .published: "published"
        case .screen: "screen"
        case .left: "left"
        case .run: "run"
        case nil: PlainText.line(kind, limit: 20)
        }
    }
}
