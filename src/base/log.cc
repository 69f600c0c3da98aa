#include "base/log.h"

#include <atomic>
#include <chrono>
#include <ctime>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mutex.h"

namespace vivace {
namespace {

std::atomic<LogLevel> g_level{LogLevel::kInfo};

struct Sink {
  Mutex mutex;
  std::function<void(std::string_view)> write GUARDED_BY(mutex);
};

Sink& TheSink() {
  // Never destroyed: threads may log while the process ends.
  static Sink* sink = new Sink;
  return *sink;
}

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "unknown";
}

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (c == ' ' || c == '"' || c == '=' || c == '\\' || IsControl(c)) return true;
  }
  return false;
}

void AppendQuoted(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c == '\t') {
      out.append("\\t");
    } else if (IsControl(c)) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void AppendValue(std::string& out, std::string_view text) {
  if (NeedsQuotes(text)) {
    AppendQuoted(out, text);
  } else {
    out.append(text);
  }
}

void AppendTime(std::string& out, std::int64_t unix_ns) {
  const std::time_t seconds = unix_ns / 1'000'000'000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                 utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                 utc.tm_sec, unix_ns / 1'000'000 % 1000);
}

// One write call, so that lines of several processes on one pipe stay whole.
void WriteToStandardError(std::string line) {
  line.push_back('\n');
  std::string_view left = line;
  while (!left.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, left.data(), left.size());
    if (written <= 0) return;  // Nowhere left to say it.
    left.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

LogField::LogField(std::string_view k, double v) : key(k), text(fmt::format("{}", v)) {}

void SetLogLevel(LogLevel level) { g_level.store(level, std::memory_order_relaxed); }

bool LogEnabled(LogLevel level) { return level >= g_level.load(std::memory_order_relaxed); }

void SetLogSink(std::function<void(std::string_view line)> sink) {
  Sink& the_sink = TheSink();
  MutexLock lock(the_sink.mutex);
  the_sink.write = std::move(sink);
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!LogEnabled(level)) return;
  std::string line = "ts=";
  AppendTime(line, RealClock().UnixNanos());
  line.append(" level=").append(LevelName(level)).append(" msg=");
  AppendQuoted(line, message);
  for (const LogField& field : fields) {
    line.push_back(' ');
    line.append(field.key);
    line.push_back('=');
    AppendValue(line, field.text);
  }
  Sink& sink = TheSink();
  MutexLock lock(sink.mutex);
  if (sink.write) {
    sink.write(line);
  } else {
    WriteToStandardError(std::move(line));
  }
}

}  // namespace vivace
