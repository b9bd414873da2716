import Mustache
import Probe
import Results
import Scenario

/// Puts the page together.
struct PageBuilder {
    let content: RunContent
    let standings: [Standing]
    let headlines: Headlines
    let course: [Figure]
    let server: [Figure]
    let people: [Figure]
    /// Drawings by the figure's name; those that could not be drawn are missing.
    let drawings: [String: SVGDocument]
    let notes: [String]

    /// The page's HTML.
    func html() throws -> String {
        MustacheContentTypes.register(PageText.ContentType(), named: "PAGE")
        var library = MustacheLibrary()
        try library.register(PageTemplate.figure, named: "figure")
        try library.register(PageTemplate.page, named: "page")
        return library.render(values, withTemplate: "page") ?? ""
    }

    private var values: [String: Any] {
        let validity = VerdictSentence.validity(content)
        let deeds = EvidenceTables.deeds(content)
        let answers = EvidenceTables.answers(content)
        return [
            "text": PageText.fixed, "style": PageStyle.sheet, "title": PlainText.line(content.plan.title),
            "started": PlainText.line(content.facts[RunFact.started] ?? ""),
            "state": content.verdict.ending.rawValue, "word": VerdictSentence.word(content),
            "sentence": VerdictSentence.rest(content), "hasPromises": !content.verdict.judgements.isEmpty,
            "judgements": content.verdict.judgements.map(judgement), "cards": cards,
            "validityState": content.verdict.validity.isValid ? "valid" : "invalid",
            "validityWord": validity.word, "validityText": validity.text,
            "precision": VerdictSentence.precision,
            "notes": notes, "course": course.map(figure), "people": people.map(figure),
            "isServerKnown": ServerAccount.isKnown(content), "server": server.map(figure),
            "account": account, "losses": LossTable.table(content).html,
            "cohorts": EvidenceTables.cohorts(content, standings).html, "worst": worst,
            "facts": EvidenceTables.facts(content).html,
            "scenario": content.facts[RunFact.scenario] ?? "not stored",
            "hasDeeds": !deeds.rows.isEmpty, "deeds": deeds.html, "hasAnswers": !answers.rows.isEmpty,
            "answers": answers.html,
            "plan": EvidenceTables.plan(content).html, "hasMalformed": !content.malformed.isEmpty,
            "malformed": EvidenceTables.malformed(content).html,
            "paths": EvidenceTables.paths(content).html,
            "queries": (course + server + people).map { "-- \($0.name)\n\($0.query);" }.joined(
                separator: "\n\n"),
            "definitions": PageText.definitions.map { ["term": $0.term, "meaning": $0.meaning] },
        ]
    }

    /// What the server counted beside what we did.
    private var account: [String: Any] {
        let account = ServerAccount(content)
        return [
            "hasCounts": !account.counted.isEmpty, "counts": ServerAccount.table(account.counted).html,
            "censuses": account.listed.map { census in
                [
                    "moment": NumberText.moment(census.moment),
                    "table": ServerAccount.table(census.lines).html,
                ]
            },
            "failures": account.failures, "isShard": content.plan.shard != nil,
        ]
    }

    private func judgement(_ judgement: Judgement) -> [String: Any] {
        let text = JudgementText(judgement)
        let base = judgement.threshold.metric.unit == .meanOpinionScore ? 1.0 : 0
        return [
            "outcome": judgement.outcome.rawValue, "mark": text.mark, "outcomeWord": text.word,
            "threshold": text.threshold, "figure": text.figure, "limit": text.limit,
            "interval": text.interval,
            "count": text.count,
            "bar": judgement.value.map {
                Drawing.bar(
                    value: $0, limit: judgement.threshold.limit, base: base,
                    isKept: judgement.outcome == .held)
            } ?? "",
        ]
    }

    private var cards: [[String: Any]] {
        let builder = FigureBuilder(content)
        let totals = builder.whole.totals.map { $0[0] }
        let pictures = content.values.values(of: .joinFirstVideo).filter(\.isFinite)
        let sparks = [
            Drawing.spark(totals.map { Double($0.connected) }, base: 0),
            Drawing.spark(pictures, base: 0), Drawing.spark(totals.map(\.sound), base: 1),
            Drawing.spark(totals.map(\.frozen), base: 0),
        ]
        return zip(FourFigures(headlines).cards, sparks).map { card, spark in
            ["name": card.name, "figure": card.figure, "unit": card.unit, "note": card.note, "spark": spark]
        }
    }

    private func figure(_ figure: Figure) -> [String: Any] {
        let svg = drawings[figure.name]?.inline
        return [
            "name": figure.name, "title": figure.title, "svg": svg ?? "", "alternative": figure.alternative,
            "quantity": figure.quantity, "table": figure.table.html, "query": figure.query,
            "open": svg == nil,
            "summary": "Data and query: \(figure.table.rows.count) rows",
        ]
    }

    private var worst: [[String: Any]] {
        Standing.worst(standings, count: 10).map { standing in
            let person = standing.participant
            let story = Story(content.events.filter { $0.participant == person.id })
            let start = min(person.arrival, content.duration)
            return [
                "name": PlainText.line(person.name, limit: 60), "number": person.id,
                "role": PlainText.line(person.role, limit: 40), "room": content.roomName(person.room),
                "summary": Story.summary(standing), "story": story.text,
                "line": Drawing.story(
                    from: start, to: min(content.duration, max(start, person.ended ?? person.departure)),
                    of: content.duration, marks: story.marks),
            ]
        }
    }
}
