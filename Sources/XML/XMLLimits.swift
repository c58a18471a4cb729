/// How large a document may be that a stranger sends.
package struct XMLLimits: Sendable, Equatable {
    package var bytes: Int
    /// Elements within each other, the outermost counted.
    package var depth: Int
    package var elements: Int

    package init(bytes: Int, depth: Int = 64, elements: Int = 200_000) {
        self.bytes = bytes
        self.depth = depth
        self.elements = elements
    }
}
