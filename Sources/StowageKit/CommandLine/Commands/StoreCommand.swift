import ServiceRuntime
import StowageContract

/// `stowage store FILE… --driver NAME`.
enum StoreCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "store", summary: "Store files as archives",
        arguments: [
            ArgumentSpecification(name: "FILE", count: .atLeastOne, summary: "what to store; - is standard input")
        ],
        options: [
            .value("driver", letter: "d", "NAME", "the driver to store with", isRequired: true),
            .flag("wait", letter: "w", "wait for the end and show where the archive is"),
            .value("name", "NAME", "the archive's name; else the file's"),
            .value("path", "PATH", "the folder above the archive's own"),
            .value("media-type", "TYPE", "as in application/gzip"),
            .value("metadata", "KEY=VALUE", "kept with the archive", isRepeatable: true),
            .value("retention", "MODE:UNTIL", "governance or compliance, and a date or time: governance:2029-11-20"),
            .flag("legal-hold", "nobody may delete the archive until the hold is released"),
            .value("fallback", "NAME", "an alternative driver, in place of the configured ones", isRepeatable: true),
            .flag("no-fallback", "no alternative drivers, in place of the configured ones"),
            .value("copy", "NAME", "a driver that shall hold a copy", isRepeatable: true),
            .flag("remove-source", "the worker removes the file once it is stored; implies --spool"),
            .flag("spool", "name the file to the workers, however small it is"),
            .value("sha256", "HEX", "the digest that the bytes must have"),
            CommonOption.id, CommonOption.label, CommonOption.timeout,
        ] + CommonOption.connection,
        notes: [
            "A file of up to limits.inlineBytes (262144 without a configuration) travels in the message. A larger one "
                + "must lie below a spool root that the workers share; with a configuration that is checked, without "
                + "one its absolute path is sent as it is.",
            "Without --wait the command ends when the broker has the tasks.",
        ])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let single = ["name", "id", "sha256"].first { line.string($0) != nil }
        if line.arguments.count > 1, let single { throw line.error("--\(single) needs a single FILE") }
        let access = try BrokerAccess(line, in: context)
        let now = context.now
        let builder = TaskBuilder(line, now: now)
        let limits = access.configuration.map { TaskLimits(inlineBytes: $0.limits.inlineBytes) } ?? TaskLimits()
        let wishes = try StoreWishes(line, builder)
        let waits = line.flag("wait")
        let driver = try builder.driver()
        let timeout = try builder.timeout(TaskSession.slow)
        let showsProgress = waits && context.console.errorOutput.isInteractive && !line.flag("json")
        var sources: [StoreSource] = []
        for file in line.arguments {
            sources.append(
                try await StoreSource(
                    file, mustBeFile: wishes.removeSource || line.flag("spool"), inlineBytes: limits.inlineBytes,
                    roots: access.configuration?.spool.roots, context: context))
        }
        let plan = StorePlan(sources) { source in
            guard let name = wishes.name ?? source.name else {
                throw line.error("--name is missing: standard input has no name of its own")
            }
            let (content, size) = try source.read()
            let request = try builder.request(
                .store(wishes.data(name: name, content, size: size)), driver: driver, fallbacks: wishes.fallbacks,
                options: TaskOptions(progress: showsProgress), limits: limits)
            return (request, name)
        }
        // What is wrong with the options shows at the first file, before a broker is needed.
        let requests = try await plan.stream()
        return try await BrokerSession.open(access, in: context) { session in
            let client = TaskClient(broker: session.broker, names: session.names, time: context.time)
            guard waits else {
                let code = try await SentTasks.send(requests, by: client, of: line, in: context) {
                    plan.name(of: $0.id.text)
                }
                return await plan.verdict(on: code, context.console)
            }
            let errand = TaskErrand(
                context: context, client: client, isJSON: line.flag("json"), timeout: timeout,
                presentation: .init(lines: { ResultText.lines($1, of: $0) }),
                label: { plan.name(of: $0.task) ?? $0.task })
            return await plan.verdict(on: try await errand.run(requests), context.console)
        }
    }
}
