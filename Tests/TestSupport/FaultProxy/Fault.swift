/// What a fault proxy does to a request instead of passing it on and its answer back.
package enum Fault: Sendable {
    /// The proxy answers; nothing reaches the store.
    ///
    /// Without `readingBody` it answers after the head and closes, as a server does that wants no more.
    case answer(Reply, readingBody: Bool)
    /// The store does what it was asked for; its answer is exchanged for another.
    case replaceAnswer(Reply)
    /// Goes wrong when so many bytes of the body were passed on; with 0 nothing reaches the store, not even the head.
    case breakUpload(after: Int, Break)
    /// The store does what it was asked for; of its answer only a part comes back.
    case breakAnswer(AnswerPart, Break)
    /// Waits before anything is passed on.
    case delay(Duration)
    /// Passes so many bytes a second, each way.
    case throttle(bytesPerSecond: Int)

    /// How a connection goes wrong.
    package enum Break: Sendable {
        /// It ends with RST.
        case reset
        /// It ends as if all had been said.
        case close
        /// It stays, and nothing happens on it any more until the client goes.
        case stall
    }

    /// How much of an answer comes back.
    package enum AnswerPart: Sendable {
        case nothing
        case head
        /// The head, and half of the body where its length is known, else its first piece.
        case half
        /// The head and so many bytes of the body.
        case bytes(Int)
    }

    /// The connection breaks before the store has heard of the request.
    package static let resetBefore = Fault.breakUpload(after: 0, .reset)
    /// The store has done it, and nobody learns of it.
    package static let resetAfter = Fault.breakAnswer(.nothing, .reset)
    /// The answer ends in its middle.
    package static let cutAnswer = Fault.breakAnswer(.half, .close)
    /// The store never hears of it, and the client gets no answer.
    package static let stallBefore = Fault.breakUpload(after: 0, .stall)
    /// The store has done it, and the client gets no answer.
    package static let stallAfter = Fault.breakAnswer(.nothing, .stall)
    /// Refused with 500.
    package static let internalError = Fault.answer(
        .s3Error("500 Internal Server Error", "InternalError"), readingBody: true)
    /// Refused with 503 and the wish for less.
    package static let slowDown = Fault.answer(.s3Error("503 Slow Down", "SlowDown"), readingBody: true)
    /// 200, and an error in the body, as CompleteMultipartUpload may end; nothing reaches the store.
    package static let errorInSuccess = Fault.answer(.s3Error("200 OK", "InternalError"), readingBody: true)
    /// The client's clock is said to be wrong.
    package static let skewedClock = Fault.answer(.s3Error("403 Forbidden", "RequestTimeTooSkewed"), readingBody: true)
    /// The session token is said to be too old.
    package static let expiredToken = Fault.answer(.s3Error("400 Bad Request", "ExpiredToken"), readingBody: true)
}

/// An answer that a proxy gives in the store's place.
package struct Reply: Sendable {
    /// Number and words (`503 Slow Down`).
    package var status: String
    package var headers: [(name: String, value: String)]
    package var body: String

    package init(_ status: String, headers: [(name: String, value: String)] = [], body: String = "") {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// An error in the words of S3.
    package static func s3Error(
        _ status: String, _ code: String, headers: [(name: String, value: String)] = []
    ) -> Reply {
        Reply(
            status, headers: [("Content-Type", "application/xml")] + headers,
            body: """
                <?xml version="1.0" encoding="UTF-8"?>
                <Error><Code>\(code)</Code><Message>by the proxy</Message><RequestId>proxy</RequestId></Error>
                """)
    }
}
