package import StrictCoding

/// One object of a configuration while it is read: typed values with their defaults, and all problems noted.
///
/// `null` counts as absent. Reading never fails: where a value is wrong, this is noted and the default goes on, so that
/// one run finds everything. Used by one task.
package final class ConfigurationSection {
    /// What reading found, shared by all sections of a document.
    package final class Findings {
        /// In the order of finding.
        package fileprivate(set) var problems: [MemberProblem] = []
        /// The paths of all keys that were asked for, in order.
        package fileprivate(set) var keys: [String] = []
    }

    package let path: String
    /// What the section says, known or not.
    package let object: JSONObject
    package let findings: Findings
    private let document: ConfigurationDocument
    private var known: [String] = []

    /// The document as a whole.
    package init(_ document: ConfigurationDocument) {
        self.path = ""
        self.object = document.value.object ?? JSONObject()
        self.findings = Findings()
        self.document = document
    }

    private init(path: String, object: JSONObject, of parent: ConfigurationSection) {
        self.path = path
        self.object = object
        self.findings = parent.findings
        self.document = parent.document
    }

    /// The names of all keys that stand in the section.
    package var names: [String] { object.members.map(\.name) }

    package func path(of name: String) -> String { MemberProblem.path(path, member: name) }

    /// Notes that `name` is wrong; `message` is the rest of the sentence.
    package func refuse(_ name: String, _ message: String) {
        note(MemberProblem(path: name.isEmpty ? path : path(of: name), message: message))
    }

    /// Notes a problem found elsewhere; the same one a second time is left out.
    package func note(_ problem: MemberProblem) {
        if !findings.problems.contains(problem) { findings.problems.append(problem) }
    }

    /// A text of the section as it may be shown in a message.
    package func shown(_ text: String, of name: String) -> String { document.shown(text, at: path(of: name)) }

    /// The value under `name`.
    package func value(_ name: String) -> JSONValue? {
        if !known.contains(name) {
            known.append(name)
            findings.keys.append(path(of: name))
        }
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    /// The section under `name`; an empty one where it is absent or wrong.
    package func section(_ name: String) -> ConfigurationSection {
        let object: JSONObject
        switch value(name) {
        case nil: object = JSONObject()
        case .object(let members)?: object = members
        case let other?:
            wrongType(path(of: name), "a section of keys", other)
            object = JSONObject()
        }
        return ConfigurationSection(path: path(of: name), object: object, of: self)
    }

    /// The text under `name`; an empty one is refused.
    package func string(_ name: String) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value else { return wrongType(path(of: name), "a string", value) }
        if text.isEmpty {
            refuse(name, "must not be empty")
            return nil
        }
        return text
    }

    package func bool(_ name: String) -> Bool? {
        guard let value = value(name) else { return nil }
        guard case .bool(let bool) = value else { return wrongType(path(of: name), "true or false", value) }
        return bool
    }

    package func integer(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = value(name) else { return nil }
        guard case .integer(let integer) = value else { return wrongType(path(of: name), "an integer", value) }
        guard range.contains(integer) else {
            refuse(name, "must be between \(range.lowerBound) and \(range.upperBound), not \(integer)")
            return nil
        }
        return integer
    }

    package func number(_ name: String, in range: ClosedRange<Double>) -> Double? {
        guard let value = value(name) else { return nil }
        guard let number = value.double else { return wrongType(path(of: name), "a number", value) }
        guard range.contains(number) else {
            refuse(name, "must be between \(range.lowerBound) and \(range.upperBound), not \(number)")
            return nil
        }
        return number
    }

    package func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of type: Choice.Type
    ) -> Choice? where Choice.RawValue == String {
        guard let text = string(name) else { return nil }
        for choice in type.allCases where choice.rawValue.hasSameBytes(as: text) { return choice }
        let cases = type.allCases.map(\.rawValue)
        let hint = NearestName.of(text, among: cases).map { "; did you mean \($0)?" } ?? ""
        refuse(name, "must be one of \(cases.joined(separator: ", ")), not \(shown(text, of: name))\(hint)")
        return nil
    }

    /// The texts under `name`, each turned into a value by `element`, which says what is wrong as the rest of a sentence.
    package func list<Element>(
        _ name: String, _ element: (String) -> Result<Element, ConfigurationSection.Unfit>
    ) -> [Element]? {
        guard let value = value(name) else { return nil }
        guard case .array(let values) = value else { return wrongType(path(of: name), "a list", value) }
        var elements: [Element] = []
        for (index, value) in values.enumerated() {
            let place = MemberProblem.path(path(of: name), element: index)
            guard case .string(let text) = value else {
                wrongType(place, "a string", value)
                continue
            }
            switch element(text) {
            case .success(let element): elements.append(element)
            case .failure(let unfit): note(MemberProblem(path: place, message: unfit.message))
            }
        }
        return elements
    }

    /// Why a text is no value of its kind, as the rest of a sentence.
    package struct Unfit: Error {
        package var message: String

        package init(_ message: String) {
            self.message = message
        }
    }

    /// Notes every key that nobody asked for.
    package func finish() {
        for member in object.members where !known.contains(where: { $0.hasSameBytes(as: member.name) }) {
            let hint = nearest(to: member.name).map { "; did you mean \($0)?" } ?? ""
            refuse(member.name, "is not known here" + hint)
        }
    }

    /// The known key that was probably meant, also where only its unit was left out.
    private func nearest(to name: String) -> String? {
        NearestName.of(name, among: known) ?? known.first { $0.utf8.count > name.utf8.count && $0.hasPrefix(name) }
    }

    @discardableResult
    private func wrongType<Value>(_ path: String, _ expected: String, _ found: JSONValue) -> Value? {
        note(MemberProblem(path: path, message: "must be \(expected), not \(found.kind)"))
        return nil
    }

    private func wrongType(_ path: String, _ expected: String, _ found: JSONValue) {
        note(MemberProblem(path: path, message: "must be \(expected), not \(found.kind)"))
    }
}
