import Storage
import StowageContract
import Transfer

/// What the answers of stores mean for an archive.
///
/// By the error code where there is one, else by the status. Codes: Amazon S3 API Reference, "Error responses"; those of
/// Ceph and Swift where they have their own.
enum S3Errors {
    /// What is mended before a request is sent a second time.
    enum Mending: Hashable {
        /// The store's time is taken over.
        case clock
        /// Credentials are read anew.
        case credentials
    }

    /// What can be mended at once; `nil`: nothing.
    ///
    /// `secondsAhead`: how far the store's clock is ahead of what we take for it.
    static func mending(_ status: Int, _ failure: S3Failure?, secondsAhead: Int64) -> Mending? {
        switch failure?.code {
        case "RequestTimeTooSkewed", "RequestExpired": abs(secondsAhead) > 0 ? .clock : nil
        // The answer to HEAD has no document that could say why. Stores take requests that are up to 15 minutes old.
        case nil where status == 403 && abs(secondsAhead) > 240: .clock
        case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken": .credentials
        // Keys are exchanged while we run.
        case "InvalidAccessKeyId": .credentials
        default: nil
        }
    }

    /// The error of an answer that came at `time`.
    static func error(
        status: Int, _ failure: S3Failure?, _ headers: TransferHeaders, _ call: S3Call, at time: Timestamp
    ) -> StorageError {
        let meaning = meaning(status, failure?.code, call)
        var error = StorageError(meaning.code, meaning.retry, meaning.message)
        if case .transient = error.retry,
            let wait = RetryAfter.wait(
                after: TransferHead(status: status, headers: headers), now: time.millisecondsSinceEpoch)
        {
            error.retry = .transient(after: wait)
        }
        // A gateway that gives up knows no more than we do, and 500 may come after the effect.
        let isRefusal = status == 501 || failure?.code == "SlowDown"
        error.isAmbiguous = call.isChange && (status >= 500 && !isRefusal || (200..<300) ~= status)
        error.context["status"] = String(status)
        if let code = failure?.code { error.context["serverCode"] = code.shortened }
        if let id = failure?.requestID ?? headers["x-amz-request-id"] { error.context["requestId"] = id.shortened }
        if let region = failure?.region ?? headers["x-amz-bucket-region"] { error.context["region"] = region.shortened }
        return error
    }

    /// The error of a request that got no answer, or half of one.
    static func error(_ error: TransferError, _ call: S3Call) -> StorageError {
        if let underlying = error.underlying as? StorageError { return underlying }
        let (code, message) = error.account(of: "the store", expecting: "object store")
        var retry = StorageError.Retry.permanent
        // A certificate is exchanged, a proxy comes back: only what we ask for wrongly is wrong for ever.
        switch error.kind {
        case .invalidRequest, .requestBody, .addressRefused, .redirectRefused: break
        default: retry = .transient(after: nil)
        }
        return StorageError(
            code, retry, message, isAmbiguous: call.isChange && error.mayHaveSent,
            context: ["problem": error.kind.rawValue, "detail": error.message.shortened])
    }

    private struct Meaning {
        var code: ErrorCode
        var retry: StorageError.Retry
        var message: String

        init(_ code: ErrorCode, _ message: String) {
            self.code = code
            self.retry = .permanent
            self.message = message
        }

        static func passing(_ code: ErrorCode, _ message: String) -> Meaning {
            var meaning = Meaning(code, message)
            meaning.retry = .transient(after: nil)
            return meaning
        }
    }

    private static func meaning(_ status: Int, _ code: String?, _ call: S3Call) -> Meaning {
        code.flatMap { byCode($0, call) } ?? byStatus(status)
    }

    private static func byCode(_ code: String, _ call: S3Call) -> Meaning? {
        switch code {
        // Ceph has two words for it.
        case "NoSuchUpload": .passing(.unavailable, "the upload is gone")
        case "NoSuchKey" where call.isOfUpload: .passing(.unavailable, "the upload is gone")
        case "NoSuchKey", "NoSuchVersion": Meaning(.notFound, "there is no such archive")
        case "NoSuchBucket": .passing(.unavailable, "the bucket is not there")
        case "PreconditionFailed": Meaning(.conflict, "an archive stands under the key")
        case "ConditionalRequestConflict", "OperationAborted", "ConcurrentModification":
            .passing(.unavailable, "somebody else changes the same key")
        case "AccessDenied", "AllAccessDisabled", "AccountProblem", "MethodNotAllowed":
            Meaning(.permissionDenied, "the store forbids it")
        case "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired",
            "RequestTimeTooSkewed", "RequestExpired", "AuthorizationHeaderMalformed":
            Meaning(.unauthenticated, "the store does not accept our credentials")
        case "QuotaExceeded", "QuotaExceededException", "UserQuotaExceeded", "InsufficientStorage", "XMinioStorageFull",
            "StorageQuotaExceeded", "ServiceQuotaExceededException":
            .passing(.outOfSpace, "the store has no room left")
        case "EntityTooLarge", "MaxMessageLengthExceeded":
            Meaning(.tooLarge, "the archive is larger than the store takes")
        case "SlowDown", "TooManyRequests", "Throttling", "ThrottlingException", "RequestLimitExceeded", "Busy",
            "RequestThrottled", "BandwidthLimitExceeded":
            .passing(.rateLimited, "the store asks for fewer requests")
        case "InternalError", "ServiceUnavailable", "503", "Unavailable":
            .passing(.unavailable, "the store failed")
        case "RequestTimeout", "RequestTimeoutException": .passing(.timedOut, "the store waited for us too long")
        case "BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "IncompleteBody",
            "InvalidPart", "InvalidPartOrder":
            .passing(.integrityMismatch, "the store got other bytes than it was sent")
        case "InvalidObjectState", "ObjectAlreadyInActiveTierError":
            .passing(.unavailable, "the archive lies in a cold storage class: it must be restored first")
        case "ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration":
            Meaning(.unsupported, "the bucket has no object lock")
        case "InvalidRetentionPeriod", "InvalidRetentionDate":
            Meaning(.invalidTask, "the store does not take that retention")
        case "NotImplemented", "NotImplementedException": Meaning(.unsupported, "the store cannot do that")
        case "KeyTooLongError", "InvalidURI", "InvalidObjectName":
            Meaning(.invalidTask, "the store does not take that key")
        case "PermanentRedirect", "TemporaryRedirect", "IllegalLocationConstraintException":
            Meaning(.unavailable, "the bucket lies in another region, or at another endpoint")
        default: nil
        }
    }

    private static func byStatus(_ status: Int) -> Meaning {
        switch status {
        case 301, 302, 307, 308: Meaning(.unavailable, "the bucket lies at another endpoint")
        case 401: Meaning(.unauthenticated, "the store does not accept our credentials")
        case 403: Meaning(.permissionDenied, "the store forbids it")
        case 404: Meaning(.notFound, "there is no such archive")
        case 408: .passing(.timedOut, "the store waited for us too long")
        case 409: .passing(.unavailable, "somebody else changes the same key")
        case 412: Meaning(.conflict, "an archive stands under the key")
        case 413: Meaning(.tooLarge, "the archive is larger than the store takes")
        case 429: .passing(.rateLimited, "the store asks for fewer requests")
        case 501: Meaning(.unsupported, "the store cannot do that")
        case 507: .passing(.outOfSpace, "the store has no room left")
        case 500...: .passing(.unavailable, "the store failed")
        default: .passing(.unexpected, "the store answered in a way nobody thought of")
        }
    }
}
