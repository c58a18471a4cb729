import Storage
import StowageContract

extension StorageError {
    /// The same error somewhere else: a peer driver's failure is the source's when it is read from.
    func at(_ place: ErrorPlace) -> StorageError {
        var error = self
        error.place = place
        return error
    }
}

/// Runs `body` and moves what it throws to `place`.
func moving<Value>(
    errorsTo place: ErrorPlace, _ body: () async throws(StorageError) -> Value
) async throws(StorageError) -> Value {
    do throws(StorageError) {
        return try await body()
    } catch {
        throw error.at(place)
    }
}

/// Runs `body` and moves the driver's errors that it throws to `place`; the task's own stay where they are.
func movingDriverErrors<Value>(
    to place: ErrorPlace, _ body: () async throws(StorageError) -> Value
) async throws(StorageError) -> Value {
    do throws(StorageError) {
        return try await body()
    } catch {
        throw error.moved(to: place)
    }
}

extension StorageError {
    /// Why a source was kept, with until when and for whom.
    var reason: String {
        let details = ["until", "holds"].compactMap { name in context[name].map { "\(name) \($0)" } }
        let text = "\(code.rawValue): \(message)"
        return details.isEmpty ? text : text + " (" + details.joined(separator: ", ") + ")"
    }
}

extension StorageTask {
    /// The driver that an error at `place` is about.
    func driver(at place: ErrorPlace) -> DriverName {
        switch (place, data) {
        case (.destination, .copy(let data)): return data.to
        case (.source, .store(let data)):
            if case .handle(let reference) = data.source { return reference.driver ?? driver }
            return driver
        default: return driver
        }
    }
}
