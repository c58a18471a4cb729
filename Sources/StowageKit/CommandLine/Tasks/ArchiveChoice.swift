import ServiceRuntime
import StowageContract
import StrictCoding

/// The archive that a command is about: a key with `--driver`, or a handle.
struct ArchiveChoice {
    static let argument = ArgumentSpecification(
        name: "KEY", count: .optional, summary: "the archive's key, as store and list show it")
    static let handle = OptionSpecification.value(
        "handle", "FILE", "a file with the handle, or what store --json wrote; instead of KEY and --driver")
    static let options = [CommonOption.driver, handle]

    let reference: ArchiveReference
    let driver: DriverName
    /// The name that the archive was given, where it is known.
    let name: String

    init(_ line: ParsedCommand, _ builder: TaskBuilder, in context: CommandContext) throws {
        guard let file = line.string(Self.handle.name) else {
            guard let key = line.arguments.first else { throw line.error("KEY or --handle FILE is missing") }
            reference = .key(key)
            driver = try builder.driver()
            name = key.split(separator: "/").last.map(String.init) ?? key
            return
        }
        guard line.arguments.isEmpty else { throw line.error("KEY and --handle exclude each other") }
        let handle = try Self.handle(in: file, context)
        if let named = line.string(CommonOption.driver.name), !named.utf8.elementsEqual(handle.driver.text.utf8) {
            throw line.error("--driver \(named) is not the driver of the handle, \(handle.driver)")
        }
        reference = .handle(handle)
        driver = handle.driver
        name = handle.name
    }

    /// A handle as such, in the answer of a command, or in an event.
    private static func handle(in file: String, _ context: CommandContext) throws -> ArchiveHandle {
        let document: JSONValue
        do {
            document = try JSONParser.parse(try SmallFile.bytes(of: file, limit: 1_048_576))
        } catch let failure as SmallFile.Failure {
            throw CommandFailure(.usage, "--handle: \(file) \(failure.message)")
        } catch {
            throw CommandFailure(.usage, "--handle: \(file) is not one JSON document: \(error)")
        }
        let places: [JSONValue?] = [
            document["result"]?["handle"], document["data"]?["result"]?["handle"], document["handle"], document,
        ]
        guard let place = places.lazy.compactMap({ $0 }).first else {
            throw CommandFailure(.usage, "--handle: \(file) holds no handle")
        }
        do throws(MemberProblem) { return try ArchiveHandle(json: place) } catch {
            throw CommandFailure(.usage, "--handle: \(file) holds no handle: \(error)")
        }
    }
}
