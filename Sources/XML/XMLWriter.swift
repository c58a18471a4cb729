/// Writes a document, element by element.
package struct XMLWriter {
    private var output: [UInt8] = Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8)

    private init() {}

    /// A document in UTF-8 with that outermost element.
    ///
    /// `namespace`: that of all names without a prefix; `prefixes`: those that names may have, with their namespaces.
    /// - Throws: `unwritable`.
    package static func document(
        _ root: String, namespace: String? = nil, prefixes: [(String, String)] = [],
        _ body: (inout XMLWriter) throws(XMLError) -> Void
    ) throws(XMLError) -> [UInt8] {
        var writer = XMLWriter()
        var attributes = namespace.map { [("xmlns", $0)] } ?? []
        attributes += prefixes.map { ("xmlns:\($0.0)", $0.1) }
        try writer.element(root, attributes: attributes, body)
        return writer.output
    }

    /// An element with what `body` writes into it.
    package mutating func element(
        _ name: String, attributes: [(String, String)] = [], _ body: (inout XMLWriter) throws(XMLError) -> Void
    ) throws(XMLError) {
        try open(name, attributes)
        output += ">".utf8
        try body(&self)
        output += "</\(name)>".utf8
    }

    /// An element that says `text`.
    package mutating func element(
        _ name: String, _ text: String, attributes: [(String, String)] = []
    ) throws(XMLError) {
        try element(name, attributes: attributes) { writer throws(XMLError) in
            writer.output += try XMLEscaping.escape(text)
        }
    }

    /// An element with nothing in it.
    package mutating func element(_ name: String, attributes: [(String, String)] = []) throws(XMLError) {
        try open(name, attributes)
        output += "/>".utf8
    }

    private mutating func open(_ name: String, _ attributes: [(String, String)]) throws(XMLError) {
        output += "<".utf8
        output += try XMLEscaping.name(name).utf8
        for (name, value) in attributes {
            output += " ".utf8
            output += try XMLEscaping.name(name).utf8
            output += "=\"".utf8
            output += try XMLEscaping.escape(value)
            output += "\"".utf8
        }
    }
}
