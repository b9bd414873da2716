import Mustache

/// The page's fixed texts.
enum PageText {
    /// Headings and leads by the name they have in the template.
    static let fixed: [String: String] = [
        "promises": "Promises",
        "noPromises": "The scenario makes no promises, so this run has nothing to be judged by.",
        "course": "The story in time",
        "courseLead":
            "All figures share one time axis: where something broke shows as one moment going straight down. "
            + "Shading marks the phases of the scenario.",
        "server": "The server beside it",
        "serverLead":
            "What the server itself counted while the run went, on the same time axis: rates and percentiles are worked "
            + "out between the readings of its metrics pages. LiveKit brings its packet counts up to date every five "
            + "seconds, so they come that much later than ours.",
        "counts": "Its counts and ours",
        "countsLead":
            "The server's counters, from before the first join until after the last leave, beside what our participants "
            + "counted. Differences are shown with their causes where these are counted too; what is left has none that we "
            + "know of.",
        "countsShard": "This run is one share of a plan: the server also counts what the other shares did.",
        "census": "Who was there by the server's API, at",
        "people": "The people",
        "peopleLead": "How participants differed; an average alone would hide those who were served badly.",
        "cohorts": "Cohorts side by side",
        "deeds": "What people did",
        "deedsLead":
            "From the moment something was meant to be done until the others noticed; for kick until that person was gone, "
            + "for lobby until it had media.",
        "answers": "How long Meet took to answer",
        "answersLead": "Redirects and ordered waits are counted in.",
        "losses": "Where packets were lost",
        "lossesLead":
            "Packets that did not come by themselves, whatever brought them later. What a retransmission brings was at the "
            + "server and lost after it; of the rest the server's reports say how many it never sent, and its reports to "
            + "the sender how many of these never reached it (of simulcast at most, because layers cannot be told apart). "
            + "What no report covers, such as the last seconds of a call, is not assigned.",
        "worst": "The worst served",
        "worstLead":
            "Ordered by what a person would notice: who failed, then the longest wait for a picture, the longest "
            + "standing picture, the worst sound, the most loss. On each line of time: green the first picture, orange a "
            + "freeze, red a failure, grey the rest.",
        "evidence": "The evidence",
        "scenario": "The scenario as it was run",
        "plan": "What was planned",
        "malformed": "Malformed input from the target",
        "paths": "Ways to the media server",
        "noMalformed": "None was received.",
        "queries": "The queries behind the figures",
        "queriesLead":
            "Everything above comes from run.sqlite. Each of these gives the data of one figure; docs/run-file.md "
            + "explains every column.",
        "definitions": "What the words mean",
        "table": "Data and query",
    ]

    /// What the words of the report mean.
    static let definitions: [(term: String, meaning: String)] = [
        (
            "Well served",
            "The call did not fail; the first picture came within 5 s if one was due; the picture stood still for at "
                + "most 1 % of the time; and the sound had a MOS of at least 4.03, “satisfied” in ITU-T G.109."
        ),
        (
            "First picture",
            "From the moment the participant meant to join until the first frame of somebody else was whole and could "
                + "be decoded. Retries and waiting count. Who never got a picture that was due counts as slower than "
                + "everybody else."
        ),
        (
            "Sound, MOS",
            "Estimated by the wideband E-model (ITU-T G.107.1) from delay, loss and concealment of the packets that "
                + "arrived; 1 is bad, 4.5 excellent. Ratings are averaged on the model's R scale and only then turned "
                + "into MOS. p10 is the value that nine of ten participants reached."
        ),
        (
            "Frozen",
            "libwebrtc's rule: a picture has frozen when it stands for at least three times the mean frame time and at "
                + "least 150 ms longer than it. Stalls that had not ended are included."
        ),
        (
            "Lost on the way, lost for good",
            "Packets that were missing when their successors came; and those of them that neither retransmission nor "
                + "redundancy brought back."
        ),
        (
            "p50, p95, interval",
            "Percentiles by nearest rank over one value per participant. The interval holds the true percentile with "
                + "95 % confidence whatever the distribution; with few participants one side or both cannot be bounded."
        ),
        (
            "VALID",
            "The generator was not the limit: its threads were at most 80 % busy over any ten seconds, 99 % of its "
                + "seconds had no tick later than 50 ms, its sockets dropped nothing and no sample was lost."
        ),
    ]

    /// Escapes as `PlainText.escaped` does, which Mustache's own HTML escaping does not match: it looks at
    /// characters, and a quotation mark with a combining accent is none that it knows.
    struct ContentType: MustacheContentType {
        func escapeText(_ text: String) -> String { PlainText.escaped(text) }
    }
}
