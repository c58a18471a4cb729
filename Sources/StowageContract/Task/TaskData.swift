/// The operation of a task with its parameters.
public enum TaskData: Sendable, Equatable {
    case store(StoreData)
    case retrieve(RetrieveData)
    case delete(DeleteData)
    case stat(ArchiveReference)
    case list(ListData)
    case verify(VerifyData)
    case copy(CopyData)
    case presign(PresignData)
    case retain(RetainData)
    case check(CheckData)
    case capacity

    /// The operation that these parameters belong to.
    public var operation: Operation {
        switch self {
        case .store: .store
        case .retrieve: .retrieve
        case .delete: .delete
        case .stat: .stat
        case .list: .list
        case .verify: .verify
        case .copy: .copy
        case .presign: .presign
        case .retain: .retain
        case .check: .check
        case .capacity: .capacity
        }
    }

    /// The archive that the task is about; `nil` where it is about none that exists.
    public var archive: ArchiveReference? {
        switch self {
        case .retrieve(let data): data.archive
        case .delete(let data): data.archive
        case .stat(let archive): archive
        case .verify(let data): data.archive
        case .copy(let data): data.archive
        case .presign(let data): data.archive
        case .retain(let data): data.archive
        case .store, .list, .check, .capacity: nil
        }
    }
}
