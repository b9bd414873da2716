import Primitives
import RTC

/// Agents on an imagined network in virtual time: delay, loss, cut links and address translation.
///
/// Each agent owns sockets 0, 1, …, one for each address it was given.
final class VirtualICENetwork {
    private struct Flight {
        var arrival: Instant
        var order: Int
        var source: SocketAddress
        var destination: SocketAddress
        var bytes: [UInt8]
    }

    /// The agents, driven by `run`.
    var agents: [ICEAgent]
    /// Addresses of each agent's sockets as they are on the wire.
    var addresses: [[SocketAddress]] = []
    /// Time from sender to receiver.
    var delay = Interval.seconds(0.02)
    /// Share of datagrams that are lost.
    var loss = 0.0
    /// Addresses that nothing reaches or leaves.
    var cut: [SocketAddress] = []
    /// What a NAT makes of a source address.
    var translations: [SocketAddress: SocketAddress] = [:]
    /// The present.
    var now = Instant.zero
    /// Datagrams that were handed to the network.
    var sentCount = 0
    /// A digest of all that happened, to compare runs.
    var trace: UInt64 = 0xcbf2_9ce4_8422_2325
    private var flights: [Flight] = []
    private var generator: SeededGenerator
    private var outbox = Outbox(capacity: 1 << 18)

    init(_ agents: [ICEAgent], seed: UInt64 = 1) {
        self.agents = agents
        addresses = agents.map { _ in [] }
        generator = SeededGenerator(seed: seed).fork("network")
    }

    /// Two agents with one address each, which know each other's credentials and candidates.
    convenience init(
        left: (role: ICERole, isLite: Bool), right: (role: ICERole, isLite: Bool), seed: UInt64 = 1,
        isStarted: Bool = true
    ) {
        let run = SeededGenerator(seed: seed)
        self.init(
            [
                ICEAgent(role: left.role, isLite: left.isLite, generator: run.fork("agent", 0)),
                ICEAgent(role: right.role, isLite: right.isLite, generator: run.fork("agent", 1)),
            ], seed: seed)
        for index in 0..<2 { addSocket(index, SocketAddress(v4: 0x0a00_0001 + UInt32(index), port: 5000)) }
        if isStarted { introduce() }
    }

    func addSocket(_ agent: Int, _ address: SocketAddress) {
        agents[agent].addLocalCandidate(address, socket: Int32(addresses[agent].count))
        addresses[agent].append(address)
    }

    /// Tells both agents about each other and starts them.
    func introduce() {
        for index in 0..<2 {
            let peer = agents[1 - index]
            agents[index].setRemote(credentials: peer.localCredentials, isLite: peer.isLite)
            for candidate in peer.localCandidates { agents[index].addRemoteCandidate(candidate) }
            agents[index].start(now: now)
        }
    }

    /// Lets time pass until `end`, or until `condition` holds.
    func run(until end: Instant, unless condition: (VirtualICENetwork) -> Bool = { _ in false }) {
        var steps = 0
        while !condition(self) {
            steps += 1
            precondition(steps < 100_000, "the agents never rest")
            var next: Instant?
            for agent in agents { next = earliest(next, agent.deadline) }
            for flight in flights { next = earliest(next, flight.arrival) }
            guard let next, max(next, now) <= end else {
                now = end
                return
            }
            now = max(next, now)
            deliver()
            for index in agents.indices {
                guard let deadline = agents[index].deadline, deadline <= now else { continue }
                agents[index].tick(now: now, into: &outbox)
                post(from: index)
            }
        }
    }

    /// Hands a forged datagram to an agent.
    func inject(_ bytes: [UInt8], to agent: Int, on socket: Int32 = 0, from source: SocketAddress) {
        bytes.withUnsafeBytes {
            agents[agent].receive($0, on: socket, from: source, now: now, into: &outbox)
        }
        post(from: agent)
    }

    private func deliver() {
        while let index = flights.indices.filter({ flights[$0].arrival <= now })
            .min(by: { (flights[$0].arrival, flights[$0].order) < (flights[$1].arrival, flights[$1].order) })
        {
            let flight = flights.remove(at: index)
            for agent in agents.indices {
                guard let socket = addresses[agent].firstIndex(of: flight.destination) else { continue }
                note(flight.bytes)
                flight.bytes.withUnsafeBytes {
                    agents[agent].receive($0, on: Int32(socket), from: flight.source, now: now, into: &outbox)
                }
                post(from: agent)
            }
        }
    }

    private func post(from agent: Int) {
        for entry in outbox.entries {
            sentCount += 1
            let own = addresses[agent][Int(entry.socket)]
            let source = translations[own] ?? own
            var destination = entry.destination
            for (inner, outer) in translations where outer == destination { destination = inner }
            if cut.contains(own) || cut.contains(destination) || generator.chance(loss) { continue }
            let jitter = delay * (loss > 0 ? generator.uniform() : 0)
            flights.append(
                Flight(
                    arrival: now + delay + jitter, order: sentCount, source: source, destination: destination,
                    bytes: Array(outbox.bytes(of: entry))))
        }
        outbox.removeAll()
    }

    private func note(_ bytes: [UInt8]) {
        trace = (trace ^ UInt64(bitPattern: now.nanoseconds)) &* 0x100_0000_01b3
        for byte in bytes { trace = (trace ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
}

extension VirtualICENetwork {
    /// Whether both agents are connected.
    var areConnected: Bool { agents.allSatisfy { $0.state == .connected } }

    /// Whether both selected pairs are two ends of one path.
    var agree: Bool {
        guard let left = agents[0].selectedPair, let right = agents[1].selectedPair else { return false }
        return left.remote == addresses[1][Int(right.socket)]
            && right.remote == addresses[0][Int(left.socket)]
    }
}
