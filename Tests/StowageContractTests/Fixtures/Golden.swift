import Testing

/// A value whose message stands in a file.
struct Golden<Value: Sendable>: Sendable, CustomTestStringConvertible {
    /// The file's name without `.json`.
    var file: String
    var value: Value

    var testDescription: String { file }

    init(_ file: String, _ value: Value) {
        self.file = file
        self.value = value
    }
}
