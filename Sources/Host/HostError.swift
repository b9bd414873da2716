/// Why a run or a server could not start on this machine.
public enum HostError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The embedded server could not listen.
    case cannotServe(String)
    /// A thread or an event descriptor could not be made.
    case system(String)
    /// The crypto library refused.
    case cryptography(String)
    /// The HTTP client could not start.
    case carrier(String)
    /// The target's name has no address.
    case unknownHost(String)
    /// A secret that the scenario names is not in the environment.
    case missingSecret(variable: String)
    /// Accounts or sessions cannot be read; never repeats what they are.
    case unusableSecrets(String)
    /// The rooms of the plan could not be made.
    case cannotPrepare(String)
    /// The scenario allows fewer participants than it plans, or its target is outside the allow block.
    case notAllowed(String)
    /// The machine cannot carry the plan; each line names the remedy.
    case machineTooSmall([String])

    /// One line: what, and what to do.
    public var description: String {
        switch self {
        case .cannotServe(let detail): "the embedded server cannot listen on \(detail); choose another port"
        case .system(let detail): "the system refused: \(detail)"
        case .cryptography(let detail): "the crypto library refused: \(detail)"
        case .carrier(let detail): "the HTTP client cannot start: \(detail)"
        case .unknownHost(let host): "\(host) cannot be resolved; check the target's name and the resolver"
        case .missingSecret(let variable): "the environment has no \(variable); export it and run again"
        case .unusableSecrets(let detail): detail
        case .cannotPrepare(let detail): "the rooms could not be made: \(detail)"
        case .notAllowed(let detail): "\(detail); name it in the scenario's allow block"
        case .machineTooSmall(let lines):
            "this machine cannot carry the plan:\n  " + lines.joined(separator: "\n  ")
        }
    }
}
