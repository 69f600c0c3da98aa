#include "traceql/duration.h"

#include <array>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

namespace vivace::traceql {
namespace {

using std::chrono::nanoseconds;

struct Unit {
  std::string_view name;
  std::int64_t nanos;
};

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kDay = 24 * kHour;

// In the order that Prometheus demands.
constexpr std::array<Unit, 7> kPrometheusUnits = {{{"y", 365 * kDay},
                                                   {"w", 7 * kDay},
                                                   {"d", kDay},
                                                   {"h", kHour},
                                                   {"m", 60 * kSecond},
                                                   {"s", kSecond},
                                                   {"ms", 1'000'000}}};
constexpr std::array<Unit, 8> kGoUnits = {{{"ns", 1},
                                           {"us", 1000},
                                           {"\xc2\xb5s", 1000},
                                           {"\xce\xbcs", 1000},
                                           {"ms", 1'000'000},
                                           {"s", kSecond},
                                           {"m", 60 * kSecond},
                                           {"h", kHour}}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes the digits at the front of `text`; false if there is none or they pass 63 bits.
bool TakeInteger(std::string_view& text, std::int64_t& value) {
  std::size_t n = 0;
  value = 0;
  for (; n < text.size() && IsDigit(text[n]); ++n) {
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value)) return false;
    if (__builtin_add_overflow(value, std::int64_t{text[n] - '0'}, &value)) return false;
  }
  text.remove_prefix(n);
  return n > 0;
}

std::string_view TakeUnitName(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && !IsDigit(text[n]) && text[n] != '.') ++n;
  const std::string_view name = text.substr(0, n);
  text.remove_prefix(n);
  return name;
}

bool AddScaled(std::int64_t amount, std::int64_t nanos, std::int64_t& total) {
  std::int64_t scaled = 0;
  return !__builtin_mul_overflow(amount, nanos, &scaled) &&
         !__builtin_add_overflow(total, scaled, &total);
}

std::optional<nanoseconds> ParsePrometheus(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  std::size_t next_unit = 0;  // Units before this one are used up.
  while (!text.empty()) {
    std::int64_t amount = 0;
    if (!TakeInteger(text, amount)) return std::nullopt;
    const std::string_view name = TakeUnitName(text);
    while (next_unit < kPrometheusUnits.size() && kPrometheusUnits[next_unit].name != name) {
      ++next_unit;
    }
    if (next_unit == kPrometheusUnits.size()) return std::nullopt;
    if (!AddScaled(amount, kPrometheusUnits[next_unit++].nanos, total)) return std::nullopt;
  }
  return nanoseconds(total);
}

std::optional<nanoseconds> ParseGo(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    std::int64_t whole = 0;
    const bool has_whole = IsDigit(text.front());
    if (has_whole && !TakeInteger(text, whole)) return std::nullopt;
    // Digits behind the point as a fraction; those past 15 do not change a nanosecond's worth.
    std::int64_t fraction = 0;
    std::int64_t fraction_scale = 1;
    bool has_fraction = false;
    if (!text.empty() && text.front() == '.') {
      text.remove_prefix(1);
      while (!text.empty() && IsDigit(text.front())) {
        has_fraction = true;
        if (fraction_scale < 1'000'000'000'000'000) {
          fraction = fraction * 10 + (text.front() - '0');
          fraction_scale *= 10;
        }
        text.remove_prefix(1);
      }
    }
    if (!has_whole && !has_fraction) return std::nullopt;
    const std::string_view name = TakeUnitName(text);
    std::int64_t nanos = 0;
    for (const Unit& unit : kGoUnits) {
      if (unit.name == name) nanos = unit.nanos;
    }
    if (nanos == 0) return std::nullopt;
    if (!AddScaled(whole, nanos, total)) return std::nullopt;
    const auto part = static_cast<std::int64_t>(
        static_cast<double>(fraction) *
        (static_cast<double>(nanos) / static_cast<double>(fraction_scale)));
    if (__builtin_add_overflow(total, part, &total)) return std::nullopt;
  }
  return nanoseconds(total);
}

// Writes `value` / 10^digits without trailing zeros.
std::string Decimal(std::uint64_t value, int digits) {
  std::uint64_t scale = 1;
  for (int i = 0; i < digits; ++i) scale *= 10;
  std::string text = fmt::format("{}", value / scale);
  if (const std::uint64_t rest = value % scale; rest != 0) {
    text += fmt::format(".{:0{}}", rest, digits);
    while (text.back() == '0') text.pop_back();
  }
  return text;
}

}  // namespace

std::optional<nanoseconds> ParseDuration(std::string_view text) {
  if (const auto duration = ParsePrometheus(text)) return duration;
  return ParseGo(text);
}

std::optional<nanoseconds> ParseSignedDuration(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text == "0") return nanoseconds(0);
  const auto duration = ParseDuration(text);
  if (!duration) return std::nullopt;
  return negative ? -*duration : *duration;
}

std::string FormatDuration(nanoseconds duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0s";
  const std::string sign = count < 0 ? "-" : "";
  const std::uint64_t nanos =
      count < 0 ? ~static_cast<std::uint64_t>(count) + 1 : static_cast<std::uint64_t>(count);
  if (nanos < 1000) return fmt::format("{}{}ns", sign, nanos);
  if (nanos < 1'000'000) return fmt::format("{}{}\xc2\xb5s", sign, Decimal(nanos, 3));
  if (nanos < 1'000'000'000) return fmt::format("{}{}ms", sign, Decimal(nanos, 6));
  const std::uint64_t minutes = nanos / 60'000'000'000;
  const std::string seconds = Decimal(nanos % 60'000'000'000, 9);
  if (minutes == 0) return fmt::format("{}{}s", sign, seconds);
  if (minutes < 60) return fmt::format("{}{}m{}s", sign, minutes, seconds);
  return fmt::format("{}{}h{}m{}s", sign, minutes / 60, minutes % 60, seconds);
}

}  // namespace vivace::traceql
