package import StowageContract

/// Which dead letters are meant; what is `nil` or empty does not narrow.
package struct DeadLetterFilter: Sendable {
    /// Task ids.
    package var ids: Set<String>
    package var driver: DriverName?
    package var code: String?
    /// Only these very letters.
    package var marks: Set<DeadLetter.Mark>?

    package init(
        ids: Set<String> = [], driver: DriverName? = nil, code: String? = nil, marks: Set<DeadLetter.Mark>? = nil
    ) {
        self.ids = ids
        self.driver = driver
        self.code = code
        self.marks = marks
    }

    /// Every letter.
    package static let all = DeadLetterFilter()

    package func matches(_ letter: DeadLetter) -> Bool {
        if !ids.isEmpty, !ids.contains(letter.id), !(letter.otherID.map(ids.contains) ?? false) { return false }
        if let driver, letter.driver != driver { return false }
        if let code, letter.errorCode?.utf8.elementsEqual(code.utf8) != true { return false }
        return marks?.contains(letter.mark) ?? true
    }
}
