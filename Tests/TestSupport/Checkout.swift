import Foundation

/// The files of the checkout that the tests were built from.
package enum Checkout {
    /// Without a slash at the end.
    package static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// A file by its path from the root.
    package static func path(_ name: String) -> String { "\(root)/\(name)" }

    /// The Python with the packages that `Tests/Servers/install.sh` brings.
    package static let python = path(".venv/bin/python")
}
