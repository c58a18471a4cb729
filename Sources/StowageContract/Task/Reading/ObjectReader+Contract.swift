import StrictCoding

extension ObjectReader {
    /// The text under `name`, at most `limit` bytes, without control characters unless they are `allowed`.
    mutating func text(
        _ name: String, bytes limit: Int, controlCharacters allowed: Bool = false
    ) throws(MemberProblem) -> String? {
        guard let text = try string(name) else { return nil }
        guard text.utf8.count <= limit else { throw problem(name, "must have at most \(limit) bytes") }
        if !allowed, text.hasControlCharacters { throw problem(name, "must not contain control characters") }
        return text
    }

    /// The driver's name under `name`.
    mutating func driver(_ name: String) throws(MemberProblem) -> DriverName? {
        guard let value = value(name) else { return nil }
        return try Self.driver(value, path: path(of: name))
    }

    /// The driver names under `name`, all different.
    mutating func drivers(_ name: String) throws(MemberProblem) -> [DriverName]? {
        guard let elements = try array(name) else { return nil }
        guard elements.count <= 16 else { throw problem(name, "must have at most 16 elements") }
        var drivers: [DriverName] = []
        for (index, element) in elements.enumerated() {
            let driver = try Self.driver(element, path: MemberProblem.path(path(of: name), element: index))
            if drivers.contains(driver) {
                throw MemberProblem(
                    path: MemberProblem.path(path(of: name), element: index),
                    message: "names the driver \(driver.text) a second time")
            }
            drivers.append(driver)
        }
        return drivers
    }

    private static func driver(_ value: JSONValue, path: @autoclosure () -> String) throws(MemberProblem) -> DriverName
    {
        guard case .string(let text) = value else {
            throw MemberProblem(path: path(), message: "must be a string, not \(value.kind)")
        }
        guard let driver = DriverName(text) else {
            throw MemberProblem(
                path: path(),
                message: "must be a driver's name, not \(text.excerpt): 1 to 57 of a-z, 0-9 and -, "
                    + "not ending in -quick, not all")
        }
        return driver
    }

    /// The task id under `name`.
    mutating func taskID(_ name: String) throws(MemberProblem) -> TaskID? {
        guard let text = try string(name) else { return nil }
        guard let id = TaskID(text) else { throw problem(name, Self.taskIDRule(text)) }
        return id
    }

    /// The task ids under `name`.
    mutating func taskIDs(_ name: String, limit: Int) throws(MemberProblem) -> [TaskID]? {
        guard let elements = try array(name) else { return nil }
        guard elements.count <= limit else { throw problem(name, "must have at most \(limit) elements") }
        var ids: [TaskID] = []
        for (index, element) in elements.enumerated() {
            let path = MemberProblem.path(path(of: name), element: index)
            guard case .string(let text) = element else {
                throw MemberProblem(path: path, message: "must be a string, not \(element.kind)")
            }
            guard let id = TaskID(text) else { throw MemberProblem(path: path, message: Self.taskIDRule(text)) }
            ids.append(id)
        }
        return ids
    }

    private static func taskIDRule(_ text: String) -> String {
        "must be a task's id, not \(text.excerpt): 1 to 128 of A-Z, a-z, 0-9 and . _ : -, beginning with a letter or digit"
    }

    /// The moment under `name`.
    mutating func timestamp(_ name: String) throws(MemberProblem) -> Timestamp? {
        guard let text = try string(name) else { return nil }
        guard let moment = Timestamp(text) else {
            throw problem(name, "must be a time like 2026-11-20T09:30:00Z (RFC 3339), not \(text.excerpt)")
        }
        return moment
    }

    /// The SHA-256 digest under `name`, in lower case.
    mutating func sha256(_ name: String) throws(MemberProblem) -> String? {
        guard let text = try string(name) else { return nil }
        guard text.utf8.count == 64, text.utf8.allSatisfy(\.isHexadecimal) else {
            throw problem(name, "must be a SHA-256 digest in 64 hexadecimal digits, not \(text.excerpt)")
        }
        return text.utf8.contains { (0x41...0x46).contains($0) } ? text.lowercased() : text
    }

    /// The strings under `name` by their names; `fault` says what is wrong with one, and is asked in their order.
    mutating func strings(
        _ name: String, limit: Int, fault: (_ name: String, _ value: String) -> String? = { _, _ in nil }
    ) throws(MemberProblem) -> [String: String]? {
        guard let object = try object(name) else { return nil }
        guard object.members.count <= limit else { throw problem(name, "must have at most \(limit) members") }
        var strings: [String: String] = [:]
        strings.reserveCapacity(object.members.count)
        for member in object.members {
            let message: String?
            if case .string(let text) = member.value {
                message = fault(member.name, text)
                strings[member.name] = text
            } else {
                message = "must be a string, not \(member.value.kind)"
            }
            if let message {
                throw MemberProblem(path: MemberProblem.path(path(of: name), member: member.name), message: message)
            }
        }
        // A dictionary of strings takes canonically equivalent names for one.
        guard strings.count == object.members.count else {
            throw problem(name, "has two names that differ only in how Unicode composes their letters")
        }
        return strings
    }

    /// The metadata under `name`.
    mutating func metadata(_ name: String) throws(MemberProblem) -> [String: String]? {
        let metadata = try strings(name, limit: 32) { key, value in
            if !key.isMetadataName { return "is no name for metadata: a-z first, then at most 63 of a-z, 0-9 and _" }
            return value.hasControlCharacters ? "must not contain control characters" : nil
        }
        guard let metadata else { return nil }
        let bytes = metadata.values.reduce(0) { $0 + $1.utf8.count }
        guard bytes <= 1024 else {
            throw problem(name, "must have at most 1024 bytes in all its values together, not \(bytes)")
        }
        return metadata
    }

    /// The text under `name` as `rule` makes it.
    mutating func named(
        _ name: String, by rule: (String) throws(ArchiveName.Problem) -> String
    ) throws(MemberProblem) -> String? {
        guard let text = try string(name) else { return nil }
        do throws(ArchiveName.Problem) { return try rule(text) } catch {
            throw problem(name, "\(error.message): \(text.excerpt)")
        }
    }
}

extension String {
    /// Whether it matches `[a-z][a-z0-9_]{0,63}`.
    var isMetadataName: Bool {
        guard let first = utf8.first, (0x61...0x7A).contains(first), utf8.count <= 64 else { return false }
        return utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
    }
}

extension UInt8 {
    /// Whether it is one of 0-9, a-f, A-F.
    var isHexadecimal: Bool { (0x30...0x39).contains(self) || (0x61...0x66).contains(self | 0x20) }
}
