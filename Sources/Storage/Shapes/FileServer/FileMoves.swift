package import ServiceRuntime
import StowageContract

/// Files that get other names, one after the other; nothing is replaced that the server would refuse to.
package struct FileMoves: Sendable {
    package struct Move: Sendable {
        package let path: String
        package let target: String

        package init(path: String, target: String) {
            self.path = path
            self.target = target
        }
    }

    package let moves: [Move]
    /// None is begun later.
    private let ends: Duration
    private let time: TimeSource

    package init(_ moves: [Move], until ends: Duration, _ time: TimeSource) {
        self.moves = moves
        self.ends = ends
        self.time = time
    }

    /// Not above zero where it is too late to begin one.
    package var timeLeft: Duration { ends - time.monotonic }

    /// - Throws: where it is too late to begin one.
    package func checkTime() throws(StorageError) {
        if timeLeft <= .zero { throw StorageError.leaseIsOver }
    }

    /// What came of them.
    package struct Outcome: Sendable {
        /// How many were moved for certain.
        package var moved: Int
        /// What ended it before the last one; nobody knows what became of the next where it is ambiguous.
        package var failure: StorageError?

        package init(moved: Int, failure: StorageError? = nil) {
            self.moved = moved
            self.failure = failure
            // Nobody knows what became of a move that was left behind.
            if failure?.code == .cancelled { self.failure?.isAmbiguous = true }
        }
    }
}

extension FileServer {
    package func stage(
        _ path: String, _ bytes: [UInt8], making folder: String
    ) async throws(StorageError) -> (answer: FileServerAnswer, isMade: Bool) {
        let body = BytesBody(bytes)
        return (try await upload(path, at: 0, size: Int64(bytes.count), from: body, asking: .size), false)
    }

    package func move(_ moves: FileMoves) async -> FileMoves.Outcome {
        for (index, move) in moves.moves.enumerated() {
            do throws(StorageError) {
                try moves.checkTime()
                try await self.move(move.path, to: move.target, replacing: false)
            } catch {
                return FileMoves.Outcome(moved: index, failure: error)
            }
        }
        return FileMoves.Outcome(moved: moves.moves.count)
    }
}
