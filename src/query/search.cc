#include "query/search.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "block/scan.h"
#include "model/trace_tree.h"
#include "query/plain_evaluator.h"
#include "query/scan_lowering.h"
#include "query/shown_fields.h"
#include "query/trace_by_id.h"
#include "query/trace_prefilter.h"

// How a search runs:
//
//   for each source, newest first:
//     stop when its newest trace is older than the oldest of `limit` found ones
//     for each of its row groups:
//       scan: candidate traces, a superset of those with a matching span here
//       for each candidate, newest first, until no further one can be among the newest:
//         if many have been judged in vain: pass over it if it lies whole in this row group and
//         its root or duration cannot match (trace_prefilter.h)
//         complete it from all sources, build its tree, evaluate the filter, keep the newest N
//
// The start of a trace within a row group is never before its real start, which is the earliest
// over all sources. So the bounds that end a loop are never too early.

namespace vivace::query {
namespace {

// Memory of one remembered trace id, with the set around it.
constexpr std::uint64_t kSeenBytes = 64;
// Memory of one candidate.
constexpr std::uint64_t kCandidateBytes = 32;

struct Candidate {
  std::uint64_t start_unix_ns = 0;  // Within its row group.
  TraceId id;
  std::uint32_t trace = 0;  // Its number in the row group.
};

// The total order of answers: newer first, then by id.
bool IsBefore(std::uint64_t start_a, const TraceId& id_a, std::uint64_t start_b,
              const TraceId& id_b) {
  return start_a != start_b ? start_a > start_b : id_a < id_b;
}

struct FoundOrder {
  bool operator()(const FoundTrace& a, const FoundTrace& b) const {
    return IsBefore(a.start_unix_ns, a.id, b.start_unix_ns, b.id);
  }
};

std::uint64_t MemoryOf(const FoundTrace& trace) {
  std::uint64_t bytes = sizeof(FoundTrace) + trace.root_name.size() + trace.root_service.size();
  for (const auto& [service, stats] : trace.services) bytes += 96 + service.size();
  for (const FoundSpan& span : trace.spans) {
    bytes += sizeof(FoundSpan) + (span.name ? span.name->size() : 0);
    for (const Attribute& attribute : span.attributes) {
      bytes += sizeof(Attribute) + attribute.key.size();
      if (const auto* text = attribute.value.AsString()) bytes += text->size();
    }
  }
  return bytes;
}

// A part is never over before it began, whatever its spans say.
std::uint64_t EndOf(const block::TraceEntry& part) {
  return std::max(part.start_unix_ns, part.end_unix_ns);
}

bool Overlaps(std::uint64_t start, std::uint64_t end, const TimeWindow& window) {
  return start <= window.end_unix_ns && end >= window.start_unix_ns;
}

class Searcher {
 public:
  Searcher(const storage::Snapshot& snapshot, const SearchRequest& request, Budget& budget)
      : snapshot_(snapshot), request_(request), budget_(budget), prefilter_(request) {
    if (request.query != nullptr) {
      const traceql::Expression& condition = *request.query->filter.condition;
      evaluator_.emplace(condition);
      shown_.emplace(condition);
      scan_ = LowerFilter(condition);
    } else {
      scan_ = LowerTags(request.tags);
    }
  }

  Result<SearchResponse> Run() {
    response_.sources = snapshot_.sources().size();
    response_.problems = snapshot_.unavailable();
    for (const auto& source : snapshot_.sources()) {
      RETURN_IF_ERROR(budget_.Check());
      if (IsFull() && source->meta().trace_start_max < found_.rbegin()->start_unix_ns) break;
      if (!MayOverlap(source->meta(), request_.window)) continue;
      RETURN_IF_ERROR(SearchSource(*source));
    }
    response_.traces.reserve(found_.size());
    while (!found_.empty()) {
      response_.traces.push_back(std::move(found_.extract(found_.begin()).value()));
    }
    return std::move(response_);
  }

