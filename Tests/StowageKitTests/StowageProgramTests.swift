import Glibc
import Storage
import StowageKit
import Testing

@Suite("StowageProgram")
struct StowageProgramTests {
    @Test("brings its drivers, each of a type of its own")
    func bundled() {
        let types = StowageProgram.bundledDrivers.map { $0.type }
        #expect(types.contains("local"))
        #expect(Set(types).count == types.count)
        _ = StowageProgram(drivers: StowageProgram.bundledDrivers)
    }

    @Test("refuses two drivers of one type instead of taking either")
    func ambiguous() async {
        await #expect(processExitsWith: .failure) {
            _ = StowageProgram(drivers: StowageProgram.bundledDrivers + StowageProgram.bundledDrivers.prefix(1))
        }
    }

    @Test("ends without what libraries do at exit, while connections may still use them")
    func ending() async {
        // The command line of a test process is none that it knows.
        await #expect(processExitsWith: .exitCode(2)) {
            atexit { _exit(99) }
            StowageProgram(drivers: StowageProgram.bundledDrivers).main()
        }
    }
}
