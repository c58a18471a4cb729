import Observability
import Testing

@Suite("MetricsRegistry")
struct MetricsTests {
    @Test("One name with the same labels is one series")
    func identity() {
        let registry = MetricsRegistry()
        let first = registry.counter("stowage_tasks_total", [("driver", "a")])
        #expect(first === registry.counter("stowage_tasks_total", [("driver", "a")]))
        #expect(first !== registry.counter("stowage_tasks_total", [("driver", "b")]))
        first.increment()
        first.increment(by: 4)
        #expect(registry.snapshot().map(\.value) == [5, 0])
    }

    @Test("Many threads count without losing one")
    func threads() async {
        let registry = MetricsRegistry()
        let histogram = registry.histogram("bytes", bounds: .numbers([10, 20]))
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for number in 0..<10_000 {
                        registry.counter("tasks_total").increment()
                        histogram.observe(Int64(number % 30))
                    }
                }
            }
        }
        #expect(registry.snapshot().first?.value == 80_000)
        #expect(histogram.reading.cumulative.last == 80_000)
    }

    @Test("The exposition is the text format, sorted")
    func exposition() {
        let registry = MetricsRegistry()
        registry.gauge("stowage_running", [("driver", "b")]).set(-2)
        registry.gauge("stowage_running", [("driver", "a")]).set(7)
        registry.counter("stowage_lines_total", [("text", "a\"b\\c\nd")]).increment()
        registry.describe("stowage_running", "Tasks that run now.\nBack\\slash.")
        let histogram = registry.histogram(
            "stowage_seconds", [("op", "store")], bounds: .durations([.milliseconds(5), .seconds(1)]))
        for milliseconds in [1, 5, 6, 1000, 1001] { histogram.observe(.milliseconds(milliseconds)) }
        #expect(
            String(decoding: registry.exposition(), as: UTF8.self) == #"""
                # TYPE stowage_lines_total counter
                stowage_lines_total{text="a\"b\\c\nd"} 1
                # HELP stowage_running Tasks that run now.\nBack\\slash.
                # TYPE stowage_running gauge
                stowage_running{driver="a"} 7
                stowage_running{driver="b"} -2
                # TYPE stowage_seconds histogram
                stowage_seconds_bucket{op="store",le="0.005"} 2
                stowage_seconds_bucket{op="store",le="1"} 4
                stowage_seconds_bucket{op="store",le="+Inf"} 5
                stowage_seconds_sum{op="store"} 2.013
                stowage_seconds_count{op="store"} 5

                """#)
    }

    @Test("An empty registry exposes nothing")
    func empty() {
        #expect(MetricsRegistry().exposition().isEmpty)
    }

    @Test(
        "Names are those that Prometheus takes",
        arguments: [
            ("a", true, true), ("stowage_tasks_total", true, true), ("_x9", true, true), ("job:rate", true, false),
            ("", false, false), ("9a", false, false), ("a-b", false, false), ("a.b", false, false), ("é", false, false),
            ("__a", true, false), ("le", true, false), ("a b", false, false),
        ])
    func names(name: String, isMetric: Bool, isLabel: Bool) {
        #expect(MetricName.isMetric(name) == isMetric)
        #expect(MetricName.isLabel(name) == isLabel)
    }

    @Test("A wrong name ends the program")
    func wrongName() async {
        await #expect(processExitsWith: .failure) { _ = MetricsRegistry().counter("task.count") }
        await #expect(processExitsWith: .failure) { _ = MetricsRegistry().counter("tasks", [("driver-name", "a")]) }
    }

    @Test("A name in use for another kind ends the program")
    func wrongKind() async {
        await #expect(processExitsWith: .failure) {
            let registry = MetricsRegistry()
            _ = registry.counter("tasks")
            _ = registry.gauge("tasks", [("a", "b")])
        }
    }
}
