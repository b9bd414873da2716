import Probe
import Results
import Scenario

/// Everything a report shows, read from one run file.
struct RunContent {
    let path: String
    let verdict: Verdict
    let plan: Plan
    let facts: [String: String]
    let phases: [RunFile.Phase]
    let cohorts: [String]
    let rooms: [RunFile.Room]
    let participants: [RunFile.Participant]
    let samples: [RunFile.Sample]
    let losses: [RunFile.Loss]
    let seconds: [RunFile.Second]
    let generator: [GeneratorSecond]
    let malformed: [(kind: String, count: Int)]
    let events: [RunFile.Event]
    let deeds: [RunFile.Deed]
    let values: MetricValues
    /// What the server's pages told.
    let server: ServerRecord
    /// Who was there, by the server's API.
    let censuses: [RunFile.Census]
    /// Participants' sessions on the server.
    let sessions: [RunFile.Session]
    /// What passed to and fro besides whole media packets, by participant.
    let exchanges: [Int: ExchangeCounts]
    /// Where missing packets were lost.
    let lossPlaces: LossPlaces
    /// Delays of the whole run, by quantity in the order of `PhaseDelays.Quantity`, and cohort.
    let delays: [[DelayHistogram]]

    init(runFile path: String) throws(ReportError) {
        do throws(RunFileError) {
            try self.init(reading: try RunFile(path: path))
        } catch {
            throw .runFile(error)
        }
    }

    private init(reading file: RunFile) throws(RunFileError) {
        path = file.path
        verdict = try Verdict(file)
        plan = try file.plan()
        facts = try file.meta()
        phases = try file.phases()
        cohorts = try file.cohorts()
        rooms = try file.rooms()
        participants = try file.participants()
        samples = try file.samples()
        losses = try file.losses()
        let indices = cohorts.indices
        seconds = try file.seconds().filter { indices.contains($0.cohort) && $0.second >= 0 }
        generator = try file.generator()
        malformed = try file.malformed()
        events = try file.events()
        deeds = try file.deeds()
        values = try MetricValues(file)
        server = try file.serverRecord()
        censuses = try file.censuses()
        sessions = try file.sessions()
        exchanges = try file.exchanges()
        lossPlaces = try file.lossPlaces()
        var delays: [[DelayHistogram]] = []
        for quantity in PhaseDelays.Quantity.allCases {
            var row: [DelayHistogram] = []
            for cohort in cohorts.indices { row.append(try file.delays(quantity, cohort: cohort)) }
            delays.append(row)
        }
        self.delays = delays
    }

    /// How long the run lasted, in seconds: as planned, or until the last thing that was measured.
    var duration: Double {
        let last = max(
            seconds.last.map { Double($0.second + 1) } ?? 0, samples.map(\.end).max() ?? 0)
        let planned = phases.last?.end ?? 0
        return verdict.wasInterrupted && last > 0 ? min(planned, last) : planned
    }

    /// Whether the run went by virtual time.
    var isSimulated: Bool { facts[RunFact.mode] == RunFact.simulation }

    /// Participants whose call was begun.
    var started: [RunFile.Participant] {
        participants.filter { $0.ending != .neverStarted && $0.ending != nil }
    }

    /// Participants who could not join or were lost.
    var failed: [RunFile.Participant] { participants.filter { $0.ending == .failed } }

    /// The name of a cohort.
    func cohortName(_ cohort: Int) -> String {
        cohorts.indices.contains(cohort) ? PlainText.line(cohorts[cohort], limit: 40) : "?"
    }

    /// The name of a room.
    func roomName(_ room: Int) -> String {
        rooms.first { $0.id == room }.map { PlainText.line($0.slug, limit: 40) } ?? "?"
    }
}
