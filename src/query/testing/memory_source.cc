#include "query/testing/memory_source.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "block/row_group_builder.h"

namespace vivace::query::testing {
namespace {

class Damaged final : public storage::Source {
 public:
  explicit Damaged(std::string name) {
    meta_.name = std::move(name);
    meta_.trace_start_max = meta_.end_max = ~std::uint64_t{0};
  }
  const storage::SourceMeta& meta() const override { return meta_; }
  std::size_t row_group_count() const override { return 1; }
  Result<std::shared_ptr<const block::RowGroup>> LoadRowGroup(std::size_t) const override {
    return Broken();
  }
  Result<bool> AppendTrace(const TraceId&, TraceData&) const override { return Broken(); }
  Result<std::shared_ptr<const block::Catalogue>> catalogue() const override { return Broken(); }

 private:
  static Error Broken() { return Error(ErrorCode::kCorruption, "checksum differs"); }
  storage::SourceMeta meta_;
};

}  // namespace

MemorySource::MemorySource(std::string name, const std::vector<TraceData>& row_groups) {
  meta_.name = std::move(name);
  meta_.trace_start_min = ~std::uint64_t{0};
  block::CatalogueBuilder catalogue;
  std::set<TraceId> traces;
  for (const TraceData& data : row_groups) {
    block::RowGroupBuilder builder;
    CHECK(builder.Add(data).ok());
    const auto rows = builder.Finish();
    meta_.trace_start_min = std::min(meta_.trace_start_min, rows->bounds().trace_start_min);
    meta_.trace_start_max = std::max(meta_.trace_start_max, rows->bounds().trace_start_max);
    meta_.end_max = std::max(meta_.end_max, rows->bounds().end_max);
    meta_.spans += rows->span_count();
    meta_.bytes += rows->memory_bytes();
    for (const block::TraceEntry& entry : rows->traces()) {
      traces.insert(entry.id);
    }
    catalogue.Add(*rows);
    rows_.push_back(rows);
  }
  meta_.traces = traces.size();
  catalogue_ = std::make_shared<const block::Catalogue>(catalogue.Finish());
}

Result<std::shared_ptr<const block::RowGroup>> MemorySource::LoadRowGroup(std::size_t index) const {
  CHECK(index < rows_.size());
  return rows_[index];
}

Result<bool> MemorySource::AppendTrace(const TraceId& id, TraceData& out) const {
  bool found = false;
  for (const auto& rows : rows_) found |= rows->AppendTrace(id, out);
  return found;
}

Result<std::shared_ptr<const block::Catalogue>> MemorySource::catalogue() const {
  return catalogue_;
}

std::shared_ptr<const storage::Source> DamagedSource(std::string name) {
  return std::make_shared<const Damaged>(std::move(name));
}

std::shared_ptr<const storage::Snapshot> SnapshotOf(storage::Snapshot::Sources sources) {
  std::sort(sources.begin(), sources.end(), [](const auto& a, const auto& b) {
    const storage::SourceMeta& x = a->meta();
    const storage::SourceMeta& y = b->meta();
    return x.trace_start_max != y.trace_start_max ? x.trace_start_max > y.trace_start_max
                                                  : x.name < y.name;
  });
  return std::make_shared<const storage::Snapshot>(std::move(sources));
}

std::shared_ptr<const storage::Snapshot> Scatter(const TraceData& data, std::size_t sources,
                                                 std::uint64_t twice_one_in, Random& random) {
  std::vector<std::vector<TraceData>> parts(sources);
  for (auto& groups : parts) groups.resize(1 + random.Below(3));
  const auto put = [&](const ResourceSpans& resource, const ScopeSpans& scope, const Span& span) {
    auto& groups = parts[random.Below(parts.size())];
    ResourceSpans& to = groups[random.Below(groups.size())].resource_spans.emplace_back();
    to.resource = resource.resource;
    to.schema_url = resource.schema_url;
    ScopeSpans& inner = to.scope_spans.emplace_back();
    inner.scope = scope.scope;
    inner.schema_url = scope.schema_url;
    inner.spans.push_back(span);
  };
  for (const ResourceSpans& resource : data.resource_spans) {
    for (const ScopeSpans& scope : resource.scope_spans) {
      for (const Span& span : scope.spans) {
        put(resource, scope, span);
        if (random.Chance(1, twice_one_in)) put(resource, scope, span);
      }
    }
  }
  storage::Snapshot::Sources made;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::erase_if(parts[i], [](const TraceData& part) { return part.resource_spans.empty(); });
    if (parts[i].empty()) continue;
    made.push_back(std::make_shared<const MemorySource>("source-" + std::to_string(i), parts[i]));
  }
  return SnapshotOf(std::move(made));
}

}  // namespace vivace::query::testing
