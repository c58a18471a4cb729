import Glibc
import ServiceRuntime
public import Storage

/// The whole program `stowage` with the drivers that are listed: workers, and the tools around them.
///
/// A program of your own is this and a list:
///
///     @main
///     struct ArchiveWorker {
///         static func main() {
///             StowageProgram(drivers: StowageProgram.bundledDrivers + [SQLiteStorageDriver.self]).main()
///         }
///     }
public struct StowageProgram: Sendable {
    /// The driver types that Stowage brings.
    public static var bundledDrivers: [any StorageDriver.Type] { BundledDrivers.all }

    private let factory: StorageDriverFactory

    /// The program with these driver types and no others.
    ///
    /// Each has a `type` of its own, which is what `drivers.<name>.type` says in the configuration.
    public init(drivers: [any StorageDriver.Type]) {
        let names = drivers.map { $0.type }
        for (index, name) in names.enumerated() {
            precondition(!name.isEmpty, "\(drivers[index]) has an empty type")
            precondition(!names[..<index].contains(name), "two drivers are of the type \(name)")
        }
        self.factory = StorageDriverFactory(drivers, leftOut: BundledDrivers.leftOut)
    }

    /// Does what the command line of the process says, and ends the process with the exit code.
    ///
    /// To be called from the main thread before there is another one: a worker blocks the signals that it waits for,
    /// and only threads that are made afterwards leave them alone.
    public func main() -> Never {
        let line = Array(CommandLine.arguments.dropFirst())
        if StowageCommand.waitsForSignals(line) { UnixSignals.block() }
        Task.detached { [factory] in
            let code = await StowageCommand.run(line, in: .ofThisProcess(drivers: factory))
            // Not `exit`: OpenSSL takes itself apart there, under the threads of connections that are still ending.
            fflush(nil)
            _exit(code.rawValue)
        }
        while true { pause() }
    }
}
