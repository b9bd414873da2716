/// Collects the lines of one m-section, whose codec attributes may come in any order.
struct MediaSectionParser {
    /// What was read so far, without codecs.
    var description: MediaDescription
    /// `a=rtpmap` by payload type, in the order of the text.
    private var maps: [CodecDescription] = []
    /// `a=fmtp` by payload type.
    private var parameters: [(payloadType: UInt8, value: String)] = []
    /// `a=rtcp-fb`; nil stands for `*`.
    private var feedback: [(payloadType: UInt8?, value: String)] = []

    /// Most entries of one kind in one section: a limit against hostile texts, far above what peers write.
    private static let maximumCount = 256

    /// Reads the value of an m-line.
    init(mediaLine: Substring, number: Int) throws(SDPParseError) {
        let fields = mediaLine.fields()
        guard fields.count >= 4 else { throw .malformedMediaLine(number) }
        // The port may be followed by "/<count>", RFC 8866 section 5.14.
        guard let port = UInt16(fields[1].splitOnce(at: UInt8(ascii: "/")).0) else {
            throw .malformedMediaLine(number)
        }
        description = MediaDescription(
            media: String(fields[0]), port: port, protocolName: String(fields[2]),
            formats: fields.dropFirst(3).prefix(Self.maximumCount).map(String.init))
    }

    /// Takes an attribute line of the section.
    mutating func readAttribute(
        _ name: Substring, _ argument: Substring?, number: Int
    ) throws(SDPParseError) {
        if try description.transport.readAttribute(name, argument, number: number) { return }
        let value = argument ?? ""
        switch name {
        case "mid": description.mid = String(value.trimmed)
        case "sendrecv", "sendonly", "recvonly", "inactive":
            description.direction = MediaDirection(rawValue: String(name)) ?? .sendReceive
        case "rtcp-mux": description.multiplexesRTCP = true
        case "rtcp-rsize": description.reducesRTCP = true
        case "bundle-only": description.isBundleOnly = true
        case "rtpmap": try readMap(value, number: number)
        case "fmtp":
            let (type, rest) = value.splitOnce(at: UInt8(ascii: " "))
            if let type = UInt8(type), let rest, parameters.count < Self.maximumCount {
                parameters.append((type, String(rest.trimmed)))
            }
        case "rtcp-fb":
            let (type, rest) = value.splitOnce(at: UInt8(ascii: " "))
            guard let rest, type == "*" || UInt8(type) != nil, feedback.count < Self.maximumCount * 8 else {
                return
            }
            feedback.append((UInt8(type), String(rest.trimmed)))
        case "extmap": try readExtension(value, number: number)
        case "msid":
            guard let id = Self.identification(value), description.msids.count < Self.maximumCount else {
                return
            }
            description.msids.append(id)
        case "ssrc": readSource(value)
        case "ssrc-group":
            let fields = value.fields()
            guard fields.count >= 2, description.sourceGroups.count < Self.maximumCount else { return }
            description.sourceGroups.append(
                SourceGroup(
                    semantics: String(fields[0]), sources: fields.dropFirst().compactMap { UInt32($0) }))
        case "rid":
            let fields = value.fields()
            guard fields.count >= 2,
                let direction = RestrictionIdentifier.Direction(rawValue: String(fields[1])),
                description.rids.count < Self.maximumCount
            else { return }
            description.rids.append(RestrictionIdentifier(id: String(fields[0]), direction: direction))
        case "simulcast": readSimulcast(value)
        case "candidate":
            guard description.candidates.count < Self.maximumCount else { return }
            description.candidates.append("candidate:\(value)")
        case "end-of-candidates": description.endsCandidates = true
        case "sctp-port": description.sctpPort = UInt16(value.trimmed)
        case "max-message-size": description.maximumMessageSize = Int(value.trimmed)
        default: break
        }
    }

    /// The section with its codecs, sorted by the m-line's formats.
    func finish() -> MediaDescription {
        var result = description
        guard result.kind == .audio || result.kind == .video else { return result }
        for format in result.formats {
            guard let type = UInt8(format), result.codec(type) == nil else { continue }
            guard var codec = maps.first(where: { $0.payloadType == type }) ?? Self.staticCodec(type) else {
                continue
            }
            codec.parameters = parameters.first { $0.payloadType == type }?.value ?? ""
            codec.feedback = feedback.filter { ($0.payloadType ?? type) == type }.map(\.value)
            result.codecs.append(codec)
        }
        return result
    }

