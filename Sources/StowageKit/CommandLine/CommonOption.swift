/// Options that several commands take, each with one meaning.
enum CommonOption {
    static let configuration = OptionSpecification.value(
        "config", letter: "c", "FILE",
        "the configuration; else STOWAGE_CONFIG, else /etc/stowage/stowage.yaml")
    static let broker = OptionSpecification.value(
        "broker", "URL", "amqp[s]://user:password@host/vhost; else STOWAGE_BROKER_URL; no configuration is needed then")
    static let prefix = OptionSpecification.value(
        "prefix", "NAME", "what the names of exchanges and queues begin with (stowage)")
    static let json = OptionSpecification.flag("json", "write JSON: one value, or one line each")
    static let driver = OptionSpecification.value("driver", letter: "d", "NAME", "the driver that holds the archive")
    static let timeout = OptionSpecification.value("timeout", "SECONDS", "how long to wait for the end")
    static let id = OptionSpecification.value("id", "ID", "the task's id; the same id is the same task")
    static let label = OptionSpecification.value(
        "label", "TEXT", "a word that all events of the task carry", isRepeatable: true)
    static let wait = OptionSpecification.flag("wait", letter: "w", "wait for the end; this command always does")

    /// For commands that talk to the broker.
    static let connection = [broker, prefix, json]
    /// For commands that send one task and wait for its end.
    static let task = [wait, timeout, id, label] + connection
}
