package import StowageContract

extension ErrorHandler {
    /// Rounds that a task gets on which its workers died; see `docs/decisions/0009-poison.md`.
    package static let poisonRounds = 8

    /// What becomes of a task whose workers died: `rounds` times so far, this one included.
    ///
    /// The delays are scattered, by task and by round: tasks that died together do not come back together, so that the
    /// one that kills is alone sooner or later.
    package func afterDeaths(rounds: Int, of task: String, deadline: Timestamp?, now: Timestamp) -> Decision {
        guard rounds < Self.poisonRounds else { return .giveUp }
        // FNV-1a: the same on every worker.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(task)/\(rounds)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        // Its last bytes, the round, have to move the bits that choose.
        hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
        hash ^= hash >> 33
        let rungs = UInt64(min(policy.levels.count, 4))
        var level = policy.levels[Int((hash >> 32) % rungs)]
        if let deadline, now.advanced(byMilliseconds: level.milliseconds) > deadline { level = policy.levels[0] }
        return .retry(level, at: now.advanced(byMilliseconds: level.milliseconds))
    }
}
