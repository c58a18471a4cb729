/// An element as it was read: what it is called, what it says, what stands in it.
///
/// Attributes, comments and processing instructions are not kept: no protocol here uses them.
package struct XMLElement: Sendable, Equatable {
    /// Without prefix.
    package let name: String
    /// What its prefix, or the default, stands for.
    package let namespace: String?
    /// Its own character data, that of its children left out, in one piece; white space as it stands.
    package let text: String
    /// In their order.
    package let children: [XMLElement]

    package init(_ name: String, namespace: String? = nil, text: String = "", children: [XMLElement] = []) {
        self.name = name
        self.namespace = namespace
        self.text = text
        self.children = children
    }

    /// The first child of that name, in any namespace.
    package subscript(_ name: String) -> XMLElement? {
        children.first { $0.isNamed(name) }
    }

    /// The children of that name, in any namespace.
    package func all(_ name: String) -> [XMLElement] {
        children.filter { $0.isNamed(name) }
    }

    /// The first child of that name in that namespace; `nil`: in none.
    package subscript(_ name: String, in namespace: String?) -> XMLElement? {
        children.first { $0.isNamed(name, in: namespace) }
    }

    /// The children of that name in that namespace; `nil`: in none.
    package func all(_ name: String, in namespace: String?) -> [XMLElement] {
        children.filter { $0.isNamed(name, in: namespace) }
    }

    /// Compared by bytes.
    package func isNamed(_ name: String) -> Bool { self.name.utf8.elementsEqual(name.utf8) }

    /// Compared by bytes.
    package func isNamed(_ name: String, in namespace: String?) -> Bool {
        guard isNamed(name) else { return false }
        guard let own = self.namespace, let namespace else { return self.namespace == nil && namespace == nil }
        return own.utf8.elementsEqual(namespace.utf8)
    }
}
