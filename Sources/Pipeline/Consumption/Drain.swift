import ServiceRuntime

/// Says once when lanes that an operator drains have come to rest.
struct Drain: Sendable {
    let lanes: [Lane]
    let control: ControlBoard
    let isAsked: @Sendable (ControlState) -> Bool
    let say: @Sendable () -> Void

    /// Says so after each wish to drain; returns when `stop` is requested.
    func tell(until stop: ShutdownSignal) async {
        while !stop.isRequested, !Task.isCancelled {
            await either({ await control.wait(until: isAsked) }, stop.requested)
            await either(
                { for lane in lanes { await lane.load.quiet() } },
                { await either({ await control.wait { !isAsked($0) } }, stop.requested) })
            if stop.isRequested || Task.isCancelled { return }
            // A lane may have come back to life while another ended.
            guard control.check(isAsked), lanes.allSatisfy(\.load.isQuiet) else { continue }
            say()
            await either({ await control.wait { !isAsked($0) } }, stop.requested)
        }
    }
}
