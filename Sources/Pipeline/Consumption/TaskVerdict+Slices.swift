import StowageContract

extension TaskVerdict {
    /// With the number of deliveries that worked on it by hand-over, where the result says that.
    func inSlice(_ number: Int) -> TaskVerdict {
        guard number > 1, case .succeeded(.store(var result), let removal) = self else { return self }
        result.slices = number
        return .succeeded(.store(result), removal: removal)
    }
}
