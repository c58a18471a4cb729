import CCurl
import ServiceRuntime
import Sharing

/// Carries exchanges over libcurl. All its state belongs to the loop thread, which is the actor's executor.
actor CurlEngine: EventSource {
    nonisolated let loop: EventLoopThread
    private nonisolated let inbox: ExchangeInbox
    private let configuration: TransferConfiguration
    private let multi: CurlMulti
    private var queue: AdmissionQueue
    /// Those that wait for a connection.
    private var waiting: [Exchange.ID: Exchange] = [:]
    private var running: [Exchange.ID: CurlTransfer] = [:]
    private var byHandle: [UnsafeMutableRawPointer: Exchange.ID] = [:]
    private var nextCheck = Int64.max
    private var isClosed = false

    init(_ configuration: TransferConfiguration, loop: EventLoopThread, inbox: ExchangeInbox) throws(TransferError) {
        self.configuration = configuration
        self.loop = loop
        self.inbox = inbox
        multi = try CurlMulti(connections: configuration.connections)
        queue = AdmissionQueue(most: configuration.connections, mostPerHost: configuration.connectionsPerHost)
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    nonisolated var hasCommands: Bool { !inbox.isEmpty }

    nonisolated func turn(_ wait: inout EventWait) {
        assumeIsolated { $0.takeTurn(&wait) }
    }

    private func takeTurn(_ wait: inout EventWait) {
        for command in inbox.take() { obey(command) }
        multi.act(on: wait.ready)
        collectEnded()
        checkLimits()
        admit()
        flush()
        multi.prepare(&wait)
        if nextCheck < .max { wait.atMost(milliseconds: nextCheck - EventLoopThread.now) }
    }

    private func obey(_ command: ExchangeInbox.Command) {
        // What was taken together with the end is as late as what comes after it.
        if isClosed { return refuse(command) }
        switch command {
        case .submit(let exchange):
            waiting[exchange.id] = exchange
            let url = exchange.request.url
            queue.add(exchange.id, host: "\(url.scheme)://\(url.host):\(url.port)")
        case .resume(let id): running[id]?.resume()
        case .cancel(let id): end(id, .failure(.cancelled))
        case .close(let waiter):
            for id in Array(waiting.keys) + Array(running.keys) { end(id, .failure(.closed)) }
            isClosed = true
            for command in inbox.close() { refuse(command) }
            waiter.resume()
        }
    }

    private func refuse(_ command: ExchangeInbox.Command) {
        switch command {
        case .submit(let exchange):
            exchange.finish(.failure(.closed))
            exchange.flush()
        case .close(let waiter): waiter.resume()
        case .resume, .cancel: break
        }
    }

    /// The slot is free before anybody hears of the end.
    private func end(_ id: Exchange.ID, _ result: Result<Void, TransferError>) {
        queue.remove(id)
        if let exchange = waiting.removeValue(forKey: id) {
            exchange.finish(result)
            exchange.flush()
        } else if let transfer = running.removeValue(forKey: id) {
            byHandle[transfer.easy] = nil
            let mayHaveSent = transfer.mayHaveSent
            transfer.end()
            transfer.exchange.finish(
                result.mapError { error in
                    var error = error
                    error.mayHaveSent = error.mayHaveSent || mayHaveSent
                    return error
                })
            transfer.flush()
        }
    }

    private func collectEnded() {
        while let (easy, code) = multi.nextEnded() {
            guard let id = byHandle[easy], let transfer = running[id] else { continue }
            if transfer.hasOnlyMetDead(code), begin(transfer.exchange, after: transfer) { continue }
            end(id, transfer.outcome(code))
        }
    }

    /// Lets a request go out anew in the place of one that only met connections that were dead, which are gone now.
    private func begin(_ exchange: Exchange, after dead: CurlTransfer) -> Bool {
        guard (try? begin(exchange)) != nil else { return false }
        byHandle[dead.easy] = nil
        dead.end()
        return true
    }

    private func begin(_ exchange: Exchange) throws(TransferError) {
        let transfer = try CurlTransfer(exchange, configuration, multi)
        running[exchange.id] = transfer
        byHandle[transfer.easy] = exchange.id
        nextCheck = min(nextCheck, transfer.deadline)
    }

    private func checkLimits() {
        let now = EventLoopThread.now
        guard now >= nextCheck else { return }
        for (id, transfer) in running {
            if let error = transfer.passedLimit(at: now) { end(id, .failure(error)) }
        }
        nextCheck = running.values.map(\.deadline).min() ?? .max
    }

    private func admit() {
        while let id = queue.next() {
            guard let exchange = waiting.removeValue(forKey: id) else {
                queue.remove(id)
                continue
            }
            do throws(TransferError) {
                try begin(exchange)
            } catch {
                queue.remove(id)
                exchange.finish(.failure(error))
                exchange.flush()
            }
        }
    }

    private func flush() {
        while !multi.touched.isEmpty {
            let touched = multi.touched
            multi.touched = []
            for transfer in touched { transfer.flush() }
        }
    }
}
