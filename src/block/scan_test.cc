#include "block/scan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "block/row_group_builder.h"
#include "block/testing/random_traces.h"

namespace vivace::block {
namespace {

using testing::FlatSpan;
using testing::Flatten;
using testing::RandomTraces;

// --- the obvious evaluation of one condition for one span ---

enum class Fits { kNotApplicable, kFalse, kTrue };

Fits FromOrder(long double a, long double b, ScanOperator op) {
  if (std::isnan(a) || std::isnan(b)) {
    const bool equal = std::isnan(a) && std::isnan(b);
    const bool holds =
        (op == ScanOperator::kEqual && equal) || (op == ScanOperator::kNotEqual && !equal);
    return holds ? Fits::kTrue : Fits::kFalse;
  }
  const bool holds = op == ScanOperator::kEqual         ? a == b
                     : op == ScanOperator::kNotEqual    ? a != b
                     : op == ScanOperator::kLess        ? a < b
                     : op == ScanOperator::kLessOrEqual ? a <= b
                     : op == ScanOperator::kGreater     ? a > b
                                                        : a >= b;
  return holds ? Fits::kTrue : Fits::kFalse;
}

bool Negative(ScanOperator op) {
  return op == ScanOperator::kNotEqual || op == ScanOperator::kNotMatches;
}

Fits CompareValue(const AttributeValue& value, const ScanLeaf& leaf) {
  const bool pattern = leaf.op == ScanOperator::kMatches || leaf.op == ScanOperator::kNotMatches;
  if (const std::string* text = value.AsString()) {
    if (pattern) {
      return leaf.text_matches(*text) != Negative(leaf.op) ? Fits::kTrue : Fits::kFalse;
    }
    const auto* operand = std::get_if<std::string>(&leaf.operand);
    if (operand == nullptr) return Fits::kNotApplicable;
    const int order = text->compare(*operand);
    return FromOrder(order < 0 ? -1 : order > 0 ? 1 : 0, 0, leaf.op);
  }
  if (const ArrayValue* array = value.AsArray()) {
    bool any = false;
    bool contradicted = false;
    for (const AttributeValue& element : array->values) {
      if (element.AsArray() != nullptr) continue;
      const Fits fits = CompareValue(element, leaf);
      any = any || fits == Fits::kTrue;
      contradicted = contradicted || fits == Fits::kFalse;
    }
    return (Negative(leaf.op) ? !contradicted : any) ? Fits::kTrue : Fits::kFalse;
  }
  if (pattern) return Fits::kNotApplicable;
  if (const bool* flag = value.AsBool()) {
    const auto* operand = std::get_if<bool>(&leaf.operand);
    const bool equality = leaf.op == ScanOperator::kEqual || leaf.op == ScanOperator::kNotEqual;
    if (operand == nullptr || !equality) return Fits::kNotApplicable;
    return FromOrder(*flag ? 1 : 0, *operand ? 1 : 0, leaf.op);
  }
  // A long double holds every int64 and every double.
  std::optional<long double> operand;
  if (const auto* integer = std::get_if<std::int64_t>(&leaf.operand)) operand = *integer;
  if (const auto* number = std::get_if<double>(&leaf.operand)) operand = *number;
  if (!operand) return Fits::kNotApplicable;
  if (value.AsInt() != nullptr) return FromOrder(*value.AsInt(), *operand, leaf.op);
  if (value.AsDouble() != nullptr) return FromOrder(*value.AsDouble(), *operand, leaf.op);
  return Fits::kNotApplicable;
}

bool CompareValues(const std::vector<AttributeValue>& values, const ScanLeaf& leaf) {
  if (leaf.op == ScanOperator::kExists) return !values.empty();
  if (leaf.op == ScanOperator::kAbsent) return values.empty();
  bool any = false;
  for (const AttributeValue& value : values) {
    const Fits fits = CompareValue(value, leaf);
    if (Negative(leaf.op) && fits == Fits::kFalse) return false;
    any = any || fits == Fits::kTrue;
  }
  return any;
}

std::vector<AttributeValue> Named(const std::vector<Attribute>& attributes,
                                  const std::string& key) {
  std::vector<AttributeValue> values;
  for (const Attribute& attribute : attributes) {
    if (attribute.key == key) values.push_back(attribute.value);
  }
  return values;
}

AttributeValue Text(const std::string& text) { return {text}; }
AttributeValue Number(std::uint64_t number) { return {static_cast<std::int64_t>(number)}; }

std::string HexNumber(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    hex += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    hex += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  hex.erase(0, std::min(hex.find_first_not_of('0'), hex.size()));
  return hex;
}

struct At {
  const FlatSpan* flat = nullptr;
  int event = -1;
  int link = -1;
  std::size_t row = 0;
};

bool HoldsId(std::string_view bytes, ScanLeaf leaf) {
  std::string& operand = std::get<std::string>(leaf.operand);
  operand.erase(0, std::min(operand.find_first_not_of('0'), operand.size()));
  return CompareValues({Text(HexNumber(bytes))}, leaf);
}

bool HoldsLeaf(const At& at, const ScanLeaf& leaf) {
  const Span& span = at.flat->span;
  const SpanEvent* event =
      at.event < 0 ? nullptr : &span.events[static_cast<std::size_t>(at.event)];
  const SpanLink* link = at.link < 0 ? nullptr : &span.links[static_cast<std::size_t>(at.link)];
  switch (leaf.field) {
    case ScanField::kName:
      return CompareValues({Text(span.name)}, leaf);
    case ScanField::kKind:
      return CompareValues({Number(static_cast<std::uint64_t>(span.kind))}, leaf);
    case ScanField::kStatus:
      return CompareValues({Number(static_cast<std::uint64_t>(span.status_code))}, leaf);
    case ScanField::kStatusMessage:
      return CompareValues({Text(span.status_message)}, leaf);
    case ScanField::kDuration:
      return CompareValues({Number(std::min<std::uint64_t>(
                               span.DurationNanos(), std::numeric_limits<std::int64_t>::max()))},
                           leaf);
    case ScanField::kStart:
      return CompareValues({Number(std::min<std::uint64_t>(
                               span.start_unix_ns, std::numeric_limits<std::int64_t>::max()))},
                           leaf);
    case ScanField::kEnd:
      return CompareValues({Number(std::min<std::uint64_t>(
                               span.end_unix_ns, std::numeric_limits<std::int64_t>::max()))},
                           leaf);
    case ScanField::kTraceId:
      return HoldsId(span.trace_id.AsText(), leaf);
    case ScanField::kSpanId:
      return HoldsId(span.span_id.AsText(), leaf);
    case ScanField::kParentId:
      return HoldsId(span.parent_span_id, leaf);
    case ScanField::kScopeName:
      return CompareValues({Text(at.flat->scope.name)}, leaf);
    case ScanField::kScopeVersion:
      return CompareValues({Text(at.flat->scope.version)}, leaf);
    case ScanField::kEventName:
      return CompareValues({Text(event->name)}, leaf);
    case ScanField::kEventTimeSinceStart:
      return CompareValues({Number(event->time_unix_ns - span.start_unix_ns)}, leaf);
    case ScanField::kLinkTraceId:
      return HoldsId(link->trace_id, leaf);
    case ScanField::kLinkSpanId:
      return HoldsId(link->span_id, leaf);
    case ScanField::kSpanAttribute:
      return CompareValues(Named(span.attributes, leaf.key), leaf);
    case ScanField::kResourceAttribute:
      return CompareValues(Named(at.flat->resource.attributes, leaf.key), leaf);
    case ScanField::kScopeAttribute:
      return CompareValues(Named(at.flat->scope.attributes, leaf.key), leaf);
    case ScanField::kEventAttribute:
      return CompareValues(Named(event->attributes, leaf.key), leaf);
    case ScanField::kLinkAttribute:
      return CompareValues(Named(link->attributes, leaf.key), leaf);
    case ScanField::kSpanOrResourceAttribute: {
      auto values = Named(span.attributes, leaf.key);
      if (values.empty()) values = Named(at.flat->resource.attributes, leaf.key);
      return CompareValues(values, leaf);
    }
    case ScanField::kUndecidable:
      // Anything: here something that changes from row to row and from leaf to leaf.
      return (at.row * 7 + leaf.key.size()) % 3 == 0;
  }
  return false;
}

bool Holds(const At& at, const ScanNode& node) {
  switch (node.kind) {
    case ScanNode::Kind::kAll:
      return true;
    case ScanNode::Kind::kAnd:
      return std::all_of(node.children.begin(), node.children.end(),
                         [&at](const ScanNode& child) { return Holds(at, child); });
    case ScanNode::Kind::kOr:
      return std::any_of(node.children.begin(), node.children.end(),
                         [&at](const ScanNode& child) { return Holds(at, child); });
    case ScanNode::Kind::kNot:
      return !Holds(at, node.children[0]);
    case ScanNode::Kind::kAnyEvent:
      for (std::size_t i = 0; i < at.flat->span.events.size(); ++i) {
        At inner = at;
        inner.event = static_cast<int>(i);
        if (Holds(inner, node.children[0])) return true;
      }
      return false;
    case ScanNode::Kind::kAnyLink:
      for (std::size_t i = 0; i < at.flat->span.links.size(); ++i) {
        At inner = at;
        inner.link = static_cast<int>(i);
        if (Holds(inner, node.children[0])) return true;
      }
      return false;
    case ScanNode::Kind::kLeaf:
      return HoldsLeaf(at, node.leaf);
  }
  return false;
}

// --- random requests ---

class RequestMaker {
 public:
  RequestMaker(Random& random, const std::vector<FlatSpan>& spans, bool undecidable)
      : random_(random), spans_(spans), undecidable_(undecidable) {}

