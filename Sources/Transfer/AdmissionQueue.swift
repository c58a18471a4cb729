/// Who may have a connection, in the order of arrival, so many at once in all and for each host; pure.
struct AdmissionQueue {
    typealias ID = Int

    private let most: Int
    private let mostPerHost: Int
    private var waiting: [(id: ID, host: String)] = []
    private var hosts: [ID: String] = [:]
    private var running: [String: Int] = [:]

    init(most: Int, mostPerHost: Int) {
        self.most = most
        self.mostPerHost = mostPerHost
    }

    var isEmpty: Bool { waiting.isEmpty && hosts.isEmpty }

    mutating func add(_ id: ID, host: String) {
        waiting.append((id, host))
    }

    /// The next one that may begin; it counts from now on.
    mutating func next() -> ID? {
        guard hosts.count < most,
            let index = waiting.firstIndex(where: { running[$0.host, default: 0] < mostPerHost })
        else { return nil }
        let (id, host) = waiting.remove(at: index)
        hosts[id] = host
        running[host, default: 0] += 1
        return id
    }

    /// Takes one out, wherever it stands.
    mutating func remove(_ id: ID) {
        guard let host = hosts.removeValue(forKey: id) else {
            waiting.removeAll { $0.id == id }
            return
        }
        running[host, default: 1] -= 1
        if running[host] == 0 { running[host] = nil }
    }
}
