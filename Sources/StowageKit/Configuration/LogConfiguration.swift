package import Observability
import ServiceRuntime

/// How the process logs.
package struct LogConfiguration: Sendable {
    package var format = LogFormat.json
    package var level = LogLevel.info

    init(_ section: ConfigurationSection) {
        format = section.choice("format", of: LogFormat.self) ?? format
        level = section.choice("level", of: LogLevel.self) ?? level
        section.finish()
    }
}