 private:
  bool IsFull() const { return found_.size() >= request_.limit; }

  Status SearchSource(const storage::Source& source) {
    ++response_.sources_inspected;
    response_.bytes_inspected += source.meta().bytes;
    // Later row groups tend to hold newer traces.
    for (std::size_t i = source.row_group_count(); i-- > 0;) {
      RETURN_IF_ERROR(budget_.Check());
      const auto rows = source.LoadRowGroup(i);
      if (!rows.ok()) {
        AddProblem(fmt::format("{}: {}", source.meta().name, rows.error().message()));
        continue;
      }
      RETURN_IF_ERROR(SearchRowGroup(**rows));
    }
    return OkStatus();
  }

  Status SearchRowGroup(const block::RowGroup& rows) {
    const std::uint64_t mark = budget_.bytes();
    ASSIGN_OR_RETURN(std::vector<Candidate> candidates, FindCandidates(rows));
    std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
      return IsBefore(a.start_unix_ns, a.id, b.start_unix_ns, b.id);
    });
    std::uint64_t kept_bytes = 0;                // Of what stays when the candidates go.
    std::optional<std::vector<bool>> may_match;  // By trace of `rows`, if they are whole.
    for (const Candidate& candidate : candidates) {
      if (IsFull() && candidate.start_unix_ns < found_.rbegin()->start_unix_ns) break;
      if (++judged_ > request_.judged_before_prefilter && prefilter_.demands_anything()) {
        if (!may_match) {
          ASSIGN_OR_RETURN(may_match, prefilter_.MayMatch(rows));
          RETURN_IF_ERROR(FindSplitTraces(kept_bytes));
        }
        if (!(*may_match)[candidate.trace] && !split_->MayContain(candidate.id)) continue;
      }
      if (!seen_.insert(candidate.id).second) continue;
      const std::uint64_t trace_mark = budget_.bytes();
      const std::uint64_t answer_before = answer_bytes_;
      RETURN_IF_ERROR(Judge(candidate));
      budget_.ReturnTo(trace_mark);
      const std::uint64_t grown = answer_bytes_ > answer_before ? answer_bytes_ - answer_before : 0;
      RETURN_IF_ERROR(budget_.TakeBytes(kSeenBytes + grown));
      kept_bytes += kSeenBytes + grown;
    }
    budget_.ReturnTo(mark);
    return budget_.TakeBytes(kept_bytes);
  }

  // Once a search; adds what it holds to `kept_bytes`.
  Status FindSplitTraces(std::uint64_t& kept_bytes) {
    if (split_) return OkStatus();
    const std::uint64_t before = budget_.bytes();
    ASSIGN_OR_RETURN(split_, SplitTraces::Find(snapshot_, request_.window, budget_));
    kept_bytes += budget_.bytes() - before;
    return OkStatus();
  }

  Result<std::vector<Candidate>> FindCandidates(const block::RowGroup& rows) {
    std::vector<Candidate> candidates;
    const std::uint64_t oldest_wanted = IsFull() ? found_.rbegin()->start_unix_ns : 0;
    if (rows.bounds().trace_start_max < oldest_wanted) return candidates;
    ASSIGN_OR_RETURN(const block::ScanResult result, block::Scan(rows, scan_, nullptr));
    response_.spans_inspected += rows.span_count();
    response_.traces_inspected += rows.trace_count();
    Status status;
    std::uint64_t next_row = 0;  // Rows before it belong to a trace that is taken already.
    result.rows.ForEach([&](std::size_t row) {
      if (row < next_row || !status.ok()) return;
      const std::uint32_t index = rows.TraceOfRow(static_cast<std::uint32_t>(row));
      const block::TraceEntry& trace = rows.traces()[index];
      next_row = std::uint64_t{trace.first_row} + trace.row_count;
      if (trace.start_unix_ns < oldest_wanted) return;
      const Result<bool> possible = MayOverlapWindow(trace);
      if (!possible.ok()) {
        status = possible.error();
      } else if (*possible) {
        candidates.push_back({trace.start_unix_ns, trace.id, index});
      }
    });
    RETURN_IF_ERROR(std::move(status));
    RETURN_IF_ERROR(budget_.TakeBytes(candidates.size() * kCandidateBytes));
    return candidates;
  }

