#pragma once
// Invariants of ours, checked in every build.

namespace vivace::internal {
/// Prints the failed condition with its place and aborts.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);
}  // namespace vivace::internal

/// Stops the process when `condition` is false: a fault of ours, never of the world.
#define CHECK(condition)              \
  ((condition) ? static_cast<void>(0) \
               : ::vivace::internal::CheckFailed(#condition, __FILE__, __LINE__))
