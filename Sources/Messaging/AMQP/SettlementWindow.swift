/// The deliveries of one channel that are not settled: numbered 1, 2, 3, … by the broker.
///
/// Collects acknowledgements and lets them go in as few frames as possible. A number that was settled, or never
/// delivered, is never sent: the broker would close the channel for it.
struct SettlementWindow {
    /// One frame to send.
    enum Frame: Equatable {
        case acknowledge(UInt64, multiple: Bool)
        case requeue(UInt64)
        case reject(UInt64)
    }

    private enum Mark: UInt8 { case open, acknowledged, sent }

    private var marks: [Mark] = []
    private var head = 0
    private var first: UInt64 = 1
    /// Acknowledgements that wait for `flush`.
    private(set) var acknowledged = 0
    /// Deliveries handed out and not settled.
    private(set) var unsettled = 0

    /// Deliveries so far.
    var delivered: UInt64 { first - 1 + UInt64(marks.count - head) }

    /// Whether `flush` may need several frames.
    var isFragmented: Bool { acknowledged > 1 && head < marks.count && marks[head] == .open }

    /// The next delivery; returns whether `number` is the one expected.
    mutating func deliver(_ number: UInt64) -> Bool {
        guard number == first + UInt64(marks.count - head) else { return false }
        marks.append(.open)
        unsettled += 1
        return true
    }

    /// Notes a settlement; what cannot wait for `flush` is given to `send`.
    mutating func settle(_ number: UInt64, as settlement: Settlement, _ send: (Frame) -> Void) {
        guard number >= first, number - first < UInt64(marks.count - head) else { return }
        let index = head + Int(number - first)
        guard marks[index] == .open else { return }
        unsettled -= 1
        switch settlement {
        case .acknowledge:
            marks[index] = .acknowledged
            acknowledged += 1
        case .requeue:
            marks[index] = .sent
            send(.requeue(number))
        case .reject:
            marks[index] = .sent
            send(.reject(number))
        }
    }

    /// Sends the acknowledgements: one for all at the beginning of the window, single ones behind the first open one.
    mutating func flush(_ send: (Frame) -> Void) {
        guard acknowledged > 0 else { return advance() }
        var last: UInt64?
        var count = 0
        var index = head
        while index < marks.count, marks[index] != .open {
            if marks[index] == .acknowledged {
                // The number of a `multiple` must itself be unsettled, so the last one that was not sent yet.
                last = first + UInt64(index - head)
                count += 1
            }
            index += 1
        }
        if let last { send(.acknowledge(last, multiple: count > 1)) }
        acknowledged -= count
        while acknowledged > 0, index < marks.count {
            if marks[index] == .acknowledged {
                send(.acknowledge(first + UInt64(index - head), multiple: false))
                marks[index] = .sent
                acknowledged -= 1
            }
            index += 1
        }
        advance()
    }

    private mutating func advance() {
        while head < marks.count, marks[head] != .open {
            head += 1
            first += 1
        }
        if head == marks.count {
            marks.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 1024, head > marks.count / 2 {
            marks.removeFirst(head)
            head = 0
        }
    }
}
