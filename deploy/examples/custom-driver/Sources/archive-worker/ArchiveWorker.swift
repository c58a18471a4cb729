import SQLiteDriver
import StowageKit

/// Everything that `stowage` is, and one driver more.
@main
struct ArchiveWorker {
    static func main() {
        StowageProgram(drivers: StowageProgram.bundledDrivers + [SQLiteStorageDriver.self]).main()
    }
}
