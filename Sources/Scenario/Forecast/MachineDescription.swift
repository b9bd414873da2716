/// What a machine offers to a generator, read by the command line and passed in as a value.
public struct MachineDescription: Equatable, Sendable {
    /// Processor cores that the process may use.
    public var cores: Int
    /// Memory that is available, in bytes.
    public var memoryBytes: Int64
    /// How many files the process may open (`ulimit -n`), after raising its own limit where it does so.
    public var openFileLimit: Int
    /// The largest socket receive buffer that a process may ask for, in bytes (`net.core.rmem_max`).
    public var receiveBufferLimitBytes: Int

    /// Describes a machine.
    public init(cores: Int, memoryBytes: Int64, openFileLimit: Int, receiveBufferLimitBytes: Int) {
        self.cores = cores
        self.memoryBytes = memoryBytes
        self.openFileLimit = openFileLimit
        self.receiveBufferLimitBytes = receiveBufferLimitBytes
    }
}
