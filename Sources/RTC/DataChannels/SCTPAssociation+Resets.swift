public import Primitives
import WireFormats

// Stream reset by RE-CONFIG (RFC 6525), which is how a data channel closes (RFC 8831 section 6.7).
extension SCTPAssociation {
    /// Streams that fit into one request.
    private static let streamsPerRequest = 256

    /// Whether the peer understands stream resets; known once the association is up.
    public var resetsStreams: Bool { resets.isSupported }

    /// Resets our direction of `stream` once its data is acknowledged; `outgoingReset` tells when it is done.
    public mutating func resetOutgoing(stream: UInt16, now: Instant) {
        self.now = now
        guard !resets.wanted.contains(stream), !resets.requested.contains(stream) else { return }
        resets.wanted.append(stream)
        beginReset()
    }

    /// Makes a request if streams wait for one and none is under way.
    mutating func beginReset() {
        guard !resets.wanted.isEmpty, resets.requested.isEmpty, state == .established else { return }
        guard resets.isSupported else {
            let streams = resets.wanted
            resets.wanted = []
            return events.append(.outgoingReset(streams: streams))
        }
        var ready: [UInt16] = []
        for stream in resets.wanted where !outbound.hasData(on: stream) {
            if ready.count < Self.streamsPerRequest { ready.append(stream) }
        }
        guard !ready.isEmpty else { return }
        resets.wanted.removeAll { ready.contains($0) }
        resets.requested = ready
        resets.requestLastTSN = outbound.lastTSN
        pending.insert(.resetRequest)
        timers.arm(.reconfiguration, at: now + timeout.current)
    }

    mutating func receiveReconfigure(_ value: RawSpan) throws(SCTPParseError) {
        guard state.acceptsData, state != .cookieEchoed else { return }
        var parameters = SCTPParameterReader(value)
        while let parameter = try parameters.next() {
            switch try SCTPReconfiguration(parameter, in: value) {
            case .resetOutgoing(let request, _, let lastTSN, let streams):
                let due = resets.receive(
                    request: request, lastTSN: lastTSN, streams: streams, cumulativeTSN: tracker.cumulative)
                if let due { resetIncoming(due) }
                pending.insert(.resetResponse)
            case .unsupported(let request):
                resets.refuse(request: request)
                pending.insert(.resetResponse)
            case .response(let sequence, let result):
                receiveResetResponse(sequence: sequence, result: result)
            case nil:
                continue
            }
        }
    }

    /// Serves a request that waited for data, once the data is there.
    mutating func serveDeferredReset() {
        guard let streams = resets.takeDeferred(cumulativeTSN: tracker.cumulative) else { return }
        resetIncoming(streams)
        pending.insert(.resetResponse)
    }

    private mutating func resetIncoming(_ streams: [UInt16]) {
        deliver()
        reassembler.reset(streams)
        events.append(.incomingReset(streams: streams))
    }

    private mutating func receiveResetResponse(sequence: UInt32, result: SCTPReconfiguration.Result) {
        guard !resets.requested.isEmpty, sequence == resets.requestSequence else { return }
        failures = 0
        if result == .inProgress {
            // The peer waits for our data; the same request is made again, without counting as a failure.
            timers.arm(.reconfiguration, at: now + timeout.current)
            return
        }
        timers.cancel(.reconfiguration)
        pending.remove(.resetRequest)
        let streams = resets.finishRequest()
        if result == .performed || result == .nothingToDo {
            for stream in streams { outbound.resetSequence(of: stream) }
        }
        events.append(.outgoingReset(streams: streams))
        beginReset()
    }
}
