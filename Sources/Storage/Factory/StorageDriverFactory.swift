import Observability
import ServiceRuntime
import StowageContract
package import StrictCoding

/// The driver types that there are; makes storages from definitions.
package struct StorageDriverFactory: Sendable {
    private let types: [any StorageDriver.Type]
    private let leftOut: [String: String]

    /// A factory of these types.
    ///
    /// `leftOut`: types that other builds of the program have, with what gives them to this one; only said, never opened.
    package init(_ types: [any StorageDriver.Type], leftOut: [String: String] = [:]) {
        self.types = types
        self.leftOut = leftOut
    }

    /// The values that `type` may have, in byte order.
    package var typeNames: [String] { types.map { $0.type }.sorted() }

    /// What is wrong with a definition, without opening anything; empty: nothing.
    ///
    /// Paths begin behind `drivers.<name>`.
    package func validate(_ definition: DriverDefinition) -> [MemberProblem] {
        let path = "drivers." + definition.name.text
        guard let type = type(definition.type) else { return [unknownType(definition, path)] }
        var problems: [MemberProblem] = []
        if let message = ArchiveKey.problem(ofPrefix: definition.settings.prefix) {
            problems.append(MemberProblem(path: path + ".prefix", message: "cannot be used: " + message))
        }
        do throws(StrictDecodingError) {
            try check(type, definition.configuration, path)
        } catch {
            problems += error.problems
        }
        return problems
    }

    /// Opens the driver of a definition and puts the full stack above it.
    ///
    /// - Throws: `.unavailable` and the like from the driver; `.invalidTask` `at: .driver` for a bad definition.
    package func open(
        _ definition: DriverDefinition, in environment: StorageEnvironment
    ) async throws(StorageError) -> Storage {
        guard let type = type(definition.type) else {
            throw Self.unusable([unknownType(definition, "drivers." + definition.name.text)])
        }
        // Threads of its own: calls that hang in a store that is gone must not take those of the others.
        var environment = environment
        environment.blocking = BlockingPool(
            threads: environment.blocking.threads,
            gauge: environment.metrics.gauge("stowage_calls_left", [("driver", definition.name.text)]))
        let driver = try await open(type, definition, environment)
        return Storage(
            name: definition.name, driver: driver, settings: definition.settings, environment: environment)
    }

    private func type(_ name: String) -> (any StorageDriver.Type)? {
        types.first { $0.type == name }
    }

    private func check<Driver: StorageDriver>(
        _ type: Driver.Type, _ configuration: JSONValue, _ path: String
    ) throws(StrictDecodingError) {
        _ = try StrictDecoder(path: path).decode(Driver.Configuration.self, from: configuration)
    }

    private func open<Driver: StorageDriver>(
        _ type: Driver.Type, _ definition: DriverDefinition, _ environment: StorageEnvironment
    ) async throws(StorageError) -> any StorageDriver {
        let configuration: Driver.Configuration
        do throws(StrictDecodingError) {
            configuration = try StrictDecoder(path: "drivers." + definition.name.text)
                .decode(Driver.Configuration.self, from: definition.configuration)
        } catch {
            throw Self.unusable(error.problems)
        }
        let time = environment.time
        return try await Driver.open(
            configuration,
            in: DriverEnvironment(
                name: definition.name, blocking: environment.blocking,
                now: { Timestamp(millisecondsSinceEpoch: time.millisecondsSinceEpoch) },
                connections: definition.settings.connections ?? definition.settings.concurrency))
    }

    private func unknownType(_ definition: DriverDefinition, _ path: String) -> MemberProblem {
        if let remedy = leftOut[definition.type] {
            return MemberProblem(
                path: path + ".type", message: "is not part of this build: \(definition.type.excerpt); " + remedy)
        }
        let hint = NearestName.of(definition.type, among: typeNames).map { "; did you mean \($0)?" } ?? ""
        return MemberProblem(path: path + ".type", message: "is no known type: \(definition.type.excerpt)" + hint)
    }

    private static func unusable(_ problems: [MemberProblem]) -> StorageError {
        StorageError(
            .unavailable, .permanent, "the configuration of the driver cannot be used",
            context: ["problems": problems.map(\.description).joined(separator: "; ")])
    }
}
