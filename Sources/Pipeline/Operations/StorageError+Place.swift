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
