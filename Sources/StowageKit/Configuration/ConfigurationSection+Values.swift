import ServiceRuntime
import StowageContract
import StrictCoding

extension ConfigurationSection {
    /// A number of seconds.
    func seconds(_ name: String, in range: ClosedRange<Int64>) -> Duration? {
        integer(name, in: range).map { .seconds($0) }
    }

    /// An absolute path without `.` and `..`, and without a slash at the end.
    func absolutePath(_ name: String) -> String? {
        guard let text = string(name) else { return nil }
        switch Self.absolutePath(text) {
        case .success(let path): return path
        case .failure(let unfit):
            refuse(name, unfit.message)
            return nil
        }
    }

    static func absolutePath(_ text: String) -> Result<String, Unfit> {
        guard text.utf8.first == UInt8(ascii: "/") else {
            return .failure(Unfit("must be an absolute path (beginning with /)"))
        }
        let segments = text.split(separator: "/")
        guard !segments.contains(where: { $0 == "." || $0 == ".." }), !text.utf8.contains(0) else {
            return .failure(Unfit("must not have . or .. in it"))
        }
        return .success("/" + segments.joined(separator: "/"))
    }

    /// Driver names; each at most once.
    func driverNames(_ name: String) -> [DriverName]? {
        var seen: Set<DriverName> = []
        return list(name) { text in
            guard let driver = DriverName(text) else { return .failure(Unfit("is no driver name")) }
            return seen.insert(driver).inserted ? .success(driver) : .failure(Unfit("names \(driver) a second time"))
        }
    }
}
