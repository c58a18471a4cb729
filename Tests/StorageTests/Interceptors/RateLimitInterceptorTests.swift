import ServiceRuntime
@testable import Storage
import StowageContract
import TestSupport
import Testing

@Suite("Leaving a store alone", .timeLimit(.minutes(1)))
struct RateLimitInterceptorTests {
    private let clock = ManualClock()
    private let calls = Watched(0)

    @Test("refuses every call for as long as the store asked for, and says how long that still is")
    func closes() async throws {
        let interceptor = RateLimitInterceptor(time: clock.time)
        let first = await attempt(interceptor, .blip(.rateLimited, after: .seconds(10)))
        #expect(first?.retry == .transient(after: .seconds(10)))
        clock.advance(by: .seconds(4))
        let second = await attempt(interceptor, nil)
        #expect(second?.code == .rateLimited)
        #expect(second?.retry == .transient(after: .seconds(6)))
        #expect(calls.value == 1)
        clock.advance(by: .seconds(6))
        #expect(await attempt(interceptor, nil) == nil)
        #expect(calls.value == 2)
    }

    @Test("a shorter wish does not shorten a longer one")
    func longest() async throws {
        let interceptor = RateLimitInterceptor(time: clock.time)
        // Two calls were on their way when the first answer came.
        let body = { (error: StorageError) in
            try await interceptor.intercept(Self.call()) { () async throws(StorageError) in
                _ = await attempt(interceptor, .blip(.rateLimited, after: .seconds(10)))
                throw error
            }
        }
        await #expect(throws: StorageError.self) { try await body(.blip(.rateLimited, after: .seconds(1))) }
        clock.advance(by: .seconds(2))
        #expect(await attempt(interceptor, nil)?.retry == .transient(after: .seconds(8)))
    }

    @Test(
        "is not impressed by other failures",
        arguments: [.blip(), .blip(.unavailable, after: .seconds(5)), .blip(.rateLimited), .verdict(.rateLimited)]
            as [StorageError])
    func others(error: StorageError) async throws {
        let interceptor = RateLimitInterceptor(time: clock.time)
        #expect(await attempt(interceptor, error)?.retry == error.retry)
        #expect(await attempt(interceptor, nil) == nil)
        #expect(calls.value == 2)
    }

    @Test("a wish without measure closes the store for long instead of ending the process")
    func immense() async throws {
        let interceptor = RateLimitInterceptor(time: clock.time)
        _ = await attempt(interceptor, .blip(.rateLimited, after: .seconds(Int64.max)))
        #expect(await attempt(interceptor, nil)?.code == .rateLimited)
        #expect(calls.value == 1)
    }

    private static func call() throws -> StorageCall {
        StorageCall(kind: .stat, driver: try #require(DriverName("archive")), isReplayable: true)
    }

    private func attempt(_ interceptor: RateLimitInterceptor, _ error: StorageError?) async -> StorageError? {
        guard let call = try? Self.call() else { return .blip(.unexpected) }
        do throws(StorageError) {
            try await interceptor.intercept(call) { () async throws(StorageError) in
                calls.change { $0 += 1 }
                if let error { throw error }
            }
            return nil
        } catch {
            return error
        }
    }
}
