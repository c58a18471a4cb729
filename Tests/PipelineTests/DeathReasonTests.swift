import Messaging
import Pipeline
import Testing

@Suite("DeathReason")
struct DeathReasonTests {
    static func death(_ queue: String, _ reason: String, expiration: String? = nil) -> FieldValue {
        var table: FieldTable = ["queue": .string(queue), "reason": .string(reason), "count": .integer(1)]
        if let expiration { table["original-expiration"] = .string(expiration) }
        return .array([.table(table)])
    }

    static let cases: [(FieldValue?, DeathReason)] = [
        (nil, .unroutable),
        (death("stowage.tasks.archive", "delivery_limit"), .deliveryLimit),
        (death("stowage.tasks.archive", "expired"), .expired(isOwn: false)),
        (death("stowage.tasks.archive", "expired", expiration: "10"), .expired(isOwn: true)),
        (death("stowage.tasks.archive-quick", "rejected"), .rejected),
        (death("stowage.tasks.archive", "maxlen"), .lengthLimit),
        (death("stowage.retry.5s", "expired"), .unroutable),
        (death("other.tasks.archive", "rejected"), .unroutable),
        (death("stowage.tasks.archive", "something new"), .unroutable),
        (.string("forged"), .unroutable), (.array([]), .unroutable), (.array([.integer(1)]), .unroutable),
    ]

    @Test("reads the newest death only", arguments: cases)
    func reads(_ header: FieldValue?, _ expected: DeathReason) {
        let delivery = TaskCopyTests.delivery(from: "stowage.dlx") { $0.headers["x-death"] = header }
        #expect(DeathReason(delivery, names: TopologyNames(prefix: "stowage")) == expected)
    }

    @Test("believes no death of a message that never left a queue", arguments: cases)
    func forged(_ header: FieldValue?, _ unused: DeathReason) {
        let delivery = TaskCopyTests.delivery(from: "stowage.tasks") { $0.headers["x-death"] = header }
        #expect(DeathReason(delivery, names: TopologyNames(prefix: "stowage")) == .unroutable)
    }
}
