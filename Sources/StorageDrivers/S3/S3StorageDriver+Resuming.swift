package import Storage

extension S3StorageDriver: ResumableUploading {
    /// Archives that fit into one part are sent at once.
    package var leastResumableBytes: Int64 { Int64(configuration.partSizeBytes) + 1 }

    package func write(
        _ request: WriteRequest, resuming body: any ResumableBody
    ) async throws(StorageError) -> WriteReceipt {
        let plan = plan(size: request.size)
        guard let size = request.size, size > Int64(plan.firstBytes) else {
            return try await write(request, from: body)
        }
        let folder = try await admit(request)
        let options = try S3WriteOptions(request, configuration, at: now())
        return try await S3MultipartWrite(
            driver: self, request: request, options: options, reader: S3PartReader(body), plan: plan,
            folder: folder, resumable: body
        ).run()
    }
}
