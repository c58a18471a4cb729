package import Storage
import StowageContract
import Transfer

/// Files on their way to the server, in as few turns as the protocol allows.
extension FTPServer {
    package func upload(
        _ path: String, at offset: Int64, size: Int64?, from body: any ArchiveBody
    ) async throws(StorageError) {
        _ = try await upload(path, at: offset, size: size, from: body) { () throws(FTPError) in [] }
    }

    package func upload(
        _ path: String, at offset: Int64, size: Int64?, from body: any ArchiveBody, asking question: FileServerQuestion
    ) async throws(StorageError) -> FileServerAnswer {
        switch question {
        case .size:
            let replies = try await upload(path, at: offset, size: size, from: body) { () throws(FTPError) in
                [try sizeCommand(path)]
            }
            return FileServerAnswer(replies[0])
        case .sha256:
            var commands: [FTPCommand] = []
            let replies = try await upload(path, at: offset, size: size, from: body) { () throws(FTPError) in
                commands = try digestCommands(path)
                return commands
            }
            do throws(FTPError) {
                return .sha256(try digest(commands, replies))
            } catch {
                throw FTPErrors.error(error)
            }
        }
    }

    package func stage(
        _ path: String, _ bytes: [UInt8], making folder: String
    ) async throws(StorageError) -> (answer: FileServerAnswer, isMade: Bool) {
        let body = BytesBody(bytes)
        let replies = try await upload(path, at: 0, size: Int64(bytes.count), from: body) { () throws(FTPError) in
            [try sizeCommand(path), try .of("MKD", "/" + absolute(folder))]
        }
        return (FileServerAnswer(replies[0]), !replies[1].isFailure)
    }

    /// The size of a file that was just written; the type of what is transferred is set then.
    private func sizeCommand(_ path: String) throws(FTPError) -> FTPCommand {
        try .of(features.tellsFacts ? "MLST" : "SIZE", "/" + absolute(path))
    }

    private func upload(
        _ path: String, at offset: Int64, size: Int64?, from body: any ArchiveBody,
        then commands: () throws(FTPError) -> [FTPCommand]
    ) async throws(StorageError) -> [FTPReply] {
        do throws(FTPError) {
            return try await client.upload(
                absolute(path), at: offset, size: size, from: FTPUploadBody(body: body), then: try commands())
        } catch {
            guard case .refused("STOR", let reply) = error.reason, [550, 553].contains(reply.code) else {
                throw await explained(FTPErrors.error(error), size)
            }
            try await requireFolder(of: path)
            throw FTPErrors.refusal("STOR", reply)
        }
    }

    /// A full disk often shows as a broken connection: the end of the data connection arrives before the words for it, and
    /// libcurl then hears no more of them.
    private func explained(_ error: StorageError, _ size: Int64?) async -> StorageError {
        guard error.code == .unavailable, error.isAmbiguous, facts.tellsRoom, let size,
            let free = try? await room().freeBytes, free < size
        else { return error }
        var error = error
        error.code = .outOfSpace
        error.message = "the server has less room than the file needs"
        error.context["freeBytes"] = String(free)
        return error
    }

    package func move(_ moves: FileMoves) async -> FileMoves.Outcome {
        var commands: [FTPCommand] = []
        do throws(StorageError) {
            for move in moves.moves { commands += try renaming(move.path, move.target) }
        } catch {
            return FileMoves.Outcome(moved: 0, failure: error)
        }
        let (replies, failure) = await client.runInOrder(commands) { moves.timeLeft }
        guard let failure else { return FileMoves.Outcome(moved: moves.moves.count) }
        let moved = replies.count(where: { !$0.isFailure }) / 2
        guard case .refused(let verb, let reply) = failure.reason, moved < moves.moves.count else {
            return FileMoves.Outcome(moved: moved, failure: FTPErrors.error(failure))
        }
        let (path, target) = (moves.moves[moved].path, moves.moves[moved].target)
        return FileMoves.Outcome(moved: moved, failure: await refusal(verb, reply, path, target))
    }
}

extension FTPServer {
    private func renaming(_ path: String, _ target: String) throws(StorageError) -> [FTPCommand] {
        do throws(FTPError) {
            return [try .of("RNFR", "/" + absolute(path)), try .of("RNTO", "/" + absolute(target))]
        } catch {
            throw FTPErrors.error(error)
        }
    }
}

extension FileServerAnswer {
    fileprivate init(_ reply: FTPReply) {
        self = FTPFacts.size(reply).map { .size($0) } ?? .nothing
    }
}
