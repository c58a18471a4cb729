import Sharing

/// What this process has just made on the server, of which it need not ask what it is; forgets the oldest.
final class RecentPaths: Sendable {
    private struct State {
        var newer: Set<[UInt8]> = []
        var older: Set<[UInt8]> = []
    }

    private let most: Int
    private let state = Guarded(State())

    init(most: Int = 4096) {
        self.most = most
    }

    func insert(_ path: String) {
        state.withLock { state in
            if state.newer.count >= most / 2 {
                state.older = state.newer
                state.newer = []
            }
            state.newer.insert(Array(path.utf8))
        }
    }

    func remove(_ path: String) {
        state.withLock { state in
            state.newer.remove(Array(path.utf8))
            state.older.remove(Array(path.utf8))
        }
    }

    /// Compared by bytes.
    func contains(_ path: String) -> Bool {
        let path = Array(path.utf8)
        return state.withLock { $0.newer.contains(path) || $0.older.contains(path) }
    }
}
