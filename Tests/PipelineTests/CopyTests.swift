import Messaging
import Pipeline
import ServiceRuntime
import Storage
import StowageContract
import TestSupport
import Testing

@Suite("Copy and retain in the pipeline", .timeLimit(.minutes(1)))
struct CopyTests {
    private static func copy(_ id: String, _ more: String = "", archive: String = #""key":"t-1/n.txt""#) -> String {
        #"{"id":"\#(id)","operation":"copy","driver":"a","data":{\#(archive),"to":"b"\#(more)}}"#
    }

    private func handle(_ event: TaskEvent) -> ArchiveHandle? {
        if case .succeeded(.copy(let handle), _, _) = event.happening { handle } else { nil }
    }

    private func error(_ event: TaskEvent) -> ErrorReport? {
        switch event.happening {
        case .failed(let error, _, _), .retrying(let error, _): error
        default: nil
        }
    }

    /// A harness in which `a` holds `t-1/n.txt`.
    private func stored(_ more: String = "", _ body: (PipelineHarness) async throws -> Void) async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await harness.store("t-1", more: more)
            _ = try await harness.event()
            try await body(harness)
        }
    }

    @Test("a copy ends with one event of the source's driver and a handle of the other's, however often it comes")
    func twice() async throws {
        try await stored { harness in
            for _ in 1...2 {
                try await harness.send(Self.copy("c-1"), key: "a.copy")
                let event = try await harness.event()
                #expect(event.id == "c-1/succeeded" && event.routingKey == "succeeded.a.copy.none")
                let copy = try #require(handle(event), "\(event.summary)")
                #expect(copy.driver.text == "b" && copy.key == "t-1/n.txt" && copy.taskID.text == "t-1")
            }
            #expect(try await harness.stored("t-1/n.txt", on: "b") == "bytes")
        }
    }

    @Test("only a peer gets a copy")
    func peers() async throws {
        let harness = try await PipelineHarness(fallbacks: [:])
        try await harness.whileWorking {
            try await harness.send(Self.copy("c-1"), key: "a.copy")
            #expect(try await harness.event().summary == "failed permission-denied")
        }
    }

    @Test("a target that fails is retried, never failed over, and named as the destination")
    func destination() async throws {
        try await stored { harness in
            harness.scripts["b"]?.fail(.write, StorageError(.outOfSpace, .transient(after: nil), "full"))
            try await harness.send(Self.copy("c-1"), key: "a.copy")
            let first = try await harness.event()
            #expect(first.summary == "retrying out-of-space")
            let failure = try #require(error(first))
            #expect(failure.place == .destination && failure.driver?.text == "b" && failure.retryable)
            harness.clock.advance(by: .seconds(5))
            #expect(handle(try await harness.event())?.driver.text == "b")
        }
    }

    @Test("a source that is away is retried, and named as the source")
    func source() async throws {
        try await stored { harness in
            harness.scripts["a"]?.fail(.stat, StorageError(.unauthenticated, .permanent, "no"))
            try await harness.send(Self.copy("c-1"), key: "a.copy")
            let failed = try await harness.event()
            #expect(failed.summary == "failed unauthenticated")
            #expect(error(failed)?.place == .source && error(failed)?.driver?.text == "a")
            let away = StorageError(.unavailable, .transient(after: .seconds(5)), "away")
            harness.scripts["a"]?.fail(.stat, away)
            try await harness.send(Self.copy("c-2"), key: "a.copy")
            let retrying = try await harness.event()
            #expect(retrying.summary == "retrying unavailable" && error(retrying)?.place == .source)
            harness.clock.advance(by: .seconds(5))
            #expect(handle(try await harness.event()) != nil)
        }
    }

    @Test("a copy that stands after all is not announced as failed")
    func lastLook() async throws {
        try await stored { harness in
            let lost = StorageError(.unexpected, .permanent, "no answer came", isAmbiguous: true)
            harness.scripts["b"]?.fail(.write, lost, afterEffect: true)
            try await harness.send(Self.copy("c-1"), key: "a.copy")
            #expect(handle(try await harness.event())?.key == "t-1/n.txt")
            // Without the effect it is a failure, and the target is not even suspected.
            harness.scripts["b"]?.fail(.write, lost)
            try await harness.send(Self.copy("c-2", #","path":"p""#), key: "a.copy")
            let failed = try await harness.event()
            guard case .failed(let error, _, let possible) = failed.happening else {
                throw UnexpectedEvent(failed.summary)
            }
            #expect(error.code == .unexpected && error.place == .destination && possible.isEmpty)
            // A target that cannot be asked is.
            harness.scripts["b"]?.fail(.write, lost)
            let away = StorageError(.unavailable, .transient(after: .seconds(5)), "away")
            harness.scripts["b"]?.failAfterNext(.stat, away)
            try await harness.send(Self.copy("c-3", #","path":"p""#), key: "a.copy")
            guard case .failed(_, _, let suspects) = try await harness.event().happening else {
                throw UnexpectedEvent("no failure")
            }
            #expect(suspects.map(\.text) == ["b"])
        }
    }

    @Test("the source goes after the event; a second delivery finds the copy although the source is gone")
    func removeSource() async throws {
        try await stored { harness in
            for _ in 1...2 {
                try await harness.send(Self.copy("c-1", #","removeSource":true"#), key: "a.copy")
                let event = try await harness.event()
                #expect(event.id == "c-1/succeeded" && handle(event)?.driver.text == "b", "\(event.summary)")
                #expect(try await eventually { try await harness.stored("t-1/n.txt", on: "a") == nil })
            }
            #expect(try await harness.stored("t-1/n.txt", on: "b") == "bytes")
            // Another task that only knows the key cannot say that this is what it was to copy.
            try await harness.send(Self.copy("c-2"), key: "a.copy")
            #expect(try await harness.event().summary == "failed not-found")
        }
    }

    @Test("a retained source stays, and the event says until when; the copy is retained as well")
    func retainedSource() async throws {
        let until = "2999-01-01T00:00:00.000Z"
        try await stored(#","retention":{"mode":"governance","until":"\#(until)"}"#) { harness in
            try await harness.send(Self.copy("c-1", #","removeSource":true"#), key: "a.copy")
            #expect(handle(try await harness.event())?.retention?.until.text == until)
            let kept = try await harness.event()
            guard case .sourceKept(let reason) = kept.happening else { throw UnexpectedEvent("\(kept.summary)") }
            #expect(reason.hasPrefix("retained: ") && reason.contains(until))
            #expect(try await harness.stored("t-1/n.txt", on: "a") == "bytes")
        }
    }

    @Test("a source whose copy has gone in the meantime stays")
    func copyGone() async throws {
        try await stored { harness in
            let (a, b) = (try #require(DriverName("a")), try #require(DriverName("b")))
            let data = CopyData(archive: .key("t-1/n.txt"), to: b, removeSource: true)
            let id = try #require(TaskID("c-1"))
            let context = OperationContext(
                storage: try await harness.api.storage(a), api: harness.api, spool: harness.spoolRoots,
                blocking: BlockingPool(threads: 1), taskID: id, mayHaveRunBefore: false, inlineBytes: 0,
                hasRequester: false, time: harness.clock.time)
            let outcome = try await TaskData.copy(data).implementation.run(in: context)
            let deleter = try #require(TaskID("d-1"))
            #expect(try await harness.api.storage(b).delete(.key("t-1/n.txt"), taskID: deleter))
            let reason = await outcome.removal?.remove()
            #expect(reason?.contains("the copy cannot be confirmed: not-found") == true)
            #expect(try await harness.stored("t-1/n.txt", on: "a") == "bytes")
        }
    }

    @Test("retain says what is in force, refuses what is shorter, and a delete says until when")
    func retain() async throws {
        try await stored { harness in
            func retain(_ id: String, _ data: String) async throws -> TaskEvent {
                let task =
                    #"{"id":"\#(id)","operation":"retain","driver":"a","data":{"key":"t-1/n.txt",\#(data)}}"#
                try await harness.send(task, key: "a.retain")
                return try await harness.event()
            }
            let until = "2999-01-01T00:00:00.000Z"
            let longer = #""retention":{"mode":"governance","until":"\#(until)"},"legalHold":true"#
            for _ in 1...2 {
                let event = try await retain("r-1", longer)
                guard case .succeeded(.retain(let retention, let isHeld), _, _) = event.happening else {
                    throw UnexpectedEvent("\(event.summary)")
                }
                #expect(retention?.until.text == until && retention?.enforcedBy == .stowage && isHeld)
            }
            let shorter = try await retain("r-2", #""retention":{"mode":"governance","until":"2030-01-01T00:00:00Z"}"#)
            #expect(shorter.summary == "failed conflict")
            let delete = #"{"id":"d-1","operation":"delete","driver":"a","data":{"key":"t-1/n.txt"}}"#
            try await harness.send(delete, key: "a.delete")
            let refused = try await harness.event()
            #expect(refused.summary == "failed retained")
            #expect(error(refused)?.context == ["until": until, "mode": "governance", "holds": "r-1"])
            guard
                case .succeeded(.retain(_, let isHeld), _, _) = try await retain("r-3", #""releases":["r-1"]"#)
                    .happening
            else { throw UnexpectedEvent("not released") }
            #expect(!isHeld)
        }
    }
}

/// Something else happened than a test was about.
struct UnexpectedEvent: Error {
    var text: String

    init(_ text: String) {
        self.text = text
    }
}
