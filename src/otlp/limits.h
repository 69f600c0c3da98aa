#pragma once
// Bounds on what one OTLP message may hold, shared by everything that reads one.

#include <cstdint>

namespace vivace::otlp {

// Levels of arrays and maps inside one attribute value. Instrumentation nests one or two; every
// reader and comparison may recurse this deep without danger to its stack.
constexpr int kValueDepthMax = 32;

// Levels of JSON, counted over known and unknown fields. The deepest OTLP document takes 12 plus
// three or four for each level of an attribute value; what real exporters write stays under 20.
constexpr int kJsonDepthMax = 64;

// Resources, scopes, spans, attributes, array elements, events and links in one message. An
// empty one costs 2 bytes on the wire and up to 90 in memory, so without a bound 64 MiB of them
// would take 3 GB. 4 Mi are what 64 MiB hold at 16 bytes each; recorded traffic has 40.
constexpr std::uint64_t kElementsMax = 4ULL << 20;

}  // namespace vivace::otlp
