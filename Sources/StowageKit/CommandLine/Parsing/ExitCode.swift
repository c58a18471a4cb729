/// What the process tells its caller.
enum ExitCode: Int32, Sendable {
    case done = 0
    /// The task, or a step of a check, failed.
    case taskFailed = 1
    /// The command line or the configuration is wrong.
    case usage = 2
    case brokerUnreachable = 3
    /// `--wait` ended before the task did.
    case timedOut = 4
}
