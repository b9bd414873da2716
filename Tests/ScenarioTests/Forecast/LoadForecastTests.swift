import Primitives
import Scenario
import Testing

@Suite struct LoadForecastTests {
    static let machine = MachineDescription(
        cores: 2, memoryBytes: 8_000_000_000, openFileLimit: 1024, receiveBufferLimitBytes: 212_992)

    private func forecast(_ text: ScenarioText, on machine: MachineDescription = machine) throws
        -> LoadForecast
    {
        LoadForecast(try text.plan(), on: machine)
    }

    /// Bits per second of one simulcast layer with 72 bytes of overhead a packet.
    private func layer(_ bitrate: Double, _ packets: Double) -> Double { bitrate + packets * 72 * 8 }

    private func call(_ size: Int, layout: String = "grid") -> ScenarioText {
        ScenarioText(
            rooms: "- {name: t, participants: \(size)}",
            roles: "member: {camera: vp8-simulcast, layout: \(layout)}")
    }

    @Test(arguments: [
        (2, "grid", 1, 210.0, 1_700_000.0), (6, "grid", 5, 210, 1_700_000), (7, "grid", 6, 60, 450_000),
        (20, "grid", 19, 60, 450_000), (21, "grid", 20, 20, 160_000), (25, "grid", 24, 20, 160_000),
        (60, "grid", 24, 20, 160_000), (1, "grid", 0, 0, 0), (5, "none", 0, 0, 0),
    ])
    func receivesWhatThePageShows(_ size: Int, layout: String, streams: Int, packets: Double, bitrate: Double)
        throws
    {
        let full = try forecast(call(size, layout: layout)).fullest
        // Ten feedback packets of 132 bytes come back to everybody who publishes.
        let each = Double(streams) * packets + 10
        #expect(abs(full.down.packetsPerSecond - Double(size) * each) < 1e-3 * Double(size))
        let bits = Double(streams) * layer(bitrate, packets) + layer(10 * 60 * 8, 10)
        #expect(abs(full.down.bitsPerSecond - Double(size) * bits) < 1 * Double(size))
    }

    /// Five small tiles, one of them the own.
    @Test func focusShowsOneLargeAndFourSmall() throws {
        let full = try forecast(call(10, layout: "focus")).fullest
        #expect(abs(full.down.packetsPerSecond - 10 * (210 + 4 * 20 + 10)) < 1e-3)
    }

    /// VP9 with layers in one stream: only one arrives, all are sent as long as anybody looks.
    @Test func scalableCamerasSendAllOrNothing() throws {
        var text = call(7)
        text.roles = "member: {camera: vp9-svc}"
        let full = try forecast(text).fullest
        #expect(abs(full.down.packetsPerSecond - 7 * (6 * 60 + 10)) < 1e-2)
        #expect(abs(full.up.packetsPerSecond - 7 * (30 + 60 + 120 + 10)) < 1e-2)
        text.roles = "member: {camera: vp9-svc, layout: none}"
        #expect(try abs(forecast(text).fullest.up.packetsPerSecond - 70) < 1e-2)
    }

    /// A shared screen is a track more, is sent to everybody else, and makes all cameras small.
    @Test func aScreenTakesTheFocus() throws {
        var text = ScenarioText(
            rooms: "- {name: t, participants: 4}",
            roles: "member: {camera: vp8-simulcast, screen: from 5s to 8s}",
            phases: "[{arrive: {storm: 1s}}, {hold: 10s}]")
        let peak = try forecast(text).peak
        #expect(peak.at == .seconds(Int64(5)))
        #expect(peak.publishedTracks == 8)
        #expect(abs(peak.down.packetsPerSecond - 4 * (3 * 285 + 3 * 20 + 10)) < 1e-2)
        text.roles = "member: {camera: vp8-simulcast}"
        #expect(try forecast(text).fullest.publishedTracks == 4)
    }

    @Test func sendsTheLayersThatSomebodyWants() throws {
        let all = 20.0 + 60 + 210
        for (size, layers, senders) in [(4, all, 4.0), (9, 80, 9), (25, 20, 25), (60, 20, 25)] {
            let full = try forecast(call(size)).fullest
            #expect(abs(full.up.packetsPerSecond - (senders * layers + 10 * Double(size))) < 1e-2)
            #expect(abs(full.upperBound.packetsPerSecond - Double(size) * (all + 10)) < 1e-2)
        }
    }

