// swift-tools-version: 6.1
import PackageDescription

/// True while rftest/fuzz builds the program that holds its targets.
let isFuzzing = Context.environment["ROUTEFLOW_FUZZ"] != nil

/// What libFuzzer counts, in our own code alone: after each input it looks at every counter that there is.
let counted = SwiftSetting.unsafeFlags(
    ["-sanitize=fuzzer", "-sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table"])

let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ] + (isFuzzing ? [counted] : [])

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTestUtils = Target.Dependency.product(name: "NIOTestUtils", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")

/// A library of this package: one room of the house.
func room(_ name: String, uses dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// A daemon: options, then a service group; everything else is in its core.
func daemon(_ name: String, core: Target.Dependency) -> Target {
    .executableTarget(
        name: name,
        dependencies: [core, "RFLib", "RFMongo", argumentParser, logging, lifecycle, signals],
        swiftSettings: settings
    )
}

/// The targets of rftest/fuzz: a program of its own while that builds it, otherwise tests that replay what is kept.
///
/// The program cannot be part of every build: libFuzzer is linked only where the compiler is told to.
let fuzzed: [Target.Dependency] = [
    "RFProxyCore", "RFMongo", "RFLib", "OpenFlow", "Netlink", "NetTypes", "RFTestKit", "CMnl", "CMongoC",
    nioCore,
]
let fuzzTargets: [Target] =
    isFuzzing
    ? [
        .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
        .executableTarget(
            name: "Fuzz", dependencies: fuzzed + ["CFuzzer"], path: "Tests/Fuzz",
            exclude: ["CFuzzer", "Replay", "corpus", "cases", "README.md"], swiftSettings: settings,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])]),
    ]
    : [
        .testTarget(
            name: "FuzzTests", dependencies: fuzzed, path: "Tests/Fuzz",
            exclude: ["CFuzzer", "Driver", "corpus", "cases", "README.md"], swiftSettings: settings)
    ]

/// The tests of one room.
func tests(of name: String, uses dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.target(name: name)] + dependencies,
        swiftSettings: settings
    )
}

let package = Package(
    name: "RouteFlow",
    products: [
        .executable(name: "rfclient", targets: ["rfclient"]),
        .executable(name: "rfserver", targets: ["rfserver"]),
        .executable(name: "rfproxy", targets: ["rfproxy"]),
        .executable(name: "rfctl", targets: ["rfctl"]),
        .executable(name: "rfbench", targets: ["rfbench"]),
        .library(name: "RFLib", targets: ["RFLib"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CMnl", pkgConfig: "libmnl", providers: [.apt(["libmnl-dev"])]),
        .systemLibrary(
            name: "CMongoC", pkgConfig: "libmongoc-1.0",
            providers: [.apt(["libmongoc-dev", "libbson-dev"])]),

        room("NetTypes"),
        room("OpenFlow", uses: ["NetTypes", nioCore]),
        room("Netlink", uses: ["NetTypes", "CMnl"]),
        room("RFLib", uses: ["NetTypes", argumentParser, deque, logging]),
        room("RFMongo", uses: ["RFLib", "NetTypes", "CMongoC", logging]),

        room("RFClientCore", uses: ["RFLib", "Netlink", "NetTypes", logging, lifecycle]),
        room("RFServerCore", uses: ["RFLib", "NetTypes", logging, lifecycle]),
        room(
            "RFProxyCore",
            uses: ["RFLib", "OpenFlow", "NetTypes", logging, lifecycle, nioCore, nioPosix, nioSSL]),

        room("RFCtlCore", uses: ["RFLib", "NetTypes"]),

        daemon("rfclient", core: "RFClientCore"),
        daemon("rfserver", core: "RFServerCore"),
        daemon("rfproxy", core: "RFProxyCore"),
        .executableTarget(
            name: "rfctl",
            dependencies: ["RFCtlCore", "RFLib", "RFMongo", "NetTypes", argumentParser, logging],
            swiftSettings: settings),

        .executableTarget(
            name: "rfbench",
            dependencies: [
                "RFTestKit", "RFProxyCore", "RFLib", "RFMongo", "OpenFlow", "NetTypes", "CMongoC",
                argumentParser,
                logging, nioCore, nioPosix,
            ],
            swiftSettings: settings),

        room(
            "RFTestKit",
            uses: ["RFLib", "Netlink", "OpenFlow", "NetTypes", logging, nioCore]),

        tests(of: "NetTypes"),
        tests(of: "OpenFlow", uses: ["NetTypes", "RFTestKit", nioCore, nioTestUtils]),
        tests(of: "Netlink", uses: ["NetTypes"]),
        tests(of: "RFLib", uses: ["NetTypes", "RFTestKit", logging]),
        tests(of: "RFMongo", uses: ["RFLib", "NetTypes", "RFTestKit", logging]),
        tests(of: "RFCtlCore", uses: ["RFLib", "NetTypes"]),
        tests(of: "RFClientCore", uses: ["RFLib", "Netlink", "NetTypes", "RFTestKit"]),
        tests(of: "RFServerCore", uses: ["RFLib", "NetTypes", "RFTestKit"]),
        tests(
            of: "RFProxyCore",
            uses: [
                "RFLib", "RFServerCore", "OpenFlow", "NetTypes", "RFTestKit", nioCore, nioEmbedded, nioPosix,
                nioSSL, lifecycle, logging,
            ]),
    ] + fuzzTargets
)
