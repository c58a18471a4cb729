package import StrictCoding

/// Puts texts from the environment and from files into the values of a configuration.
///
/// `${env:NAME}` and `${file:/path}` stand for a text, `$${` for `${`. What is put in stays a text as it is: it is not
/// read as YAML and not looked through again.
package struct Substitution: Sendable {
    /// The largest file.
    package static let fileLimit = 65_536

    private let environment: @Sendable (String) -> String?

    /// - Parameter environment: the value of a variable; `nil`: it is not set.
    package init(environment: @escaping @Sendable (String) -> String?) {
        self.environment = environment
    }

    /// The document with everything put in, and what could not be.
    package func applied(to document: ConfigurationDocument) -> (ConfigurationDocument, [MemberProblem]) {
        var document = document
        var problems: [MemberProblem] = []
        var substituted: Set<String> = []
        document.value = value(document.value, path: "", &problems, &substituted)
        document.substituted.formUnion(substituted)
        return (document, problems)
    }

    private func value(
        _ value: JSONValue, path: String, _ problems: inout [MemberProblem], _ substituted: inout Set<String>
    ) -> JSONValue {
        switch value {
        case .string(let text):
            guard text.utf8.contains(UInt8(ascii: "$")) else { return value }
            do throws(MemberProblem) {
                let (text, isSubstituted) = try self.text(text, path: path)
                if isSubstituted { substituted.insert(path) }
                return .string(text)
            } catch {
                problems.append(error)
                // Nobody complains about the stand-in: the problem has been told.
                return .null
            }
        case .array(let elements):
            return .array(
                elements.enumerated().map { index, element in
                    self.value(element, path: MemberProblem.path(path, element: index), &problems, &substituted)
                })
        case .object(let object):
            return .object(
                JSONObject(
                    unique: object.members.map { member in
                        let place = MemberProblem.path(path, member: member.name)
                        return JSONObject.Member(
                            member.name, self.value(member.value, path: place, &problems, &substituted))
                    }))
        default: return value
        }
    }

    private func text(_ text: String, path: String) throws(MemberProblem) -> (String, Bool) {
        var result: [UInt8] = []
        var isSubstituted = false
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "$") else {
                result.append(byte)
                continue
            }
            if rest.starts(with: "${".utf8) {
                rest = rest.dropFirst(2)
                result.append(contentsOf: "${".utf8)
            } else if rest.first == UInt8(ascii: "{") {
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
                    throw MemberProblem(path: path, message: "has a ${ without its }; write $${ for a plain ${")
                }
                let name = String(decoding: rest[rest.index(after: rest.startIndex)..<end], as: UTF8.self)
                rest = rest[rest.index(after: end)...]
                result.append(contentsOf: try source(name, path: path).utf8)
                isSubstituted = true
            } else {
                result.append(byte)
            }
        }
        return (String(decoding: result, as: UTF8.self), isSubstituted)
    }

    private func source(_ name: String, path: String) throws(MemberProblem) -> String {
        if name.utf8.starts(with: "env:".utf8) {
            let variable = String(name.dropFirst(4))
            guard let value = environment(variable) else {
                throw MemberProblem(
                    path: path, message: "needs the environment variable \(variable.excerpt), which is not set")
            }
            return value
        }
        if name.utf8.starts(with: "file:".utf8) {
            return try content(of: String(name.dropFirst(5)), path: path)
        }
        throw MemberProblem(
            path: path,
            message: "has a ${…} that is neither ${env:NAME} nor ${file:/path}; write $${ for a plain ${")
    }

    private func content(of file: String, path: String) throws(MemberProblem) -> String {
        guard file.utf8.first == UInt8(ascii: "/") else {
            throw MemberProblem(path: path, message: "names the file \(file.excerpt), which is no absolute path")
        }
        var bytes: [UInt8]
        do throws(SmallFile.Failure) {
            bytes = try SmallFile.bytes(of: file, limit: Self.fileLimit)
        } catch {
            throw MemberProblem(path: path, message: "needs the file \(file.excerpt), which \(error.message)")
        }
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw MemberProblem(path: path, message: "needs the file \(file.excerpt), which is not UTF-8 text")
        }
        return text
    }
}
