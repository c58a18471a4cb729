import ServiceRuntime
import Testing

@Suite("Backoff")
struct BackoffTests {
    @Test(
        "the ceiling doubles up to the longest wait",
        arguments: [(-1, 100), (0, 100), (1, 200), (2, 400), (3, 800), (4, 1000), (5, 1000), (1_000_000, 1000)])
    func ceiling(_ attempt: Int, _ milliseconds: Int) {
        let backoff = Backoff(first: .milliseconds(100), longest: .seconds(1))
        #expect(backoff.ceiling(attempt: attempt) == .milliseconds(milliseconds))
        #expect(backoff.wait(attempt: attempt, fraction: 0) == .zero)
        #expect(backoff.wait(attempt: attempt, fraction: 0.5) == .milliseconds(milliseconds) / 2)
        for _ in 0..<100 { #expect(backoff.wait(attempt: attempt) < .milliseconds(milliseconds)) }
    }

    @Test("a first wait over the longest is the longest")
    func first() {
        #expect(Backoff(first: .seconds(9), longest: .seconds(2)).ceiling(attempt: 0) == .seconds(2))
    }
}
