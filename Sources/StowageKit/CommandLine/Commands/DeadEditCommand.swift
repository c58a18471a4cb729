import Pipeline
import ServiceRuntime
import StowageContract
import StrictCoding

/// `stowage dead edit`.
enum DeadEditCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "dead edit", summary: "Change parked tasks, and send them again if wished",
        arguments: [DeadLetterChoice.argument],
        options: DeadLetterChoice.filters + [
            DeadLetterChoice.all,
            .value("set", "POINTER=VALUE", "put VALUE at /that/place of the task", isRepeatable: true),
            .value("unset", "POINTER", "take away what is at /that/place of the task", isRepeatable: true),
            .value("to", "NAME", "give the task to this driver"),
            .value("file", "FILE", "the whole task, for one letter; - is standard input"),
            .flag("replay", "send the changed task again at once"),
        ] + CommonOption.connection,
        notes: [
            "A VALUE that is JSON is taken as JSON, anything else as text: --set /options/maxAttempts=3, "
                + "--set /data/path=course-12, --set /data/name='\"7\"'. Secrets belong into --file: others can see a "
                + "command line. With none of these, $VISUAL or $EDITOR opens the only letter that matches.",
            "The task is checked as a worker would check it, keeps its id and its history, and is noted as edited. "
                + "--driver and --code choose letters, as everywhere.",
        ])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        var filter = try DeadLetterChoice.filter(line, needsChoice: true)
        var edit = try await edit(line, in: context)
        let access = try BrokerAccess(line, in: context)
        if let limits = access.configuration?.limits { edit.limits = TaskLimits(inlineBytes: limits.inlineBytes) }
        let isByHand = edit.document == nil && edit.changes.isEmpty && edit.driver == nil
        return try await BrokerSession.open(access, in: context) { [edit] session in
            var edit = edit
            if isByHand || edit.document != nil {
                let letter = try await DeadLetterChoice.only(filter, of: line, in: context, session)
                if isByHand { edit.document = try await byHand(letter, of: line, in: context) }
                filter.marks = [letter.mark]
            }
            let isReplayed = line.flag("replay")
            return try await DeadLetterRound.run(
                { [edit] letter in
                    do throws(DeadLetterEdit.Refused) {
                        guard let task = try edit.applied(to: letter, now: context.now) else {
                            return isReplayed ? .replay : .keep
                        }
                        return .edit(task, isReplayed: isReplayed)
                    } catch {
                        return .refuse(error.reason)
                    }
                }, filter, of: line, in: context, session)
        }
    }

    private static func edit(_ line: ParsedCommand, in context: CommandContext) async throws -> DeadLetterEdit {
        var edit = DeadLetterEdit()
        for text in line.strings("set") {
            guard let equals = text.firstIndex(of: "="), let pointer = JSONPointer(String(text[..<equals])) else {
                throw line.error("--set must be /a/place=VALUE, not \(text.excerpt)")
            }
            let value = String(text[text.index(after: equals)...])
            edit.changes.append(.set(pointer, (try? JSONParser.parse(text: value)) ?? .string(value)))
        }
        for text in line.strings("unset") {
            guard let pointer = JSONPointer(text) else {
                throw line.error("--unset must be /a/place, not \(text.excerpt)")
            }
            edit.changes.append(.remove(pointer))
        }
        if let text = line.string("to") {
            guard let driver = DriverName(text) else { throw line.error("--to \(text.excerpt) is no driver's name") }
            edit.driver = driver
        }
        if let file = line.string("file") {
            let chunks = file == "-" ? context.input : try InputFile(file).chunks
            var bytes: [UInt8] = []
            while let chunk = await chunks() { bytes += chunk }
            edit.document = bytes
        }
        return edit
    }

    /// What a person makes of the letter's task.
    private static func byHand(
        _ letter: DeadLetter, of line: ParsedCommand, in context: CommandContext
    ) async throws -> [UInt8] {
        guard let body = letter.body else {
            throw CommandFailure(.taskFailed, "task \(letter.id): the message is too large to be published again")
        }
        let text = (try? JSONParser.parse(body)).map { JSONWriter.bytes(of: $0, layout: .pretty) + [0x0A] }
        guard let edited = try await context.edit(text ?? body) else {
            throw line.error("nothing to change: give --set, --unset, --to or --file, or run it on a terminal")
        }
        return edited
    }
}
