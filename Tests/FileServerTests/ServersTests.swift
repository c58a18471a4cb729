import DriverConformance
import Glibc
import Storage
import StowageContract
import TestSupport
import Testing

/// Held to the seam by itself, whatever stands above it: see `FileServer`.
@Suite("servers that keep files in folders, at their own seam")
struct FileServerSeamTests {
    @Test("a server declares nothing that it was not asked for")
    func declaresNothing() {
        let facts = FileServerFacts()
        #expect(
            !facts.resumes && !facts.resumesOnlyExisting && !facts.readsRanges && !facts.digests && !facts.tellsRoom)
        #expect(facts.durability == .store)
    }
}

@Suite("The end of a process that tests servers")
struct ProcessEndTests {
    @Test("is not OpenSSL's, and keeps its status")
    func sudden() async {
        await #expect(processExitsWith: .exitCode(3)) {
            atexit { _exit(99) }
            ProcessEnd.isSudden
            exit(3)
        }
    }
}
