/// The ids of events: a duplicate after a crash has the same one.
public enum EventID {
    /// `<task>/<outcome>`, or `<task>/r<n>/<outcome>` where the task was replayed for the n-th time.
    public static func final(task: String, _ type: EventType, replay: Int = 0) -> String {
        prefix(task, replay) + type.outcome
    }

    /// `<task>/<outcome>/<sequence>`, with `.<part>` where there are several of one sequence.
    public static func informational(
        task: String, _ type: EventType, replay: Int = 0, sequence: Int, part: Int? = nil
    ) -> String {
        prefix(task, replay) + type.outcome + "/\(sequence)" + (part.map { ".\($0)" } ?? "")
    }

    /// `<driver>/<outcome>/<time in ms>/<worker>`; a worker's name is cut at 128 bytes.
    public static func driver(_ driver: DriverName, _ type: EventType, at time: Timestamp, worker: String) -> String {
        "\(driver.text)/\(type.outcome)/\(time.millisecondsSinceEpoch)/\(worker.prefixOfBytes(128))"
    }

    private static func prefix(_ task: String, _ replay: Int) -> String {
        replay > 0 ? "\(task)/r\(replay)/" : task + "/"
    }
}
