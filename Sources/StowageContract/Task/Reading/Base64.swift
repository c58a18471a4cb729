/// Base64 by RFC 4648 §4 to the letter: padded, without line breaks, unused bits zero.
public enum Base64 {
    /// The bytes that `text` stands for; `nil` where it is no base64.
    public static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { decode($0) }
    }

    /// How many bytes a text of that many characters stands for at most.
    public static func decodedCount(_ text: String) -> Int {
        let padding = text.utf8.suffix(2).count { $0 == UInt8(ascii: "=") }
        return text.utf8.count / 4 * 3 - padding
    }

    /// `bytes` as text.
    public static func encode(_ bytes: [UInt8]) -> String {
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        let letters = alphabet.utf8Start
        let count = (bytes.count + 2) / 3 * 4
        return String(unsafeUninitializedCapacity: count) { output in
            var target = 0
            var index = 0
            while index < bytes.count {
                let left = bytes.count - index
                let second = left > 1 ? bytes[index + 1] : 0
                let third = left > 2 ? bytes[index + 2] : 0
                let group = UInt32(bytes[index]) << 16 | UInt32(second) << 8 | UInt32(third)
                output[target] = letters[Int(group >> 18)]
                output[target + 1] = letters[Int(group >> 12 & 63)]
                output[target + 2] = left > 1 ? letters[Int(group >> 6 & 63)] : UInt8(ascii: "=")
                output[target + 3] = left > 2 ? letters[Int(group & 63)] : UInt8(ascii: "=")
                target += 4
                index += 3
            }
            return target
        }
    }

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, byte) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8.enumerated() {
            values[Int(byte)] = UInt8(value)
        }
        return values
    }()

    private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        guard let last = text.last else { return [] }
        let padding = last == UInt8(ascii: "=") ? (text[text.count - 2] == UInt8(ascii: "=") ? 2 : 1) : 0
        let count = text.count / 4 * 3 - padding
        var isValid = true
        let bytes = [UInt8](unsafeUninitializedCapacity: count + 2) { output, initialized in
            values.withUnsafeBufferPointer { values in
                var wrong: UInt8 = 0
                var target = 0
                for group in stride(from: 0, to: text.count, by: 4) {
                    var bits: UInt32 = 0
                    let letters = group + 4 == text.count ? 4 - padding : 4
                    for index in 0..<4 {
                        let value = index < letters ? values[Int(text[group + index])] : 0
                        wrong |= value
                        bits = bits << 6 | UInt32(value & 63)
                    }
                    if letters == 3, bits & 0xFF != 0 { wrong = 0xFF }
                    if letters == 2, bits & 0xFFFF != 0 { wrong = 0xFF }
                    output[target] = UInt8(truncatingIfNeeded: bits >> 16)
                    if target + 1 < count { output[target + 1] = UInt8(truncatingIfNeeded: bits >> 8) }
                    if target + 2 < count { output[target + 2] = UInt8(truncatingIfNeeded: bits) }
                    target += 3
                }
                isValid = wrong < 64
            }
            initialized = count
        }
        return isValid ? bytes : nil
    }
}
