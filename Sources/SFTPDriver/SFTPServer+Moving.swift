package import Storage
import StowageContract

extension SFTPServer {
    package func move(_ path: String, to target: String, replacing: Bool) async throws(StorageError) {
        let (from, to, root) = (try wire(path), try wire(target), try wire(""))
        let (byLink, replaces) = (movesByLink, greeting.replaces)
        try await pool.with { connection throws(StorageError) in
            try await connection.turn(changes: true) { link throws(SFTPFailure) in
                do throws(SFTPFailure) {
                    if replacing, replaces { return try link.order(.replace(from, to)) }
                    let moves = byLink && !replacing
                    try link.make(to, in: root, by: moves ? .link(from, to) : .rename(from, to))
                    if moves { try link.removeOldName(from) }
                } catch {
                    throw link.explainedMove(error, from, to, root)
                }
            }
        }
    }

    package func move(_ moves: FileMoves) async -> FileMoves.Outcome {
        do throws(StorageError) {
            let root = try wire("")
            var paths: [(from: String, to: String)] = []
            for move in moves.moves { paths.append((try wire(move.path), try wire(move.target))) }
            let (byLink, wires) = (movesByLink, paths)
            // Nobody knows how many were moved where the connection breaks.
            let (moved, failure) = try await pool.with { connection throws(StorageError) in
                try await connection.turn(changes: true) { link throws(SFTPFailure) in
                    try link.move(wires, byLink: byLink, in: root) { moves.timeLeft > .zero }
                }
            }
            do throws(StorageError) {
                if let failure { throw SFTPErrors.error(failure, changes: true) }
                if moved < moves.moves.count { try moves.checkTime() }
                return FileMoves.Outcome(moved: moved)
            } catch {
                return FileMoves.Outcome(moved: moved, failure: error)
            }
        } catch {
            return FileMoves.Outcome(moved: 0, failure: error)
        }
    }
}

extension SFTPLink {
    /// Moves files one after the other for as long as `isInTime`.
    ///
    /// - Returns: how many, and why the next one was refused.
    fileprivate mutating func move(
        _ files: [(from: String, to: String)], byLink: Bool, in root: String, while isInTime: () -> Bool
    ) throws(SFTPFailure) -> (moved: Int, failure: SFTPFailure?) {
        var moved = 0
        var failure: SFTPFailure?
        for (from, to) in files {
            guard isInTime() else { break }
            do throws(SFTPFailure) {
                try make(to, in: root, by: byLink ? .link(from, to) : .rename(from, to))
                moved += 1
            } catch {
                guard !error.breaksConnection else { throw error }
                failure = explainedMove(error, from, to, root)
                break
            }
        }
        let removals = byLink ? files.prefix(moved).map { SFTPRequest.remove($0.from) } : []
        // They have moved. What cannot be removed is one more name, which is swept with what killed writers leave.
        for (id, request) in zip(try send(removals), removals) { _ = try reply(to: id, request.name) }
        return (moved, failure)
    }

    /// The file has a second name, which the server would have refused where something stood; now the first one goes.
    mutating func removeOldName(_ path: String) throws(SFTPFailure) {
        do throws(SFTPFailure) {
            try order(.remove(path))
        } catch {
            // It has moved. One more name for it is swept with what killed writers leave.
            guard case .refused = error else { throw error }
        }
    }

    mutating func explainedMove(
        _ failure: SFTPFailure, _ path: String, _ target: String, _ root: String
    ) -> SFTPFailure {
        guard case .refused(var status, let call) = failure else { return failure }
        // A file that is not there is told apart from a target that is: the server may say either first.
        let isUnclear = status.code == SFTPStatus.failure || status.code == SFTPStatus.alreadyExists
        if isUnclear, has(path) == false {
            status.code = SFTPStatus.noSuchFile
            return .refused(status, call: call)
        }
        return explained(failure, making: target, in: root)
    }
}
