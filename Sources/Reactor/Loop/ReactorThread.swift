import CLinux
import Glibc
import Primitives
import Synchronization

/// One thread with its sockets and its work; the only way in is the mailbox, the only way out is `takeHealth`.
///
/// The work is made on the thread and released there. A thread that is forgotten stops by itself.
public final class ReactorThread<Work: ReactorWork>: Sendable {
    /// Takes commands from any thread.
    public let mailbox: Mailbox<Work.Command>
    private let shared = ReactorShared()
    /// The running thread, until someone has joined it.
    private let thread: Mutex<pthread_t?>

    /// Starts a thread that makes its work and runs it.
    ///
    /// - Parameters:
    ///   - configuration: How to run.
    ///   - clock: The run's time axis, the same for all reactors.
    ///   - makeWork: Called once, on the new thread.
    public init(
        _ configuration: ReactorConfiguration, clock: MonotonicClock, makeWork: sending @escaping () -> Work
    ) throws(SystemError) {
        let mailbox = try Mailbox<Work.Command>()
        let sockets = try UDPSockets()
        let streams = try TCPStreams()
        let shared = self.shared
        let body = ThreadBody {
            configuration.name.withCString { _ = clinux_thread_set_name($0) }
            _ = clinux_thread_set_precise_timers()
            var reactor = Reactor(
                configuration: configuration, clock: clock, shared: shared, mailbox: mailbox,
                sockets: sockets, streams: streams, work: makeWork())
            reactor.run()
        }
        self.mailbox = mailbox
        let argument = Unmanaged.passRetained(body)
        var thread = pthread_t()
        let error = pthread_create(&thread, nil, threadEntry, argument.toOpaque())
        self.thread = Mutex(error == 0 ? thread : nil)
        guard error == 0 else {
            argument.release()
            throw SystemError(call: "pthread_create", errno: error)
        }
    }

    deinit { stop() }

    /// Ends the work and waits until its thread is gone.
    ///
    /// Stopping twice is harmless.
    public func stop() {
        shared.requestStop()
        mailbox.wake()
        thread.withLock { thread in
            guard let running = thread else { return }
            // The work may hold the last reference to its own thread, which cannot wait for itself.
            if pthread_equal(running, pthread_self()) != 0 {
                pthread_detach(running)
            } else {
                pthread_join(running, nil)
            }
            thread = nil
        }
    }

    /// The health as it was published last, at most a second ago; `worstLateness` starts anew.
    public func takeHealth() -> ReactorHealth { shared.takeHealth() }
}

/// What a reactor and the holder of its thread share.
final class ReactorShared: Sendable {
    private let stopping = Atomic(false)
    private let health = Mutex(ReactorHealth())

    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    func requestStop() { stopping.store(true, ordering: .releasing) }

    func publish(_ latest: ReactorHealth) {
        health.withLock { health in
            let worst = max(health.worstLateness, latest.worstLateness)
            health = latest
            health.worstLateness = worst
        }
    }

    func takeHealth() -> ReactorHealth {
        health.withLock { health in
            let taken = health
            health.worstLateness = .zero
            return taken
        }
    }
}

/// Carries a closure through `pthread_create`'s pointer.
private final class ThreadBody {
    private let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }

    func run() { body() }
}

private func threadEntry(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
