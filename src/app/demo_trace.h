#pragma once
// The demo trace of the welcome page.

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "model/ids.h"
#include "otlp/walk.h"

namespace vivace::app {

struct DemoTrace {
  TraceId id;
  otlp::Batch batch;  ///< As if it had come in over OTLP.
};

/// Makes a new trace of a made-up shop that ended just now, and walks it as ingest does.
Result<DemoTrace> MakeDemoTrace(Clock& clock, Random& random);

}  // namespace vivace::app
