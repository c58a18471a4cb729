import ServiceRuntime
import Storage
import StowageKit
import StrictCoding
import Testing
import TestSupport

@Suite("ConfigurationLoader")
struct ConfigurationLoaderTests {
    @Test("--config comes before STOWAGE_CONFIG, and that before the standard place")
    func order() {
        let set = ConfigurationLoader(environment: { $0 == "STOWAGE_CONFIG" ? "/b.yaml" : nil })
        #expect(set.path(named: "/a.yaml") == "/a.yaml")
        #expect(set.path(named: nil) == "/b.yaml")
        #expect(ConfigurationLoader(environment: { _ in nil }).path(named: nil) == "/etc/stowage/stowage.yaml")
        #expect(ConfigurationLoader(environment: { _ in "" }).path(named: nil) == "/etc/stowage/stowage.yaml")
    }

    @Test("A file that is there is read, with variables of the process")
    func file() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "broker: { url: amqp://localhost }\ndrivers: { a: { type: memory, x: '${env:PATH}' } }\n", to: "s.yaml")
        let all = try ConfigurationLoader().load(named: file)
        #expect(all.drivers[0].configuration["x"]?.string == ConfigurationLoader.processEnvironment("PATH"))
    }

    @Test("A file that is missing says which, and what to do")
    func missing() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("none.yaml")
        let loader = ConfigurationLoader(environment: { _ in nil })
        let error = #expect(throws: ConfigurationError.self) { try loader.load(named: path) }
        #expect(error?.description == "\(path): does not exist")
        let standard = ConfigurationLoader(environment: { $0 == "STOWAGE_CONFIG" ? path : nil })
        let second = #expect(throws: ConfigurationError.self) { try standard.load(named: nil) }
        #expect(second?.description == "\(path): does not exist")
    }

    @Test("A folder in place of a file is no file")
    func folder() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: ConfigurationError.self) { try ConfigurationLoader().load(named: folder.path) }
        #expect(error?.description == "\(folder.path): is a folder")
    }
}
