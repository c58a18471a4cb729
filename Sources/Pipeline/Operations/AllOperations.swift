package import StowageContract

extension TaskData {
    /// The operation that does it: adding an operation is adding a line.
    package var implementation: any TaskOperation {
        switch self {
        case .store(let data): StoreOperation(data: data)
        case .retrieve(let data): RetrieveOperation(data: data)
        case .delete(let data): DeleteOperation(data: data)
        case .stat(let reference): StatOperation(reference: reference)
        case .list(let data): ListOperation(data: data)
        case .verify(let data): VerifyOperation(data: data)
        case .check(let data): CheckOperation(data: data)
        case .capacity: CapacityOperation()
        case .copy(let data): CopyOperation(data: data)
        case .presign(let data): PresignOperation(data: data)
        case .retain(let data): RetainOperation(data: data)
        }
    }
}
