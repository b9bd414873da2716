import Primitives
import Scenario
import Visio

/// A deliberate fault that happens at one instant.
struct ScheduledFault {
    enum Kind {
        case cut
        case leave(LeaveAction, LiveKitDisconnectReason)
        case death
    }

    /// When it happens.
    var at: Instant
    /// What happens.
    var kind: Kind

    /// The faults of a behaviour, the last first.
    static func all(of behaviour: EmbeddedConfiguration.Behaviour) -> [ScheduledFault] {
        var faults = behaviour.cuts.map { ScheduledFault(at: $0, kind: .cut) }
        faults += behaviour.leaves.map { ScheduledFault(at: $0.at, kind: .leave($0.action, $0.reason)) }
        if let outage = behaviour.outage {
            faults.append(ScheduledFault(at: .zero + outage.start, kind: .death))
        }
        return faults.sorted { $0.at > $1.at }
    }
}

/// Deliberate faults of signalling, each of which the participants must live with.
extension EmbeddedVisio {
    /// Lets happen what is due.
    func commitFaults() {
        while let fault = faults.last, fault.at <= now {
            faults.removeLast()
            switch fault.kind {
            case .cut: cutSignalling()
            case .leave(let action, let reason): sendEverybodyAway(action, reason)
            case .death: die()
            }
        }
    }

    /// Whether the media server is being restarted.
    var isDown: Bool { configuration.behaviour.outage?.contains(now - .zero) ?? false }

    /// Whether no datagram passes.
    var isBlackedOut: Bool { configuration.behaviour.blackout?.contains(now - .zero) ?? false }

    /// Whether nothing passes on a WebSocket that was opened at `opening`.
    func isDeaf(since opening: Instant) -> Bool {
        guard let span = configuration.behaviour.deafness else { return false }
        return span.contains(now - .zero) && opening < .zero + span.start
    }

    private func cutSignalling() {
        for session in sessions {
            guard let session, let connection = session.connection else { continue }
            commands.append(.drop(connection: connection))
            signallingClosed(connection)
        }
    }

    private func sendEverybodyAway(_ action: LeaveAction, _ reason: LiveKitDisconnectReason) {
        for session in sessions {
            guard let session else { continue }
            switch action {
            case .resume: askToResume(session, reason: reason)
            case .reconnect: remove(session, reason: reason, action: .reconnect)
            case .disconnect: remove(session, reason: reason, action: .disconnect)
            }
        }
    }

    /// The process ends: connections break, nobody is told anything, and nothing is remembered.
    private func die() {
        for session in sessions {
            guard let session else { continue }
            if let connection = session.connection { commands.append(.drop(connection: connection)) }
            schedule.remove(Int32(session.index))
        }
        for index in sessions.indices { sessions[index] = nil }
        rooms = []
        roomOfName = [:]
        sessionOfConnection = [:]
        endpointOfAddress = [:]
        endpointOfFragment = [:]
        statistics.participants = 0
        statistics.publishedTracks = 0
    }
}
