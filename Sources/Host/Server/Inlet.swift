import Synchronization

/// Hands values to a receiver that is made later; what comes before it is kept.
///
/// Reactor threads and network loops need each other at birth: one of them gets an inlet.
final class Inlet<Value: Sendable>: Sendable {
    private struct State {
        var receiver: (@Sendable (Value) -> Void)?
        var waiting: [Value] = []
    }

    private let state = Mutex(State())

    /// Names the receiver and hands over what waited.
    func connect(_ receiver: @escaping @Sendable (Value) -> Void) {
        let waiting = state.withLock { state in
            state.receiver = receiver
            defer { state.waiting = [] }
            return state.waiting
        }
        for value in waiting { receiver(value) }
    }

    /// Hands a value over, or keeps it.
    func put(_ value: Value) {
        let receiver = state.withLock { state in
            if state.receiver == nil { state.waiting.append(value) }
            return state.receiver
        }
        receiver?(value)
    }
}
