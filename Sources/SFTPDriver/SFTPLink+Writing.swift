/// A file on its way to the server, in turns.
extension SFTPLink {
    /// Opens a file, empty for `offset` 0; else it ends there from now on.
    mutating func begin(_ path: String, at offset: UInt64) throws(SFTPFailure) -> UploadWindow {
        guard offset > 0 else {
            let handle = try open(path, [.write, .create, .truncate])
            return UploadWindow(handle, at: 0, partBytes: limits.writeBytes)
        }
        let handle = try open(path, .write)
        var window = UploadWindow(handle, at: offset, partBytes: limits.writeBytes)
        do throws(SFTPFailure) {
            guard case .attributes(let attributes) = try call(.statusOfHandle(handle)), let size = attributes.size
            else { throw .malformed(call: "fstat") }
            // A hole would be as good as bytes to everybody who does not compare them.
            guard size >= offset else { throw .endedEarly }
            if size > offset { try order(.setSize(handle, offset)) }
        } catch {
            if !error.breaksConnection { try abandon(&window) }
            throw error
        }
        return window
    }

    /// Sends bytes and returns when they lie with the kernel, although the server has not confirmed them.
    mutating func write(_ bytes: [UInt8], _ window: inout UploadWindow) throws(SFTPFailure) {
        for request in window.requests(for: bytes) {
            window.note(try send(request), request)
            while let id = window.awaited(all: false) { try Self.expectOK(try reply(to: id, "write"), "write") }
        }
        try flush()
    }

    /// Flushes the file where the server can, closes it, and waits until the server has confirmed all.
    ///
    /// Nothing is waited for in between: a server carries out what concerns one file in the order in which it was asked
    /// (draft-ietf-secsh-filexfer-02, §6.1).
    ///
    /// - Returns: the file's size, where it was asked for and the server has told.
    @discardableResult
    mutating func finish(
        _ window: inout UploadWindow, flushes: Bool, asksSize: Bool = false
    ) throws(SFTPFailure) -> UInt64? {
        let requests: [SFTPRequest] =
            (flushes ? [.flush(window.handle)] : []) + (asksSize ? [.statusOfHandle(window.handle)] : [])
            + [.close(window.handle)]
        let ids = try send(requests)
        var size: UInt64?
        var first: SFTPFailure?
        func note(_ reply: SFTPReply, _ call: String) throws(SFTPFailure) {
            do throws(SFTPFailure) {
                try Self.expectOK(reply, call)
            } catch {
                if error.breaksConnection { throw error }
                first = first ?? error
            }
        }
        while let id = window.awaited(all: true) { try note(try reply(to: id, "write"), "write") }
        for (id, request) in zip(ids, requests) {
            let reply = try reply(to: id, request.name)
            if case .statusOfHandle = request {
                if case .attributes(let attributes) = reply { size = attributes.size }
            } else {
                try note(reply, request.name)
            }
        }
        window.isClosed = true
        if let first { throw first }
        return size
    }

    /// Closes a file that is not whole.
    mutating func abandon(_ window: inout UploadWindow) throws(SFTPFailure) {
        guard !window.isClosed else { return }
        window.isClosed = true
        while let id = window.awaited(all: true) { _ = try reply(to: id, "write") }
        _ = try call(.close(window.handle))
    }
}