  // Whether the trace of which `part` is here may overlap the window as a whole: this part
  // does, or another one lies within it or beyond it.
  Result<bool> MayOverlapWindow(const block::TraceEntry& part) {
    if (!request_.window) return true;
    if (Overlaps(part.start_unix_ns, EndOf(part), *request_.window)) return true;
    const bool before = EndOf(part) < request_.window->start_unix_ns;
    std::optional<std::vector<std::uint64_t>>& others = before ? not_before_ : not_after_;
    if (!others) {
      ASSIGN_OR_RETURN(others, PartsOnTheOtherSide(before));
    }
    return std::binary_search(others->begin(), others->end(), std::hash<TraceId>()(part.id));
  }

  // Hashes of the traces with a part that does not end before the window (or does not start
  // after it), sorted. Made once a search, when a part outside the window is met first.
  Result<std::vector<std::uint64_t>> PartsOnTheOtherSide(bool not_before) {
    const TimeWindow window = *request_.window;
    std::vector<std::uint64_t> hashes;
    for (const auto& source : snapshot_.sources()) {
      const storage::SourceMeta& meta = source->meta();
      if (!MayOverlap(meta, window)) continue;
      if (not_before ? std::max(meta.end_max, meta.trace_start_max) < window.start_unix_ns
                     : meta.trace_start_min > window.end_unix_ns) {
        continue;
      }
      for (std::size_t i = 0; i < source->row_group_count(); ++i) {
        RETURN_IF_ERROR(budget_.Check());
        const auto rows = source->LoadRowGroup(i);
        if (!rows.ok()) continue;  // The scan meets it, too, and says so.
        const std::size_t known = hashes.size();
        for (const block::TraceEntry& part : (*rows)->traces()) {
          if (not_before ? EndOf(part) >= window.start_unix_ns
                         : part.start_unix_ns <= window.end_unix_ns) {
            hashes.push_back(std::hash<TraceId>()(part.id));
          }
        }
        RETURN_IF_ERROR(budget_.TakeBytes((hashes.size() - known) * sizeof(std::uint64_t)));
      }
    }
    std::sort(hashes.begin(), hashes.end());
    return hashes;
  }

  // Completes and evaluates one candidate; keeps it if it belongs to the newest.
  Status Judge(const Candidate& candidate) {
    ASSIGN_OR_RETURN(const WholeTrace whole, FindTrace(snapshot_, candidate.id, budget_));
    for (const std::string& problem : whole.problems) AddProblem(problem);
    if (whole.data.resource_spans.empty()) return OkStatus();
    const TraceTree tree = TraceTree::Build(whole.data);
    const std::uint64_t start = tree.StartUnixNanos();
    const std::uint64_t end = std::max(start, tree.EndUnixNanos());
    if (request_.window && !Overlaps(start, end, *request_.window)) return OkStatus();
    const std::uint64_t duration = tree.DurationNanos();
    if (duration < request_.duration_ns_min.value_or(0)) return OkStatus();
    if (request_.duration_ns_max && duration > *request_.duration_ns_max) return OkStatus();
    if (IsFull() &&
        !IsBefore(start, candidate.id, found_.rbegin()->start_unix_ns, found_.rbegin()->id)) {
      return OkStatus();
    }
    std::vector<SpanMatch> matches;
    if (evaluator_) {
      ASSIGN_OR_RETURN(matches, evaluator_->Evaluate(tree, budget_));
      if (matches.empty()) return OkStatus();
    } else if (!MatchesTags(tree, request_.tags)) {
      return OkStatus();
    }
    Keep(Describe(candidate.id, tree, matches));
    return OkStatus();
  }

