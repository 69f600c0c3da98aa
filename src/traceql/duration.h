#pragma once
// Texts of durations as TraceQL and its clients write them.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace vivace::traceql {

/// Reads an unsigned duration: first Prometheus' form (`1h30m`, `2d`; whole numbers, units
/// y w d h m s ms once each in this order), else Go's (`1.5h`, `100us`, any order, units
/// ns us µs ms s m h). nullopt if it is neither or does not fit 64 bits of nanoseconds.
std::optional<std::chrono::nanoseconds> ParseDuration(std::string_view text);

/// As ParseDuration, but takes a leading sign and a bare `0`, as Go does.
std::optional<std::chrono::nanoseconds> ParseSignedDuration(std::string_view text);

/// Go's form: `1h30m0s`, `1.5s`, `100ms`, `2µs`, `0s`.
std::string FormatDuration(std::chrono::nanoseconds duration);

}  // namespace vivace::traceql
