/// A command as it goes onto the control connection: the one place where commands, and the paths in them, are made.
package struct FTPCommand: Sendable, Equatable {
    /// Upper case.
    package let verb: String
    package let argument: String?

    /// - Throws: `invalidRequest` where the argument is no text of one line: whoever brings a line end into a command
    ///   brings a second command.
    package init(_ verb: String, _ argument: String? = nil) throws(TransferError) {
        guard !verb.isEmpty, verb.utf8.allSatisfy({ $0.isUpperCaseLetterOrDigit }) else {
            throw TransferError(.invalidRequest, "the name of an FTP command is made of letters and digits")
        }
        if let argument { try Self.check(argument) }
        self.verb = verb
        self.argument = argument
    }

    /// What stands on a line of the control connection has no control characters: CR, LF and NUL would end it.
    static func check(_ text: String) throws(TransferError) {
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw TransferError(.invalidRequest, "a control character cannot stand in an FTP command")
        }
    }

    var line: String { argument.map { verb + " " + $0 } ?? verb }
}

extension UInt8 {
    fileprivate var isUpperCaseLetterOrDigit: Bool {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") || self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9")
    }
}
