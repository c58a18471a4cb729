import StowageContract
import Testing

@Suite("Event ids and routing keys")
struct EventNamingTests {
    @Test("Ids are those of the contract")
    func ids() {
        #expect(EventID.final(task: "t", .succeeded) == "t/succeeded")
        #expect(EventID.final(task: "t", .failed, replay: 2) == "t/r2/failed")
        #expect(EventID.informational(task: "t", .retrying, sequence: 3) == "t/retrying/3")
        #expect(EventID.informational(task: "t", .progress, replay: 1, sequence: 3, part: 4) == "t/r1/progress/3.4")
        #expect(
            EventID.driver(Fixtures.archive, .driverSpaceLow, at: Fixtures.now, worker: "w")
                == "archive/space-low/1795167000000/w")
    }

    @Test("The longest id fits into a message-id of 255 bytes")
    func longestID() throws {
        let driver = try #require(DriverName(String(repeating: "d", count: 57)))
        let worker = String(repeating: "ä", count: 500)
        #expect(EventID.driver(driver, .driverSpaceLow, at: Fixtures.now, worker: worker).utf8.count <= 255)
        let task = String(repeating: "t", count: 128)
        #expect(
            EventID.informational(task: task, .sourceKept, replay: .max, sequence: .max, part: .max).utf8.count <= 255)
    }

    @Test(
        "Keys have four parts that cannot break out of theirs",
        arguments: [
            ("archive", "store", "moodle", "failed.archive.store.moodle"),
            ("archive", "store", nil, "failed.archive.store.none"), (nil, nil, nil, "failed.none.none.none"),
            ("archive", "store", "Moodle 4.5", "failed.archive.store.moodle45"),
            ("archive", "store", "#.*", "failed.archive.store.invalid"),
            ("a.b", "store", "x", "failed.invalid.store.x"), ("", "store", "ü", "failed.invalid.store.invalid"),
            ("archive", "store", String(repeating: "x", count: 64), "failed.archive.store.invalid"),
        ] as [(String?, String?, String?, String)])
    func keys(driver: String?, operation: String?, app: String?, key: String) {
        #expect(EventRoutingKey.task(.failed, driver: driver, operation: operation, app: app) == key)
    }

    @Test("An event knows its key")
    func eventKey() {
        for golden in GoldenEvents.all {
            switch golden.value {
            case .task(let event):
                #expect(event.routingKey.hasPrefix(event.type.outcome + ".") && event.routingKey.hasSuffix(".moodle"))
            case .driver(let event): #expect(event.routingKey == "\(event.type.outcome).archive.none.none")
            }
        }
    }

    @Test("An unreadable task has a valid id")
    func unreadable() {
        #expect(TaskID.forUnreadable(sha256Hex: Fixtures.digest) == TaskID("sha256-" + Fixtures.digest))
    }

    @Test(
        "Nothing secret of a URL is shown",
        arguments: [
            ("https://u:p@h:1/a/b?X-Amz-Signature=s#f", "https://h:1/a/b"), ("https://h", "https://h"),
            ("https://a@b@h/x@y", "https://h/x@y"), ("https://h?sig=1", "https://h"), ("nonsense", ""),
        ])
    func shownURL(url: String, shown: String) {
        #expect(TaskURL(url: url).shownURL == shown)
    }
}
