import StowageContract

/// Results as text for people.
enum ResultText {
    /// A few words for a line that says more.
    static func short(_ result: TaskResult) -> String {
        switch result {
        case .store(let result): "\(result.handle.key), \(ByteText.text(result.handle.size))"
        case .retrieve(let result): ByteText.text(result.size)
        case .delete(let result): result.deleted ? "deleted" : "was not there"
        case .stat(let result): result.exists ? "exists" : "is not there"
        case .list(let result): "\(result.archives.count) archives"
        case .verify(let result): result.state.rawValue
        case .copy(let handle): "\(handle.driver): \(handle.key)"
        case .presign(let expiresAt, _): "until \(expiresAt.text)"
        case .retain: ""
        case .check(let result): result.ok ? "ok" : "a step failed"
        case .capacity(let capacity): capacity.freeBytes.map { ByteText.text($0) + " free" } ?? ""
        }
    }

    /// What a command shows of its result.
    static func lines(_ result: TaskResult, of event: TaskEvent) -> [String] {
        switch result {
        case .store(let result): stored(result)
        case .retrieve(let result): ["retrieved \(ByteText.text(result.size)), sha256 \(result.sha256)"]
        case .delete(let result): [result.deleted ? "deleted" : "nothing to delete: it was not there"]
        case .stat(let result): result.handle.map(described) ?? ["not there"]
        case .list(let result): listed(result)
        case .verify(let result): verified(result)
        case .copy(let handle): ["copied to \(handle.driver): \(handle.key)"]
        case .presign(let expiresAt, let url): [url, "valid until \(expiresAt.text)"].compactMap(\.self)
        case .retain(let retention, let hold):
            [retention.map { "retained until \($0.until.text) (\($0.mode.rawValue))" } ?? "not retained"]
                + (hold ? ["under legal hold"] : [])
        case .check(let result): result.steps.map { step(of: $0, driver: event.driver) }
        case .capacity(let capacity): [space(capacity, driver: event.driver)]
        }
    }

    private static func stored(_ result: StoreResult) -> [String] {
        let handle = result.handle
        var lines = [
            (result.alreadyPresent ? "was stored already: " : "stored ")
                + "\(handle.key) on \(handle.driver) (\(ByteText.text(handle.size)), sha256 \(handle.sha256))"
        ]
        for copy in result.copies {
            switch copy {
            case .stands(let driver, _): lines.append("copy on \(driver)")
            case .missing(let driver, let error, let followUp):
                lines.append(
                    "no copy on \(driver) yet: \(EventText.sentence(error))"
                        + (followUp.map { "; task \($0) makes it" } ?? ""))
            }
        }
        if !result.otherCopies.isEmpty {
            lines.append("also on \(result.otherCopies.map(\.driver.text).joined(separator: ", "))")
        }
        if !result.possibleCopies.isEmpty {
            lines.append("possibly on \(result.possibleCopies.map(\.text).joined(separator: ", "))")
        }
        return lines
    }

    private static func described(_ handle: ArchiveHandle) -> [String] {
        var lines = [
            "key        \(handle.key)", "driver     \(handle.driver)",
            "size       \(handle.size) bytes (\(ByteText.text(handle.size)))", "sha256     \(handle.sha256)",
            "stored     \(handle.storedAt.text) by task \(handle.taskID)",
        ]
        if let mediaType = handle.mediaType { lines.append("media type \(mediaType)") }
        if let retention = handle.retention {
            lines.append("retention  \(retention.mode.rawValue) until \(retention.until.text)")
        }
        if handle.legalHold { lines.append("legal hold") }
        for (name, value) in handle.metadata.sorted(by: { $0.key < $1.key }) {
            lines.append("metadata   \(name)=\(value)")
        }
        return lines
    }

    private static func listed(_ result: ListResult) -> [String] {
        var lines = result.archives.map { entry in
            "\(entry.storedAt.text)  \(ByteText.text(entry.size).padded(to: 10))  \(entry.key)"
        }
        if let next = result.next { lines.append("there are more: --after '\(next)'") }
        if lines.isEmpty { lines = ["no archives"] }
        return lines
    }

    private static func verified(_ result: VerifyResult) -> [String] {
        switch result.state {
        case .ok: ["ok: \(result.actualSHA256.map { "sha256 " + $0 } ?? "intact")"]
        case .mismatch:
            ["mismatch: expected \(result.expectedSHA256 ?? "?"), found \(result.actualSHA256 ?? "?")"]
        case .missing: ["missing"]
        case .unreadable: ["unreadable"]
        }
    }

    private static func step(of step: CheckResult.Step, driver: DriverName?) -> String {
        "\((driver?.text ?? "").padded(to: 16))  \(step.name.rawValue.padded(to: 19))  "
            + "\(step.outcome.rawValue.padded(to: 7))  \(step.milliseconds) ms"
            + (step.error.map { "  " + EventText.sentence($0) } ?? "")
    }

    private static func space(_ capacity: StoreCapacity, driver: DriverName?) -> String {
        func text(_ bytes: Int64?) -> String { bytes.map { ByteText.text($0) } ?? "unknown" }
        return
            "\((driver?.text ?? "").padded(to: 16))  \(text(capacity.freeBytes)) free of \(text(capacity.totalBytes)), "
            + "\(text(capacity.usedBytes)) used"
    }
}
