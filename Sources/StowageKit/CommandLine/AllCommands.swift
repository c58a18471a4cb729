/// Every subcommand, in the order of `--help`; one line each.
enum AllCommands {
    static let all: [any Subcommand.Type] = [
        WorkerCommand.self,
        StoreCommand.self,
        RetrieveCommand.self,
        DeleteCommand.self,
        ListCommand.self,
        StatCommand.self,
        VerifyCommand.self,
        CheckCommand.self,
        CapacityCommand.self,
        TaskCommand.self,
        RunCommand.self,
        EventsCommand.self,
        DeadListCommand.self,
        DeadShowCommand.self,
        DeadReplayCommand.self,
        DeadDropCommand.self,
        TopologyDeclareCommand.self,
        TopologyCheckCommand.self,
        TopologyExportCommand.self,
        ValidateCommand.self,
        SchemaCommand.self,
        VersionCommand.self,
    ]
}
