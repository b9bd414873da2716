import Primitives

extension SessionDescription {
    /// Reads a session description; lines may end in CRLF or LF.
    public init(parsing text: String) throws(SDPParseError) {
        guard text.utf8.count <= Self.maximumByteCount else { throw .tooLarge }
        self.init(sessionID: 0, sessionVersion: 0)
        var section: MediaSectionParser?
        var sessionDirection: MediaDirection?
        var hasVersion = false
        var hasOrigin = false
        var number = 0
        for raw in text.utf8.split(separator: 10, omittingEmptySubsequences: false) {
            number += 1
            let line = raw.last == 13 ? raw.dropLast() : raw
            if line.isEmpty { continue }
            guard line.count >= 2, line[line.index(after: line.startIndex)] == UInt8(ascii: "=") else {
                throw .malformedLine(number)
            }
            let letter = line[line.startIndex]
            let value = Substring(line.dropFirst(2))
            guard hasVersion || letter == UInt8(ascii: "v") else { throw .unsupportedVersion }
            switch letter {
            case UInt8(ascii: "v"):
                guard !hasVersion, value == "0" else { throw .unsupportedVersion }
                hasVersion = true
            case UInt8(ascii: "o"):
                try readOrigin(value)
                hasOrigin = true
            case UInt8(ascii: "m"):
                if let finished = section { sections.append(finished.finish()) }
                guard sections.count < Self.maximumSectionCount else { throw .tooManySections }
                section = try MediaSectionParser(mediaLine: value, number: number)
                if let sessionDirection { section?.description.direction = sessionDirection }
            case UInt8(ascii: "a"):
                let (name, argument) = value.splitOnce(at: UInt8(ascii: ":"))
                if section != nil {
                    // An attribute valid at both levels means the session only above the first m-line.
                    try section?.readAttribute(name, argument, number: number)
                    if name == "extmap-allow-mixed" { allowsMixedExtensions = true }
                } else {
                    try readAttribute(name, argument, number: number, direction: &sessionDirection)
                }
            default:
                break
            }
        }
        if let finished = section { sections.append(finished.finish()) }
        guard hasOrigin else { throw .malformedOrigin }
    }

    private mutating func readOrigin(_ value: Substring) throws(SDPParseError) {
        let fields = value.fields()
        guard fields.count == 6 else { throw .malformedOrigin }
        // Session ids of 64 bits with the top bit set exist although RFC 8829 forbids them.
        guard let id = UInt64(fields[1]), let version = UInt64(fields[2]) else { throw .malformedOrigin }
        sessionID = id
        sessionVersion = version
    }

    private mutating func readAttribute(
        _ name: Substring, _ value: Substring?, number: Int, direction: inout MediaDirection?
    ) throws(SDPParseError) {
        if try transport.readAttribute(name, value, number: number) { return }
        switch name {
        case "group":
            let fields = (value ?? "").fields()
            // Only the first BUNDLE group counts: there is one transport.
            if fields.first == "BUNDLE", bundle.isEmpty { bundle = fields.dropFirst().map(String.init) }
        case "ice-lite": isICELite = true
        case "extmap-allow-mixed": allowsMixedExtensions = true
        case "msid-semantic": msidSemantic = value.map { String($0.trimmed) }
        case "sendrecv", "sendonly", "recvonly", "inactive":
            direction = MediaDirection(rawValue: String(name))
        default: break
        }
    }
}

extension TransportDescription {
    /// Takes an attribute that belongs to a transport; false if it does not.
    mutating func readAttribute(
        _ name: Substring, _ value: Substring?, number: Int
    ) throws(SDPParseError) -> Bool {
        switch name {
        case "ice-ufrag": iceUserFragment = value.map { String($0.trimmed) }
        case "ice-pwd": icePassword = value.map { String($0.trimmed) }
        case "ice-options": iceOptions = (value ?? "").fields().map(String.init)
        case "setup":
            guard let setup = DTLSSetup(rawValue: String((value ?? "").trimmed)) else {
                throw .malformedAttribute(number)
            }
            self.setup = setup
        case "fingerprint":
            let fields = (value ?? "").fields()
            guard fields.count == 2 else { throw .malformedAttribute(number) }
            let algorithm = fields[0].lowercased()
            let pairs = fields[1].fields(separatedBy: UInt8(ascii: ":"))
            guard pairs.allSatisfy({ $0.utf8.count == 2 }), let bytes = [UInt8](hexadecimal: pairs.joined())
            else {
                throw .malformedAttribute(number)
            }
            let isBetter =
                fingerprint == nil || (fingerprint?.algorithm != "sha-256" && algorithm == "sha-256")
            if isBetter { fingerprint = CertificateFingerprint(algorithm: algorithm, bytes: bytes) }
        default: return false
        }
        return true
    }
}
