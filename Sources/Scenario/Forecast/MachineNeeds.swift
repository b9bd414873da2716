import Primitives

/// What a machine gives out.
public enum MachineResource: String, CaseIterable, Sendable {
    /// Processor time.
    case processor
    /// Memory.
    case memory
    /// Open files, sockets among them.
    case openFiles = "open files"
    /// The size of a socket's receive buffer.
    case receiveBuffer = "receive buffer"
}

/// What a generator needs from its machine at its peak; estimates on the generous side.
public struct MachineNeeds: Equatable, Sendable {
    /// Cores that are busy all the time.
    public var cores: Double
    /// Memory in bytes.
    public var memoryBytes: Int64
    /// Sockets: one for media and one for signalling each, and the server's ends when it is embedded.
    public var sockets: Int
    /// Open files, the sockets among them.
    public var openFiles: Int
    /// The receive buffer, in bytes as asked from the kernel, that holds what comes in while nobody reads.
    public var receiveBufferBytes: Int

    /// Whether the server runs on the same machine, so that the plan cannot be cut into shards.
    private let isEmbedded: Bool

    /// Works out the needs of `participants` with the given traffic at its peak.
    init(peak: LoadForecast.Moment, participants: Int, joinsPerSecond: Int, isEmbedded: Bool) {
        typealias Cost = MachineCosts
        self.isEmbedded = isEmbedded
        let (up, down) = (peak.up.packetsPerSecond, peak.down.packetsPerSecond)
        var busy = up * Cost.sendPacket + down * Cost.receivePacket + Double(joinsPerSecond) * Cost.handshake
        if isEmbedded {
            busy +=
                up * Cost.receivePacket + down * Cost.forwardPacket + Double(joinsPerSecond) * Cost.handshake
        }
        cores = busy
        let ends = isEmbedded ? 2 : 1
        memoryBytes = Cost.processBytes + Int64(participants) * Cost.participantBytes * Int64(ends)
        // UDP, signalling, and the TCP connection that the page opens beside UDP for a while.
        sockets = participants * (isEmbedded ? 5 : 3)
        openFiles = Cost.processFiles + sockets
        let perClient = participants > 0 ? down / Double(max(1, peak.participants)) : 0
        let packets = max(perClient, isEmbedded ? up : 0) * Cost.unreadTime + Double(Cost.burstPackets)
        // The kernel doubles what is asked for, and counts a buffer of 2304 bytes for a packet of 1100.
        receiveBufferBytes = Int((packets * Double(Cost.kernelPacketBytes) / 2).rounded(.up))
    }

    /// What `machine` does not have of it, each with what mends it.
    func shortages(on machine: MachineDescription) -> [Shortage] {
        var shortages: [Shortage] = []
        if openFiles > machine.openFileLimit {
            shortages.append(
                Shortage(
                    resource: .openFiles, needed: "\(openFiles)", available: "\(machine.openFileLimit)",
                    remedy: "ulimit -n \(Self.roundedUp(openFiles, to: 1024))"))
        }
        if receiveBufferBytes > machine.receiveBufferLimitBytes {
            let bytes = Self.roundedUp(max(receiveBufferBytes, MachineCosts.usualBufferBytes), to: 65536)
            shortages.append(
                Shortage(
                    resource: .receiveBuffer, needed: "\(receiveBufferBytes) bytes",
                    available: "\(machine.receiveBufferLimitBytes) bytes",
                    remedy: "sudo sysctl -w net.core.rmem_max=\(bytes)"))
        }
        let usable = MachineCosts.usableShare * Double(machine.cores)
        if cores > usable {
            shortages.append(
                Shortage(
                    resource: .processor, needed: "\(Figures.decimal(cores)) cores",
                    available:
                        "\(Figures.decimal(usable)) of \(machine.cores)",
                    remedy: remedy(parts: cores / max(usable, 0.1)))
            )
        }
        if memoryBytes > machine.memoryBytes {
            let parts = Double(memoryBytes) / Double(max(1, machine.memoryBytes))
            shortages.append(
                Shortage(
                    resource: .memory, needed: Figures.bytes(memoryBytes),
                    available: Figures.bytes(machine.memoryBytes),
                    remedy: remedy(parts: parts)))
        }
        return shortages
    }

