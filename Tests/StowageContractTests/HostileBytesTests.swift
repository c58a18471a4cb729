import StowageContract
import StrictCoding
import Testing

@Suite("Hostile bytes", .timeLimit(.minutes(2)))
struct HostileBytesTests {
    /// The same numbers in every run (SplitMix64), so that a failure can be repeated.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var number = state
            number = (number ^ (number >> 30)) &* 0xBF58_476D_1CE4_E5B9
            number = (number ^ (number >> 27)) &* 0x94D0_49BB_1331_11EB
            return number ^ (number >> 31)
        }
    }

    @Test("Damaged messages are refused or read, and what is read is written as the same", arguments: GoldenTasks.all)
    func damaged(golden: Golden<StorageTask>) throws {
        var numbers = Numbers(state: golden.file.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
        let whole = golden.value.encoded()
        var understood = 0
        for _ in 0..<400 {
            var body = whole
            for _ in 0..<Int.random(in: 1...3, using: &numbers) {
                let place = Int.random(in: 0..<body.count, using: &numbers)
                switch Int.random(in: 0..<4, using: &numbers) {
                case 0: body[place] = UInt8.random(in: 0...255, using: &numbers)
                case 1: body.remove(at: place)
                case 2: body.insert(Array("{}[]\",:\\u0019-e.".utf8).randomElement(using: &numbers) ?? 0, at: place)
                default: body.removeLast(min(body.count - 1, Int.random(in: 0..<8, using: &numbers)))
                }
            }
            do throws(TaskProblem) {
                let task = try StorageTask.read(body: body, now: Fixtures.now)
                understood += 1
                #expect(try StorageTask.read(body: task.encoded(), now: Fixtures.now) == task)
            } catch {
                #expect(!error.message.isEmpty && error.message.utf8.count <= 512)
            }
        }
        #expect(understood < 400)
    }

    @Test("An object of a hundred thousand members is refused at once", arguments: ["", "\"data\":{},"])
    func manyMembers(start: String) {
        let members = (0..<100_000).map { "\"dat\($0)\":0" }.joined(separator: ",")
        let body = Array("{\(start)\(members)}".utf8)
        let time = ContinuousClock().measure {
            #expect(throws: TaskProblem.self) {
                try StorageTask.read(body: body, routingKey: "archive.store", messageID: "t", now: Fixtures.now)
            }
        }
        #expect(time < .seconds(5))
    }
}
