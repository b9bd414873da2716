import Primitives
import Probe
import Scenario
import Visio

/// Asks LiveKit's API who is in our rooms, once for each phase in which nobody comes or goes.
struct CensusTaker {
    /// So long before a phase ends, everybody who is going to be in is in.
    private static let lead = Interval.seconds(2)

    private let api: ServerWatch.API
    private var moments: [Instant]
    /// Our rooms by the server's names: id and name.
    private var rooms: [String: String] = [:]
    private var current: ServerCensus?
    private var awaited = 0
    private var finished: ServerCensus?

    init(api: ServerWatch.API, phases: [PlannedPhase]) {
        self.api = api
        moments = phases.filter { $0.kind == .hold }.map { phase in
            .zero + phase.end - min(Self.lead, (phase.end - phase.start) / 2)
        }
        moments.reverse()
    }

    /// When the next census is due; nil while one is under way.
    var deadline: Instant? { current == nil ? moments.last : nil }

    /// Notes a room of ours.
    mutating func note(_ session: ServerSession) { rooms[session.room] = session.roomName }

    /// Begins a census with the list of rooms.
    mutating func begin(now: Instant, unixSeconds: Int64) -> HTTPRequestMessage? {
        moments.removeLast()
        current = ServerCensus(askedAt: now)
        let request = RoomService.roomsRequest(
            server: api.url, credentials: api.credentials, unixSeconds: unixSeconds)
        if request == nil { end("the API's address is no URL", now: now) }
        return request
    }

    /// Takes the list of rooms, and asks for the participants of those that are ours.
    mutating func receiveRooms(
        _ answer: Result<HTTPResponseMessage, CarrierFailure>, now: Instant, unixSeconds: Int64
    ) -> [(room: String, request: HTTPRequestMessage)] {
        guard current != nil else { return [] }
        guard
            let listed = read(
                answer, now: now,
                { message throws(RoomService.Failure) in
                    try RoomService.rooms(in: message)
                })
        else { return [] }
        var requests: [(room: String, request: HTTPRequestMessage)] = []
        for room in listed {
            guard rooms[room.sid] == room.name else {
                current?.otherRooms += 1
                continue
            }
            let request = RoomService.participantsRequest(
                room: room.name, server: api.url, credentials: api.credentials, unixSeconds: unixSeconds)
            if let request { requests.append((room.sid, request)) }
        }
        awaited = requests.count
        if awaited == 0 { end(nil, now: now) }
        return requests
    }

    /// Takes the participants of one room.
    mutating func receiveParticipants(
        _ answer: Result<HTTPResponseMessage, CarrierFailure>, room: String, now: Instant
    ) {
        guard current != nil else { return }
        awaited -= 1
        let listed = read(answer, now: now) { message throws(RoomService.Failure) in
            try RoomService.participants(in: message)
        }
        guard let listed else { return }
        let tracks = listed.flatMap(\.tracks)
        current?.rooms.append(
            ServerCensus.Room(
                id: room, participants: listed.count, active: listed.count { $0.isActive },
                audioTracks: tracks.count { $0.type == "AUDIO" },
                videoTracks: tracks.count { $0.type == "VIDEO" }, sessions: listed.map(\.sid).sorted()))
        if awaited == 0 { end(nil, now: now) }
    }

    /// A census that is over.
    mutating func takeFinished() -> ServerCensus? {
        defer { finished = nil }
        return finished
    }

    private mutating func end(_ failure: String?, now: Instant) {
        guard var census = current else { return }
        census.failure = failure
        census.answeredAt = now
        census.rooms.sort { $0.id < $1.id }
        finished = census
        current = nil
        awaited = 0
    }

    /// What an answer says; nil, and the census is over, when it says nothing.
    private mutating func read<Value>(
        _ answer: Result<HTTPResponseMessage, CarrierFailure>, now: Instant,
        _ body: (HTTPResponseMessage) throws(RoomService.Failure) -> Value
    ) -> Value? {
        switch answer {
        case .failure(let failure): end(FailureText.of(failure), now: now)
        case .success(let message):
            do throws(RoomService.Failure) {
                return try body(message)
            } catch {
                switch error {
                case .denied: end("the API refused the key", now: now)
                case .refused(let status, let code): end("the API answered \(status), \(code)", now: now)
                case .malformed: end("the API's answer is not of its form", now: now)
                }
            }
        }
        return nil
    }
}
