// swift-tools-version: 6.3
import PackageDescription

/// Settings of every target of ours.
///
/// Warnings are errors here and nowhere else: dependencies keep their own rules.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// One room of the house: a target imports only from rows above its own (ARCHITECTURE.md).
func room(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: house)
}

/// The tests of one room; data files lie beside them and are found by `#filePath`.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: house)
}

let package = Package(
    name: "visiobench",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "visiobench", targets: ["visiobench"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        // Pinned: Cryptography imports its BoringSSL, which is not a public product of that package.
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .target(name: "CLinux", path: "Sources/System/CLinux"),
        .systemLibrary(
            name: "COpus", path: "Sources/System/COpus", pkgConfig: "opus", providers: [.apt(["libopus-dev"])]
        ),
        .target(name: "CVPX", path: "Sources/System/CVPX", linkerSettings: [.linkedLibrary("vpx")]),
        .systemLibrary(
            name: "CSRTP", path: "Sources/System/CSRTP", pkgConfig: "libsrtp2",
            providers: [.apt(["libsrtp2-dev"])]),
        .systemLibrary(
            name: "CZlib", path: "Sources/System/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        room("Primitives"),
        room("Statistics"),
        room("WireFormats", ["Primitives"]),
        room("RTC", ["Primitives", "WireFormats"]),
        room("Visio", ["Primitives", "CZlib", protobuf]),
        room("Media", ["Primitives", "WireFormats", "COpus", "CVPX"]),
        room("Scenario", ["Primitives", "RTC", yams]),
        room("Probe", ["Primitives", "WireFormats", histogram]),
        room("LoadGen", ["Primitives", "WireFormats", "RTC", "Visio", "Media", "Scenario", "Probe"]),
        room("EmbeddedVisio", ["Primitives", "WireFormats", "RTC", "Visio", "Scenario"]),
        room("Reactor", ["Primitives", "WireFormats", "CLinux"]),
        room("Cryptography", ["Primitives", "RTC", nioSSL]),
        room(
            "Connections",
            [
                "Primitives", "Visio", nio, nioSSL,
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ]),
        room("Results", ["Primitives", "Statistics", "Scenario", "Probe", grdb]),
        room("Report", ["Statistics", "Scenario", "Probe", "Results", mustache]),
        room(
            "Host",
            [
                "Primitives", "Scenario", "Media", "Probe", "LoadGen", "EmbeddedVisio", "Reactor",
                "Cryptography",
                "Connections", "Results", "Visio", "RTC",
            ]),
        room(
            "Simulation",
            [
                "Primitives", "Scenario", "Media", "Probe", "LoadGen", "EmbeddedVisio", "Results", "Visio",
                "RTC",
            ]),
        .executableTarget(
            name: "visiobench",
            dependencies: [
                "Primitives", "RTC", "Scenario", "Media", "Probe", "EmbeddedVisio", "Results", "Report",
                "Host", "Visio",
                "Simulation", arguments,
            ], swiftSettings: house),

        .target(name: "CAllocationCounter", path: "Tests/Support/CAllocationCounter"),
        tests("PrimitivesTests", ["Primitives"]),
        tests("WireFormatsTests", ["Primitives", "WireFormats"], exclude: ["Goldens"]),
        tests("RTCTests", ["Primitives", "WireFormats", "RTC", "CAllocationCounter"], exclude: ["Goldens"]),
        tests("VisioTests", ["Primitives", "Visio", protobuf], exclude: ["Goldens"]),
        tests("MediaTests", ["Primitives", "WireFormats", "Media"], exclude: ["Fixtures"]),
        tests("ScenarioTests", ["Primitives", "Scenario"], exclude: ["Goldens"]),
        tests("ProbeTests", ["Primitives", "WireFormats", "Probe"], exclude: ["Fixtures"]),
        tests("LoadGenTests", ["Primitives", "Visio", "Scenario", "Probe", "LoadGen"]),
        tests("ReactorTests", ["Primitives", "Reactor"]),
        tests(
            "CallTests",
            [
                "Primitives", "WireFormats", "RTC", "Visio", "Media", "Scenario", "Probe", "LoadGen",
                "EmbeddedVisio",
                "Results", "Simulation",
            ]),
        tests(
            "EmbeddedVisioTests",
            ["Primitives", "WireFormats", "RTC", "Visio", "Media", "Scenario", "EmbeddedVisio"]),
        tests("StatisticsTests", ["Statistics"], exclude: ["Fixtures"]),
        tests("ResultsTests", ["Primitives", "Statistics", "Scenario", "Probe", "Results", grdb]),
        tests(
            "ReportTests", ["Primitives", "Scenario", "Probe", "Results", "Report", grdb]),
        tests("InteropTests", ["Probe", "Results"], exclude: ["SDK"]),
        tests("ArchitectureTests", []),
        tests(
            "CryptographyTests", ["Primitives", "WireFormats", "RTC", "Cryptography", "CSRTP"],
            exclude: ["Goldens"]),
        tests(
            "ConnectionsTests",
            [
                "Primitives", "Visio", "Connections", nio, nioSSL,
                .product(name: "NIOPosix", package: "swift-nio"),
            ], exclude: ["Goldens"]),
        tests(
            "FuzzTests",
            [
                "Primitives", "WireFormats", "RTC", "Visio", "Scenario", "Results", "Probe", "Cryptography",
                nioSSL,
            ]),
    ]
)
