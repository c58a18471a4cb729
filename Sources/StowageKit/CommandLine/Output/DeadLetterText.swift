import Messaging
import Pipeline
import StowageContract
import StrictCoding

/// A dead letter in full, for people.
enum DeadLetterText {
    static func lines(_ letter: DeadLetter) -> [String] {
        let envelope = letter.envelope
        let properties = letter.delivery.properties
        var lines: [String] = ["task \(letter.id)"]
        func add(_ name: String, _ value: String?) {
            if let value { lines.append("  \(name.padded(to: 10)) \(value)") }
        }
        add("for", letter.delivery.routingKey)
        add("error", letter.errorCode.map { $0 + (letter.errorMessage.map { ": " + $0 } ?? "") })
        add("reason", letter.reason)
        add("parked", letter.parkedAt?.text)
        add("first at", envelope.firstAt?.text)
        add("sent by", sender(envelope.user, properties.appID))
        add("replayed", envelope.replayed > 0 ? "\(envelope.replayed) times" : nil)
        add("edited", edits(letter))
        for attempt in envelope.history {
            let moment = attempt.startedAt.map { $0.text + " " } ?? ""
            let end = attempt.code.map { "\($0.rawValue)" + (attempt.message.map { ": " + $0 } ?? "") } ?? "ended"
            let doubt = attempt.ambiguous ? " (it may have had its effect)" : ""
            add("attempt \(attempt.number)", "\(moment)on \(attempt.driver): \(end)\(doubt)")
        }
        lines.append("  body")
        for line in body(letter) { lines.append("    " + line) }
        return lines
    }

    private static func edits(_ letter: DeadLetter) -> String? {
        guard letter.envelope.edited > 0 else { return nil }
        let last = letter.editedAt.map { ", last \($0.text)" + (letter.editedBy.map { " by \($0)" } ?? "") } ?? ""
        return "\(letter.envelope.edited) times\(last)"
    }

    private static func sender(_ user: String?, _ app: String?) -> String? {
        guard user != nil || app != nil else { return nil }
        return [user, app.map { "(\($0))" }].compactMap { $0 }.joined(separator: " ")
    }

    private static func body(_ letter: DeadLetter) -> [String] {
        guard let body = letter.body else { return ["\(letter.bodyBytes) bytes, too large to be shown"] }
        guard let document = try? JSONParser.parse(body) else {
            return ["\(body.count) bytes that are no JSON; --raw shows them"]
        }
        let text = JSONWriter.text(of: document.discreet, layout: .pretty)
        return text.split(separator: "\n").map { $0.count > 400 ? $0.prefix(399) + "…" : String($0) }
    }
}
