package import StowageContract
import StrictCoding

/// An archive as its storage knows it, before it is copied to another one.
package struct CopyOrigin: Sendable {
    /// Made from the manifest.
    package let handle: ArchiveHandle
    /// What was recorded with it; never changes, whatever protects it later.
    let manifest: Manifest
    /// What protects it now.
    let protection: RetentionState
    /// The key as the driver sees it.
    let storedKey: ArchiveKey

    /// Whether nothing tells it from `other`: two drivers may have been configured for one storage.
    ///
    /// A copy's manifest names its maker, and an archive that was stored twice has two times; only the same file has
    /// all of it.
    package func mayBe(_ other: CopyOrigin) -> Bool { manifest == other.manifest }

    /// What the copy's storage is asked for; `path`: the copy gets a key of its own below it, else it keeps this one.
    func request(by taskID: TaskID, path: String?, at now: Timestamp) -> StoreRequest {
        let carried = protection.inForce(at: now)
        var request = StoreRequest(
            operation: .copy, taskID: taskID, name: manifest.name, path: path, size: manifest.size,
            sha256: manifest.sha256, mediaType: manifest.mediaType, metadata: manifest.metadata,
            retention: carried.retention.map { Retention(mode: $0.mode, until: $0.until) },
            legalHold: !carried.holds.isEmpty, mayHaveRunBefore: true, copiedFrom: handle.json,
            key: path == nil ? ArchiveKey(trusted: handle.key) : nil)
        request.origin = self
        return request
    }

    /// What makes two copies of it the same: nothing that a `retain` of the original changes.
    ///
    /// A copy that keeps its key is the same archive elsewhere, and keeps the fingerprint that its store had.
    func fingerprint(path: String?) -> Fingerprint {
        guard let path else { return Fingerprint(request: manifest.request) }
        var request = manifest.request
        request["operation"] = .string(Operation.copy.rawValue)
        request["path"] = .string(path)
        request["size"] = .integer(manifest.size)
        request["sha256"] = .string(manifest.sha256)
        return Fingerprint(request: request)
    }
}

extension RetentionState {
    /// What of it still counts: a retention that has ended is nothing to carry over.
    func inForce(at now: Timestamp) -> RetentionState {
        RetentionState(retention: retention.flatMap { $0.until > now ? $0 : nil }, holds: holds)
    }

    /// What must be added so that it protects as long, as strictly and for as many tasks as `other`; `nil`: nothing.
    package func lacking(_ other: RetentionState) -> (retention: Retention?, hold: Bool)? {
        var missing: Retention?
        if let wanted = other.retention {
            let modes = [wanted.mode, retention?.mode]
            let strictest = modes.contains(.compliance) ? Retention.Mode.compliance : .governance
            let latest = max(wanted.until, retention?.until ?? wanted.until)
            if retention?.until != latest || retention?.mode != strictest {
                missing = Retention(mode: strictest, until: latest)
            }
        }
        let hold = !Set(other.holds).isSubset(of: holds)
        return missing == nil && !hold ? nil : (missing, hold)
    }
}
