import Primitives
import RTC
import WireFormats

/// Reads `bytes` as a session description, and lets both sides of a negotiation meet it; must end without a
/// trap.
func fuzzSDP(_ bytes: UnsafeRawBufferPointer) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let description = try? SessionDescription(parsing: text) {
        // What was read can be written, and reads the same again.
        let written = description.text
        guard let again = try? SessionDescription(parsing: written) else {
            preconditionFailure("our own text was refused")
        }
        precondition(again.text == written)
    }
    var generator = SeededGenerator(seed: 1)
    let transport = LocalTransport(
        credentials: ICECredentials(using: &generator), fingerprint: Array(repeating: 7, count: 32))
    var answerer = Negotiator(configuration: .init(role: .answerer, cname: "fuzz"), generator: &generator)
    if (try? answerer.apply(offer: text)) != nil {
        let answer = answerer.makeAnswer(transport)
        precondition(answer.sections.count == answerer.sections.count)
        precondition((try? SessionDescription(parsing: answer.text)) != nil)
    }
    var offerer = Negotiator(configuration: .init(role: .offerer, cname: "fuzz"), generator: &generator)
    offerer.addReceiveSections(audio: 1, video: 1)
    offerer.addDataSection()
    _ = offerer.makeOffer(transport)
    if (try? offerer.apply(answer: text)) != nil { _ = offerer.makeOffer(transport) }
}
