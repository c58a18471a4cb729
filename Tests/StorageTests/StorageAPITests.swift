import ServiceRuntime
import Storage
import StowageContract
import StrictCoding
import TestSupport
import Testing

@Suite("The entry to storage", .timeLimit(.minutes(1)))
struct StorageAPITests {
    @Test("opens a driver once while everybody else waits for it")
    func once() async throws {
        let bench = try StorageBench()
        let api = api(bench)
        bench.script.hold(.open)
        let storages = try await DriverScript.$current.withValue(bench.script) {
            try await withThrowingTaskGroup(of: Storage.self) { group in
                for _ in 0..<20 { group.addTask { try await api.storage(bench.name) } }
                await bench.script.reached(.open)
                bench.script.letGo(.open)
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(Set(storages.map(ObjectIdentifier.init)).count == 1)
        #expect(bench.script.calls == [.open])
        #expect(try await api.storage(bench.name) === storages[0])
    }

    @Test("does not remember a failure, and those who waited try themselves")
    func failures() async throws {
        let bench = try StorageBench()
        let api = api(bench)
        bench.script.fail(.open, .blip(), times: 2)
        bench.script.hold(.open)
        let outcomes = await DriverScript.$current.withValue(bench.script) {
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<5 {
                    group.addTask { do { _ = try await api.storage(bench.name); return true } catch { return false } }
                }
                await bench.script.reached(.open)
                bench.script.letGo(.open)
                return await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(outcomes.count { !$0 } == 2)
        #expect(bench.script.calls == [.open, .open, .open])
    }

    @Test("a name that is not configured is an unknown driver, and permanent")
    func unknown() async throws {
        let bench = try StorageBench()
        let api = api(bench)
        let other = try #require(DriverName("elsewhere"))
        let error = try await failure { try await api.storage(other) }
        #expect(error.code == .unknownDriver)
        #expect(error.retry == .permanent)
        #expect(error.place == .task)
        #expect(error.context["driver"] == "elsewhere")
        #expect(api.settings(of: other) == nil)
        #expect(api.settings(of: bench.name)?.concurrency == 7)
        #expect(api.names == [bench.name])
    }

    @Test("closed while a driver opens, it closes that driver again and hands out nothing")
    func closing() async throws {
        let bench = try StorageBench()
        let api = api(bench)
        bench.script.hold(.open)
        let codes = try await DriverScript.$current.withValue(bench.script) {
            async let opening = failure { try await api.storage(bench.name) }
            await bench.script.reached(.open)
            async let waiting = failure { try await api.storage(bench.name) }
            await api.close()
            bench.script.letGo(.open)
            return try await [opening.code, waiting.code]
        }
        #expect(codes == [.cancelled, .cancelled])
        #expect(bench.script.calls == [.open, .close])
    }

    @Test("closes what is open, and opens nothing afterwards")
    func closed() async throws {
        let bench = try StorageBench()
        let api = api(bench)
        _ = try await DriverScript.$current.withValue(bench.script) { try await api.storage(bench.name) }
        await api.close()
        await api.close()
        let error = try await failure { try await api.storage(bench.name) }
        #expect(error.code == .cancelled)
        #expect(bench.script.calls == [.open, .close])
    }

    @Test("one who gives up while another opens is let go at once")
    func givingUp() async throws {
        let bench = try StorageBench()
        let api = api(bench)
        bench.script.hold(.open)
        try await DriverScript.$current.withValue(bench.script) {
            async let opening = api.storage(bench.name)
            await bench.script.reached(.open)
            let waiting = Task { try await api.storage(bench.name) }
            waiting.cancel()
            let result = await waiting.result
            #expect(throws: StorageError.self) { try result.get() }
            #expect(bench.script.state.value.held == [.open], "the opening still waits")
            bench.script.letGo(.open)
            _ = try await opening
        }
    }

    private func api(_ bench: StorageBench) -> StorageAPI {
        var settings = DriverSettings()
        settings.concurrency = 7
        let definition = DriverDefinition(
            name: bench.name, type: "scripted", settings: settings, configuration: ["note": "x"])
        return StorageAPI(
            factory: StorageDriverFactory([ScriptedDriver.self]), drivers: [definition],
            environment: bench.environment)
    }
}
