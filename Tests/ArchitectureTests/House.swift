/// The rooms of the house, as ARCHITECTURE.md orders them: a target imports only from rows above its own.
enum House {
    /// Bindings to C libraries: they import nothing of ours.
    static let bindings = ["CLinux", "COpus", "CVPX", "CSRTP", "CZlib"]

    /// Every target under `Sources`, from the ground up.
    static let rows =
        bindings + [
            "Primitives", "Statistics", "WireFormats", "RTC", "Visio", "Media", "Scenario", "Probe",
            "LoadGen",
            "EmbeddedVisio",
            "Reactor", "Cryptography", "Connections", "Results", "Report", "Host", "Simulation", "visiobench",
        ]

    /// Hosts drive the same machines and know nothing of each other.
    static let siblings = ["Host", "Simulation"]

    /// Targets without clock, socket, thread, file or chance of their own, and what each may import from outside.
    static let pure: [(target: String, foreignModules: Set<String>)] = [
        ("Primitives", []),
        ("Statistics", ["Foundation"]),
        ("WireFormats", []),
        ("RTC", []),
        ("Visio", ["FoundationEssentials", "SwiftProtobuf", "CZlib"]),
        ("Scenario", ["Foundation", "Yams"]),
        ("Probe", ["Foundation", "Histogram"]),
        ("LoadGen", []),
        ("EmbeddedVisio", ["FoundationEssentials"]),
    ]

    /// Modules that are imported without being a product of the package they come from, and the product that brings
    /// them along.
    static let hiddenModules = ["CNIOBoringSSL": "NIOSSL"]

    /// Modules that every toolchain has, and that therefore stand in no manifest.
    static let toolchainModules: Set<String> = [
        "Foundation", "FoundationEssentials", "Dispatch", "Glibc", "Darwin", "Musl", "Synchronization",
        "Testing",
    ]

    /// Only the doors between threads may vouch for what the compiler cannot check.
    static let vouchingTargets: Set<String> = ["Reactor"]
}
