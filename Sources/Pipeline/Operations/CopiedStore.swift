import Cryptography
import ServiceRuntime
import Storage
import StowageContract

/// Stores an archive on its driver and, with the same reading of the source, on the drivers of `copies`.
///
/// What the task is worth is decided by the first archive alone. A copy that fails is named with its error; one whose
/// error may pass names the task that will make it from the archive.
struct CopiedStore: Sendable {
    /// The longest time that a copy may hold up the archive, unless the task says otherwise.
    static let patience: Duration = .seconds(150)

    let data: StoreData
    let context: OperationContext

    func run(from source: any ArchiveSource) async throws(StorageError) -> StoreResult {
        let drivers = data.copies.sorted { $0.text < $1.text }
        let fan = FanOut(source, followers: drivers.count)
        let ended = await withTaskGroup(of: Ended.self) { group in
            group.addTask { await lead(fan) }
            for (index, driver) in drivers.enumerated() {
                group.addTask { .copy(driver, await follow(fan, index, driver)) }
            }
            group.addTask { await watch(fan) }
            var open = drivers.count + 1
            var archive: Result<StoreReceipt, StorageError> = .failure(.cancelled)
            var copies: [DriverName: Result<StoreReceipt, StorageError>] = [:]
            for await end in group {
                switch end {
                case .archive(let result):
                    archive = result
                    // Nothing of what follows may stand without it.
                    if case .failure = result { group.cancelAll() }
                case .copy(let driver, let result): copies[driver] = result
                case .watch: continue
                }
                open -= 1
                if open == 0 { group.cancelAll() }
            }
            return (archive: archive, copies: copies)
        }
        var result = StoreResult(try ended.archive.get())
        result.copies = data.copies.map { driver in
            CopyOutcome(
                driver, ended.copies[driver] ?? .failure(.cancelled),
                followUp: FollowUp.id(of: context.taskID, driver, from: context.storage.name, api: context.api))
        }
        return result
    }

    private enum Ended: Sendable {
        case archive(Result<StoreReceipt, StorageError>)
        case copy(DriverName, Result<StoreReceipt, StorageError>)
        case watch
    }

    private func lead(_ fan: FanOut) async -> Ended {
        do throws(StorageError) {
            var request = request(context.storage.name)
            request.meter = context.meter
            let receipt = try await context.storage.store(request, from: fan.leader)
            fan.leaderEnded(successfully: true)
            return .archive(.success(receipt))
        } catch {
            fan.leaderEnded(successfully: false)
            return .archive(.failure(error))
        }
    }

    private func follow(
        _ fan: FanOut, _ index: Int, _ driver: DriverName
    ) async -> Result<StoreReceipt, StorageError> {
        let result = await withTaskGroup(of: Result<StoreReceipt, StorageError>?.self) { group in
            group.addTask { await store(fan, index, driver) }
            group.addTask {
                try? await fan.abandoned(index)
                return nil
            }
            // Whichever is first: a copy that was left behind is cancelled, wherever it waits.
            var result: Result<StoreReceipt, StorageError> = .failure(.cancelled)
            for await end in group {
                if let end { result = end }
                group.cancelAll()
            }
            return result
        }
        fan.followerEnded(index)
        return result
    }

    private func store(
        _ fan: FanOut, _ index: Int, _ driver: DriverName
    ) async -> Result<StoreReceipt, StorageError> {
        do throws(StorageError) {
            try await fan.turn(of: index)
            let storage = try await context.api.storage(driver)
            let receipt = try await storage.store(request(driver), from: fan.follower(index), isFollowing: true)
            return .success(receipt)
        } catch {
            return .failure(error)
        }
    }

    private func watch(_ fan: FanOut) async -> Ended {
        let patience = context.timeoutSeconds.map { .milliseconds(Int64($0) * 500) } ?? Self.patience
        while (try? await context.time.sleep(patience / 2)) != nil { fan.abandonStalled() }
        return .watch
    }

    private func request(_ driver: DriverName) -> StoreRequest {
        data.request(taskID: context.taskID, driver: driver, mayHaveRunBefore: context.mayHaveRunBefore)
    }
}

extension CopyOutcome {
    /// What became of the copy on `driver`; `followUp` is the task that may make it yet.
    init(_ driver: DriverName, _ result: Result<StoreReceipt, StorageError>, followUp: TaskID?) {
        switch result {
        case .success(let receipt): self = .stands(driver: driver, handle: receipt.handle)
        case .failure(let error):
            let isOver = error.retry == .permanent && error.code != .cancelled
            self = .missing(driver: driver, error: error.report(driver: driver), followUp: isOver ? nil : followUp)
        }
    }
}
