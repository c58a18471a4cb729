import StowageContract

/// The events whose messages are held fixed, by file.
enum GoldenEvents {
    typealias F = Fixtures

    static let all: [Golden<StowageEvent>] = results + others + drivers

    private static func event(
        _ type: EventType, _ operation: Operation?, _ happening: TaskEvent.Happening, sequence: Int = 2
    ) -> StowageEvent {
        let id =
            type.isFinal
            ? EventID.final(task: F.id.text, type)
            : EventID.informational(task: F.id.text, type, sequence: sequence)
        var event = TaskEvent(
            id: id, source: "/stowage/stowage", time: F.now, task: F.id.text, operation: operation,
            driver: operation == nil ? nil : F.archive, attempt: 1, labels: ["quiz 17"], requestedByUser: "moodle",
            requestedByApp: "moodle", worker: "worker-1", sequence: sequence,
            traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", tracestate: nil,
            happening: happening)
        if type == .succeeded, operation == .store { event.supersedes = "\(F.id.text)/failed" }
        return .task(event)
    }

    private static func succeeded(_ result: TaskResult, _ operation: Operation) -> StowageEvent {
        event(.succeeded, operation, .succeeded(result, durationMilliseconds: 1234, attempts: F.attempts))
    }

    static let results: [Golden<StowageEvent>] = [
        .init(
            "succeeded-store",
            succeeded(
                .store(
                    StoreResult(
                        handle: F.handle, alreadyPresent: false, verified: .server, exclusive: .atomic,
                        durability: .full, retention: F.retention,
                        copies: [
                            .stands(driver: F.archiveB, handle: F.bareHandle),
                            .missing(driver: F.archiveC, error: F.error, followUp: TaskID("c-0123")),
                        ], otherCopies: [F.bareHandle], possibleCopies: [F.archiveC], sourceBytes: 73_400_320,
                        resumedBytes: 0, slices: 1)), .store)
        ),
        .init(
            "succeeded-store-minimal",
            succeeded(
                .store(
                    StoreResult(
                        handle: F.bareHandle, alreadyPresent: true, verified: nil, exclusive: .checked,
                        durability: .none)),
                .store)
        ),
        .init(
            "succeeded-retrieve",
            succeeded(
                .retrieve(
                    RetrieveResult(size: 5, sha256: F.digest, verified: true, destination: .file("/spool/out"))),
                .retrieve)
        ),
        .init(
            "succeeded-retrieve-inline",
            succeeded(
                .retrieve(
                    RetrieveResult(
                        size: 5, sha256: F.digest, verified: true, destination: .inline, inline: Array("hello".utf8))),
                .retrieve)
        ),
        .init("succeeded-delete", succeeded(.delete(DeleteResult(deleted: true, absent: false)), .delete)),
        .init("succeeded-stat", succeeded(.stat(StatResult(handle: F.handle)), .stat)),
        .init("succeeded-stat-absent", succeeded(.stat(StatResult(handle: nil)), .stat)),
        .init(
            "succeeded-list",
            succeeded(
                .list(
                    ListResult(
                        archives: [
                            .init(key: F.key, size: 5, storedAt: F.now, taskID: F.id),
                            .init(key: "z/other", size: 0, storedAt: F.now, taskID: nil),
                        ], next: "z/other")), .list)
        ),
        .init(
            "succeeded-verify",
            succeeded(
                .verify(
                    VerifyResult(state: .mismatch, expectedSHA256: F.digest, actualSHA256: F.otherDigest)),
                .verify)
        ),
        .init("succeeded-copy", succeeded(.copy(handle: F.bareHandle), .copy)),
        .init("succeeded-presign", succeeded(.presign(expiresAt: F.now), .presign)),
        .init("succeeded-retain", succeeded(.retain(retention: F.retention, legalHold: true), .retain)),
        .init(
            "succeeded-check",
            succeeded(
                .check(
                    CheckResult(
                        steps: CheckResult.Step.Name.allCases.map {
                            .init(
                                name: $0, outcome: $0 == .delete ? .failed : $0 == .refuseShorten ? .skipped : .passed,
                                milliseconds: 3, error: $0 == .delete ? F.error : nil)
                        })), .check)
        ),
        .init(
            "succeeded-capacity",
            succeeded(.capacity(StoreCapacity(totalBytes: 100, usedBytes: nil, freeBytes: 40)), .capacity)
        ),
    ]

    static let others: [Golden<StowageEvent>] = [
        .init(
            "failed", event(.failed, .store, .failed(F.error, attempts: F.attempts, possibleCopies: [F.archiveB]))
        ),
        .init(
            "failed-unreadable",
            event(
                .failed, nil,
                .failed(
                    TaskProblem(.invalidTask, "The body is not JSON: There is no text at all. (byte 0)").report,
                    attempts: [], possibleCopies: []))
        ),
        .init("cancelled", event(.cancelled, .store, .cancelled(by: "operator"))),
        .init("retrying", event(.retrying, .store, .retrying(F.error, retryAt: Timestamp("2026-11-20T09:30:05Z")!))),
        .init("failedover", event(.failedOver, .store, .failedOver(F.error, from: F.archive, to: F.archiveB))),
        .init("progress", event(.progress, .store, .progress(bytesDone: 1024, bytesTotal: nil))),
        .init(
            "source-kept",
            event(.sourceKept, .store, .sourceKept(reason: "The source was changed while it was stored."))),
    ]

    static let drivers: [Golden<StowageEvent>] = [
        .init("down", driver(.down(since: F.now, probe: .init(milliseconds: 5000, error: F.error)))),
        .init("up", driver(.up(since: F.now, probe: .init(milliseconds: 12)))),
        .init(
            "space-low",
            driver(
                .spaceLow(
                    capacity: StoreCapacity(totalBytes: 100, usedBytes: 95, freeBytes: 5), minimumFreeBytes: 10))
        ),
    ]

    private static func driver(_ happening: DriverEvent.Happening) -> StowageEvent {
        .driver(
            DriverEvent(
                source: "/stowage/stowage", time: F.now, driver: F.archive, worker: "worker-1", happening: happening))
    }
}
