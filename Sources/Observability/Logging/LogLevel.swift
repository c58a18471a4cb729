/// How much a log line matters.
///
/// Libraries log at `info` or below; only what ends a story is an `error`.
package enum LogLevel: String, Sendable, CaseIterable, Comparable {
    case trace, debug, info, warning, error

    package static func < (left: Self, right: Self) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .trace: 0
        case .debug: 1
        case .info: 2
        case .warning: 3
        case .error: 4
        }
    }
}
