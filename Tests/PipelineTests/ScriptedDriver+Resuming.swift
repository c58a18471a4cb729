import Storage
import StorageDrivers
import StowageContract

/// What a scripted driver has of an archive that is not complete.
struct InterruptedUpload: Sendable {
    var origin = ""
    var prefix = ArchivePrefix(bytes: 0, sha256: "")
    var bytes: [UInt8] = []
}

extension ScriptedDriver: ResumableUploading {
    var leastResumableBytes: Int64 { 0 }

    /// Every chunk counts as a write of the script and is a checkpoint, then waits at the gate.
    func write(_ request: WriteRequest, resuming body: any ResumableBody) async throws(StorageError) -> WriteReceipt {
        var upload = script.upload
        let resumes =
            if upload.origin == body.origin {
                try await body.resume(behind: BytesBody(upload.bytes), expecting: upload.prefix)
            } else { false }
        if !resumes { upload = InterruptedUpload(origin: body.origin) }
        while let chunk = try await body.next() {
            upload.bytes += chunk
            upload.prefix = body.passed
            script.upload = upload
            body.noteCheckpoint(upload.prefix.bytes)
            script.noteWrite()
            await script.passGate()
        }
        return try await memory.write(request, from: BytesBody(upload.bytes))
    }
}
