#pragma once
// When clients that were told "not now" should come again.

#include <chrono>

namespace vivace::receivers {

// Whole seconds, because the Collector cuts smaller hints to zero; two, so that two retries fit
// into the ten seconds after which most SDKs give a batch up.
inline constexpr std::chrono::seconds kRetryAfter{2};

}  // namespace vivace::receivers
