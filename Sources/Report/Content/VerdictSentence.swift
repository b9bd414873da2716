import Results
import Scenario

/// The verdict in one sentence of plain words.
enum VerdictSentence {
    /// The word that stands before the sentence.
    static func word(_ content: RunContent) -> String {
        switch content.verdict.ending {
        case .held: content.verdict.judgements.isEmpty ? "Measured" : "Held"
        case .failed: "Failed"
        case .inconclusive: "Undecided"
        case .invalid: "Invalid"
        case .unreachable: "Not run"
        case .interrupted: "Interrupted"
        }
    }

    /// What follows the word.
    static func rest(_ content: RunContent) -> String {
        let judgements = content.verdict.judgements
        let kept = judgements.count { $0.outcome == .held }
        let promises =
            judgements.isEmpty
            ? "there were no promises to judge"
            : "\(kept) of \(NumberText.count(judgements.count, "promise")) kept"
        switch content.verdict.ending {
        case .held:
            return "\(crowd(content)) for \(NumberText.length(content.duration)); \(promises)."
        case .failed:
            let first = judgements.first { $0.outcome == .failed }
            return (first.map { breach($0, content) } ?? "a promise was broken") + "; \(promises)."
        case .inconclusive:
            let first = judgements.first { $0.outcome == .undecided }
            return "nothing was measured that decides “\(first?.threshold.text ?? "")”; \(promises)."
        case .invalid:
            return "these figures may not be used, because \(content.verdict.validity.reasons.first ?? "")."
        case .unreachable:
            return
                "none of \(NumberText.count(content.started.count, "participant")) could join\(cause(content))."
        case .interrupted:
            return
                "stopped after \(NumberText.length(content.duration)) of \(NumberText.length(content.phases.last?.end ?? 0)); "
                + "until then \(promises)."
        }
    }

    /// “24 participants in 4 rooms”.
    static func crowd(_ content: RunContent) -> String {
        let rooms = Set(content.participants.map(\.room)).count
        return NumberText.count(content.participants.count, "participant") + " in "
            + NumberText.count(rooms, "room")
    }

    /// What the broken promise meant to people: how many were on the wrong side of the limit.
    static func breach(_ judgement: Judgement, _ content: RunContent) -> String {
        let threshold = judgement.threshold
        let values = content.values.values(
            of: threshold.metric, phase: threshold.phase, cohort: threshold.cohort)
        let broken = values.count { !threshold.holds(for: $0) }
        let limit = NumberText.limit(threshold.limit, threshold.metric.unit)
        guard let phrase = phrase(threshold, limit), broken > 0, !values.isEmpty else {
            let value = judgement.value.map { NumberText.value($0, threshold.metric.unit) } ?? "nothing"
            return "\(threshold.metric.rawValue) \(threshold.statistic.rawValue) was \(value), "
                + "\(JudgementText.limit(threshold)) was promised"
        }
        return "\(NumberText.whole(broken)) of \(NumberText.count(values.count, "participant")) \(phrase)"
    }

    private static func cause(_ content: RunContent) -> String {
        var counts: [String: Int] = [:]
        for person in content.failed { counts[person.failedCause ?? "", default: 0] += 1 }
        let most = counts.filter { !$0.key.isEmpty }.max { ($0.value, $1.key) < ($1.value, $0.key) }
        return most.map { ": \(PlainText.line($0.key))" } ?? ""
    }

    /// What people on the wrong side of the limit lived through; nil for a limit from the unusual side.
    private static func phrase(_ threshold: Threshold, _ limit: String) -> String? {
        switch (threshold.metric.direction, threshold.comparison) {
        case (.lowerIsBetter, .less), (.lowerIsBetter, .lessOrEqual), (.higherIsBetter, .greater),
            (.higherIsBetter, .greaterOrEqual):
            break
        case (.lowerIsBetter, .equal) where threshold.metric.isYesOrNo: break
        default: return nil
        }
        return switch threshold.metric {
        case .joinLogin: "waited longer than \(limit) to be logged in"
        case .joinLobby: "waited longer than \(limit) in the lobby"
        case .joinAPI: "waited longer than \(limit) for a token"
        case .joinWebSocket, .joinSignalling: "waited longer than \(limit) for the room to answer"
        case .joinICE, .joinDTLS, .joinConnected: "waited longer than \(limit) to be connected"
        case .joinFirstPacket: "waited longer than \(limit) for the first packet"
        case .joinFirstAudio: "waited longer than \(limit) for the first sound"
        case .joinFirstKeyFrame, .joinFirstVideo: "waited longer than \(limit) for the first picture"
        case .joinFailed: "could not join, or were lost"
        case .reconnectTime: "were without their connection for longer than \(limit)"
        case .reconnectFailed: "lost their connection for good"
        case .pathFallback: "were not reached straight by UDP"
        case .pathRelayed: "were reached through a TURN server"
        case .audioLoss: "lost more than \(limit) of the sound for good"
        case .audioLossBeforeRepair: "lost more than \(limit) of the sound on the way"
        case .audioMOS: "heard sound below MOS \(limit)"
        case .audioR: "heard sound below R \(limit)"
        case .audioConcealment: "heard sound of which more than \(limit) was invented"
        case .audioDelay: "heard the others more than \(limit) late"
        case .audioJitter: "had more than \(limit) of jitter"
        case .videoLoss: "lost more than \(limit) of the picture for good"
        case .videoLossBeforeRepair: "lost more than \(limit) of the picture on the way"
        case .videoFreezeRatio: "saw the picture stand still for more than \(limit) of the time"
        case .videoFreezes: "saw more than \(limit) of freezes"
        case .videoFrameRate: "saw fewer than \(limit)"
        case .videoDelay: "saw the others more than \(limit) late"
        case .videoPSNR, .videoSSIM: "saw pictures worse than \(limit)"
        case .videoHeight: "saw pictures of fewer than \(limit)"
        case .videoLayerMatch: "got the layer they asked for in less than \(limit) of the pictures"
        case .videoBitrate: "received less than \(limit) of video"
        case .roundTrip: "had a round trip above \(limit)"
        case .chatDelay: "read the others' chat more than \(limit) late"
        case .handDelay: "saw hands more than \(limit) late"
        case .renameDelay: "saw new names more than \(limit) late"
        case .muteDelay: "saw mutes more than \(limit) late"
        case .kickDelay: "saw people go more than \(limit) after they were sent away"
        case .lobbyDelay: "waited longer than \(limit) behind the open door"
        case .actionsFailed: "could not do more than \(limit) of what they wanted to"
        case .actionsUnseen: "never noticed more than \(limit) of what the others did"
        case .serverCPU, .serverForwardLatency, .generatorCPU, .generatorLateness: nil
        }
    }
}
