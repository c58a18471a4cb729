import ServiceRuntime
import Storage
import StowageContract
import StrictCoding
import TestSupport
import Testing

@Suite("The factory of drivers", .timeLimit(.minutes(1)))
struct StorageDriverFactoryTests {
    private let factory = StorageDriverFactory([ScriptedDriver.self])

    @Test("has nothing against a good definition")
    func good() throws {
        #expect(factory.validate(try definition()).isEmpty)
        #expect(factory.typeNames == ["scripted"])
    }

    @Test("names the nearest type where one is unknown")
    func unknownType() async throws {
        var definition = try definition()
        definition.type = "scriptd"
        let problem = try #require(factory.validate(definition).first)
        #expect(problem.path == "drivers.archive.type")
        #expect(problem.message.contains("scriptd"))
        #expect(problem.message.contains("did you mean scripted?"))
        definition.type = "tape"
        #expect(try #require(factory.validate(definition).first).message.contains("did you mean") == false)
    }

    @Test("says of a type that was left out of the build what brings it back, and names no other")
    func leftOut() async throws {
        let factory = StorageDriverFactory([ScriptedDriver.self], leftOut: ["scripter": "build it with paper"])
        var definition = try definition()
        definition.type = "scripter"
        let problem = try #require(factory.validate(definition).first)
        #expect(problem.path == "drivers.archive.type")
        #expect(problem.message == "is not part of this build: “scripter”; build it with paper")
        #expect(factory.typeNames == ["scripted"])
        let bench = try StorageBench()
        let unusable = definition
        let error = try await failure { try await factory.open(unusable, in: bench.environment) }
        #expect(error.code == .unavailable && error.retry == .permanent)
        #expect(error.context["problems"]?.contains("build it with paper") == true)
    }

    @Test(
        "reads a driver's own keys strictly, and says where",
        arguments: [
            (["note": "x", "nota": 1], "drivers.archive.nota"), ([:], "drivers.archive.note"),
            (["note": 7], "drivers.archive.note"),
        ] as [(JSONValue, String)])
    func strict(configuration: JSONValue, path: String) throws {
        var definition = try definition()
        definition.configuration = configuration
        #expect(factory.validate(definition).map(\.path) == [path])
    }

    @Test("checks the prefix together with the rest")
    func prefix() throws {
        var definition = try definition()
        definition.configuration = [:]
        for (prefix, isGood) in [
            ("", true), ("a/b", true), ("/a", false), ("a//b", false), ("../a", false), (".stowage", false),
            (String(repeating: "x", count: 120), true), (String(repeating: "x", count: 121), false),
        ] {
            definition.settings.prefix = prefix
            let paths = factory.validate(definition).map(\.path)
            #expect(paths.contains("drivers.archive.prefix") != isGood, "\(prefix)")
            #expect(paths.contains("drivers.archive.note"))
        }
    }

    @Test("tells the driver how many connections it may hold, as many as tasks unless said otherwise")
    func connections() async throws {
        for (connections, expected) in [(nil, 7), (3, 3), (64, 64)] as [(Int?, Int)] {
            let bench = try StorageBench()
            var definition = try definition()
            definition.settings.concurrency = 7
            definition.settings.connections = connections
            try await DriverScript.$current.withValue(bench.script) {
                _ = try await factory.open(definition, in: bench.environment)
            }
            #expect(bench.script.state.value.connections == expected)
        }
    }

    @Test("opening a bad definition is a permanent failure of the driver that names every problem")
    func opening() async throws {
        let bench = try StorageBench()
        var bad = try definition()
        bad.configuration = ["nota": 1]
        var unknown = try definition()
        unknown.type = "tape"
        for (definition, parts) in [(bad, ["note", "nota"]), (unknown, ["drivers.archive.type", "tape"])] {
            let error = try await failure {
                try await factory.open(definition, in: bench.environment)
            }
            #expect(error.code == .unavailable)
            #expect(error.retry == .permanent)
            #expect(error.place == .driver)
            for part in parts { #expect(error.context["problems"]?.contains(part) == true) }
        }
        #expect(bench.script.calls.isEmpty)
    }

    private func definition() throws -> DriverDefinition {
        DriverDefinition(name: try #require(DriverName("archive")), type: "scripted", configuration: ["note": "x"])
    }
}
