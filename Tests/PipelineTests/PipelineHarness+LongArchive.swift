import TestSupport
import Testing

extension PipelineHarness {
    /// Has driver `a` store `bytes` as `t-1/long.bin`, with no reads noted.
    func storeLong(_ bytes: [UInt8]) async throws {
        let source = try spool.write(bytes, to: "long.bin")
        let store = """
            {"id":"t-1","operation":"store","driver":"a","data":{"name":"long.bin","source":{"file":"\(source)"}}}
            """
        try await send(store, key: "a.store")
        #expect(try await event().summary == "succeeded")
        try #require(scripts["a"]).forgetReads()
    }
}