  ScanNode Make(int depth, bool in_event, bool in_link) {
    switch (depth == 0 ? 9 : random_.Below(10)) {
      case 0:
      case 1:
        return ScanNode::And(Children(depth, in_event, in_link));
      case 2:
      case 3:
        return ScanNode::Or(Children(depth, in_event, in_link));
      case 4:
        return ScanNode::Not(Make(depth - 1, in_event, in_link));
      case 5:
        if (in_event || in_link) break;
        return ScanNode::AnyEvent(Make(depth - 1, true, false));
      case 6:
        if (in_event || in_link) break;
        return ScanNode::AnyLink(Make(depth - 1, false, true));
      default:
        break;
    }
    return ScanNode::Leaf(MakeLeaf(in_event, in_link));
  }

 private:
  std::vector<ScanNode> Children(int depth, bool in_event, bool in_link) {
    std::vector<ScanNode> children;
    const std::uint64_t count = 1 + random_.Below(3);
    for (std::uint64_t i = 0; i < count; ++i)
      children.push_back(Make(depth - 1, in_event, in_link));
    return children;
  }

  ScanLeaf MakeLeaf(bool in_event, bool in_link) {
    static const std::vector<ScanField> kSpanFields = {ScanField::kName,
                                                       ScanField::kKind,
                                                       ScanField::kStatus,
                                                       ScanField::kStatusMessage,
                                                       ScanField::kDuration,
                                                       ScanField::kStart,
                                                       ScanField::kEnd,
                                                       ScanField::kTraceId,
                                                       ScanField::kSpanId,
                                                       ScanField::kParentId,
                                                       ScanField::kScopeName,
                                                       ScanField::kScopeVersion,
                                                       ScanField::kSpanAttribute,
                                                       ScanField::kSpanAttribute,
                                                       ScanField::kSpanAttribute,
                                                       ScanField::kResourceAttribute,
                                                       ScanField::kScopeAttribute,
                                                       ScanField::kSpanOrResourceAttribute};
    static const std::vector<ScanField> kEventFields = {
        ScanField::kEventName, ScanField::kEventTimeSinceStart, ScanField::kEventAttribute};
    static const std::vector<ScanField> kLinkFields = {
        ScanField::kLinkTraceId, ScanField::kLinkSpanId, ScanField::kLinkAttribute};
    const std::vector<ScanField>* fields = &kSpanFields;
    if (in_event && random_.Chance(3, 4)) fields = &kEventFields;
    if (in_link && random_.Chance(3, 4)) fields = &kLinkFields;
    ScanLeaf leaf;
    leaf.field = (*fields)[random_.Below(fields->size())];
    if (undecidable_ && random_.Chance(1, 6)) leaf.field = ScanField::kUndecidable;
    leaf.key = random_.Chance(1, 8) ? "service.name" : "key " + std::to_string(random_.Below(7));
    leaf.op = static_cast<ScanOperator>(random_.Below(10));
    const FlatSpan& sample = spans_[random_.Below(spans_.size())];
    switch (leaf.field) {
      case ScanField::kTraceId:
        return Id(leaf, sample.span.trace_id.AsText());
      case ScanField::kSpanId:
        return Id(leaf, sample.span.span_id.AsText());
      case ScanField::kParentId:
        return Id(leaf, sample.span.parent_span_id);
      case ScanField::kLinkTraceId:
        return Id(leaf, sample.span.links.empty() ? "x" : sample.span.links[0].trace_id);
      case ScanField::kLinkSpanId:
        return Id(leaf, sample.span.links.empty() ? "x" : sample.span.links[0].span_id);
      case ScanField::kKind:
      case ScanField::kStatus:
        leaf.op = random_.Chance(1, 2) ? ScanOperator::kEqual : ScanOperator::kNotEqual;
        leaf.operand = static_cast<std::int64_t>(random_.Below(7));
        return leaf;
      case ScanField::kDuration:
        leaf.operand = static_cast<std::int64_t>(sample.span.DurationNanos() >> 1);
        break;
      case ScanField::kStart:
        leaf.operand = static_cast<std::int64_t>(sample.span.start_unix_ns >> 1);
        break;
      default:
        leaf.operand = Operand();
    }
    leaf.text_matches = [digit = std::to_string(random_.Below(10))](std::string_view text) {
      return text.find(digit) != std::string_view::npos;
    };
    return leaf;
  }

