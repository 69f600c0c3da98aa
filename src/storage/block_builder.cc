#include "storage/block_builder.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "block/block_writer.h"
#include "block/row_group_builder.h"
#include "otlp/decode.h"

namespace vivace::storage {
namespace {

// Spans are put into trace order in two steps, so that never more than one row group is
// unpacked: first the traces, known from the walk, are ordered and dealt to row groups; then
// each row group is filled by decoding the chunks that have spans of it. Requests come in about
// the order of time, so nearly every chunk is decoded once, or twice at a border.

struct PlannedTrace {
  TraceId id;
  std::uint64_t start_unix_ns = 0;
  std::uint64_t spans = 0;
  std::uint32_t row_group = 0;
};

struct Plan {
  std::vector<PlannedTrace> traces;  // By id.
  std::uint32_t row_groups = 0;

  std::uint32_t RowGroupOf(const TraceId& id) const {
    const auto at = std::lower_bound(
        traces.begin(), traces.end(), id,
        [](const PlannedTrace& trace, const TraceId& wanted) { return trace.id < wanted; });
    CHECK(at != traces.end());
    CHECK(at->id == id);
    return at->row_group;
  }
};

Plan MakePlan(const BlockOrder& order) {
  Plan plan;
  std::uint64_t spans = 0;
  for (const auto& run : order.runs) {
    for (std::size_t i = 0; i < run->totals().chunks; ++i) {
      for (const otlp::WalkedTrace& trace : run->chunk(i).traces) {
        plan.traces.push_back(
            {.id = trace.id, .start_unix_ns = trace.start_unix_ns_min, .spans = trace.spans});
        spans += trace.spans;
      }
    }
  }
  std::sort(plan.traces.begin(), plan.traces.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < plan.traces.size(); ++i) {
    if (kept > 0 && plan.traces[kept - 1].id == plan.traces[i].id) {
      PlannedTrace& same = plan.traces[kept - 1];
      same.start_unix_ns = std::min(same.start_unix_ns, plan.traces[i].start_unix_ns);
      same.spans += plan.traces[i].spans;
    } else {
      plan.traces[kept++] = plan.traces[i];
    }
  }
  plan.traces.resize(kept);

  // Row groups of equal size near the aim, instead of a small one at the end.
  const std::uint64_t aim = std::max<std::uint64_t>(1, order.row_group_spans);
  const std::uint64_t groups = std::max<std::uint64_t>(1, (spans + aim / 2) / aim);
  const std::uint64_t share = std::max<std::uint64_t>(1, (spans + groups - 1) / groups);
  std::vector<std::uint32_t> by_start(plan.traces.size());
  for (std::size_t i = 0; i < by_start.size(); ++i) by_start[i] = static_cast<std::uint32_t>(i);
  std::sort(by_start.begin(), by_start.end(), [&](std::uint32_t a, std::uint32_t b) {
    const PlannedTrace& x = plan.traces[a];
    const PlannedTrace& y = plan.traces[b];
    return std::tie(x.start_unix_ns, x.id) < std::tie(y.start_unix_ns, y.id);
  });
  std::uint64_t dealt = 0;
  for (const std::uint32_t index : by_start) {
    plan.traces[index].row_group = static_cast<std::uint32_t>(dealt / share);
    dealt += plan.traces[index].spans;
    plan.row_groups = std::max(plan.row_groups, plan.traces[index].row_group + 1);
  }
  return plan;
}

// Takes out all spans whose trace is not dealt to `row_group`; `groups` goes with chunk.traces.
void KeepOnly(std::uint32_t row_group, const LiveChunk& chunk,
              const std::vector<std::uint32_t>& groups, TraceData& data) {
  const otlp::WalkedTrace* last = nullptr;
  const auto elsewhere = [&](const Span& span) {
    if (last == nullptr || last->id != span.trace_id) last = chunk.Find(span.trace_id);
    CHECK(last != nullptr);
    return groups[static_cast<std::size_t>(last - chunk.traces.data())] != row_group;
  };
  for (ResourceSpans& resource : data.resource_spans) {
    for (ScopeSpans& scope : resource.scope_spans) std::erase_if(scope.spans, elsewhere);
    std::erase_if(resource.scope_spans, [](const ScopeSpans& s) { return s.spans.empty(); });
  }
  std::erase_if(data.resource_spans, [](const ResourceSpans& r) { return r.scope_spans.empty(); });
}

/// Fills row groups and hands each to the writer.
class Filler {
 public:
  Filler(ByteAccountant& process, block::BlockWriter& writer)
      : process_(process), writer_(writer) {}

