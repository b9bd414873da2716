import LoadGen
import Primitives
import Probe
import Scenario
import Testing
import Visio

@Suite struct ServerWatchTests {
    private static let hold = PlannedPhase(
        name: "hold", kind: .hold, span: TimeSpan(start: .seconds(Int64(0)), end: .seconds(Int64(60))))

    private func watch(
        _ intervals: [Int64] = [5], api: Bool = false, authorization: String? = nil
    ) -> ServerWatch {
        ServerWatch(
            pages: intervals.enumerated().map { index, interval in
                ServerWatch.Page(
                    name: "p\(index)", url: "http://127.0.0.1:\(6000 + index)/metrics",
                    interval: .seconds(interval),
                    authorization: authorization)
            },
            api: api
                ? ServerWatch.API(url: "ws://127.0.0.1:7880", credentials: .init(key: "k", secret: "s"))
                : nil,
            phases: [Self.hold], wallClock: WallClockOrigin(unixNanoseconds: 1_769_587_200_000_000_000))
    }

    private func requests(_ watch: inout ServerWatch) -> [(id: Int, message: HTTPRequestMessage)] {
        watch.takeCommands().compactMap { command in
            guard case .request(let id, let message) = command else { return nil }
            return (id, message)
        }
    }

    /// Reads page after page at its beat, each answered at once, and returns everything that was seen.
    private func read(_ pages: [String]) -> ServerBatch {
        var watch = watch()
        for (index, page) in pages.enumerated() {
            let now = Instant.seconds(Double(index * 5))
            watch.tick(now: now)
            for request in requests(&watch) {
                watch.receive(
                    .response(id: request.id, HTTPResponseMessage(status: 200, text: page)),
                    now: now + .milliseconds(2))
            }
        }
        return watch.takeBatch()
    }