    private mutating func readMap(_ value: Substring, number: Int) throws(SDPParseError) {
        let fields = value.fields()
        guard fields.count >= 2, let type = UInt8(fields[0]), type < 128 else {
            throw .malformedAttribute(number)
        }
        let parts = fields[1].fields(separatedBy: UInt8(ascii: "/"))
        guard parts.count >= 2, let rate = UInt32(parts[1]), rate > 0 else {
            throw .malformedAttribute(number)
        }
        guard maps.count < Self.maximumCount else { return }
        maps.append(
            CodecDescription(
                payloadType: type, name: String(parts[0]), clockRate: rate,
                channelCount: parts.count > 2 ? UInt8(parts[2]) : nil))
    }

    private mutating func readExtension(_ value: Substring, number: Int) throws(SDPParseError) {
        let fields = value.fields()
        guard fields.count >= 2 else { throw .malformedAttribute(number) }
        let (id, direction) = fields[0].splitOnce(at: UInt8(ascii: "/"))
        // Ids above 255 only park extensions during an offer (RFC 8285 section 6) and are never sent.
        guard let id = UInt16(id), id > 0 else { throw .malformedAttribute(number) }
        guard id < 256, description.extensions.count < Self.maximumCount else { return }
        description.extensions.append(
            HeaderExtensionDescription(
                id: UInt8(id), uri: String(fields[1]),
                direction: direction.flatMap { MediaDirection(rawValue: String($0)) }))
    }

    private mutating func readSource(_ value: Substring) {
        let (number, rest) = value.splitOnce(at: UInt8(ascii: " "))
        guard let ssrc = UInt32(number) else { return }
        let index: Int
        if let known = description.sources.firstIndex(where: { $0.ssrc == ssrc }) {
            index = known
        } else {
            guard description.sources.count < Self.maximumCount else { return }
            index = description.sources.count
            description.sources.append(SourceDescription(ssrc: ssrc))
        }
        let (attribute, argument) = (rest ?? "").trimmed.splitOnce(at: UInt8(ascii: ":"))
        switch attribute {
        case "cname": description.sources[index].cname = argument.map(String.init)
        case "msid": description.sources[index].msid = argument.flatMap(Self.identification)
        default: break
        }
    }

    private mutating func readSimulcast(_ value: Substring) {
        // Up to two pairs of direction and list, RFC 8853 section 5.1.
        let fields = value.fields()
        for index in stride(from: 0, to: fields.count - 1, by: 2) {
            let rids = fields[index + 1].fields(separatedBy: UInt8(ascii: ";")).prefix(Self.maximumCount)
                .compactMap { stream -> String? in
                    guard var first = stream.fields(separatedBy: UInt8(ascii: ",")).first else { return nil }
                    if first.utf8.first == UInt8(ascii: "~") { first = first.dropFirst() }
                    return first.isEmpty ? nil : String(first)
                }
            switch fields[index] {
            case "send": description.simulcastSend = rids
            case "recv": description.simulcastReceive = rids
            default: break
            }
        }
    }

    private static func identification(_ value: Substring) -> MediaStreamIdentification? {
        let fields = value.fields()
        guard let stream = fields.first else { return nil }
        return MediaStreamIdentification(
            stream: String(stream), track: fields.count > 1 ? String(fields[1]) : nil)
    }

    /// Payload types that need no `a=rtpmap`, RFC 3551 section 6.
    private static func staticCodec(_ payloadType: UInt8) -> CodecDescription? {
        switch payloadType {
        case 0: CodecDescription(payloadType: 0, name: "PCMU", clockRate: 8000)
        case 8: CodecDescription(payloadType: 8, name: "PCMA", clockRate: 8000)
        case 9: CodecDescription(payloadType: 9, name: "G722", clockRate: 8000)
        case 13: CodecDescription(payloadType: 13, name: "CN", clockRate: 8000)
        default: nil
        }
    }
}