  FoundTrace Describe(const TraceId& id, const TraceTree& tree,
                      const std::vector<SpanMatch>& matches) const {
    FoundTrace found;
    found.id = id;
    found.start_unix_ns = tree.StartUnixNanos();
    found.duration_ns = tree.DurationNanos();
    if (const SpanRef* root = tree.Root()) {
      found.has_root = true;
      found.root_service = std::string(ServiceName(root->resource->resource));
      found.root_name = root->span->name;
    }
    for (const SpanRef& ref : tree.spans()) {
      ServiceStats& stats = found.services[std::string(ServiceName(ref.resource->resource))];
      ++stats.spans;
      if (ref.span->status_code == StatusCode::kError) ++stats.errors;
    }
    found.matched = matches.size();
    for (const SpanMatch& match : matches) {
      if (found.spans.size() == request_.spans_per_span_set) break;
      const Span& span = *tree.spans()[match.span].span;
      FoundSpan shown{
          .id = span.span_id,
          .name = std::nullopt,
          .start_unix_ns = span.start_unix_ns,
          .duration_ns = span.DurationNanos(),
          .attributes = shown_->Values(
              {.tree = &tree, .index = match.span, .event = match.event, .link = match.link})};
      if (shown_->shows_name()) shown.name = span.name;
      found.spans.push_back(std::move(shown));
    }
    return found;
  }

  void Keep(FoundTrace found) {
    answer_bytes_ += MemoryOf(found);
    found_.insert(std::move(found));
    if (found_.size() > request_.limit) {
      const auto last = std::prev(found_.end());
      answer_bytes_ -= MemoryOf(*last);
      found_.erase(last);
    }
  }

  // A damaged block is met again with each candidate: said once.
  void AddProblem(const std::string& problem) {
    constexpr std::size_t kProblemsMax = 20;
    auto& known = response_.problems;
    if (known.size() < kProblemsMax &&
        std::find(known.begin(), known.end(), problem) == known.end()) {
      known.push_back(problem);
    }
  }

  const storage::Snapshot& snapshot_;
  const SearchRequest& request_;
  Budget& budget_;
  const TracePrefilter prefilter_;
  std::optional<SplitTraces> split_;
  std::uint64_t judged_ = 0;
  block::ScanRequest scan_;
  std::optional<PlainEvaluator> evaluator_;
  std::optional<ShownFields> shown_;
  std::set<FoundTrace, FoundOrder> found_;
  std::unordered_set<TraceId> seen_;
  std::optional<std::vector<std::uint64_t>> not_before_;  // See PartsOnTheOtherSide.
  std::optional<std::vector<std::uint64_t>> not_after_;
  std::uint64_t answer_bytes_ = 0;
  SearchResponse response_;
};

}  // namespace

bool MayOverlap(const storage::SourceMeta& source, const std::optional<TimeWindow>& window) {
  if (!window) return true;
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t end = window->end_unix_ns > kMax - kWindowMarginNanos
                                ? kMax
                                : window->end_unix_ns + kWindowMarginNanos;
  const std::uint64_t start =
      window->start_unix_ns < kWindowMarginNanos ? 0 : window->start_unix_ns - kWindowMarginNanos;
  // Ends before starts happen; a trace is never over before it began.
  return source.trace_start_min <= end && std::max(source.end_max, source.trace_start_max) >= start;
}

Result<SearchResponse> Search(const storage::Snapshot& snapshot, const SearchRequest& request,
                              Budget& budget) {
  if (request.limit == 0) {
    return Error(ErrorCode::kInvalidArgument, "invalid limit: must be a positive number");
  }
  return Searcher(snapshot, request, budget).Run();
}

}  // namespace vivace::query
