import DriverConformance
import Sharing
@testable import Storage
import StowageContract
import TestSupport
import Testing

@Suite("Fan-out", .timeLimit(.minutes(1)))
struct FanOutTests {
    /// A body of numbered chunks that counts how far it was read.
    private final class Numbers: ArchiveBody {
        let size: Int64?
        private let count: UInt8
        private let read = Guarded<UInt8>(0)

        init(_ count: UInt8) {
            self.count = count
            self.size = Int64(count)
        }

        var taken: UInt8 { read.withLock { $0 } }

        func next() async throws(StorageError) -> [UInt8]? {
            read.withLock { read in
                guard read < count else { return nil }
                read += 1
                return [read]
            }
        }

        func close() async {}
    }

    private func fan(_ body: any ArchiveBody, followers: Int) -> FanOut {
        FanOut(ScriptedSource { () throws(StorageError) in body }, followers: followers)
    }

    private static func bytes(of source: any ArchiveSource) async throws(StorageError) -> [UInt8] {
        let body = try await source.open()
        var bytes: [UInt8] = []
        while let chunk = try await body.next() { bytes += chunk }
        return bytes
    }

    private static func outcome(of source: any ArchiveSource) async -> Result<[UInt8], StorageError> {
        do throws(StorageError) { return .success(try await bytes(of: source)) } catch { return .failure(error) }
    }

    @Test("everybody gets all bytes, which are read once")
    func all() async throws {
        let body = Numbers(100)
        let fan = fan(body, followers: 3)
        let expected = Array(UInt8(1)...100)
        await withTaskGroup(of: Result<[UInt8], StorageError>.self) { group in
            group.addTask {
                let result = await Self.outcome(of: fan.leader)
                fan.leaderEnded(successfully: true)
                return result
            }
            for index in 0..<3 {
                group.addTask {
                    try? await fan.turn(of: index)
                    let result = await Self.outcome(of: fan.follower(index))
                    fan.followerEnded(index)
                    return result
                }
            }
            for await result in group {
                guard case .success(let bytes) = result else {
                    Issue.record("\(result)")
                    continue
                }
                #expect(bytes == expected)
            }
        }
        #expect(body.taken == 100)
    }

    @Test("nobody is more than a chunk behind")
    func backpressure() async throws {
        let body = Numbers(9)
        let fan = fan(body, followers: 1)
        async let led = Self.outcome(of: fan.leader)
        try await fan.turn(of: 0)
        let follower = try await fan.follower(0).open()
        for expected in UInt8(1)...9 {
            #expect(try await follower.next() == [expected])
            // The next may be read already, and no more.
            #expect(body.taken <= expected + 1)
        }
        #expect(try await led.get().count == 9)
        fan.leaderEnded(successfully: true)
        #expect(try await follower.next() == nil)
    }

    @Test("the end comes only when the leader's store stands, and not at all when it fails", arguments: [true, false])
    func end(_ isSuccess: Bool) async throws {
        let fan = fan(Numbers(2), followers: 1)
        async let led = Self.outcome(of: fan.leader)
        try await fan.turn(of: 0)
        let follower = try await fan.follower(0).open()
        #expect(try await follower.next() == [1])
        #expect(try await follower.next() == [2])
        _ = try await led.get()
        async let last = Self.next(follower)
        fan.leaderEnded(successfully: isSuccess)
        switch await last {
        case .success(let chunk):
            #expect(isSuccess)
            #expect(chunk == nil)
        case .failure(let error):
            #expect(!isSuccess)
            #expect(error.code == .cancelled)
        }
    }

    private static func next(_ body: any ArchiveBody) async -> Result<[UInt8]?, StorageError> {
        do throws(StorageError) { return .success(try await body.next()) } catch { return .failure(error) }
    }

    @Test("a follower that fails holds nobody up")
    func failedFollower() async throws {
        let fan = fan(Numbers(50), followers: 2)
        async let led = Self.outcome(of: fan.leader)
        try await fan.turn(of: 0)
        let broken = try await fan.follower(0).open()
        // The second never opens: its store is refused.
        fan.followerEnded(1)
        #expect(try await broken.next() == [1])
        fan.followerEnded(0)
        #expect(try await led.get().count == 50)
    }

    @Test("a follower that takes nothing any more is left behind")
    func stalledFollower() async throws {
        let numbers = Numbers(50)
        let fan = fan(numbers, followers: 2)
        async let led = Self.outcome(of: fan.leader)
        try await fan.turn(of: 0)
        let stalled = try await fan.follower(0).open()
        let steady = try await fan.follower(1).open()
        #expect(try await stalled.next() == [1])
        for number in 1...2 { #expect(try await steady.next() == [UInt8(number)]) }
        // Now the leader waits for the first and for nobody else: it is noted once, and left behind the second time.
        while numbers.taken < 3 {
            fan.abandonStalled()
            await Task.yield()
        }
        try await fan.abandoned(0)
        async let end: [UInt8] = Self.drain(steady)
        #expect(try await led.get().count == 50)
        fan.leaderEnded(successfully: true)
        #expect(try await end.count == 48)
        let error = await #expect(throws: StorageError.self) { _ = try await stalled.next() }
        #expect(error?.code == .timedOut)
        #expect(error?.retry == .transient(after: nil))
    }

    private static func drain(_ body: any ArchiveBody) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let chunk = try await body.next() { bytes += chunk }
        return bytes
    }

    @Test("who begins the source anew, or never reads it, is not followed", arguments: [true, false])
    func restarted(_ opens: Bool) async throws {
        let fan = fan(Numbers(3), followers: 1)
        if opens {
            _ = try await fan.leader.open()
            _ = try await fan.leader.open()
        } else {
            fan.leaderEnded(successfully: true)
        }
        try await fan.turn(of: 0)
        let follower = try await fan.follower(0).open()
        let error = await #expect(throws: StorageError.self) { _ = try await follower.next() }
        #expect(error?.code == .unavailable)
        #expect(error?.place == .source)
    }

    @Test("cancellation reaches whoever waits")
    func cancelled() async throws {
        let fan = fan(Numbers(3), followers: 1)
        let waiting = Task { await Self.outcome(of: fan.leader) }
        try await fan.turn(of: 0)
        waiting.cancel()
        guard case .failure(let error) = await waiting.value else {
            Issue.record("it went on without its follower")
            return
        }
        #expect(error.code == .cancelled)
    }
}
