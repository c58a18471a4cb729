extension Storage {
    /// The body for a store and a source that can both go on where they stopped; `nil`: it is not worth it, or no use.
    ///
    /// Room is promised for what is still to come, once it is known how much that is.
    func resuming(
        _ body: any ArchiveBody, _ draft: StoreDraft, in share: RoomShare
    ) -> ResumingBody? {
        guard let driver = driver as? any ResumableUploading, capabilities.resumableUpload,
            let body = body as? any SeekableBody,
            draft.request.size ?? body.size ?? .max >= driver.leastResumableBytes
        else { return nil }
        let most = most(draft.request)
        let limits = ResumingBody.Limits(mostBytes: most.bytes, tooMany: most.tooMany) {
            (bytes, taken) async throws(StorageError) in
            let promised = try await self.promiseRoom(for: bytes ?? 0, brought: taken)
            share.take(promised)
        }
        return ResumingBody(
            body, request: draft.digest, limits: limits, slice: draft.request.slice, meter: draft.request.meter)
    }
}
