import Results
import Scenario

/// The four figures of the first screen in words.
struct FourFigures {
    /// One of them.
    struct Card {
        var name: String
        var figure: String
        var unit: String
        var note: String
    }

    var cards: [Card]

    init(_ headlines: Headlines) {
        let space = NumberText.thinSpace
        func parts(_ text: String) -> (String, String) {
            guard let gap = text.lastIndex(of: Character(space)) else { return (text, "") }
            return (String(text[..<gap]), String(text[text.index(after: gap)...]))
        }
        let picture = headlines.firstPicture.map { parts(NumberText.time($0)) } ?? ("–", "")
        let frozen = headlines.frozen.map { parts(NumberText.percent($0)) } ?? ("–", "")
        let interval = JudgementText.interval(headlines.firstPictureInterval, .time)
        cards = [
            Card(
                name: "Well served", figure: NumberText.whole(headlines.wellServed),
                unit: "of \(NumberText.count(headlines.started, "participant"))",
                note: headlines.started == 0
                    ? "nobody was started"
                    : NumberText.percent(Double(headlines.wellServed) / Double(headlines.started))
                        + " had nothing to complain about"),
            Card(
                name: "First picture, p95", figure: picture.0, unit: picture.1,
                note: headlines.firstPicture == nil
                    ? "no picture was due"
                    : interval.isEmpty
                        ? "of \(NumberText.count(headlines.firstPictureCount, "participant")), too few for an interval"
                        : "95 % interval: \(interval)"),
            Card(
                name: "Sound, p10", figure: headlines.sound.map { NumberText.decimal($0, 2) } ?? "–",
                unit: headlines.sound == nil ? "" : "MOS",
                note: headlines.goodSound.map { "good in \(NumberText.percent($0)) of stretches" }
                    ?? "nobody heard anything"),
            Card(
                name: "Picture frozen", figure: frozen.0,
                unit: frozen.1.isEmpty ? "" : frozen.1 + " of the time",
                note: headlines.frozenP95.map { "p95 of participants: \(NumberText.percent($0))" }
                    ?? "nobody saw any picture"),
        ]
    }
}
