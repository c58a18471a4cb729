/// A tree that grows as its parser meets starts, texts and ends; pure.
struct XMLTree {
    private struct Open {
        var name: String
        var namespace: String?
        var text: [UInt8] = []
        var children: [XMLElement] = []
    }

    private let limits: XMLLimits
    private var open: [Open] = []
    private var count = 0
    /// The outermost element, once it has ended.
    private(set) var root: XMLElement?

    init(_ limits: XMLLimits) {
        self.limits = limits
    }

    mutating func start(_ name: String, namespace: String?) throws(XMLError) {
        guard open.count < limits.depth else {
            throw XMLError(.tooLarge, "the document has more elements within each other than allowed")
        }
        count += 1
        guard count <= limits.elements else {
            throw XMLError(.tooLarge, "the document has more elements than allowed")
        }
        open.append(Open(name: name, namespace: namespace))
    }

    mutating func add(_ text: UnsafeBufferPointer<UInt8>) {
        guard !open.isEmpty else { return }
        open[open.count - 1].text += text
    }

    mutating func end() {
        guard let last = open.popLast() else { return }
        let element = XMLElement(
            last.name, namespace: last.namespace, text: String(decoding: last.text, as: UTF8.self),
            children: last.children)
        if open.isEmpty {
            root = element
        } else {
            open[open.count - 1].children.append(element)
        }
    }
}
