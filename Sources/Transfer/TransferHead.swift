/// Status and header fields of a final answer.
package struct TransferHead: Sendable, Equatable {
    /// 200 to 599.
    package var status: Int
    /// As in the status line: `1.0`, `1.1`, `2`.
    package var httpVersion: String
    package var headers = TransferHeaders()

    package init(status: Int, httpVersion: String = "1.1", headers: TransferHeaders = []) {
        self.status = status
        self.httpVersion = httpVersion
        self.headers = headers
    }
}
