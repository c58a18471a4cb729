import Observability
import ServiceRuntime

extension AMQPConnection {
    /// Channels that are renewed in one check, so that many idle ones make no burst.
    private static let renewalsAtOnce = 32

    /// Opens channels anew that have brought nothing for a long time.
    ///
    /// RabbitMQ 3.10 says nothing to the consumers of a quorum queue that is deleted and declared again at once: it
    /// moves them to the new queue, hands them messages there, and never sends these. Nothing tells such a consumer
    /// from an idle one, and the messages come back only when its channel closes.
    func renewIdleConsumers(_ now: Int64) throws(BrokerError) {
        let idleTime = configuration.consumerRenewalInterval.milliseconds
        var renewals = 0
        for case let channel? in channels where channel.isRenewable && renewals < Self.renewalsAtOnce {
            guard channel.idle.isOver(idleTime, delivered: channel.window.delivered, now: now) else { continue }
            renewals += 1
            // Reopened as soon as the broker has closed it.
            channel.reopenAt = nil
            try close(channel)
        }
        if renewals > 0 { logger.debug("idle consumers renewed", [LogField("channels", renewals)]) }
    }
}

extension AMQPChannel {
    /// Whether closing it now costs nobody a delivery.
    fileprivate var isRenewable: Bool {
        guard case .consumer(let subscriber, let index) = use, phase == .open, consuming == .on else { return false }
        return !subscriber.isStream && !subscriber.isTemporary && !subscriber.isCancelled && index < subscriber.wanted
            && window.unsettled == 0 && window.acknowledged == 0
    }
}

/// Since when a channel has brought nothing.
struct IdleTime {
    private var delivered: UInt64?
    private var since: Int64 = 0

    /// Whether it has been that many milliseconds; begins anew with every delivery.
    mutating func isOver(_ limit: Int64, delivered: UInt64, now: Int64) -> Bool {
        if self.delivered != delivered {
            self.delivered = delivered
            since = now
        }
        return now - since >= limit
    }
}
