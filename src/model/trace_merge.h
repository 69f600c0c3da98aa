#pragma once
// One canonical form of a trace that was stored in parts.

#include <compare>
#include <vector>

#include "model/span.h"

namespace vivace {

/// Total orders over all fields, consistent with ==: doubles by bits, everything else by value,
/// in the order of the fields in span.h but for spans, which go by start, span id and kind first.
std::strong_ordering Compare(const AttributeValue& a, const AttributeValue& b);
std::strong_ordering Compare(const Attribute& a, const Attribute& b);
std::strong_ordering Compare(const std::vector<Attribute>& a, const std::vector<Attribute>& b);
std::strong_ordering Compare(const Resource& a, const Resource& b);
std::strong_ordering Compare(const Scope& a, const Scope& b);
std::strong_ordering Compare(const SpanEvent& a, const SpanEvent& b);
std::strong_ordering Compare(const SpanLink& a, const SpanLink& b);
std::strong_ordering Compare(const Span& a, const Span& b);

/// Joins parts of one trace (or of several): groups of equal resource and schema URL, and within
/// them of equal scope and schema URL, become one; of spans that are equal in every field and in
/// their groups one is kept (a client that did not hear our answer sends again); groups without
/// spans go. Spans are ordered by Compare, groups by their first spans, then by their own
/// content, so that the result depends on what is in the parts alone, not on how the spans are
/// spread over them. O(n log n) comparisons.
TraceData MergeTraceParts(std::vector<TraceData> parts);

}  // namespace vivace
