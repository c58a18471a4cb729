@testable import Messaging
import ServiceRuntime
import Testing

@Suite("Broker URLs")
struct AMQPURLTests {
    @Test("user, password, hosts and virtual host are read")
    func whole() throws {
        let url = try AMQPURL("amqps://us%40er:p%2Fa%3Ass@one,two:5673,[::1]:7/st%2fow%C3%A9")
        #expect(url.isSecure)
        #expect(url.user == "us@er")
        #expect(url.password == Secret("p/a:ss"))
        #expect(
            url.hosts == [
                .init(name: "one", port: 5671), .init(name: "two", port: 5673), .init(name: "::1", port: 7),
            ])
        #expect(url.virtualHost == "st/owé")
    }

    @Test(
        "the virtual host is / unless another is named",
        arguments: [
            ("amqp://h", "/"), ("amqp://h/", "/"), ("amqp://h:1/", "/"), ("amqp://h/%2f", "/"), ("amqp://h/v", "v"),
        ])
    func virtualHost(_ text: String, _ virtualHost: String) throws {
        let url = try AMQPURL(text)
        #expect(url.virtualHost == virtualHost)
        #expect(url.user == "guest")
    }

    @Test("a user without a password needs TLS")
    func external() throws {
        #expect(try AMQPURL("amqps://worker@h").password == nil)
        #expect(throws: AMQPURL.Invalid.self) { try AMQPURL("amqp://worker@h") }
    }

    @Test(
        "what is no broker URL is refused without showing the password",
        arguments: [
            "http://u:hunter2@h", "amqp://", "amqp://u:hunter2@", "amqp://u:hunter2@h:0", "amqp://u:hunter2@h:65536",
            "amqp://u:hunter2@h:+1", "amqp://u:hunter2@h/a/b", "amqp://u:hunter2@h/?x=1", "amqp://u:hunter2%@h",
            "amqp://u:hunter2%zz@h", "amqp://u:hunter2%ff@h", "amqp://u:hunter2%00@h", "amqp://:hunter2@h",
            "amqp://u:hunter2@a,,b", "amqp://u:hunter2@[::1", "amqp://u:hunter2@[::1]x", "amqp://u:hunter2@h h",
        ])
    func refused(_ text: String) {
        let error = #expect(throws: AMQPURL.Invalid.self) { try AMQPURL(text) }
        #expect(error?.description.contains("hunter2") == false)
    }
}
