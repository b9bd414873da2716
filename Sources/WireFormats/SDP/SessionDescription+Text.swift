extension SessionDescription {
    /// The description as text, with CRLF line ends.
    public var text: String {
        var lines = SDPLines()
        lines.add("v=0")
        lines.add("o=- \(sessionID) \(sessionVersion) IN IP4 127.0.0.1")
        lines.add("s=-")
        lines.add("t=0 0")
        if !bundle.isEmpty { lines.add("a=group:BUNDLE \(bundle.joined(separator: " "))") }
        if isICELite { lines.add("a=ice-lite") }
        if allowsMixedExtensions { lines.add("a=extmap-allow-mixed") }
        if let msidSemantic { lines.add("a=msid-semantic:\(msidSemantic)") }
        transport.write(to: &lines)
        for section in sections { section.write(to: &lines) }
        return lines.text
    }
}

extension MediaDescription {
    fileprivate func write(to lines: inout SDPLines) {
        lines.add("m=\(media) \(port) \(protocolName) \(formats.joined(separator: " "))")
        lines.add("c=IN IP4 0.0.0.0")
        for candidate in candidates { lines.add("a=\(candidate)") }
        if endsCandidates { lines.add("a=end-of-candidates") }
        transport.write(to: &lines)
        if !mid.isEmpty { lines.add("a=mid:\(mid)") }
        for header in extensions {
            let direction = header.direction.map { "/\($0.rawValue)" } ?? ""
            lines.add("a=extmap:\(header.id)\(direction) \(header.uri)")
        }
        lines.add("a=\(direction.rawValue)")
        for msid in msids { lines.add("a=msid:\(msid.text)") }
        if multiplexesRTCP { lines.add("a=rtcp-mux") }
        if reducesRTCP { lines.add("a=rtcp-rsize") }
        if isBundleOnly { lines.add("a=bundle-only") }
        for codec in codecs { codec.write(to: &lines) }
        for group in sourceGroups {
            lines.add(
                "a=ssrc-group:\(group.semantics) \(group.sources.map(String.init).joined(separator: " "))")
        }
        for source in sources {
            if let cname = source.cname { lines.add("a=ssrc:\(source.ssrc) cname:\(cname)") }
            if let msid = source.msid { lines.add("a=ssrc:\(source.ssrc) msid:\(msid.text)") }
        }
        for rid in rids { lines.add("a=rid:\(rid.id) \(rid.direction.rawValue)") }
        writeSimulcast(to: &lines)
        if let sctpPort { lines.add("a=sctp-port:\(sctpPort)") }
        if let maximumMessageSize { lines.add("a=max-message-size:\(maximumMessageSize)") }
    }

    private func writeSimulcast(to lines: inout SDPLines) {
        var lists: [String] = []
        if !simulcastSend.isEmpty { lists.append("send \(simulcastSend.joined(separator: ";"))") }
        if !simulcastReceive.isEmpty { lists.append("recv \(simulcastReceive.joined(separator: ";"))") }
        if !lists.isEmpty { lines.add("a=simulcast:\(lists.joined(separator: " "))") }
    }
}

extension TransportDescription {
    fileprivate func write(to lines: inout SDPLines) {
        if let iceUserFragment { lines.add("a=ice-ufrag:\(iceUserFragment)") }
        if let icePassword { lines.add("a=ice-pwd:\(icePassword)") }
        if !iceOptions.isEmpty { lines.add("a=ice-options:\(iceOptions.joined(separator: " "))") }
        if let fingerprint {
            let digits = Array("0123456789ABCDEF".utf8)
            let pairs = fingerprint.bytes.map {
                String(decoding: [digits[Int($0 >> 4)], digits[Int($0 & 15)]], as: UTF8.self)
            }
            lines.add("a=fingerprint:\(fingerprint.algorithm) \(pairs.joined(separator: ":"))")
        }
        if let setup { lines.add("a=setup:\(setup.rawValue)") }
    }
}

extension CodecDescription {
    fileprivate func write(to lines: inout SDPLines) {
        let channels = channelCount.map { "/\($0)" } ?? ""
        lines.add("a=rtpmap:\(payloadType) \(name)/\(clockRate)\(channels)")
        for kind in feedback { lines.add("a=rtcp-fb:\(payloadType) \(kind)") }
        if !parameters.isEmpty { lines.add("a=fmtp:\(payloadType) \(parameters)") }
    }
}

extension MediaStreamIdentification {
    fileprivate var text: String { track.map { "\(stream) \($0)" } ?? stream }
}

/// Lines with CRLF ends.
private struct SDPLines {
    /// What was added so far.
    var text = ""

    mutating func add(_ line: String) {
        text += line
        text += "\r\n"
    }
}
