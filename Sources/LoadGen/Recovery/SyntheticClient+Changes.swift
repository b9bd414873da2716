import Primitives
import Probe
import RTC
import Scenario
import Visio

/// What becomes of a participant's connection through no fault of the deployment.
extension SyntheticClient {
    /// When the next planned change is due.
    var nextChange: Instant? {
        nextChangeIndex < planned.changes.count ? .zero + planned.changes[nextChangeIndex].at : nil
    }

    /// Lets the planned changes happen that are due; who is not in has nothing to change.
    func change(now: Instant, into outbox: inout Outbox) {
        while let due = nextChange, now >= due {
            let change = planned.changes[nextChangeIndex].change
            nextChangeIndex += 1
            guard phase == .connected else { continue }
            switch change {
            case .network: moveToAnotherNetwork(now: now)
            case .reload: reload(now: now, into: &outbox)
            case .close: closeTab(now: now)
            }
        }
    }

    /// Replaces all sockets and streams of the device, whose addresses are dead.
    ///
    /// Browsers close their WebSockets at once then (`ERR_NETWORK_CHANGED`), while the server hears of nothing.
    private func moveToAnotherNetwork(now: Instant) {
        lose(.network, reason: .rrSignalDisconnected, "moves to another network", now: now)
        transports?.forEach { transport in
            do throws(DatagramSocketError) {
                try replaceWays(of: transport)
            } catch {
                note(.disconnected, FailureText.of(error), at: now)
            }
        }
        signal.sever()
    }

    /// The page says goodbye and is loaded anew, with nothing left of the old one but its user.
    private func reload(now: Instant, into outbox: inout Outbox) {
        endRecovery(isLost: false)
        note(.disconnected, "reloads the page", at: now)
        recovery = Recovery(
            cause: .reload, lostAt: now, reason: .rrUnknown, startsOver: true, step: .joining)
        signal.leave(now: now)
        while let command = signal.nextCommand() { commands.append(command) }
        retireTransports(now: now, into: &outbox)
        // A screen is shared by hand, once the page is in again.
        tracks.videos.removeAll { $0.source == .screen }
        nextScreenChange = nil
        nextPageTurn = nil
        signal = makeSignalClient()
        acceptedAt = nil
        admission = nil
        desk = nil
        asked = []
        isHandUp = false
        enter(now: now, into: &outbox)
    }

    /// The page is gone, and with it its sockets; the server learns of it by itself.
    private func closeTab(now: Instant) {
        note(.left, "closes the tab", at: now)
        finishReception(now: now)
        signal.vanish()
        while let command = signal.nextCommand() { commands.append(command) }
        finish(now: now)
    }
}
