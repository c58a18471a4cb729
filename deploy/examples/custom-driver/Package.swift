// swift-tools-version: 6.2
import PackageDescription

// Outside Stowage's repository: the path of a checkout, or `.package(url: …)` instead.
let checkout = Context.environment["STOWAGE_PATH"] ?? "../../.."
let settings: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

func stowage(_ product: String) -> Target.Dependency { .product(name: product, package: "stowage") }

let package = Package(
    name: "archive-worker",
    dependencies: [.package(name: "stowage", path: checkout)],
    targets: [
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(
            name: "SQLiteDriver", dependencies: ["CSQLite", stowage("Storage"), stowage("StowageContract")],
            swiftSettings: settings),
        .executableTarget(
            name: "archive-worker", dependencies: ["SQLiteDriver", stowage("StowageKit")], swiftSettings: settings),
        .testTarget(
            name: "SQLiteDriverTests",
            dependencies: [
                "SQLiteDriver", stowage("Storage"), stowage("StowageContract"), stowage("DriverConformance"),
            ],
            swiftSettings: settings),
    ]
)
