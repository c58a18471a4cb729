/// The publishes of one channel that wait for their confirm, by the number that the broker gives them: 1, 2, 3, ….
struct ConfirmTracker<Entry> {
    private struct Pending {
        var entry: Entry
        var returned: (code: Int, text: String)?
    }

    /// What the broker said to one publish.
    enum Answer {
        case confirmed
        case returned(code: Int, text: String)
        case refused
    }

    // A ring without the ring: `slots[head...]` are the numbers from `first` on; confirms come nearly in order.
    private var slots: [Pending?] = []
    private var head = 0
    private var first: UInt64 = 1
    private(set) var count = 0

    /// The next publish on the channel.
    mutating func append(_ entry: Entry) {
        slots.append(Pending(entry: entry))
        count += 1
    }

    /// Notes a `basic.return` for the oldest waiting publish that `matches` and was not returned yet.
    ///
    /// A return carries no number. It comes before the confirm of its message and returns come in the order of
    /// publishing, so among equal messages the oldest is meant.
    mutating func markReturned(code: Int, text: String, where matches: (Entry) -> Bool) {
        for index in head..<slots.count {
            guard let pending = slots[index], pending.returned == nil, matches(pending.entry) else { continue }
            slots[index]?.returned = (code, text)
            return
        }
    }

    /// Ends the publish of that number, or with `multiple` all up to it; numbers that are not known are passed over.
    mutating func settle(
        _ number: UInt64, multiple: Bool, isRefused: Bool, _ body: (Entry, Answer) -> Void
    ) {
        // 0 with `multiple` stands for all (AMQP 0-9-1, basic.ack).
        let last = number == 0 && multiple ? first + UInt64(slots.count - head) - 1 : number
        guard last >= first else { return }
        let end = min(head + Int(clamping: last - first), slots.count - 1)
        guard multiple || last - first < UInt64(slots.count - head) else { return }
        if end >= head {
            for index in (multiple ? head : end)...end {
                guard let pending = slots[index] else { continue }
                slots[index] = nil
                count -= 1
                if isRefused {
                    body(pending.entry, .refused)
                } else if let (code, text) = pending.returned {
                    body(pending.entry, .returned(code: code, text: text))
                } else {
                    body(pending.entry, .confirmed)
                }
            }
        }
        advance()
    }

    /// Takes all that wait, oldest first; the numbering begins anew.
    mutating func removeAll() -> [Entry] {
        let entries = slots[head...].compactMap { $0?.entry }
        self = ConfirmTracker()
        return entries
    }

    private mutating func advance() {
        while head < slots.count, slots[head] == nil {
            head += 1
            first += 1
        }
        if head == slots.count {
            slots.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 1024, head > slots.count / 2 {
            slots.removeFirst(head)
            head = 0
        }
    }
}
