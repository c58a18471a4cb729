import Sharing
package import StowageContract

/// The one entry to storage: hands out a ready `Storage` by driver name, opened on first use.
package actor StorageAPI {
    private let factory: StorageDriverFactory
    private let environment: StorageEnvironment
    nonisolated private let definitions: [DriverName: DriverDefinition]
    /// Changed by the actor only; read by everybody, so that asking for an open storage costs no hop.
    nonisolated private let opened = Guarded<[DriverName: Storage]>([:])
    /// Who waits for an opening that somebody else does; changed by the actor, and by a waiter that gives up.
    nonisolated private let openings = Guarded<[DriverName: Opening]>([:])
    private var isClosed = false

    /// An opening that goes on, with those who wait for its end.
    private struct Opening {
        var lastTicket = 0
        var waiters: [Int: Handover<Void>] = [:]
    }

    /// An entry to these drivers; of two definitions with one name the last counts.
    package init(factory: StorageDriverFactory, drivers: [DriverDefinition], environment: StorageEnvironment) {
        self.factory = factory
        self.environment = environment
        self.definitions = Dictionary(drivers.map { ($0.name, $0) }) { _, last in last }
    }

    /// The storage of that name; opened by the first who asks, while the others wait.
    ///
    /// A failure is not remembered.
    ///
    /// - Throws: `.unknownDriver`, or why it cannot be opened.
    package nonisolated func storage(_ name: DriverName) async throws(StorageError) -> Storage {
        if let storage = standing(name) { return storage }
        return try await open(name, asksBreaker: true)
    }

    /// What a probe met.
    package struct ProbeFailure: Error {
        package var error: StorageError
        /// Whether the driver could not even be opened.
        package var isOpening: Bool

        package init(error: StorageError, isOpening: Bool) {
            self.error = error
            self.isOpening = isOpening
        }
    }

    /// Whether the driver answers; opens it where that has not been done, and asks one that is down as well.
    ///
    /// Takes none of the driver's slots: tasks that hang in all of them must not keep anybody from finding out.
    package nonisolated func probe(_ name: DriverName) async throws(ProbeFailure) {
        let storage: Storage
        do throws(StorageError) {
            if let standing = standing(name) {
                storage = standing
            } else {
                storage = try await open(name, asksBreaker: false)
            }
        } catch {
            throw ProbeFailure(error: error, isOpening: true)
        }
        do throws(StorageError) {
            try await storage.probeOutOfTurn()
        } catch {
            throw ProbeFailure(error: error, isOpening: false)
        }
    }

    /// Whether the storage of that name is open: then asking for it does not wait.
    package nonisolated func isOpen(_ name: DriverName) -> Bool { standing(name) != nil }

    private nonisolated func standing(_ name: DriverName) -> Storage? { opened.withLock { $0[name] } }

    private func open(_ name: DriverName, asksBreaker: Bool) async throws(StorageError) -> Storage {
        guard let definition = definitions[name] else {
            throw StorageError(
                .unknownDriver, .permanent, "no such driver is configured", at: .task, context: ["driver": name.text])
        }
        while true {
            if let storage = standing(name) { return storage }
            if isClosed { throw StorageError.cancelled }
            if asksBreaker { try environment.breaker?.admitOpening(of: name) }
            guard openings.withLock({ $0[name] != nil }) else { break }
            await wait(for: name)
            try StorageError.checkCancellation()
        }
        openings.withLock { $0[name] = Opening() }
        defer {
            for waiter in openings.withLock({ $0.removeValue(forKey: name) })?.waiters.values ?? [:].values {
                waiter.resume()
            }
        }
        let storage: Storage
        do throws(StorageError) {
            storage = try await factory.open(definition, in: environment)
        } catch {
            environment.breaker?.recordOpening(of: name, error)
            throw error
        }
        environment.breaker?.recordOpening(of: name, nil)
        if isClosed {
            await storage.close()
            throw StorageError.cancelled
        }
        opened.withLock { $0[name] = storage }
        return storage
    }

    /// Returns when the opening is over, or as soon as the task is cancelled.
    private func wait(for name: DriverName) async {
        let ticket = openings.withLock { openings in
            openings[name]?.lastTicket += 1
            return openings[name]?.lastTicket ?? 0
        }
        await withTaskCancellationHandler {
            await handedOver { continuation in
                let waits = openings.withLock { openings in
                    // A cancellation before this point has set the flag; one after it finds the waiter.
                    guard openings[name] != nil, !Task.isCancelled else { return false }
                    openings[name]?.waiters[ticket] = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            openings.withLock { $0[name]?.waiters.removeValue(forKey: ticket) }?.resume()
        }
    }

    /// The settings of a driver; `nil`: there is none of that name.
    package nonisolated func settings(of name: DriverName) -> DriverSettings? { definitions[name]?.settings }

    /// All names, in byte order.
    package nonisolated var names: [DriverName] { definitions.keys.sorted { $0.text < $1.text } }

    /// Closes what is open; nothing can be opened afterwards.
    package func close() async {
        isClosed = true
        let storages = opened.withLock { opened in
            defer { opened = [:] }
            return Array(opened.values)
        }
        for storage in storages { await storage.close() }
    }
}