    @Test func conversationSoundsLikeOneFloor() throws {
        let text = ScenarioText(
            rooms: "- {name: t, participants: 6}", roles: "member: {microphone: conversation, layout: none}")
        let full = try forecast(text).fullest
        // 0.85 of all time somebody's 50 packets/s, in the rest of everybody's time one packet in 400 ms.
        let sound = 0.8496 * 50 + (6 - 0.8496) * 2.5
        #expect(abs(full.up.packetsPerSecond - (sound + 60)) < 0.1)
        #expect(abs(full.down.packetsPerSecond - (5 * sound + 60)) < 0.1)
        #expect(full.publishedTracks == 6)
        #expect(full.subscribedTracks == 30)
    }

    @Test func countsTracksAndSockets() throws {
        let text = ScenarioText(rooms: "- {name: team, count: 4, participants: 6}")
        let forecast = try forecast(text)
        #expect(forecast.mostParticipants == 24)
        #expect(forecast.fullest.publishedTracks == 48)
        #expect(forecast.fullest.subscribedTracks == 4 * 6 * 10)
        #expect(forecast.needs.sockets == 120)
        var real = text
        real.target = "visio: http://127.0.0.1:8071"
        #expect(try self.forecast(real).needs.sockets == 72)
    }

    @Test func followsTheParticipantsOverTime() throws {
        let text = ScenarioText(
            rooms: "- {name: t, participants: 20}",
            phases: "[{arrive: {staircase: {step: 5, every: 10s}}}, {leave: {over: 20s}}]")
        let forecast = try forecast(text)
        #expect(forecast.participants.count == LoadForecast.sliceCount)
        // 60 s in 240 slices: four to the second.
        for (slice, expected) in [
            (0, 5), (38, 5), (41, 10), (81, 15), (121, 20), (159, 20), (200, 10), (235, 1), (239, 0),
        ] {
            #expect(forecast.participants[slice] == expected, "slice \(slice)")
        }
        #expect(forecast.mostJoinsPerSecond == 5)
    }

    @Test func shardsShareTheLoad() throws {
        for text in [ScenarioText(rooms: "- {name: team, count: 6, participants: 4}"), call(30)] {
            let plan = try text.plan()
            let whole = LoadForecast(plan, on: Self.machine)
            let parts = (1...3).map { LoadForecast(plan, on: Self.machine, shard: Shard(number: $0, of: 3)) }
            #expect(parts.map(\.mostParticipants).reduce(0, +) == whole.mostParticipants)
            let down = parts.map(\.fullest.down.packetsPerSecond).reduce(0, +)
            #expect(abs(down - whole.fullest.down.packetsPerSecond) < 1)
        }
    }

    @Test func tellsShortagesWithTheirCommands() throws {
        var machine = Self.machine
        #expect(try forecast(ScenarioText(), on: machine).shortages.isEmpty)
        machine.openFileLimit = 100
        machine.receiveBufferLimitBytes = 10_000
        let shortages = try forecast(ScenarioText(), on: machine).shortages
        #expect(shortages.map(\.resource) == [.openFiles, .receiveBuffer])
        #expect(shortages.map(\.remedy) == ["ulimit -n 1024", "sudo sysctl -w net.core.rmem_max=1048576"])
        #expect(shortages.allSatisfy { $0.isMendedByCommand })
        let huge = ScenarioText(rooms: "- {name: team, count: 3000, participants: 20}")
        let resources = try forecast(huge, on: Self.machine).shortages.map(\.resource)
        #expect(resources == [.openFiles, .receiveBuffer, .processor, .memory])
    }

    @Test func theRemedyMends() throws {
        let text = ScenarioText(rooms: "- {name: team, count: 200, participants: 6}")
        var machine = Self.machine
        for shortage in try forecast(text, on: machine).shortages where shortage.isMendedByCommand {
            let number = try #require(Int(shortage.remedy.split { !$0.isNumber }.last ?? ""))
            if shortage.resource == .openFiles { machine.openFileLimit = number }
            if shortage.resource == .receiveBuffer { machine.receiveBufferLimitBytes = number }
        }
        #expect(try !forecast(text, on: machine).shortages.contains(where: \.isMendedByCommand))
    }

    @Test func capacityIsWhatFits() throws {
        var machine = Self.machine
        machine.openFileLimit = 128 + 500
        let capacity = try forecast(ScenarioText(), on: machine).capacity
        #expect(capacity.participants == 100)
        #expect(capacity.limit == .openFiles)
        machine.openFileLimit = 1_000_000
        #expect(try forecast(ScenarioText(), on: machine).capacity.limit == .processor)
    }
}