  ScanLeaf Id(ScanLeaf leaf, std::string_view bytes) {
    leaf.op = random_.Chance(1, 2) ? ScanOperator::kEqual : ScanOperator::kNotEqual;
    leaf.operand = std::string(random_.Below(3), '0') + HexNumber(bytes);
    return leaf;
  }

  ScanOperand Operand() {
    static const std::vector<double> kOdd = {std::numeric_limits<double>::quiet_NaN(), -0.0,
                                             9223372036854775808.0,
                                             -std::numeric_limits<double>::infinity(), 0.5};
    switch (random_.Below(6)) {
      case 0:
        return random_.Chance(1, 2);
      case 1:
        return random_.Chance(1, 6) ? std::numeric_limits<std::int64_t>::max()
                                    : static_cast<std::int64_t>(random_.Below(20)) - 3;
      case 2:
        return random_.Chance(1, 3) ? kOdd[random_.Below(kOdd.size())]
                                    : static_cast<double>(random_.Below(20)) / 2 - 2;
      default:
        return random_.Chance(1, 10) ? std::string() : "value " + std::to_string(random_.Below(20));
    }
  }

  Random& random_;
  const std::vector<FlatSpan>& spans_;
  const bool undecidable_;
};

std::shared_ptr<const RowGroup> RowsOf(const TraceData& data) {
  RowGroupBuilder builder;
  EXPECT_TRUE(builder.Add(data).ok());
  return builder.Finish();
}

std::vector<FlatSpan> SpansOf(const RowGroup& rows) {
  std::vector<FlatSpan> spans;
  for (std::uint32_t row = 0; row < rows.span_count(); ++row) {
    TraceData one;
    rows.AppendRows(std::vector<std::uint32_t>{row}, one);
    spans.push_back(Flatten(one).begin()->second.at(0));
  }
  return spans;
}

struct Checked {
  std::size_t requests = 0;
  std::size_t exact = 0;
  std::size_t selective = 0;  // Neither nothing nor everything matched.
};

void CheckRandomRequests(const TraceData& data, Random& random, int requests, bool undecidable,
                         Checked& checked) {
  const auto rows = RowsOf(data);
  const std::vector<FlatSpan> spans = SpansOf(*rows);
  RequestMaker maker(random, spans, undecidable);
  for (int i = 0; i < requests; ++i) {
    const ScanRequest request{maker.Make(static_cast<int>(random.Below(4)), false, false)};
    const auto result = Scan(*rows, request, nullptr);
    ASSERT_TRUE(result.ok());
    ASSERT_EQ(result->rows.size(), spans.size());
    std::size_t matches = 0;
    for (std::size_t row = 0; row < spans.size(); ++row) {
      const bool expected = Holds({&spans[row], -1, -1, row}, request.root);
      matches += expected ? 1 : 0;
      if (expected) {
        ASSERT_TRUE(result->rows.Get(row)) << "request " << i << " row " << row;
      }
      if (result->exact) {
        ASSERT_EQ(result->rows.Get(row), expected) << "request " << i << " row " << row;
      }
    }
    ++checked.requests;
    checked.exact += result->exact ? 1 : 0;
    checked.selective += matches > 0 && matches < spans.size() ? 1 : 0;
  }
}

// Keeps the first of a repeated key.
void RemoveRepeatedKeys(std::vector<Attribute>& attributes) {
  std::vector<Attribute> kept;
  for (Attribute& attribute : attributes) {
    if (FindAttribute(kept, attribute.key) == nullptr) kept.push_back(std::move(attribute));
  }
  attributes = std::move(kept);
}

TEST(ScanTest, AgreesWithTheObviousEvaluation) {
  Checked checked;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SeededRandom random(seed);
    CheckRandomRequests(RandomTraces(random, {.traces = 15}), random, 60, seed % 2 == 0, checked);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
  EXPECT_GT(checked.exact, checked.requests / 3);
  EXPECT_GT(checked.selective, checked.requests / 3);
}

TEST(ScanTest, IsAlwaysExactWithoutRepeatedKeysAndUndecidableConditions) {
  Checked checked;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SeededRandom random(seed);
    TraceData data = RandomTraces(random, {.traces = 15});
    for (ResourceSpans& in : data.resource_spans) {
      RemoveRepeatedKeys(in.resource.attributes);
      for (ScopeSpans& scope : in.scope_spans) {
        RemoveRepeatedKeys(scope.scope.attributes);
        for (Span& span : scope.spans) {
          RemoveRepeatedKeys(span.attributes);
          for (SpanEvent& event : span.events) RemoveRepeatedKeys(event.attributes);
          for (SpanLink& link : span.links) RemoveRepeatedKeys(link.attributes);
        }
      }
    }
    CheckRandomRequests(data, random, 60, false, checked);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
  EXPECT_EQ(checked.exact, checked.requests);
}

TraceData SomeData() {
  SeededRandom random(1);
  return RandomTraces(random, {.traces = 5});
}

TEST(ScanTest, AnUndecidableConditionStaysOpenUnderNot) {
  const auto rows = RowsOf(SomeData());
  for (const ScanNode& node :
       {ScanNode::Leaf({}), ScanNode::Not(ScanNode::Leaf({})),
        ScanNode::Not(ScanNode::AnyEvent(ScanNode::Leaf({}))),
        ScanNode::And({ScanNode::All(), ScanNode::Not(ScanNode::Leaf({}))})}) {
    const auto result = Scan(*rows, {node}, nullptr);
    ASSERT_TRUE(result.ok());
    EXPECT_TRUE(result->rows.All());
    EXPECT_FALSE(result->exact);
  }
  const auto none = Scan(*rows, {ScanNode::And({ScanNode::Leaf({}), ScanNode::Or({})})}, nullptr);
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->rows.Any());
  EXPECT_TRUE(none->exact);
}

TEST(ScanTest, ConditionsBelowOneAnyEventMeetOnOneEvent) {
  Span both;
  both.span_id = SpanId::FromNumber(1);
  both.events.resize(2);
  both.events[0].name = "a";
  both.events[1].attributes = {{"k", {std::int64_t{1}}}};
  Span one = both;
  one.span_id = SpanId::FromNumber(2);
  one.events[0].attributes = one.events[1].attributes;
  TraceData data;
  data.resource_spans.emplace_back().scope_spans.emplace_back().spans = {both, one};
  const auto rows = RowsOf(data);
  const ScanNode name =
      ScanNode::Leaf({ScanField::kEventName, "", ScanOperator::kEqual, std::string("a"), {}});
  const ScanNode key =
      ScanNode::Leaf({ScanField::kEventAttribute, "k", ScanOperator::kEqual, std::int64_t{1}, {}});
  const auto together = Scan(*rows, {ScanNode::AnyEvent(ScanNode::And({name, key}))}, nullptr);
  ASSERT_TRUE(together.ok());
  EXPECT_EQ(together->rows.Count(), 1U);
  EXPECT_TRUE(together->rows.Get(1));
  const auto apart =
      Scan(*rows, {ScanNode::And({ScanNode::AnyEvent(name), ScanNode::AnyEvent(key)})}, nullptr);
  ASSERT_TRUE(apart.ok());
  EXPECT_EQ(apart->rows.Count(), 2U);
  const auto unbound = Scan(*rows, {name}, nullptr);
  ASSERT_TRUE(unbound.ok());
  EXPECT_TRUE(unbound->rows.All());
  EXPECT_FALSE(unbound->exact);
}

TEST(ScanTest, TextPatternsAreAskedOncePerDistinctText) {
  std::vector<Span> spans(1000);
  for (std::size_t i = 0; i < spans.size(); ++i) {
    spans[i].span_id = SpanId::FromNumber(i + 1);
    spans[i].name = "name " + std::to_string(i % 7);
  }
  TraceData data;
  data.resource_spans.emplace_back().scope_spans.emplace_back().spans = spans;
  int asked = 0;
  ScanLeaf leaf{ScanField::kName, "", ScanOperator::kMatches, {}, [&asked](std::string_view text) {
                  ++asked;
                  return text == "name 3";
                }};
  const auto result = Scan(*RowsOf(data), {ScanNode::Leaf(leaf)}, nullptr);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(asked, 7);
  EXPECT_EQ(result->rows.Count(), 143U);
}

TEST(ScanTest, StopsWhenCancelled) {
  const std::atomic<bool> cancel(true);
  const auto result = Scan(*RowsOf(SomeData()), {ScanNode::All()}, &cancel);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kCancelled);
}

TEST(ScanTest, RefusesRequestsThatAreNestedTooDeep) {
  ScanNode node = ScanNode::All();
  for (int i = 1; i < kScanDepthMax; ++i) node = ScanNode::Not(std::move(node));
  const auto rows = RowsOf(SomeData());
  EXPECT_TRUE(Scan(*rows, {node}, nullptr).ok());
  const auto deeper = Scan(*rows, {ScanNode::Not(std::move(node))}, nullptr);
  ASSERT_FALSE(deeper.ok());
  EXPECT_EQ(deeper.error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace vivace::block
