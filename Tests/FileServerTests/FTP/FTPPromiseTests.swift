import Storage
import StorageDrivers
import TestSupport
import Testing
import Transfer

@Suite("FTP servers at the seam", .timeLimit(.minutes(5)))
struct FTPPromiseTests {
    @Test("keeps the promise", arguments: FileServerPromise.all, FTPTestServer.tested.securities)
    func promise(promise: FileServerPromise, security: FTPClientConfiguration.Security) async throws {
        let server = try await FTPTestServer.shared(FTPTestServer.tested)
        let ftp = try await FTPServer.connect(server.configuration(security), in: .test())
        do {
            try await promise.run(ftp)
        } catch {
            await ftp.close()
            throw error
        }
        await ftp.close()
    }
}
