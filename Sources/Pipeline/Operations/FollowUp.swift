import Cryptography
import Storage
import StowageContract

/// The `copy` task that makes a copy which its store could not make.
enum FollowUp {
    /// `c-<32 hexadecimal digits of SHA-256(task id + "/" + driver)>`: the same, however often the store is delivered.
    ///
    /// `nil`: the driver that holds the archive must not copy to that one, which is no peer of it; so it is after a
    /// failover to a driver whose configuration says nothing of the copies.
    static func id(of task: TaskID, _ driver: DriverName, from holder: DriverName, api: StorageAPI) -> TaskID? {
        guard let settings = api.settings(of: holder), settings.allows(driver) else { return nil }
        let digest = SHA256Hasher.digest(of: Array("\(task.text)/\(driver.text)".utf8)).hexadecimal
        return TaskID("c-" + digest.prefix(32))
    }

    /// The tasks that the result names.
    static func tasks(of result: TaskResult, labels: [String]) -> [StorageTask] {
        guard case .store(let store) = result else { return [] }
        return store.copies.compactMap { copy in
            guard case .missing(let driver, _, let id?) = copy else { return nil }
            let data = CopyData(archive: .handle(store.handle), to: driver)
            return StorageTask(id: id, driver: store.handle.driver, data: .copy(data), labels: labels)
        }
    }
}
