import StowageContract

/// What to do after an error, in one sentence.
enum Advice {
    static func after(_ error: ErrorReport, task: String) -> String {
        let parked = "It is parked: 'stowage dead replay \(task)' sends it again"
        switch error.code {
        case .invalidTask: return "Correct the task and send it again under another id; the old one is parked."
        case .unknownDriver:
            return "Check the driver's name; 'stowage topology declare' makes its queues. The task is parked."
        case .unsupported: return "Ask another driver, or leave out what this one cannot do; the task is parked."
        case .notFound where error.place == .source:
            return "Put the source where the task names it. \(parked)."
        case .notFound: return "Check key and driver with 'stowage list'; the task is parked."
        case .conflict: return "What is stored stays as it is; other bytes need another id. The task is parked."
        case .integrityMismatch: return "Check the source and its digest. \(parked)."
        case .permissionDenied, .unauthenticated: return "\(parked) once the rights are there."
        case .retained where error.context["holds"] != nil:
            return "'stowage retain --release' ends a hold by the id of its task; the task is parked."
        case .retained: return "It can be deleted when its retention is over; the task is parked."
        case .readOnly, .outOfSpace, .unavailable, .timedOut, .rateLimited:
            return "\(parked) once the cause is gone ('stowage check' tells)."
        case .tooLarge: return "Put the archive below a spool root instead of into the message; the task is parked."
        case .expired: return "\(parked) without its time limit."
        case .cancelled: return "Send it again, under another id, if it is still wanted."
        case .poison, .unexpected: return "See 'stowage dead show \(task)' and the worker's log. \(parked)."
        }
    }
}
