#include "receivers/import.h"

#include <memory>
#include <utility>

#include "receivers/intake.h"
#include "receivers/tenant.h"

namespace vivace::receivers {

void Import(net::HttpRequest request, SpanSink& spans,
            std::function<void(Result<ImportOutcome>)> done) {
  auto held = std::make_shared<ByteReservation>(std::move(request.body_bytes));
  Result<otlp::WalkResult> read =
      ReadFile(std::move(request.body), request.headers.Get("Content-Type"), *held);
  if (!read.ok()) {
    done(std::move(read).error());
    return;
  }
  ImportOutcome outcome;
  outcome.accepted_spans = read->batch.span_count;
  outcome.rejected_spans = read->refusals.total();
  outcome.error_message = read->refusals.Message();
  for (const otlp::WalkedTrace& trace : read->batch.traces) {
    if (outcome.trace_ids.size() == kImportTraceIdsMax) break;
    outcome.trace_ids.push_back(trace.id);
  }
  if (outcome.accepted_spans == 0) {
    done(std::move(outcome));
    return;
  }
  spans.Append(std::string(kSingleTenant), std::move(read->batch),
               [done = std::move(done), outcome = std::move(outcome), held](Status stored) {
                 if (!stored.ok()) {
                   done(std::move(stored).error());
                   return;
                 }
                 done(outcome);
               });
}

}  // namespace vivace::receivers
