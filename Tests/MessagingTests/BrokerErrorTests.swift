@testable import Messaging
import Testing

@Suite("Broker errors")
struct BrokerErrorTests {
    @Test(
        "the broker's code and words say what can be done",
        arguments: [
            (403, "ACCESS_REFUSED - access to queue 'q' in vhost '/' refused for user 'u'", .accessRefused),
            (404, "NOT_FOUND - no queue 'q' in vhost '/'", .notFound),
            (404, "NOT_FOUND - no exchange 'e' in vhost '/'", .notFound),
            (404, "NOT_FOUND - no queue 'it is down or inaccessible' in vhost '/'", .notFound),
            (
                404, "NOT_FOUND - home node 'a@b' of durable queue 'q' in vhost '/' is down or inaccessible",
                .unavailable
            ),
            (404, "NOT_FOUND - queue 'q' in vhost '/' process is stopped by supervisor", .unavailable),
            (404, "NOT_FOUND - queue 'q' in vhost '/' has crashed and failed to restart", .unavailable),
            (404, "NOT_FOUND - failed to perform operation on queue 'q' in vhost '/' due to timeout", .unavailable),
            (
                404,
                "NOT_FOUND - failed to perform operation on queue 'q' in vhost '/': its master replica <1.2.3> may be "
                    + "stopping or being demoted", .unavailable
            ),
            (406, "PRECONDITION_FAILED - inequivalent arg 'x-max-age'", .preconditionFailed),
            (320, "CONNECTION_FORCED - broker forced connection closure", .disconnected),
            (541, "INTERNAL_ERROR", .disconnected),
            (504, "CHANNEL_ERROR - expected 'channel.open'", .unexpected),
        ] as [(UInt16, String, BrokerError.Kind)])
    func kinds(_ code: UInt16, _ text: String, _ kind: BrokerError.Kind) {
        let error = BrokerError(code: code, text: text)
        #expect(error.kind == kind)
        #expect(error.message == text)
    }
}
