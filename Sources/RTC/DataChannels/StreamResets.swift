import WireFormats

/// Which streams are being reset, in both directions (RFC 6525 section 5).
struct StreamResets {
    /// Streams of ours to be reset once their data is acknowledged.
    var wanted: [UInt16] = []
    /// Streams named in the request that is under way.
    var requested: [UInt16] = []
    /// The number of the request that is under way, or of the next one.
    private(set) var requestSequence: UInt32
    /// The last TSN we had given when the request was made.
    var requestLastTSN: UInt32 = 0
    /// Whether the peer understands RE-CONFIG.
    private(set) var isSupported = false

    /// The number of the peer's request that was handled last.
    private(set) var lastPeerRequest: UInt32 = 0
    /// What we answered to it.
    private var lastResult: SCTPReconfiguration.Result = .nothingToDo
    /// The answer to send.
    private(set) var answer = SCTPReconfiguration.response(responseSequence: 0, result: .nothingToDo)
    /// A request of the peer that waits for the data before it to arrive.
    private(set) var deferred: (lastTSN: UInt32, streams: [UInt16])?

    init(firstRequest: UInt32) { requestSequence = firstRequest }

    mutating func expect(firstPeerRequest: UInt32, isSupported: Bool) {
        lastPeerRequest = firstPeerRequest &- 1
        self.isSupported = isSupported
    }

    /// Takes in the peer's request to reset its streams; returns the streams to reset now.
    ///
    /// A request that was put off may come back under its old number or a new one; both occur in the field.
    mutating func receive(
        request: UInt32, lastTSN: UInt32, streams: [UInt16], cumulativeTSN: UInt32
    ) -> [UInt16]? {
        let isRepetition = request == lastPeerRequest
        guard isRepetition || request == lastPeerRequest &+ 1 else {
            answer = .response(responseSequence: request, result: .badSequence)
            return nil
        }
        if isRepetition, lastResult != .inProgress {
            settle(request, lastResult)
            return nil
        }
        if lastTSN.isAfter(cumulativeTSN) {
            deferred = (lastTSN, streams)
            settle(request, .inProgress)
            return nil
        }
        deferred = nil
        settle(request, .performed)
        return streams
    }

    /// Refuses a request of a kind we do not serve.
    mutating func refuse(request: UInt32) {
        if request == lastPeerRequest &+ 1 {
            settle(request, .denied)
        } else {
            answer = .response(responseSequence: request, result: .badSequence)
        }
    }

    /// The streams of a request that was put off, once the data before it has arrived.
    mutating func takeDeferred(cumulativeTSN: UInt32) -> [UInt16]? {
        guard let deferred, !deferred.lastTSN.isAfter(cumulativeTSN) else { return nil }
        self.deferred = nil
        settle(lastPeerRequest, .performed)
        return deferred.streams
    }

    /// Ends the request under way; returns its streams.
    mutating func finishRequest() -> [UInt16] {
        defer { requested = [] }
        requestSequence &+= 1
        return requested
    }

    private mutating func settle(_ request: UInt32, _ result: SCTPReconfiguration.Result) {
        lastPeerRequest = request
        lastResult = result
        answer = .response(responseSequence: request, result: result)
    }
}
