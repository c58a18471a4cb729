import StowageContract

/// The control messages that are held fixed, by file.
enum GoldenControl {
    static let all: [Golden<ControlMessage>] = [
        .init("cancel", .cancel(Fixtures.id)),
        .init("pause-driver", .consumption(.pause, driver: Fixtures.archive, worker: nil)),
        .init("resume-everything", .consumption(.resume, driver: nil, worker: nil)),
        .init("drain-worker", .consumption(.drain, driver: nil, worker: "host-1-4711-a1b2c3")),
    ]
}
