import ServiceRuntime
import StowageContract

/// `stowage retrieve KEY --driver NAME --to FILE`.
enum RetrieveCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "retrieve", summary: "Retrieve an archive, its digest checked",
        arguments: [ArchiveChoice.argument],
        options: ArchiveChoice.options + [
            .value("to", "FILE", "a file below a spool root, written by the worker and never replaced"),
            .value(
                "output", letter: "o", "FILE", "a file here, never replaced, or - ; only for what fits into a message"),
            .value("url", "URL", "a URL that the worker sends it to"),
            .value("credentials", "NAME", "the configured credentials for --url"),
            .value("range", "OFFSET[:LENGTH]", "only these bytes"),
        ] + CommonOption.task,
        notes: ["One of --to, --output and --url says where the bytes go."])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let now = context.now
        let builder = TaskBuilder(line, now: now)
        let choice = try ArchiveChoice(line, builder, in: context)
        let places = ["to", "output", "url"].filter { line.string($0) != nil }
        guard places.count == 1 else { throw line.error("one of --to, --output and --url must be given, and only one") }
        let destination: TaskDestination
        var output: String?
        if let file = line.string("to") {
            destination = .file(context.absolutePath(file))
        } else if let url = line.string("url") {
            destination = .url(TaskURL(url: url, credentials: line.string("credentials")))
        } else {
            destination = .inline
            output = line.string("output")
        }
        if let output, output != "-" {
            try LocalFile.checkAbsent(output)
        } else if output != nil, context.console.output.isInteractive || line.flag("json") {
            throw line.error("--output - needs standard output to be a file or a pipe, and no --json")
        }
        let request = try builder.request(
            .retrieve(
                RetrieveData(archive: choice.reference, destination: destination, range: try range(line))),
            driver: choice.driver, options: TaskOptions(progress: context.console.errorOutput.isInteractive))
        let name = choice.name
        let file = output
        return try await TaskSession.run(
            [request], of: line, in: context, timeout: builder.timeout(TaskSession.slow),
            presentation: .init(
                lines: { file == "-" ? [] : ResultText.lines($1, of: $0) },
                deliver: { result in
                    guard let file, case .retrieve(var retrieved) = result else { return result }
                    guard let bytes = retrieved.inline else {
                        throw CommandFailure(.taskFailed, "the worker sent no bytes; retrieve it with --to FILE")
                    }
                    if file == "-" { context.console.write(bytes) } else { try LocalFile.create(file, bytes) }
                    retrieved.inline = nil
                    return .retrieve(retrieved)
                }),
            label: { _ in name })
    }

    private static func range(_ line: ParsedCommand) throws(UsageError) -> ByteRange? {
        guard let text = line.string("range") else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let offset = Int64(parts[0]), offset >= 0 else {
            throw line.error("--range must be OFFSET or OFFSET:LENGTH in bytes")
        }
        guard parts.count == 2 else { return ByteRange(offset: offset) }
        guard let length = Int64(parts[1]), length > 0 else {
            throw line.error("--range must be OFFSET or OFFSET:LENGTH in bytes")
        }
        return ByteRange(offset: offset, length: length)
    }
}
