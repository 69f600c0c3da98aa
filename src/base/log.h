#pragma once
// Structured log lines: one event, a constant message first, then fields.
//
//   LogInfo("block cut", {{"tenant", tenant}, {"spans", spans}, {"took_ms", took_ms}});
//
// prints, in logfmt with control bytes escaped:
//   ts=2026-01-02T03:04:05.678Z level=info msg="block cut" tenant=a spans=12 took_ms=3

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace vivace {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// A key and a value of a log line; numbers and booleans are written bare.
struct LogField {
  LogField(std::string_view k, std::string_view v) : key(k), text(v) {}
  LogField(std::string_view k, const char* v) : key(k), text(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), text(v) {}
  LogField(std::string_view k, bool v) : key(k), text(v ? "true" : "false") {}
  LogField(std::string_view k, double v);
  template <typename T>
    requires std::is_integral_v<T>
  LogField(std::string_view k, T v) : key(k), text(std::to_string(v)) {}

  std::string_view key;
  std::string text;
};

/// Lines below `level` are not written. Default kInfo. Thread-safe.
void SetLogLevel(LogLevel level);
bool LogEnabled(LogLevel level);

/// Replaces where whole lines (without the newline) go, standard error by default; tests use
/// this. An empty function restores the default. Thread-safe: `sink` is called for one line at
/// a time and never again once it has been replaced; it must not log itself.
void SetLogSink(std::function<void(std::string_view line)> sink);

/// Writes one line. Thread-safe.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields);

inline void LogDebug(std::string_view m, std::initializer_list<LogField> f = {}) {
  if (LogEnabled(LogLevel::kDebug)) Log(LogLevel::kDebug, m, f);
}
inline void LogInfo(std::string_view m, std::initializer_list<LogField> f = {}) {
  Log(LogLevel::kInfo, m, f);
}
inline void LogWarn(std::string_view m, std::initializer_list<LogField> f = {}) {
  Log(LogLevel::kWarn, m, f);
}
inline void LogError(std::string_view m, std::initializer_list<LogField> f = {}) {
  Log(LogLevel::kError, m, f);
}

}  // namespace vivace
