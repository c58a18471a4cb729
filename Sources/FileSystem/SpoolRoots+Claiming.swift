import Glibc

extension SpoolRoots {
    /// Begins a file at a path where nothing stands, or goes on with what an earlier delivery has left of it.
    ///
    /// Until it is published it lies in the same folder as `partialName`, which begins with `.stowage`, so that no task
    /// can name it, and belongs to whoever has claimed it until it is released.
    /// - Returns: `nil` where somebody else has it, the file system has no locks, or another user has made it: whoever
    ///   owns a file could write it after it was proved.
    /// - Throws: `.refused`, `.missing` for the folder, `.failed`.
    package func claim(
        _ path: String, as partialName: String, mode: UInt32 = 0o640
    ) throws(SpoolError) -> SpoolDestination? {
        let place = try place(of: path)
        let folder = try folder(of: place)
        do throws(FileSystemError) {
            guard let staged = try StagedFile.claim(partialName, in: folder, mode: mode) else { return nil }
            guard try staged.file.isOwn() else {
                staged.release()
                return nil
            }
            try staged.file.setMode(mode)
            return SpoolDestination(name: place.name, folder: folder, staged: staged)
        } catch {
            throw Self.refusal(error)
        }
    }
}

extension OpenFile {
    /// Whether the file belongs to the user whom this process acts as.
    fileprivate func isOwn() throws(FileSystemError) -> Bool {
        var status = stat()
        try system("fstat") { fstat(descriptor.number, &status) }
        return status.st_uid == geteuid()
    }
}

extension SpoolDestination {
    /// How many bytes are there.
    package func size() throws(SpoolError) -> Int64 {
        try failing("the file cannot be looked at") { () throws(FileSystemError) in try staged.file.status().size }
    }

    /// At most `count` bytes from `offset` on; empty at the end.
    package func read(at offset: Int64, count: Int) throws(SpoolError) -> [UInt8] {
        try failing("the file cannot be read") { () throws(FileSystemError) in
            try staged.file.read(at: offset, count: count)
        }
    }

    /// Forgets all bytes behind the first `size` and goes on writing there.
    package func cut(to size: Int64) throws(SpoolError) {
        try failing("the file cannot be cut") { () throws(FileSystemError) in try staged.file.cut(to: size) }
    }

    /// Waits until the bytes are on the medium.
    package func flush() throws(SpoolError) {
        try failing("the file cannot be flushed") { () throws(FileSystemError) in try staged.file.flush() }
    }

    /// Leaves what was claimed to the next delivery.
    package func release() {
        staged.release()
    }

    private func failing<Value>(
        _ message: StaticString, _ body: () throws(FileSystemError) -> Value
    ) throws(SpoolError) -> Value {
        do throws(FileSystemError) { return try body() } catch {
            throw SpoolError(.failed, message, errno: error.errno)
        }
    }
}
