import Messaging
import Observability
import Pipeline
import ServiceRuntime
import Storage
import StowageContract
import StrictCoding
import Testing
import TestSupport

@testable import StowageKit

/// A configuration with as little as possible, to which a test adds.
func configuration(
    _ additions: String = "", drivers: String = "{ a: { type: memory } }",
    broker: String = "{ url: amqp://guest:guest@127.0.0.1:5672/%2f }", environment: [String: String] = [:]
) throws(ConfigurationError) -> StowageConfiguration {
    try ConfigurationLoader(environment: { environment[$0] }).configuration(
        of: Array("broker: \(broker)\ndrivers: \(drivers)\n\(additions)\n".utf8), file: "f.yaml")
}

func problems(of body: () throws(ConfigurationError) -> StowageConfiguration) -> [String] {
    do throws(ConfigurationError) {
        _ = try body()
        return []
    } catch {
        return error.description.split(separator: "\n").map(String.init)
    }
}

@Suite("StowageConfiguration")
struct ConfigurationTests {
    @Test("Everything but the broker and the drivers has the default of the contract")
    func defaults() throws {
        let all = try configuration()
        #expect(all.broker.urls.map(\.hosts) == [[AMQPURL.Host(name: "127.0.0.1", port: 5672)]])
        #expect(all.broker.urls.map(\.virtualHost) == ["/"])
        #expect(all.broker.prefix == "stowage")
        #expect(all.broker.topology == .verify)
        #expect(all.broker.acknowledgementTimeout == .seconds(1800))
        #expect(all.broker.trustedUsers.isEmpty)
        #expect(all.worker.concurrency == 32)
        #expect(all.worker.gracePeriod == .seconds(30))
        #expect(all.worker.drivers == .all)
        #expect(all.spool.roots == ["/var/spool/stowage"])
        #expect(all.limits.inlineBytes == 262_144)
        #expect(all.limits.taskBytes == 1_048_576)
        #expect(all.retry.maxAttempts == 8)
        #expect(all.retry.attemptsBeforeFailover == 3)
        #expect(all.retry.delays.map(\.text) == ["5s", "30s", "2m", "10m", "1h", "6h"])
        #expect(all.sources.allow.isEmpty && all.sources.credentials.isEmpty)
        #expect(all.events.progressInterval == .seconds(10))
        #expect(all.sweep.after == .seconds(604_800))
        #expect(all.space.every == .seconds(300))
        #expect(all.http.host == "127.0.0.1" && all.http.port == 9464 && all.http.tokenFile == nil)
        #expect(all.tracing.endpoint == nil)
        #expect(all.log.format == .json && all.log.level == .info)
        #expect(all.drivers.map(\.settings) == [DriverSettings()])
    }

