@testable import Messaging
import Testing

@Suite("Message assembler")
struct MessageAssemblerTests {
    private func body(_ assembler: inout MessageAssembler<Int>, _ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { describe(assembler.receive(body: $0)) }
    }

    private func describe(_ step: MessageAssembler<Int>.Step) -> String {
        switch step {
        case .incomplete: "incomplete"
        case .violation: "violation"
        case .complete(let method, _, _, .complete(let bytes)): "\(method): \(bytes)"
        case .complete(let method, _, _, .tooLarge(let size)): "\(method): \(size) too large"
        }
    }

    private func header(_ assembler: inout MessageAssembler<Int>, _ size: UInt64) -> String {
        describe(assembler.receive(header: MessageProperties(), hasOversizedHeaders: false, bodyBytes: size))
    }

    @Test("a body comes in pieces, or not at all")
    func pieces() {
        var assembler = MessageAssembler<Int>(maximumBodyBytes: 4)
        #expect(describe(assembler.receive(method: 1)) == "incomplete")
        #expect(header(&assembler, 3) == "incomplete")
        #expect(body(&assembler, [1, 2]) == "incomplete")
        #expect(body(&assembler, [3]) == "1: [1, 2, 3]")
        #expect(describe(assembler.receive(method: 2)) == "incomplete")
        #expect(header(&assembler, 0) == "2: []")
        #expect(assembler.isIdle)
    }

    @Test("a body over the limit is read past to its end")
    func tooLarge() {
        var assembler = MessageAssembler<Int>(maximumBodyBytes: 4)
        _ = assembler.receive(method: 1)
        #expect(header(&assembler, 5) == "incomplete")
        #expect(body(&assembler, [1, 2, 3]) == "incomplete")
        #expect(body(&assembler, [4, 5]) == "1: 5 too large")
        _ = assembler.receive(method: 2)
        _ = header(&assembler, 4)
        #expect(body(&assembler, [1, 2, 3, 4]) == "2: [1, 2, 3, 4]")
    }

    @Test("a size that no memory has is only a number")
    func absurd() {
        var assembler = MessageAssembler<Int>(maximumBodyBytes: 4)
        _ = assembler.receive(method: 1)
        #expect(header(&assembler, .max) == "incomplete")
        #expect(body(&assembler, [1]) == "incomplete")
    }

    @Test("frames out of order are a violation")
    func outOfOrder() {
        var assembler = MessageAssembler<Int>(maximumBodyBytes: 4)
        #expect(body(&assembler, [1]) == "violation")
        #expect(header(&assembler, 1) == "violation")
        _ = assembler.receive(method: 1)
        #expect(describe(assembler.receive(method: 2)) == "violation")
        #expect(body(&assembler, [1]) == "violation")
        _ = header(&assembler, 1)
        #expect(body(&assembler, [1, 2]) == "violation")
    }
}
