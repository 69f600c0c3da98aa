#pragma once
// A trace that has one of everything, fixed for ever: the content of tests/corpus/block/v1.block.

#include "model/span.h"

namespace vivace::block::testing {

/// Two services, thirteen spans, every attribute type, events, links, a repeated key, a parent id
/// that is not 8 bytes long, dropped counts, schema URLs. Never changes.
TraceData ExampleTraces();

}  // namespace vivace::block::testing
