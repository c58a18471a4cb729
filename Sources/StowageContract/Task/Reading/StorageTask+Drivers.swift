import StrictCoding

extension StorageTask {
    /// Refuses drivers that stand in two places where only different ones make sense.
    func checkDrivers(isFirstDelivery: Bool) throws(MemberProblem) {
        // In a copy whose body names none, the driver of the key may be one of the fallbacks.
        let own = bodyDriver ?? (isFirstDelivery ? driver : nil)
        if let own, fallbacks?.contains(own) == true {
            throw MemberProblem(path: "fallbacks", message: "must not name the task's own driver \(own.text)")
        }
        switch data {
        case .store(let data):
            if let own, data.copies.contains(own) {
                throw MemberProblem(path: "data.copies", message: "must not name the task's own driver \(own.text)")
            }
            if let shared = data.copies.first(where: { fallbacks?.contains($0) == true }) {
                throw MemberProblem(
                    path: "data.copies", message: "must not name \(shared.text), which is one of the fallbacks")
            }
        case .copy(let data) where data.to == driver:
            throw MemberProblem(path: "data.to", message: "must not be the task's own driver \(driver.text)")
        default: break
        }
        if let named = data.archive?.driver, named != driver {
            throw MemberProblem(
                path: "data.handle.driver", message: "is \(named.text), but the task is for \(driver.text)")
        }
    }
}
