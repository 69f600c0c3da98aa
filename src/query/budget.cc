#include "query/budget.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace vivace::query {
namespace {

// Memory is asked of the process's accountant in steps, so that small takes cost nothing.
constexpr std::uint64_t kReserveStepBytes = 1ULL << 20;

}  // namespace

Budget::Budget(const Clock& clock, Limits limits, std::function<bool()> cancelled,
               ByteAccountant* accountant)
    : clock_(clock),
      limits_(limits),
      deadline_(clock.Steady() + limits.time_max),
      cancelled_(std::move(cancelled)),
      accountant_(accountant) {}

Status Budget::Check() {
  if (cancel_.load(std::memory_order_relaxed) || (cancelled_ && cancelled_())) {
    return Error(ErrorCode::kCancelled, "the query was cancelled by its client");
  }
  if (clock_.Steady() >= deadline_) {
    const auto seconds = std::chrono::duration<double>(limits_.time_max).count();
    return Error(ErrorCode::kDeadlineExceeded,
                 fmt::format("the query did not end within its {:g} s; narrow the time range or "
                             "the filter",
                             seconds));
  }
  return OkStatus();
}

Status Budget::TakeBytes(std::uint64_t bytes) {
  if (bytes > limits_.bytes_max - bytes_) {
    return Error(ErrorCode::kResourceExhausted,
                 fmt::format("the query needs more than its {} bytes of memory ({} held, {} more "
                             "asked for); lower limit or spss, or narrow the filter",
                             limits_.bytes_max, bytes_, bytes));
  }
  const std::uint64_t wanted = bytes_ + bytes;
  if (accountant_ != nullptr && wanted > reservation_.bytes()) {
    const std::uint64_t more = (wanted - reservation_.bytes() + kReserveStepBytes - 1) /
                               kReserveStepBytes * kReserveStepBytes;
    if (reservation_.bytes() == 0) {
      ASSIGN_OR_RETURN(reservation_, accountant_->Reserve(more));
    } else {
      RETURN_IF_ERROR(reservation_.Grow(more));
    }
  }
  bytes_ = wanted;
  return OkStatus();
}

void Budget::ReturnTo(std::uint64_t mark) {
  CHECK(mark <= bytes_);
  bytes_ = mark;
}

}  // namespace vivace::query
