import ServiceRuntime
import StowageContract

extension FileServer {
    /// All bytes of a small file; `nil`: there is none.
    ///
    /// - Throws: `.unavailable` for one that is longer than any record.
    func record(_ path: String) async throws(StorageError) -> [UInt8]? {
        let body: any ArchiveBody
        do throws(StorageError) {
            body = try await read(path, range: nil)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
        do throws(StorageError) {
            var bytes: [UInt8] = []
            while let chunk = try await body.next() {
                bytes += chunk
                guard bytes.count <= RecordName.longestBytes else {
                    throw StorageError(.unavailable, .transient(after: nil), "a record is too long to be one of ours")
                }
            }
            await body.close()
            return bytes
        } catch {
            await body.close()
            if error.code == .notFound { return nil }
            throw error
        }
    }

    /// A few bytes of a file.
    ///
    /// - Throws: `.notFound`.
    func bytes(of path: String, _ range: Range<Int64>) async throws(StorageError) -> [UInt8] {
        let body = try await read(path, range: range)
        do throws(StorageError) {
            var bytes: [UInt8] = []
            while let chunk = try await body.next() { bytes += chunk }
            await body.close()
            return bytes
        } catch {
            await body.close()
            throw error
        }
    }

    /// Makes a folder with those above it that are missing.
    ///
    /// - Returns: whether this call made it.
    @discardableResult
    func makeFolders(_ path: String) async throws(StorageError) -> Bool {
        do throws(StorageError) {
            return try await makeFolder(path)
        } catch {
            guard error.code == .notFound, let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { throw error }
            try await makeFolders(String(path[..<slash]))
            return try await makeFolder(path)
        }
    }

    /// A file of these bytes under a new name in the staging folder, complete.
    func stage(_ bytes: [UInt8]) async throws(StorageError) -> String {
        let path = FileServerNames.staged()
        do throws(StorageError) {
            let told = try await upload(path, at: 0, size: Int64(bytes.count), from: BytesBody(bytes), asking: .size)
            try await checkSize(of: path, Int64(bytes.count), told)
            return path
        } catch {
            await discard([path])
            throw error
        }
    }

    /// Throws where the server keeps another number of bytes than it took: that it has taken them is not believed.
    func checkSize(
        of path: String, _ expected: Int64, _ told: FileServerAnswer = .nothing
    ) async throws(StorageError) {
        let actual: Int64?
        if case .size(let size) = told { actual = size } else { actual = try await status(path)?.size }
        guard actual == expected else {
            throw StorageError(
                .integrityMismatch, .transient(after: nil), "the server keeps another number of bytes than it took",
                context: ["expected": String(expected), "actual": actual.map { String($0) } ?? "none"])
        }
    }

    /// Removes files as far as that can be done, also in a task that was cancelled; the rest is swept.
    func discard(_ paths: [String]) async {
        await shielded {
            for path in paths { _ = try? await self.remove(path) }
        }
    }
}
