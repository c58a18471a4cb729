import Glibc
import Messaging
import Observability
import ServiceRuntime
import Storage
import StowageContract

/// All that a command sees of the world, so that tests can give it another one.
struct CommandContext: Sendable {
    var console: Console
    /// The value of a variable of the environment.
    var environment: @Sendable (String) -> String?
    var time: TimeSource
    /// Starts to connect to a broker.
    var connect: @Sendable (BrokerAccess) throws -> any MessageBroker
    /// The next bytes of standard input; `nil` at its end.
    var input: @Sendable () async -> [UInt8]?
    /// A line that a person types; `nil` where nobody is there to type.
    var ask: @Sendable (_ question: String) async -> String?
    /// What relative paths are relative to.
    var currentFolder: String
    /// The driver types that the program is built with.
    var drivers = StorageDriverFactory(BundledDrivers.all, leftOut: BundledDrivers.leftOut)
    /// What a person has made of a text in an editor; `nil` where nobody is there to edit.
    var edit: @Sendable (_ text: [UInt8]) async throws -> [UInt8]? = { _ in nil }

    static func ofThisProcess(drivers: StorageDriverFactory) -> CommandContext {
        let console = Console.ofThisProcess()
        let threads = BlockingPool(threads: 1)
        return CommandContext(
            console: console, environment: ConfigurationLoader.processEnvironment, time: .system,
            connect: { access in
                AMQPBroker(access.connection, logger: Logger(sink: SilentLogSink(), level: .error))
            },
            input: { await threads.run { StandardInput.chunk() } },
            ask: { question in
                guard isatty(STDIN_FILENO) == 1 else { return nil }
                return await threads.run { StandardInput.answer(to: question) }
            }, currentFolder: StandardInput.currentFolder, drivers: drivers,
            edit: { text in
                guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return nil }
                let editor = TextEditor(environment: ConfigurationLoader.processEnvironment)
                return try await threads.run { () throws(CommandFailure) in try editor.edit(text) }
            })
    }

    /// The configuration that `--config` or the environment names.
    func configuration(_ line: ParsedCommand) throws(ConfigurationError) -> StowageConfiguration {
        try ConfigurationLoader(environment: environment).load(
            named: line.string(CommonOption.configuration.name), validate: drivers.validate)
    }

    /// The moment.
    var now: Timestamp { Timestamp(millisecondsSinceEpoch: time.millisecondsSinceEpoch) }

    /// An absolute path for `path`, without `.` and `..` where that can be said without looking.
    func absolutePath(_ path: String) -> String {
        var segments: [Substring] = []
        let whole = path.utf8.first == UInt8(ascii: "/") ? path : currentFolder + "/" + path
        for segment in whole.split(separator: "/") where segment != "." {
            if segment == "..", segments.last.map({ $0 != ".." }) ?? false {
                segments.removeLast()
            } else {
                segments.append(segment)
            }
        }
        return "/" + segments.joined(separator: "/")
    }
}

/// What the broker client notes on its way; a command says itself what matters.
private struct SilentLogSink: LogSink {
    func write(_ line: LogLine) {}
}
