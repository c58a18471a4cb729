import ServiceRuntime
import Sharing
import Storage
import StowageContract
import Testing
import TestSupport

@testable import StorageDrivers

/// Answers what it is told, in order, the last for ever; holds its callers while its gate is closed.
private final class ScriptedSource: S3CredentialSource {
    let asked = Watched(0)
    let refused = Guarded<[S3Credentials]>([])
    private let answers: Guarded<[Result<S3Credentials, StorageError>]>
    private let holding: FirstAnswer<Void>?

    init(_ answers: [Result<S3Credentials, StorageError>], holding: FirstAnswer<Void>? = nil) {
        self.answers = Guarded(answers)
        self.holding = holding
    }

    func credentials() async throws(StorageError) -> S3Credentials {
        let number = asked.change { asked in
            asked += 1
            return asked
        }
        if number == 1, let holding {
            await withTaskCancellationHandler {
                await holding.value()
            } onCancel: {
                holding.give(())
            }
            if Task.isCancelled { throw .cancelled }
        }
        return try answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }.get()
    }

    func renew(after refused: S3Credentials) async {
        self.refused.withLock { $0.append(refused) }
    }
}

@Suite("Credentials that are lent", .timeLimit(.minutes(1)))
struct RenewedCredentialsTests {
    private let clock = ManualClock()
    private static let away = StorageError(.unavailable, .transient(after: nil), "away")

    private func lent(_ key: String, for duration: Duration?) -> S3Credentials {
        S3Credentials(
            accessKey: key, secretKey: Secret("s"),
            expiresAt: duration.map { clock.timestamp.adding(milliseconds: $0.milliseconds) })
    }

    private func renewed(_ source: ScriptedSource) -> RenewedCredentials {
        RenewedCredentials(source) { [clock] in clock.timestamp }
    }

    @Test("are asked for once, and again five minutes before they expire")
    func margin() async throws {
        let source = ScriptedSource([
            .success(lent("A", for: .seconds(3600))), .success(lent("B", for: .seconds(7200))),
        ])
        let credentials = renewed(source)
        #expect(try await credentials.credentials().accessKey == "A")
        clock.advance(by: .seconds(3299))
        #expect(try await credentials.credentials().accessKey == "A")
        #expect(source.asked.value == 1)
        clock.advance(by: .seconds(1))
        #expect(try await credentials.credentials().accessKey == "B")
        #expect(source.asked.value == 2)
    }

    @Test("that never expire are asked for once")
    func forever() async throws {
        let source = ScriptedSource([.success(lent("A", for: nil))])
        let credentials = renewed(source)
        for _ in 0..<3 {
            #expect(try await credentials.credentials().accessKey == "A")
            clock.advance(by: .seconds(1_000_000))
        }
        #expect(source.asked.value == 1)
    }

    @Test("that are still good are used on while new ones cannot be had, which is asked for twice a minute")
    func fallback() async throws {
        let source = ScriptedSource([.success(lent("A", for: .seconds(600))), .failure(Self.away)])
        let credentials = renewed(source)
        _ = try await credentials.credentials()
        clock.advance(by: .seconds(400))
        for _ in 0..<5 { #expect(try await credentials.credentials().accessKey == "A") }
        #expect(source.asked.value == 2)
        clock.advance(by: .seconds(30))
        #expect(try await credentials.credentials().accessKey == "A")
        #expect(source.asked.value == 3)
        clock.advance(by: .seconds(170))
        let error = await #expect(throws: StorageError.self) { try await credentials.credentials() }
        #expect(error?.code == .unavailable)
    }

    @Test("that are lent for less than the margin are not asked for with every request")
    func shortLived() async throws {
        let source = ScriptedSource([.success(lent("A", for: .seconds(60)))])
        let credentials = renewed(source)
        for _ in 0..<5 { _ = try await credentials.credentials() }
        #expect(source.asked.value == 1)
    }

    @Test("are asked for anew when the store refuses them, and not when it refused older ones")
    func refusal() async throws {
        let (first, second) = (lent("A", for: .seconds(3600)), lent("B", for: .seconds(3600)))
        let source = ScriptedSource([.success(first), .success(second), .failure(Self.away)])
        let credentials = renewed(source)
        #expect(try await credentials.credentials() == first)
        await credentials.renew(after: first)
        #expect(try await credentials.credentials() == second)
        await credentials.renew(after: first)
        #expect(try await credentials.credentials() == second)
        #expect(source.refused.withLock { $0 } == [first, first])
        await credentials.renew(after: second)
        await #expect(throws: StorageError.self) { try await credentials.credentials() }
    }

    @Test("many who ask at once make one request, and share what it brings", arguments: [true, false])
    func together(succeeds: Bool) async throws {
        let holding = FirstAnswer<Void>()
        let answer: Result<S3Credentials, StorageError> =
            succeeds ? .success(lent("A", for: .seconds(3600))) : .failure(Self.away)
        let source = ScriptedSource(
            [answer, .failure(StorageError(.unexpected, .permanent, "asked twice"))], holding: holding)
        let credentials = renewed(source)
        let codes = await withTaskGroup(of: ErrorCode?.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do throws(StorageError) {
                        _ = try await credentials.credentials()
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
            _ = try? await eventually { credentials.waitingCount == 19 }
            holding.give(())
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes == Array(repeating: succeeds ? nil : .unavailable, count: 20))
        #expect(source.asked.value == 1)
    }

    @Test("when the one who asks is cancelled, one of those who wait asks instead")
    func cancelled() async throws {
        let source = ScriptedSource([.success(lent("A", for: .seconds(3600)))], holding: FirstAnswer())
        let credentials = renewed(source)
        try await withThrowingTaskGroup(of: S3Credentials?.self) { group in
            let first = Task { try? await credentials.credentials() }
            await source.asked.first { $0 == 1 }
            group.addTask { try await credentials.credentials() }
            group.addTask { try await credentials.credentials() }
            #expect(try await eventually { credentials.waitingCount == 2 })
            first.cancel()
            #expect(await first.value == nil)
            for try await other in group { #expect(other?.accessKey == "A") }
        }
        #expect(source.asked.value == 2)
    }

    @Test("one who waits and is cancelled goes at once")
    func waiterCancelled() async throws {
        let holding = FirstAnswer<Void>()
        let source = ScriptedSource([.success(lent("A", for: .seconds(3600)))], holding: holding)
        let credentials = renewed(source)
        async let first = credentials.credentials()
        await source.asked.first { $0 == 1 }
        let second = Task { () -> ErrorCode? in
            do throws(StorageError) {
                _ = try await credentials.credentials()
                return nil
            } catch {
                return error.code
            }
        }
        #expect(try await eventually { credentials.waitingCount == 1 })
        second.cancel()
        #expect(await second.value == .cancelled)
        holding.give(())
        #expect(try await first.accessKey == "A")
    }
}
