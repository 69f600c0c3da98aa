#pragma once
// Why spans of a request were not taken while the others were (OTLP's partial success).

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vivace::otlp {

enum class RefusalReason {
  kInvalidTraceId,
  kInvalidSpanId,
  kInvalidReference,  ///< JSON only: the id of a parent or link that is not hex.
};
constexpr std::size_t kRefusalReasonCount = 3;

/// "invalid_trace_id" and so on, for metrics.
std::string_view RefusalReasonName(RefusalReason reason);

/// Counts refused spans by reason and keeps the first case of each as an example.
class Refusals {
 public:
  /// `found` says what the id was instead, such as "12 bytes".
  void Add(RefusalReason reason, std::string_view found);
  void Add(const Refusals& other);

  std::uint64_t total() const;
  std::uint64_t count(RefusalReason reason) const;
  /// One English sentence for the sender, "" when nothing was refused. Bounded.
  std::string Message() const;

 private:
  struct Case {
    std::uint64_t count = 0;
    std::string first_found;
  };
  std::array<Case, kRefusalReasonCount> cases_;
};

}  // namespace vivace::otlp