    @Test("The example of the contract is read")
    func contractExample() throws {
        let drivers = """

              archive:
                type: s3
                endpoint: https://s3.example.org
                bucket: archive
                accessKey: ${env:S3_ACCESS_KEY}
                concurrency: 16
                connections: 4
                fallbacks: [archive-b]
                objectLock: { mode: governance, days: 30 }
              archive-b: { type: local, path: /srv/archive, readOnly: true, prefix: a/b, minimumFreePercent: 2.5 }
            """
        let all = try configuration(drivers: drivers, environment: ["S3_ACCESS_KEY": "AKIA"])
        let (first, second) = (all.drivers[0], all.drivers[1])
        #expect(first.name.text == "archive" && first.type == "s3")
        #expect(first.settings.concurrency == 16)
        #expect(first.settings.connections == 4)
        #expect(first.settings.fallbacks.map(\.text) == ["archive-b"])
        #expect(
            first.configuration == [
                "endpoint": "https://s3.example.org", "bucket": "archive", "accessKey": "AKIA",
                "objectLock": ["mode": "governance", "days": 30],
            ])
        #expect(second.settings.readOnly && second.settings.prefix == "a/b")
        #expect(second.settings.minimumFreePercent == 2.5)
        #expect(second.configuration == ["path": "/srv/archive"])
        #expect(all.servedDrivers.count == 2)
    }

    @Test("A worker may serve some of the drivers")
    func served() throws {
        let all = try configuration(
            "worker: { drivers: [c, a] }", drivers: "{ a: { type: memory }, b: { type: memory }, c: { type: memory } }")
        #expect(all.servedDrivers.map(\.name.text) == ["a", "c"])
    }

    @Test("All problems are told at once, in the order of the file, with their lines")
    func allAtOnce() {
        let found = problems { () throws(ConfigurationError) in
            try configuration(
                """
                worker:
                  concurrency: 0
                  gracePeriod: 3
                retry: { delays: [5s, 5s], maxAttempts: many }
                logs: {}
                spool: { roots: [relative] }
                """, drivers: "{ a: { type: memory, fallbacks: [a, zebra] }, All: { type: memory } }")
        }
        #expect(
            found == [
                "f.yaml:2: drivers.a.fallbacks names the driver itself",
                "f.yaml:2: drivers.All is no driver name: 1 to 57 of the characters a-z 0-9 -, not all, and not ending in -quick",
                "f.yaml:2: drivers.a.fallbacks[1] names the driver zebra, which is not configured",
                "f.yaml:4: worker.concurrency must be between 1 and 1024, not 0",
                "f.yaml:5: worker.gracePeriod is not known here; did you mean gracePeriodSeconds?",
                "f.yaml:6: retry.maxAttempts must be an integer, not a string",
                "f.yaml:6: retry.delays must rise: 5s does not come after 5s",
                "f.yaml:7: logs is not known here; did you mean log?",
                "f.yaml:8: spool.roots[0] must be an absolute path (beginning with /)",
            ])
    }

    @Test("An empty file says what is required")
    func empty() {
        let found = problems { () throws(ConfigurationError) in
            try ConfigurationLoader(environment: { _ in nil }).configuration(of: [], file: "f.yaml")
        }
        #expect(
            found == [
                "f.yaml: broker.url is missing: amqp://user:password@host:5672/%2f",
                "f.yaml: drivers is missing: configure at least one driver",
            ])
    }

    static let wrong: [(String, String)] = [
        ("worker: []", "worker must be a section of keys, not an array"),
        ("worker: { drivers: [] }", "worker.drivers must not be empty: [all], or names of drivers"),
        ("worker: { drivers: [all, a] }", "worker.drivers[0] is no driver name"),
        ("worker: { drivers: [b] }", "worker.drivers[0] names the driver b, which is not configured; did you mean a?"),
        ("worker: { drivers: [a, a] }", "worker.drivers[1] names a a second time"),
        ("worker: { drivers: all }", "worker.drivers must be a list, not a string"),
        ("worker: { concurrency: '32' }", "worker.concurrency must be an integer, not a string"),
        ("worker: { concurrency: 1025 }", "worker.concurrency must be between 1 and 1024, not 1025"),
        ("retry: { delays: [] }", "retry.delays must not be empty"),
        ("retry: { delays: [30s, 5s] }", "retry.delays must rise: 5s does not come after 30s"),
        ("retry: { delays: [60s, 1m] }", "retry.delays must rise: 1m does not come after 60s"),
        ("retry: { delays: [5 s] }", "retry.delays[0] must be a duration such as 500ms, 5s, 2m, 1h or 7d, at most 30d"),
        ("retry: { delays: [5] }", "retry.delays[0] must be a string, not an integer"),
        ("retry: { maxAttempts: 101 }", "retry.maxAttempts must be between 1 and 100, not 101"),
        (
            "limits: { inlineBytes: 1048576 }",
            "limits.inlineBytes is more than fits, as base64, into a task of limits.taskBytes (1048576)"
        ),
        ("http: { address: 9464 }", "http.address must be a string, not an integer"),
        ("http: { address: 'localhost' }", "http.address must be host:port such as 127.0.0.1:9464 or [::1]:9464"),
        ("http: { address: '::1:9464' }", "http.address must be host:port such as 127.0.0.1:9464 or [::1]:9464"),
        ("http: { address: 'a:65536' }", "http.address must be host:port such as 127.0.0.1:9464 or [::1]:9464"),
        ("http: { tokenFile: ../x }", "http.tokenFile must be an absolute path (beginning with /)"),
        ("spool: { roots: [/a/../b] }", "spool.roots[0] must not have . or .. in it"),
        ("log: { level: warn }", "log.level must be one of trace, debug, info, warning, error, not “warn”"),
        ("log: { format: jsn }", "log.format must be one of json, text, not “jsn”; did you mean json?"),
        ("tracing: { endpoint: 'x:4318' }", "tracing.endpoint must begin with http:// or https://"),
        (
            "sources: { allow: ['https://x'] }",
            "sources.allow[0] must be a host such as files.example.org, *.example.org, 10.0.0.7:8080, "
                + "[fd00::7]:8080 or 10.0.0.0/8"
        ),
        (
            "sources: { allow: ['10.1.0.0/8'] }",
            "sources.allow[0] must be a range such as 10.0.0.0/8, with no bit set behind its length"
        ),
        (
            "sources: { credentials: { x: { hosts: [h], password: y } } }",
            "sources.credentials.x.user is missing: the password needs one"
        ),
        (
            "sources: { credentials: { x: { hosts: [h], headers: { 'A B': y } } } }",
            "sources.credentials.x.headers.A B is no header that can be sent"
        ),
        (
            "sources: { credentials: { x: { hosts: [h], headers: { Range: y } } } }",
            "sources.credentials.x.headers.Range is set by the worker and cannot be given"
        ),
        (
            "sources: { credentials: { x: { user: u } } }",
            "sources.credentials.x.hosts is missing: name the hosts that may see the credentials"
        ),
        ("sources: { credentials: { x: { hosts: [], user: u } } }", "sources.credentials.x.hosts must not be empty"),
        (
            "sources: { credentials: { x: { hosts: [h], user: u, bearerToken: t } } }",
            "sources.credentials.x.bearerToken and user are both there; give one of them"
        ),
        (
            "sources: { credentials: { x: { hosts: [h], bearerToken: t, headers: { authorization: y } } } }",
            "sources.credentials.x.headers.authorization is there besides user or bearerToken; give one of them"
        ),
        (
            "sources: { credentials: { x: { hosts: [h] } } }",
            "sources.credentials.x has nothing to send: give user and password, bearerToken or headers"
        ),
        ("sweep: { afterSeconds: 0 }", "sweep.afterSeconds must be between 1 and 31536000, not 0"),
        ("space: { everySeconds: 5s }", "space.everySeconds must be an integer, not a string"),
    ]

    @Test("Each mistake has its sentence", arguments: wrong)
    func mistakes(addition: String, expected: String) {
        #expect(problems { () throws(ConfigurationError) in try configuration(addition) } == ["f.yaml:3: " + expected])
    }

    static let wrongDrivers: [(String, [String])] = [
        ("{}", ["drivers must not be empty: configure at least one driver"]),
        ("[a]", ["drivers must be a section of keys, not an array"]),
        ("{ a: {} }", ["drivers.a.type is missing: which kind of storage it is"]),
        ("{ a: memory }", ["drivers.a must be a section of keys, not a string"]),
        (
            "{ a-quick: { type: m } }",
            [
                "drivers.a-quick is no driver name: 1 to 57 of the characters a-z 0-9 -, not all, and not ending in -quick"
            ]
        ),
        ("{ a: { type: 7 } }", ["drivers.a.type must be a string, not an integer"]),
        (
            "{ a: { type: m, verify: fast } }",
            ["drivers.a.verify must be one of none, size, server, reread, not “fast”"]
        ),
        ("{ a: { type: m, peers: [a] } }", ["drivers.a.peers names the driver itself"]),
        ("{ a: { type: m, fallbacks: b } }", ["drivers.a.fallbacks must be a list, not a string"]),
        (
            "{ a: { type: m, minimumFreePercent: 101 } }",
            ["drivers.a.minimumFreePercent must be between 0.0 and 100.0, not 101.0"]
        ),
        ("{ a: { type: m, readOnly: yes } }", ["drivers.a.readOnly must be true or false, not a string"]),
        (
            "{ a: { type: m, prefix: a//b } }",
            ["drivers.a.prefix must not begin or end with / or have two of them in a row"]
        ),
        ("{ a: { type: m, prefix: ../b } }", ["drivers.a.prefix must not have . or .. in it"]),
        (
            "{ a: { type: m, prefix: .stowage-x } }",
            ["drivers.a.prefix must not have a segment that begins with .stowage"]
        ),
        ("{ a: { type: m, prefix: \"a\\u0085\" } }", ["drivers.a.prefix must not have control characters in it"]),
        (
            "{ a: { type: m, prefix: \(String(repeating: "x", count: 121)) } }",
            ["drivers.a.prefix must be at most 120 bytes"]
        ),
    ]

    @Test("Each mistake in a driver has its sentence", arguments: wrongDrivers)
    func driverMistakes(drivers: String, expected: [String]) {
        let found = problems { () throws(ConfigurationError) in try configuration(drivers: drivers) }
        #expect(found == expected.map { "f.yaml:2: " + $0 })
    }

    static let wrongBrokers: [(String, [String])] = [
        ("{}", ["broker.url is missing: amqp://user:password@host:5672/%2f"]),
        ("{ url: 'http://x' }", ["broker.url cannot be used: the broker URL does not begin with amqp:// or amqps://"]),
        ("{ url: 'amqp://x', urls: ['amqp://x'] }", ["broker.urls stands beside url: only one of them may"]),
        ("{ urls: [] }", ["broker.urls must not be empty"]),
        ("{ urls: ['amqp://a:b@x', 'amqp://c:d@y'] }", ["broker.urls must all have the same user"]),
        (
            "{ urls: ['amqp://x', 'amqp:/y'] }",
            ["broker.urls[1] cannot be used: the broker URL does not begin with amqp:// or amqps://"]
        ),
        ("{ url: 'amqps://x', certificate: /c.pem }", ["broker.key is missing: certificate and key come together"]),
        ("{ url: 'amqp://x', ca: /ca.pem }", ["broker.ca has no effect without an amqps:// url"]),
        (
            "{ url: 'amqp://x', prefix: amq.x }",
            ["broker.prefix must be 1 to 64 of the characters A-Z a-z 0-9 . _ - and not begin with amq."]
        ),
        ("{ url: 'amqp://x', topology: create }", ["broker.topology must be one of verify, declare, not “create”"]),
        (
            "{ url: 'amqp://x', acknowledgementTimeoutSeconds: 0 }",
            ["broker.acknowledgementTimeoutSeconds must be between 1 and 2592000, not 0"]
        ),
    ]

    @Test("Each mistake about the broker has its sentence", arguments: wrongBrokers)
    func brokerMistakes(broker: String, expected: [String]) {
        let found = problems { () throws(ConfigurationError) in try configuration(broker: broker) }
        #expect(found == expected.map { "f.yaml:1: " + $0 })
    }

    @Test("No message repeats what was put in, nor the password of a URL")
    func secrets() {
        let found = problems { () throws(ConfigurationError) in
            try configuration(
                "log: { level: '${env:HUNTER}' }", drivers: "{ a: { type: m, verify: '${env:HUNTER}' } }",
                broker: "{ url: 'amqp://u:hunter2@x/%zz' }", environment: ["HUNTER": "hunter2"])
        }
        #expect(found.count == 3)
        #expect(!found.joined().contains("hunter2"))
    }

    @Test("A missing variable is one problem, not two")
    func missingVariable() {
        let found = problems { () throws(ConfigurationError) in try configuration(broker: "{ url: '${env:AMQP}' }") }
        #expect(found == ["f.yaml:1: broker.url needs the environment variable “AMQP”, which is not set"])
    }

    @Test("What a driver type says about its own keys is told with its line")
    func driverKeys() {
        let text = "broker: { url: 'amqp://x' }\ndrivers:\n  a:\n    type: local\n    pth: /x\n"
        let found = problems { () throws(ConfigurationError) in
            try ConfigurationLoader(environment: { _ in nil }).configuration(of: Array(text.utf8), file: "f.yaml") {
                [MemberProblem(path: "drivers.\($0.name).pth", message: "is not known here; did you mean path?")]
            }
        }
        #expect(found == ["f.yaml:5: drivers.a.pth is not known here; did you mean path?"])
    }

    @Test("Credentials keep their texts from being printed")
    func credentials() throws {
        let all = try configuration(
            "sources: { credentials: { x: { hosts: [h], user: u, password: p4ss, headers: { X-Token: t0ken } } } }")
        let login = try #require(all.sources.credentials["x"])
        #expect(login.password?.exposed == "p4ss")
        #expect(login.headers.map(\.value.exposed) == ["t0ken"])
        #expect(!String(reflecting: all.sources).contains("p4ss") && !"\(all.sources)".contains("t0ken"))
    }
}