    @Test func pagesAreReadOnTheirBeat() {
        var watch = watch([5, 15], authorization: "Basic dTpw")
        #expect(watch.deadline == .zero)
        watch.tick(now: .zero)
        let first = requests(&watch)
        #expect(
            first.map(\.message.url) == ["http://127.0.0.1:6000/metrics", "http://127.0.0.1:6001/metrics"])
        #expect(
            first.allSatisfy {
                $0.message.method == "GET" && $0.message.header("Authorization") == "Basic dTpw"
            })
        // A page that has not answered is not asked again.
        #expect(watch.deadline == nil && !watch.isQuiet)
        for request in first {
            watch.receive(
                .response(id: request.id, HTTPResponseMessage(status: 200, text: "a 1\n")),
                now: .seconds(0.01))
        }
        #expect(watch.isQuiet && watch.deadline == .seconds(5))
        watch.tick(now: .seconds(5))
        let second = requests(&watch)
        #expect(second.count == 1)
        // The answer comes after two more readings were due: they are left out, the beat stays.
        watch.receive(.requestFailed(id: second[0].id, .timedOut), now: .seconds(15.5))
        #expect(watch.deadline == .seconds(15))
        watch.tick(now: .seconds(15.5))
        #expect(requests(&watch).map(\.message.url) == ["http://127.0.0.1:6001/metrics"])
        #expect(watch.deadline == .seconds(20))
    }

    @Test func onlyChangesAreKept() {
        let batch = read([
            "# TYPE a counter\na{x=\"1\"} 1\na{x=\"2\"} 5\nb NaN\n",
            "# TYPE a counter\na{x=\"1\"} 1\na{x=\"2\"} 6\nb 3\n",
            "a{x=\"2\"} 6\n", "a{x=\"1\"} 1\na{x=\"2\"} 6\n",
        ])
        #expect(batch.series.map(\.number) == [0, 1, 2])
        #expect(batch.series.map(\.name) == ["a", "a", "b"])
        #expect(batch.series.map { $0["x"] } == ["1", "2", nil])
        #expect(batch.series.map(\.kind) == ["counter", "counter", "untyped"])
        #expect(batch.readings.map(\.failure) == [nil, nil, nil, nil])
        #expect(batch.readings.map(\.askedAt) == [0, 5, 10, 15].map { Instant.seconds($0) })
        #expect(
            batch.readings.map { $0.answeredAt - $0.askedAt } == Array(repeating: .milliseconds(2), count: 4))
        typealias Change = ServerReading.Change
        #expect(
            batch.readings.map(\.changes) == [
                [Change(series: 0, value: 1), Change(series: 1, value: 5), Change(series: 2, value: nil)],
                [Change(series: 1, value: 6), Change(series: 2, value: 3)],
                [Change(series: 0, value: nil), Change(series: 2, value: nil)], [Change(series: 0, value: 1)],
            ])
    }

    @Test func aSeriesThatIsThereTwiceCountsOnce() {
        let batch = read(["a 1\na 2\n"])
        #expect(batch.series.count == 1)
        #expect(batch.readings[0].changes == [.init(series: 0, value: 1)])
    }

    @Test func aBrokenPageTellsNothing() {
        var watch = watch()
        watch.tick(now: .zero)
        let id = requests(&watch)[0].id
        watch.receive(.response(id: id, HTTPResponseMessage(status: 200, text: "a 1\nb\n")), now: .zero)
        watch.tick(now: .seconds(5))
        let next = requests(&watch)[0].id
        watch.receive(.response(id: next, HTTPResponseMessage(status: 404, text: "a 1")), now: .seconds(5))
        watch.tick(now: .seconds(10))
        let last = requests(&watch)[0].id
        watch.receive(.requestFailed(id: last, .forbidden("example.org")), now: .seconds(10))
        let batch = watch.takeBatch()
        #expect(batch.series.isEmpty)
        #expect(batch.readings.flatMap(\.changes).isEmpty)
        #expect(
            batch.readings.map(\.failure) == [
                "line 2 of the page is no metric", "the page answered with status 404",
                "not in the scenario's allow block: example.org",
            ])
    }

    @Test func aPageOfTooManySeriesIsCutAndTold() {
        let page = (0..<20_010).map { "a{x=\"\($0)\"} 1\n" }.joined()
        let batch = read([page, page])
        #expect(batch.series.count == 20_000)
        #expect(
            batch.readings.map(\.failure)
                == Array(repeating: "10 series beyond 20000 were left out", count: 2))
    }

    @Test func everyPageIsReadOnceMoreAtTheEnd() {
        var watch = watch([5, 60])
        watch.tick(now: .zero)
        let first = requests(&watch)
        watch.receive(.response(id: first[0].id, HTTPResponseMessage(status: 200, text: "a 1")), now: .zero)
        watch.finish(now: .seconds(3))
        // The second page has not answered yet: its answer will do.
        let last = requests(&watch)
        #expect(last.map(\.message.url) == ["http://127.0.0.1:6000/metrics"])
        #expect(watch.deadline == nil && !watch.isQuiet)
        watch.receive(
            .response(id: last[0].id, HTTPResponseMessage(status: 200, text: "a 2")), now: .seconds(3))
        watch.receive(.requestFailed(id: first[1].id, .timedOut), now: .seconds(3))
        #expect(watch.isQuiet)
        #expect(watch.takeBatch().readings.count == 3)
    }

    private func listRooms(_ names: [String]) -> String {
        "{\"rooms\":["
            + names.map { "{\"sid\":\"RM_\($0)\",\"name\":\"\($0)\",\"num_participants\":1}" }.joined(
                separator: ",")
            + "]}"
    }

    @Test func aCensusAsksForOurRoomsAlone() throws {
        var watch = watch([], api: true)
        #expect(watch.deadline == .seconds(58))
        for (participant, room) in ["b", "a", "b"].enumerated() {
            watch.note(
                ServerSession(
                    participant: participant, at: .zero, id: "PA_\(participant)", room: "RM_\(room)",
                    server: "1.13", roomName: room))
        }
        watch.tick(now: .seconds(58))
        let rooms = requests(&watch)
        #expect(rooms.map(\.message.url) == ["http://127.0.0.1:7880/twirp/livekit.RoomService/ListRooms"])
        watch.receive(
            .response(
                id: rooms[0].id, HTTPResponseMessage(status: 200, text: listRooms(["b", "stranger", "a"]))),
            now: .seconds(58.01))
        let people = requests(&watch)
        #expect(
            people.map { String(decoding: $0.message.body, as: UTF8.self) } == [
                #"{"room":"b"}"#, #"{"room":"a"}"#,
            ])
        for (request, sid) in zip(people, ["PA_0", "PA_1"]) {
            let body =
                #"{"participants":[{"sid":"\#(sid)","identity":"i","state":"ACTIVE","tracks":[{"sid":"t","type":"VIDEO"}]},"#
                + #"{"sid":"PA_x","state":"JOINED"}]}"#
            watch.receive(
                .response(id: request.id, HTTPResponseMessage(status: 200, text: body)), now: .seconds(58.02))
        }
        let census = try #require(watch.takeBatch().censuses.first)
        #expect(census.failure == nil && census.otherRooms == 1)
        #expect((census.askedAt, census.answeredAt) == (.seconds(58), .seconds(58.02)))
        #expect(census.rooms.map(\.id) == ["RM_a", "RM_b"])
        #expect(census.rooms.map(\.participants) == [2, 2] && census.rooms.map(\.active) == [1, 1])
        #expect(census.rooms.map(\.videoTracks) == [1, 1] && census.rooms.map(\.audioTracks) == [0, 0])
        #expect(census.rooms.map(\.sessions) == [["PA_1", "PA_x"], ["PA_0", "PA_x"]])
        #expect(watch.deadline == nil)
    }

    @Test(arguments: [
        (CarrierEvent.requestFailed(id: 1, .unreachable("no route")), "unreachable: no route"),
        (
            .response(id: 1, HTTPResponseMessage(status: 401, text: "invalid token: eyJ")),
            "the API refused the key"
        ),
        (
            .response(id: 1, HTTPResponseMessage(status: 500, text: "")),
            "the API answered 500, no word on why"
        ),
        (
            .response(id: 1, HTTPResponseMessage(status: 200, text: "?")),
            "the API's answer is not of its form"
        ),
    ])
    func aCensusThatFailsSaysWhy(_ event: CarrierEvent, _ failure: String) throws {
        var watch = watch([], api: true)
        watch.tick(now: .seconds(58))
        watch.receive(event, now: .seconds(59))
        let census = try #require(watch.takeBatch().censuses.first)
        #expect(census.failure == failure && census.rooms.isEmpty)
        #expect(watch.isQuiet)
    }
}
