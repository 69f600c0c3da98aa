#include "receivers/first_data.h"

#include <utility>

namespace vivace::receivers {
namespace {

// Bytes of a refusal's reason that are kept.
constexpr std::size_t kReasonBytesMax = 500;

}  // namespace

void FirstData::CountRequest(std::uint64_t bytes) {
  requests_.fetch_add(1, std::memory_order_relaxed);
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
}

void FirstData::CountAccepted(std::uint64_t spans, const TraceId& last_trace_id) {
  accepted_spans_.fetch_add(spans, std::memory_order_relaxed);
  MutexLock lock(mutex_);
  last_trace_id_ = last_trace_id;
}

void FirstData::CountRefused(std::uint64_t spans, Refusal refusal) {
  refused_spans_.fetch_add(spans, std::memory_order_relaxed);
  if (refusal.reason.size() > kReasonBytesMax) refusal.reason.resize(kReasonBytesMax);
  MutexLock lock(mutex_);
  last_refusal_ = std::move(refusal);
}

FirstData::Picture FirstData::Look() const {
  Picture picture;
  picture.requests = requests_.load(std::memory_order_relaxed);
  picture.bytes = bytes_.load(std::memory_order_relaxed);
  picture.accepted_spans = accepted_spans_.load(std::memory_order_relaxed);
  picture.refused_spans = refused_spans_.load(std::memory_order_relaxed);
  MutexLock lock(mutex_);
  picture.last_refusal = last_refusal_;
  picture.last_trace_id = last_trace_id_;
  return picture;
}

}  // namespace vivace::receivers
