#pragma once
// Errors as values: Error, Status and Result<T>, and the macros that pass them on.

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/check.h"

namespace vivace {

/// What kind of thing went wrong; net/status_mapping.h maps each to HTTP and gRPC codes.
enum class ErrorCode {
  kInvalidArgument,     ///< The caller sent something wrong; the same again fails again.
  kNotFound,            ///< What was named does not exist.
  kAlreadyExists,       ///< What should be made is there already.
  kFailedPrecondition,  ///< The system is not in a state for this, and a retry will not help.
  kPermissionDenied,    ///< Not allowed.
  kUnauthenticated,     ///< No or wrong credential.
  kResourceExhausted,   ///< A limit or quota is reached.
  kUnavailable,         ///< Not now: overloaded, starting, stopping, disk full. Retry later.
  kDeadlineExceeded,    ///< The time allowed is over.
  kCancelled,           ///< Who asked has gone.
  kCorruption,          ///< Stored or received bytes fail their checks.
  kUnsupported,         ///< A newer format, or something not offered.
  kIo,                  ///< The operating system refused a file or socket operation.
  kInternal,            ///< A fault of ours that was caught.
};

/// Returns the name of `code` in lower case with underscores, such as "not_found".
std::string_view ErrorCodeName(ErrorCode code);

/// What went wrong, for the operator: what was attempted, where, expected and found.
class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  /// Puts `context` before the message: "open block 7: footer needs 40 bytes, file has 3".
  Error Wrap(std::string_view context) &&;
  /// Returns "code: message".
  std::string ToString() const;

 private:
  ErrorCode code_;
  std::string message_;
};

/// Success, or an Error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}  // NOLINT: conversion is the point

  bool ok() const { return !error_.has_value(); }
  const Error& error() const& {
    CHECK(error_.has_value());
    return *error_;
  }
  Error&& error() && {
    CHECK(error_.has_value());
    return std::move(*error_);
  }
  /// Adds context to a failure; success stays as it is.
  Status Wrap(std::string_view context) && {
    if (!error_) return {};
    return std::move(*error_).Wrap(context);
  }

 private:
  std::optional<Error> error_;
};

inline Status OkStatus() { return {}; }

/// A T, or the Error why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }

  const T& value() const& {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T& value() & {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  const Error& error() const& {
    CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    CHECK(!ok());
    return std::move(*std::get_if<1>(&state_));
  }
  Result Wrap(std::string_view context) && {
    if (ok()) return std::move(*this);
    return std::move(*this).error().Wrap(context);
  }

 private:
  std::variant<T, Error> state_;
};

/// Says that an error does not matter here, and why; the reason is for the reader.
template <typename S>
void IgnoreError(const S& /*status*/, std::string_view /*reason*/) {}

namespace internal {
inline Error TakeError(Status&& status) { return std::move(status).error(); }
template <typename T>
Error TakeError(Result<T>&& result) {
  return std::move(result).error();
}
}  // namespace internal

}  // namespace vivace

#define VIVACE_CONCAT_INNER(a, b) a##b
#define VIVACE_CONCAT(a, b) VIVACE_CONCAT_INNER(a, b)

/// Returns the error of `expression` (a Status or Result) from this function, if it has one.
#define RETURN_IF_ERROR(expression)                                   \
  do {                                                                \
    if (auto vivace_status = (expression); !vivace_status.ok())       \
      return ::vivace::internal::TakeError(std::move(vivace_status)); \
  } while (false)

/// Assigns the value of a Result to `target` (a declaration or lvalue), or returns its error.
#define ASSIGN_OR_RETURN(target, expression) \
  VIVACE_ASSIGN_OR_RETURN(VIVACE_CONCAT(vivace_result_, __LINE__), target, expression)
#define VIVACE_ASSIGN_OR_RETURN(result, target, expression)                  \
  auto result = (expression);                                                \
  if (!result.ok()) return ::vivace::internal::TakeError(std::move(result)); \
  target = std::move(result).value()