  /// `fits` tells a TraceData that no row group takes (not an error of the file) from one that
  /// was added.
  Status Add(const TraceData& data, bool& fits, Status& refusal) {
    fits = true;
    Status added = builder_.Add(data);
    if (!added.ok() && added.error().code() == ErrorCode::kResourceExhausted &&
        builder_.spans() > 0) {
      RETURN_IF_ERROR(Write());
      added = builder_.Add(data);
    }
    if (!added.ok()) {
      fits = false;
      refusal = std::move(added);
    }
    return {};
  }

  Status Write() {
    if (builder_.spans() == 0) return {};
    // Built to give memory back, so that it is counted and not refused.
    const ByteReservation held = process_.ForceReserve(builder_.bytes());
    const std::shared_ptr<const block::RowGroup> rows = builder_.Finish();
    RETURN_IF_ERROR(writer_.Add(*rows));
    ++row_groups_;
    return {};
  }

  std::size_t row_groups() const { return row_groups_; }

 private:
  ByteAccountant& process_;
  block::BlockWriter& writer_;
  block::RowGroupBuilder builder_;
  std::size_t row_groups_ = 0;
};

}  // namespace

Result<std::optional<block::BlockMeta>> BuildBlock(FileSystem& files, ByteAccountant& process,
                                                   const BlockOrder& order,
                                                   const OnUndecodable& on_undecodable,
                                                   const std::atomic<bool>& cancel) {
  const Plan plan = MakePlan(order);
  if (plan.traces.empty()) return std::optional<block::BlockMeta>();
  ASSIGN_OR_RETURN(
      const std::unique_ptr<block::BlockWriter> writer,
      block::BlockWriter::Create(
          files, order.path,
          {.id = order.id, .tenant = order.tenant, .created_unix_ns = order.created_unix_ns}));
  Filler filler(process, *writer);
  std::vector<const LiveChunk*> refused;
  std::vector<std::uint32_t> groups;
  for (std::uint32_t row_group = 0; row_group < plan.row_groups; ++row_group) {
    for (const auto& run : order.runs) {
      for (std::size_t i = 0; i < run->totals().chunks; ++i) {
        if (cancel.load(std::memory_order_relaxed)) {
          return Error(ErrorCode::kCancelled, "stopping");
        }
        const LiveChunk& chunk = run->chunk(i);
        groups.clear();
        bool any = false;
        bool all = true;
        for (const otlp::WalkedTrace& trace : chunk.traces) {
          groups.push_back(plan.RowGroupOf(trace.id));
          any |= groups.back() == row_group;
          all &= groups.back() == row_group;
        }
        if (!any || std::find(refused.begin(), refused.end(), &chunk) != refused.end()) continue;

        Result<TraceData> data = otlp::Decode(AsBytes(*chunk.bytes));
        bool fits = data.ok();
        Status refusal = data.ok() ? Status() : Status(std::move(data).error());
        if (data.ok()) {
          if (!all) KeepOnly(row_group, chunk, groups, *data);
          RETURN_IF_ERROR(filler.Add(*data, fits, refusal));
        }
        if (!fits) {
          RETURN_IF_ERROR(on_undecodable(chunk, refusal.error()));
          refused.push_back(&chunk);
        }
      }
    }
    RETURN_IF_ERROR(filler.Write());
  }
  if (filler.row_groups() == 0) return std::optional<block::BlockMeta>();
  ASSIGN_OR_RETURN(const block::BlockMeta meta, writer->Finish());
  return std::optional<block::BlockMeta>(meta);
}

}  // namespace vivace::storage
