extension UnsafeBufferPointer<UInt8> {
    /// Where the bytes from `start` on stop standing for themselves in a JSON string: the index of the first quote,
    /// backslash or control character, else `count`.
    ///
    /// `isASCII` becomes `false` where a byte before that index has its highest bit.
    @inline(__always)
    func endOfPlainRun(from start: Int, isASCII: inout Bool) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highest: UInt64 = 0x8080_8080_8080_8080
        var index = start
        let raw = UnsafeRawBufferPointer(self)
        // Eight bytes at a time: each term has a byte's highest bit set where that byte is below 0x20, 0x22, 0x5C. A
        // borrow can mark a byte behind a true one as well, so the exact place is looked for one by one.
        while index + 8 <= count {
            let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            let control = (word &- ones &* 0x20) & ~word
            let special = control | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash
            if special & highest != 0 { break }
            if word & highest != 0 { isASCII = false }
            index += 8
        }
        while index < count {
            let byte = self[index]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C { return index }
            if byte >= 0x80 { isASCII = false }
            index += 1
        }
        return count
    }
}
