import Storage
import Testing

extension ConformanceCase {
    static let declarations: [ConformanceCase] = [
        ConformanceCase("the driver declares what it is known to do, no more and no less") { harness in
            let store = try await harness.open()
            #expect(store.storage.capabilities == harness.capabilities)
        }
    ]
}
