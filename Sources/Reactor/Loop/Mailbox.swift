import CLinux
import Synchronization

/// Commands for a reactor from any thread; a reactor that sleeps wakes up for them.
public final class Mailbox<Command: Sendable>: Sendable {
    private struct State {
        var commands: [Command] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    /// An eventfd that is readable while something waits.
    private let event: Int32

    /// Makes an empty mailbox.
    public init() throws(SystemError) {
        event = try SystemError.check("eventfd", clinux_event_open())
    }

    deinit { _ = clinux_close(event) }

    /// Adds a command; false, and nothing happens, once the reactor has stopped.
    @discardableResult
    public func post(_ command: Command) -> Bool {
        let (isFirst, isClosed) = state.withLock { state in
            guard !state.isClosed else { return (false, true) }
            state.commands.append(command)
            return (state.commands.count == 1, false)
        }
        if isFirst { wake() }
        return !isClosed
    }

    /// Ends a sleep of the reactor.
    func wake() { _ = clinux_event_signal(event) }

    /// Sleeps until `wake` or `post`, at most for `nanoseconds`.
    func sleep(nanoseconds: Int64) { _ = clinux_event_wait(event, nanoseconds) }

    /// Moves all commands, oldest first, into `batch`, which must be empty.
    func drain(into batch: inout [Command]) {
        state.withLock { state in
            guard !state.commands.isEmpty else { return }
            swap(&state.commands, &batch)
        }
    }

    /// Makes the event unreadable; call before `drain`, so that no command is overlooked.
    func clear() { _ = clinux_event_clear(event) }

    /// Refuses commands from now on and forgets those that wait.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.commands = []
        }
    }
}
