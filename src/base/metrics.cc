#include "base/metrics.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "base/check.h"

namespace vivace {
namespace {

bool IsMetricName(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ':';
  });
}

void AppendEscaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out.append("\\\\");
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c == '"' && quotes) {
      out.append("\\\"");
    } else {
      out.push_back(c);
    }
  }
}

// The labels as they stand between the braces.
std::string RenderLabels(const MetricLabels& labels) {
  std::string out;
  for (const auto& [key, value] : labels) {
    CHECK(IsMetricName(key));
    if (!out.empty()) out.push_back(',');
    out.append(key).append("=\"");
    AppendEscaped(out, value, true);
    out.push_back('"');
  }
  return out;
}

std::string RenderNumber(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

void AppendSample(std::string& out, std::string_view name, std::string_view suffix,
                  std::string_view labels, std::string_view value) {
  out.append(name).append(suffix);
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out.append(" ").append(value).append("\n");
}

void AppendHistogram(std::string& out, std::string_view name, const std::string& labels,
                     const Histogram& histogram) {
  const std::string comma = labels.empty() ? "" : ",";
  std::uint64_t cumulated = 0;
  for (std::size_t i = 0; i <= histogram.bounds().size(); ++i) {
    cumulated += histogram.bucket(i);
    const std::string bound =
        i < histogram.bounds().size() ? RenderNumber(histogram.bounds()[i]) : "+Inf";
    AppendSample(out, name, "_bucket", fmt::format("{}{}le=\"{}\"", labels, comma, bound),
                 std::to_string(cumulated));
  }
  AppendSample(out, name, "_sum", labels, RenderNumber(histogram.sum()));
  AppendSample(out, name, "_count", labels, std::to_string(cumulated));
}

}  // namespace

struct MetricsRegistry::Series {
  std::unique_ptr<Counter> counter;
  std::unique_ptr<Gauge> gauge;
  std::unique_ptr<Histogram> histogram;
  std::function<double()> read;
};

struct MetricsRegistry::Family {
  std::string help;
  std::string type;
  std::map<std::string, Series, std::less<>> series;  // By rendered labels.
};

MetricsRegistry::MetricsRegistry() = default;
MetricsRegistry::~MetricsRegistry() = default;

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), buckets_(bounds_.size() + 1) {
  CHECK(std::ranges::is_sorted(bounds_));
}

void Histogram::Observe(double value) {
  const auto bound = std::ranges::lower_bound(bounds_, value);
  buckets_[static_cast<std::size_t>(std::distance(bounds_.begin(), bound))].fetch_add(
      1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<double> LatencyBuckets() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
          0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
}

MetricsRegistry::Series& MetricsRegistry::FindOrAdd(std::string_view name, std::string_view help,
                                                    std::string_view type,
                                                    const MetricLabels& labels) {
  CHECK(IsMetricName(name));
  auto found = families_.find(name);
  if (found == families_.end()) {
    auto family = std::make_unique<Family>();
    family->help = help;
    family->type = type;
    found = families_.emplace(std::string(name), std::move(family)).first;
  }
  CHECK(found->second->type == type);
  return found->second->series[RenderLabels(labels)];
}

Counter& MetricsRegistry::AddCounter(std::string_view name, std::string_view help,
                                     MetricLabels labels) {
  MutexLock lock(mutex_);
  Series& series = FindOrAdd(name, help, "counter", labels);
  if (series.counter == nullptr) series.counter = std::make_unique<Counter>();
  return *series.counter;
}

Gauge& MetricsRegistry::AddGauge(std::string_view name, std::string_view help,
                                 MetricLabels labels) {
  MutexLock lock(mutex_);
  Series& series = FindOrAdd(name, help, "gauge", labels);
  if (series.gauge == nullptr) series.gauge = std::make_unique<Gauge>();
  return *series.gauge;
}

Histogram& MetricsRegistry::AddHistogram(std::string_view name, std::string_view help,
                                         std::vector<double> bounds, MetricLabels labels) {
  MutexLock lock(mutex_);
  Series& series = FindOrAdd(name, help, "histogram", labels);
  if (series.histogram == nullptr) {
    series.histogram = std::make_unique<Histogram>(std::move(bounds));
  }
  return *series.histogram;
}

void MetricsRegistry::AddCallback(std::string_view name, std::string_view help,
                                  std::function<double()> read, MetricLabels labels) {
  MutexLock lock(mutex_);
  FindOrAdd(name, help, "gauge", labels).read = std::move(read);
}

std::string MetricsRegistry::Expose() const {
  // Callbacks run without the lock: they may take locks of their own. Series stay where they
  // are for the life of the registry.
  struct Item {
    const Series* series = nullptr;
    std::string labels;
    std::function<double()> read;
  };
  struct Group {
    std::string name;
    std::string help;
    std::string type;
    std::vector<Item> items;
  };
  std::vector<Group> groups;
  {
    MutexLock lock(mutex_);
    for (const auto& [name, family] : families_) {
      Group& group = groups.emplace_back(Group{name, family->help, family->type, {}});
      for (const auto& [labels, series] : family->series) {
        group.items.push_back(Item{&series, labels, series.read});
      }
    }
  }
  std::string out;
  for (const Group& group : groups) {
    out.append("# HELP ").append(group.name).append(" ");
    AppendEscaped(out, group.help, false);
    out.append("\n# TYPE ").append(group.name).append(" ").append(group.type).append("\n");
    for (const Item& item : group.items) {
      if (item.read) {
        AppendSample(out, group.name, "", item.labels, RenderNumber(item.read()));
      } else if (item.series->counter != nullptr) {
        AppendSample(out, group.name, "", item.labels,
                     std::to_string(item.series->counter->value()));
      } else if (item.series->gauge != nullptr) {
        AppendSample(out, group.name, "", item.labels, std::to_string(item.series->gauge->value()));
      } else {
        AppendHistogram(out, group.name, item.labels, *item.series->histogram);
      }
    }
  }
  return out;
}

MetricsRegistry& Metrics() {
  // Never destroyed: threads may count while the process ends.
  static MetricsRegistry* registry = new MetricsRegistry;
  return *registry;
}

}  // namespace vivace
