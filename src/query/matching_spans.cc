#include "query/matching_spans.h"

#include <cstdint>
#include <span>
#include <unordered_set>

#include <fmt/format.h>

#include "block/scan.h"
#include "query/plain_evaluator.h"
#include "query/scan_lowering.h"
#include "query/trace_by_id.h"

namespace vivace::query {
namespace {

// Rows that are turned into spans at once: enough to share their resources, few enough to bound
// memory.
constexpr std::size_t kRowsAtOnce = 1024;
// Memory of one remembered trace id, with the set around it.
constexpr std::uint64_t kSeenBytes = 64;

// Whether all was visited.
bool VisitAll(const TraceData& data, const std::function<bool(const SpanRef&)>& visit) {
  for (const ResourceSpans& resource : data.resource_spans) {
    for (const ScopeSpans& scope : resource.scope_spans) {
      for (const Span& span : scope.spans) {
        if (!visit({&resource, &scope, &span})) return false;
      }
    }
  }
  return true;
}

class Visitor {
 public:
  Visitor(const storage::Snapshot& snapshot, const traceql::Expression& condition, Budget& budget,
          const std::function<bool(const SpanRef&)>& visit, std::vector<std::string>& problems)
      : snapshot_(snapshot),
        evaluator_(condition),
        scan_(LowerFilter(condition)),
        budget_(budget),
        visit_(visit),
        problems_(problems) {}

  Status Run(const std::optional<TimeWindow>& window) {
    for (const auto& source : snapshot_.sources()) {
      if (!MayOverlap(source->meta(), window)) continue;
      for (std::size_t i = 0; i < source->row_group_count() && !ended_; ++i) {
        RETURN_IF_ERROR(budget_.Check());
        const auto rows = source->LoadRowGroup(i);
        if (!rows.ok()) {
          problems_.push_back(fmt::format("{}: {}", source->meta().name, rows.error().message()));
          continue;
        }
        ASSIGN_OR_RETURN(const block::ScanResult result, block::Scan(**rows, scan_, nullptr));
        RETURN_IF_ERROR(result.exact ? VisitRows(**rows, result.rows)
                                     : VisitTraces(**rows, result.rows));
      }
    }
    return OkStatus();
  }

 private:
  Status VisitRows(const block::RowGroup& rows, const columnar::Bitmap& bitmap) {
    std::vector<std::uint32_t> some;
    Status status;
    const auto flush = [&] {
      if (some.empty() || ended_ || !status.ok()) return;
      status = budget_.Check();
      if (!status.ok()) return;
      TraceData data;
      rows.AppendRows(some, data);
      ended_ = !VisitAll(data, visit_);
      some.clear();
    };
    bitmap.ForEach([&](std::size_t row) {
      if (ended_ || !status.ok()) return;
      some.push_back(static_cast<std::uint32_t>(row));
      if (some.size() == kRowsAtOnce) flush();
    });
    flush();
    return status;
  }

  Status VisitTraces(const block::RowGroup& rows, const columnar::Bitmap& bitmap) {
    for (const block::TraceEntry& trace : rows.traces()) {
      if (ended_) break;
      bool candidate = false;
      for (std::uint32_t i = 0; i < trace.row_count && !candidate; ++i) {
        candidate = bitmap.Get(trace.first_row + i);
      }
      if (!candidate || !seen_.insert(trace.id).second) continue;
      RETURN_IF_ERROR(budget_.TakeBytes(kSeenBytes));
      const std::uint64_t mark = budget_.bytes();
      ASSIGN_OR_RETURN(const WholeTrace whole, FindTrace(snapshot_, trace.id, budget_));
      const TraceTree tree = TraceTree::Build(whole.data);
      ASSIGN_OR_RETURN(const std::vector<SpanMatch> matches, evaluator_.Evaluate(tree, budget_));
      for (const SpanMatch& match : matches) {
        if (!visit_(tree.spans()[match.span])) {
          ended_ = true;
          break;
        }
      }
      budget_.ReturnTo(mark);
    }
    return OkStatus();
  }

  const storage::Snapshot& snapshot_;
  PlainEvaluator evaluator_;
  const block::ScanRequest scan_;
  Budget& budget_;
  const std::function<bool(const SpanRef&)>& visit_;
  std::vector<std::string>& problems_;
  std::unordered_set<TraceId> seen_;
  bool ended_ = false;
};

}  // namespace

Status ForEachMatchingSpan(const storage::Snapshot& snapshot, const traceql::Expression& condition,
                           const std::optional<TimeWindow>& window, Budget& budget,
                           const std::function<bool(const SpanRef&)>& visit,
                           std::vector<std::string>& problems) {
  return Visitor(snapshot, condition, budget, visit, problems).Run(window);
}

}  // namespace vivace::query
