// swift-tools-version: 6.2
import PackageDescription

// Targets stand in the order of their layers: each imports only what stands above it (docs/architecture.md).

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335: the cost of an existential is seen where it is paid
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444: a file says what it uses
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409: what leaks out of a module is said
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461: async stays with its caller
]

// Crash points (`STOWAGE_CRASH_POINT`) exist only in debug builds, which are the ones that the tests run.
let crashSettings: [SwiftSetting] = settings + [.define("CRASH_POINTS", .when(configuration: .debug))]

/// Targets by their names; with the trait `SFTP` its driver is one more of them.
func dependencies(_ names: [String], sftp: Bool) -> [Target.Dependency] {
    let more: [Target.Dependency] =
        sftp ? [.byName(name: "SFTPDriver", condition: .when(traits: ["SFTP"]))] : []
    return names.map { .byName(name: $0) } + more
}

func library(
    _ name: String, _ names: [String] = [], sftp: Bool = false, settings: [SwiftSetting] = settings
) -> Target {
    .target(name: name, dependencies: dependencies(names, sftp: sftp), swiftSettings: settings)
}

func tests(_ name: String, _ names: [String], sftp: Bool = false, exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies(names, sftp: sftp), exclude: exclude, swiftSettings: settings)
}

let runtime = ["ServiceRuntime", "Observability", "Sharing", "StrictCoding"]

let package = Package(
    name: "stowage",
    products: [
        .executable(name: "stowage", targets: ["stowage"]),
        .library(name: "StowageContract", targets: ["StowageContract"]),
        // What a driver of one's own is made of: its seam, the values in it, the program around it, and its proof.
        .library(name: "Storage", targets: ["Storage", "StrictCoding", "ServiceRuntime"]),
        .library(name: "StowageKit", targets: ["StowageKit"]),
        .library(name: "DriverConformance", targets: ["DriverConformance"]),
    ],
    traits: [
        .trait(name: "SFTP", description: "The driver `sftp`, which needs libssh."),
        .default(enabledTraits: ["SFTP"]),
    ],
    targets: [
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CProcessor"),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CRabbitMQ", pkgConfig: "librabbitmq", providers: [.apt(["librabbitmq-dev", "libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "CLibSSH", pkgConfig: "libssh", providers: [.apt(["libssh-dev"])]),

        library("StrictCoding"),
        library("Sharing"),
        library("Observability", ["Sharing"]),
        library("StowageContract", ["StrictCoding"]),
        library(
            "ServiceRuntime", ["CYAML", "CLinux", "Observability", "Sharing", "StrictCoding"], settings: crashSettings),
        library("FileSystem", ["CLinux", "ServiceRuntime"]),
        library("Cryptography", ["COpenSSL", "CProcessor"]),
        library("XML", ["CLibXML2"]),
        library("Transfer", ["CCurl", "ServiceRuntime", "Sharing"]),
        library("Messaging", ["CRabbitMQ"] + runtime),
        library("Storage", ["StowageContract", "Cryptography"] + runtime),
        library(
            "StorageDrivers", ["Storage", "StowageContract", "Transfer", "XML", "Cryptography", "FileSystem"] + runtime),
        library("SFTPDriver", ["CLibSSH", "Storage", "StowageContract", "Cryptography"] + runtime),
        library(
            "Pipeline",
            ["StowageContract", "Transfer", "Messaging", "Storage", "Cryptography", "FileSystem"] + runtime),
        library(
            "StowageKit",
            ["Pipeline", "StorageDrivers", "Storage", "Transfer", "Messaging", "StowageContract", "FileSystem"]
                + runtime,
            sftp: true),
        .executableTarget(name: "stowage", dependencies: ["StowageKit"], swiftSettings: settings),

        .target(
            name: "TestSupport",
            dependencies: [
                "Messaging", "StowageContract", "ServiceRuntime", "Observability", "Sharing", "StrictCoding",
            ],
            path: "Tests/TestSupport", swiftSettings: settings),
        tests("TestSupportTests", ["TestSupport"]),
        tests("StrictCodingTests", ["StrictCoding", "TestSupport"]),
        tests(
            "StowageContractTests", ["StowageContract", "StrictCoding", "TestSupport"],
            exclude: ["Golden", "validate_golden.py"]),
        tests("ObservabilityTests", ["Observability", "TestSupport"]),
        tests("ServiceRuntimeTests", ["TestSupport"] + runtime),
        tests("FileSystemTests", ["FileSystem", "ServiceRuntime", "TestSupport"]),
        tests("CryptographyTests", ["Cryptography", "TestSupport"]),
        tests("XMLTests", ["XML"]),
        tests("TransferTests", ["Transfer", "ServiceRuntime", "Sharing", "TestSupport"]),
        tests("MessagingTests", ["Messaging", "TestSupport"] + runtime),
        tests(
            "StorageTests",
            ["DriverConformance", "Storage", "StowageContract", "Cryptography", "TestSupport"] + runtime),
        tests(
            "StorageDriversTests",
            [
                "StorageDrivers", "Storage", "StowageContract", "Transfer", "Cryptography", "FileSystem", "TestSupport",
                "DriverConformance",
            ] + runtime),
        tests(
            "PipelineTests",
            [
                "Pipeline", "StorageDrivers", "Storage", "Messaging", "Transfer", "StowageContract", "Cryptography",
                "FileSystem", "TestSupport", "DriverConformance",
            ] + runtime),
        tests(
            "StowageKitTests",
            ["StowageKit", "Pipeline", "Messaging", "Storage", "StowageContract", "TestSupport"] + runtime),
        tests(
            "StowageCommandTests",
            [
                "StowageKit", "Pipeline", "StorageDrivers", "Storage", "Messaging", "StowageContract", "TestSupport",
            ] + runtime),
        tests("BrokerConformanceTests", ["CRabbitMQ", "Messaging", "TestSupport"] + runtime),
        .target(
            name: "DriverConformance",
            dependencies: [
                "Storage", "StowageContract", "Cryptography", "ServiceRuntime", "Observability", "Sharing",
                "StrictCoding",
            ],
            path: "Tests/DriverConformance", swiftSettings: settings),
        tests(
            "DriverConformanceTests",
            ["DriverConformance", "StorageDrivers", "Storage", "StowageContract", "TestSupport"] + runtime),
        tests(
            "ObjectStoreTests",
            [
                "DriverConformance", "StorageDrivers", "Storage", "StowageContract", "Transfer", "XML", "Cryptography",
                "TestSupport",
            ] + runtime),
        tests(
            "FileServerTests",
            [
                "DriverConformance", "StorageDrivers", "Storage", "StowageContract", "Transfer", "XML", "Cryptography",
                "TestSupport",
            ] + runtime, sftp: true),
        tests(
            "EndToEndTests",
            ["Messaging", "StowageContract", "Cryptography", "TestSupport", "stowage"] + runtime),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "StowageKit", "Pipeline", "StorageDrivers", "Storage", "Messaging", "StowageContract", "ServiceRuntime",
                "Observability", "Sharing", "StrictCoding",
            ],
            path: "Tests/Benchmarks/Worker", swiftSettings: settings),
    ]
)