    /// How many participants such as these `machine` carries.
    func capacity(of machine: MachineDescription, participants: Int) -> Capacity {
        guard participants > 0 else { return Capacity(participants: 0, limit: .processor) }
        func most(_ available: Double, _ perParticipant: Double) -> Int {
            perParticipant > 0 ? Int(min(1e9, max(0, available / perParticipant))) : 1_000_000_000
        }
        let count = Double(participants)
        let memory = Double(memoryBytes - MachineCosts.processBytes) / count
        let limits: [(MachineResource, Int)] = [
            (.processor, most(MachineCosts.usableShare * Double(machine.cores), cores / count)),
            (.memory, most(Double(machine.memoryBytes - MachineCosts.processBytes), memory)),
            (
                .openFiles,
                most(Double(machine.openFileLimit - MachineCosts.processFiles), Double(sockets) / count)
            ),
        ]
        let smallest = limits.min { $0.1 < $1.1 } ?? (.processor, 0)
        return Capacity(participants: smallest.1, limit: smallest.0)
    }

    private func remedy(parts: Double) -> String {
        let count = Int(min(1e6, parts.rounded(.up)))
        return isEmbedded
            ? "fewer participants, or a target on another machine"
            : "fewer participants, or \(count) machines with --shard 1/\(count) to \(count)/\(count)"
    }

    private static func roundedUp(_ value: Int, to step: Int) -> Int { (value + step - 1) / step * step }
}

/// Something that a machine has too little of.
public struct Shortage: Equatable, Sendable {
    /// What is short.
    public var resource: MachineResource
    /// How much is needed.
    public var needed: String
    /// How much there is.
    public var available: String
    /// The command, or the change of plan, that mends it.
    public var remedy: String

    /// Whether one command mends it; else the plan is too large for the machine.
    public var isMendedByCommand: Bool { resource == .openFiles || resource == .receiveBuffer }
}

extension Shortage: CustomStringConvertible {
    /// The shortage and its remedy in one line.
    public var description: String {
        "\(resource.rawValue): \(needed) needed, \(available) available; \(remedy)"
    }
}

/// How far a machine goes with participants of one kind.
public struct Capacity: Equatable, Sendable {
    /// About how many participants at once.
    public var participants: Int
    /// What runs out first.
    public var limit: MachineResource
}

/// What single things cost: measured on loopback on two cores of 2026, rounded up.
enum MachineCosts {
    /// Receiving, authenticating, decrypting and counting one packet, in core seconds.
    static let receivePacket = 1.3e-6
    /// Composing, sealing and sending one packet, by segments of a frame where there are several.
    static let sendPacket = 1.4e-6
    /// Forwarding one packet from the embedded server to one receiver, each sent on its own.
    static let forwardPacket = 2.9e-6
    /// One end of a DTLS handshake.
    static let handshake = 110e-6
    /// The share of the cores that a generator may use before its lateness shows in the results.
    static let usableShare = 0.75
    /// One end of one participant: DTLS, ciphers, sockets, streams and signalling.
    static let participantBytes: Int64 = 128 << 10
    /// The process itself with its clips.
    static let processBytes: Int64 = 160 << 20
    /// Files besides the participants' sockets: results, event queues, HTTP connections.
    static let processFiles = 128
    /// How long packets may lie unread: four ticks of 5 ms.
    static let unreadTime = 0.02
    /// Packets that may come at once: some key frames.
    static let burstPackets = 48
    /// What the kernel counts for one packet in a receive buffer.
    static let kernelPacketBytes = 2304
    /// The buffer to ask for once the limit has to be raised at all.
    static let usualBufferBytes = 1 << 20
}
