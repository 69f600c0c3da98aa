#include "net/grpc.h"

namespace vivace::net {

GrpcCode GrpcCodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return GrpcCode::kInvalidArgument;
    case ErrorCode::kNotFound:
      return GrpcCode::kNotFound;
    case ErrorCode::kAlreadyExists:
      return GrpcCode::kAlreadyExists;
    case ErrorCode::kFailedPrecondition:
      return GrpcCode::kFailedPrecondition;
    case ErrorCode::kPermissionDenied:
      return GrpcCode::kPermissionDenied;
    case ErrorCode::kUnauthenticated:
      return GrpcCode::kUnauthenticated;
    case ErrorCode::kResourceExhausted:
      return GrpcCode::kResourceExhausted;
    case ErrorCode::kUnavailable:
      return GrpcCode::kUnavailable;
    case ErrorCode::kDeadlineExceeded:
      return GrpcCode::kDeadlineExceeded;
    case ErrorCode::kCancelled:
      return GrpcCode::kCancelled;
    case ErrorCode::kUnsupported:
      return GrpcCode::kUnimplemented;
    case ErrorCode::kCorruption:
    case ErrorCode::kIo:
    case ErrorCode::kInternal:
      return GrpcCode::kInternal;
  }
  return GrpcCode::kUnknown;
}

std::string_view GrpcCodeName(GrpcCode code) {
  switch (code) {
    case GrpcCode::kOk:
      return "ok";
    case GrpcCode::kCancelled:
      return "cancelled";
    case GrpcCode::kUnknown:
      return "unknown";
    case GrpcCode::kInvalidArgument:
      return "invalid_argument";
    case GrpcCode::kDeadlineExceeded:
      return "deadline_exceeded";
    case GrpcCode::kNotFound:
      return "not_found";
    case GrpcCode::kAlreadyExists:
      return "already_exists";
    case GrpcCode::kPermissionDenied:
      return "permission_denied";
    case GrpcCode::kResourceExhausted:
      return "resource_exhausted";
    case GrpcCode::kFailedPrecondition:
      return "failed_precondition";
    case GrpcCode::kAborted:
      return "aborted";
    case GrpcCode::kOutOfRange:
      return "out_of_range";
    case GrpcCode::kUnimplemented:
      return "unimplemented";
    case GrpcCode::kInternal:
      return "internal";
    case GrpcCode::kUnavailable:
      return "unavailable";
    case GrpcCode::kDataLoss:
      return "data_loss";
    case GrpcCode::kUnauthenticated:
      return "unauthenticated";
  }
  return "unknown";
}

}  // namespace vivace::net
