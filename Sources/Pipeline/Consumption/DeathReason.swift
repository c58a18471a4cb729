package import Messaging

/// Why a message came to the undertaker.
///
/// A message that no queue took came by the alternate exchange and still names the one it was sent to; what its
/// `x-death` says is its sender's word. One that left a queue names the dead-letter exchange, and the broker wrote the
/// first entry of `x-death`.
package enum DeathReason: Sendable, Equatable {
    /// No queue is bound for its routing key.
    case unroutable
    /// Delivered too often without an acknowledgement.
    case deliveryLimit
    /// Waited too long; `isOwn`: by the message's own expiration, else by the queue's.
    case expired(isOwn: Bool)
    /// Rejected by a worker because it cannot be published again.
    case rejected
    /// The queue was full.
    case lengthLimit

    package init(_ delivery: Delivery, names: TopologyNames) {
        guard delivery.exchange == names.deadLetters, case .array(let deaths) = delivery.properties.headers["x-death"],
            case .table(let last) = deaths.first,
            let queue = last["queue"]?.text, queue.hasPrefix(names.tasks + ".")
        else {
            self = .unroutable
            return
        }
        switch last["reason"]?.text {
        case "delivery_limit": self = .deliveryLimit
        case "expired": self = .expired(isOwn: last["original-expiration"] != nil)
        case "rejected": self = .rejected
        case "maxlen": self = .lengthLimit
        default: self = .unroutable
        }
    }
}
