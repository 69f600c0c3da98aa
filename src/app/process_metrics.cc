#include "app/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "app/version.h"

namespace vivace::app {
namespace {

/// The value of `name` in /proc/self/status, in bytes; 0 if it is not there.
double StatusBytes(std::string_view name) {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word == name) {
      double kib = 0;
      status >> kib;
      return kib * 1024;
    }
    status.ignore(4096, '\n');
  }
  return 0;
}

double OpenFiles() {
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  int entries = 0;
  while (readdir(folder) != nullptr) ++entries;  // NOLINT(concurrency-mt-unsafe)
  closedir(folder);
  return entries - 3;  // ".", ".." and the folder itself.
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

void AddProcessMetrics(MetricsRegistry& metrics, Clock& clock) {
  metrics
      .AddGauge("vivace_build_info", "Always 1; the labels say what runs.",
                {{"version", std::string(kVersion)}})
      .Set(1);
  metrics.AddGauge("process_start_time_seconds", "Start of the process, Unix time.")
      .Set(clock.UnixNanos() / 1'000'000'000);
  metrics.AddCallback("process_resident_memory_bytes", "Resident memory, mapped files included.",
                      [] { return StatusBytes("VmRSS:"); });
  metrics.AddCallback("process_anonymous_memory_bytes", "Resident memory without mapped files.",
                      [] { return StatusBytes("RssAnon:"); });
  metrics.AddCallback("process_cpu_seconds_total", "User and system CPU time.", CpuSeconds);
  metrics.AddCallback("process_open_fds", "Open file descriptors.", OpenFiles);
}

}  // namespace vivace::app
