import Foundation
import StowageContract
import Testing

@Suite("Base64")
struct Base64Tests {
    @Test("Every length is written and read as Foundation does", arguments: 0...70)
    func lengths(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 13) }
        let text = Base64.encode(bytes)
        #expect(text == Data(bytes).base64EncodedString())
        #expect(Base64.decode(text) == bytes)
        #expect(Base64.decodedCount(text) == count)
    }

    @Test(
        "What is not strictly base64 is refused",
        arguments: [
            "a", "aa", "aaa", "a===", "====", "aa=a", "=aaa", "aaaa=", "aab=", "ab==", "aa a", "aa-_", "aaaaé",
            "aa==aaaa",
        ])
    func refused(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
