#include "otlp/walk.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "base/bytes.h"
#include "base/random.h"

// The walk reads the wire format itself: it must name the byte where a message is broken, throws
// nothing, and is the one loop that every received byte passes. Field numbers are those of
// opentelemetry/proto/{common,resource,trace}/v1.
//
// Refused spans are rare. When there are any, a second pass (WithoutRefused) writes the message
// anew without them and with the lengths around them corrected; all other bytes are copied.

namespace vivace::otlp {
namespace {

struct Cursor {
  const char* at;
  const char* end;
};

enum Wire : std::uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

/// The messages of OTLP traces.
enum class Message : std::uint8_t {
  kTracesData,
  kResourceSpans,
  kResource,
  kScopeSpans,
  kScope,
  kSpan,
  kEvent,
  kLink,
  kStatus,
  kKeyValue,
  kAnyValue,
  kArrayValue,
  kMapValue,
};

/// What is done with a field of known number.
enum class Action : std::uint8_t {
  kUnknown,
  kVarint,
  kFixed64,
  kFixed32,
  kBytes,
  kMessage,
  kTraceId,
  kSpanId,
  kStart,
  kEnd,
};

struct FieldRule {
  Action action = Action::kUnknown;
  Message message = Message::kTracesData;  // For kMessage: what the field holds,
  bool repeated = false;                   // and whether it is a list.
};

constexpr std::size_t kKnownFields = 17;  // Span has the highest number, 16.

struct MessageRules {
  const char* name;
  std::array<FieldRule, kKnownFields> fields;  // By field number.
};

constexpr FieldRule kNone{};
constexpr FieldRule kNumber{Action::kVarint};
constexpr FieldRule kText{Action::kBytes};
constexpr FieldRule One(Message message) { return {Action::kMessage, message, false}; }
constexpr FieldRule Many(Message message) { return {Action::kMessage, message, true}; }
constexpr FieldRule kAttribute = Many(Message::kKeyValue);

// In the order of Message. The first entry of each is the number 0, which protobuf has not.
constexpr MessageRules kRules[] = {
    {"the request", {{kNone, Many(Message::kResourceSpans)}}},
    {"a ResourceSpans", {{kNone, One(Message::kResource), Many(Message::kScopeSpans), kText}}},
    {"a Resource", {{kNone, kAttribute, kNumber}}},
    {"a ScopeSpans", {{kNone, One(Message::kScope), Many(Message::kSpan), kText}}},
    {"an InstrumentationScope", {{kNone, kText, kText, kAttribute, kNumber}}},
    {"a Span",
     {{kNone,
       {Action::kTraceId},
       {Action::kSpanId},
       kText,
       kText,
       kText,
       kNumber,
       {Action::kStart},
       {Action::kEnd},
       kAttribute,
       kNumber,
       Many(Message::kEvent),
       kNumber,
       Many(Message::kLink),
       kNumber,
       One(Message::kStatus),
       {Action::kFixed32}}}},
    {"an Event", {{kNone, {Action::kFixed64}, kText, kAttribute, kNumber}}},
    {"a Link", {{kNone, kText, kText, kText, kAttribute, kNumber, {Action::kFixed32}}}},
    {"a Status", {{kNone, kNone, kText, kNumber}}},
    {"a KeyValue", {{kNone, kText, One(Message::kAnyValue)}}},
    {"an AnyValue",
     {{kNone,
       kText,
       kNumber,
       kNumber,
       {Action::kFixed64},
       One(Message::kArrayValue),
       One(Message::kMapValue),
       kText}}},
    {"an ArrayValue", {{kNone, Many(Message::kAnyValue)}}},
    {"a KeyValueList", {{kNone, kAttribute}}},
};
static_assert(std::size(kRules) == static_cast<std::size_t>(Message::kMapValue) + 1);

constexpr Wire WireOf(Action action) {
  switch (action) {
    case Action::kVarint:
      return kVarint;
    case Action::kFixed64:
    case Action::kStart:
    case Action::kEnd:
      return kFixed64;
    case Action::kFixed32:
      return kFixed32;
    default:
      return kLength;
  }
}

/// The ids of a span as they are on the wire, and its times.
struct SpanFacts {
  std::string_view trace_id;
  std::string_view span_id;
  std::uint64_t start = 0;
  std::uint64_t end = 0;

  bool HasTraceId() const { return trace_id.size() == 16; }
  bool HasSpanId() const {
    if (span_id.size() != 8) return false;
    std::uint64_t number;
    std::memcpy(&number, span_id.data(), sizeof(number));
    return number != 0;
  }
};

/// Distinct trace ids of one batch: a hash table of indices into the list of traces. The hash is
/// seeded, so that nobody can choose ids that collide.
class TraceTable {
 public:
  explicit TraceTable(std::vector<WalkedTrace>& traces) : traces_(traces), slots_(64, kEmpty) {}

  void Add(const SpanFacts& span) {
    // Spans of one trace mostly come together.
    if (last_ >= traces_.size() ||
        std::memcmp(traces_[last_].id.bytes.data(), span.trace_id.data(), 16) != 0) {
      last_ = FindOrInsert(span);
    }
    WalkedTrace& trace = traces_[last_];
    ++trace.spans;
    trace.start_unix_ns_min = std::min(trace.start_unix_ns_min, span.start);
    trace.start_unix_ns_max = std::max(trace.start_unix_ns_max, span.start);
    trace.end_unix_ns_max = std::max(trace.end_unix_ns_max, span.end);
  }

 private:
  static constexpr std::uint32_t kEmpty = std::numeric_limits<std::uint32_t>::max();

  static std::uint64_t Hash(const char* id) {
    static const std::uint64_t seed_low = SystemRandom().Next() | 1;
    static const std::uint64_t seed_high = SystemRandom().Next();
    std::uint64_t low;
    std::uint64_t high;
    std::memcpy(&low, id, 8);
    std::memcpy(&high, id + 8, 8);
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(low ^ seed_low) * (high ^ seed_high);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  std::size_t FindOrInsert(const SpanFacts& span) {
    if ((traces_.size() + 1) * 2 > slots_.size()) Grow();
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = static_cast<std::size_t>(Hash(span.trace_id.data())) & mask;
    while (slots_[slot] != kEmpty) {
      if (std::memcmp(traces_[slots_[slot]].id.bytes.data(), span.trace_id.data(), 16) == 0) {
        return slots_[slot];
      }
      slot = (slot + 1) & mask;
    }
    slots_[slot] = static_cast<std::uint32_t>(traces_.size());
    WalkedTrace& trace = traces_.emplace_back();
    std::memcpy(trace.id.bytes.data(), span.trace_id.data(), 16);
    trace.start_unix_ns_min = span.start;
    return slots_[slot];
  }

  void Grow() {
    std::vector<std::uint32_t> larger(slots_.size() * 4, kEmpty);
    const std::size_t mask = larger.size() - 1;
    for (std::size_t i = 0; i < traces_.size(); ++i) {
      const char* id = reinterpret_cast<const char*>(traces_[i].id.bytes.data());
      std::size_t slot = static_cast<std::size_t>(Hash(id)) & mask;
      while (larger[slot] != kEmpty) slot = (slot + 1) & mask;
      larger[slot] = static_cast<std::uint32_t>(i);
    }
    slots_ = std::move(larger);
  }

  std::vector<WalkedTrace>& traces_;
  std::vector<std::uint32_t> slots_;
  std::size_t last_ = std::numeric_limits<std::size_t>::max();
};

/// True for a KeyValue in the shape that nearly all have: key, then a text, boolean, small integer
/// or double, each length in one byte. Four in five fields of a request lie in these, and going
/// through them with the general loop takes twice the time. False says nothing.
bool IsPlainAttribute(Cursor in) {
  const auto* at = reinterpret_cast<const unsigned char*>(in.at);
  const auto* const end = reinterpret_cast<const unsigned char*>(in.end);
  if (end - at < 2 || at[0] != (1 << 3 | kLength) || at[1] >= 0x80) return false;
  if (end - at - 2 < at[1]) return false;
  at += 2 + at[1];
  if (end - at < 4 || at[0] != (2 << 3 | kLength)) return false;
  if (at[1] >= 0x80 || at[1] != end - at - 2) return false;
  at += 2;
  switch (at[0]) {
    case 1 << 3 | kLength:
      return at[1] < 0x80 && at[1] == end - at - 2;
    case 2 << 3 | kVarint:
    case 3 << 3 | kVarint:
      return at[1] < 0x80 && end - at == 2;
    case 4 << 3 | kFixed64:
      return end - at == 9;
    default:
      return false;
  }
}

/// Checks one request. Functions return false once it is broken; error() then says where.
class Walker {
 public:
  Walker(std::string_view body, const WalkLimits& limits, WalkResult& result)
      : begin_(body.data()),
        end_(body.data() + body.size()),
        limits_(limits),
        refusals_(result.refusals),
        batch_(result.batch),
        traces_(result.batch.traces) {}

  bool WalkRequest() { return Walk({begin_, end_}, Message::kTracesData, 0, nullptr); }

  Error error() const {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the body is not an OTLP trace request in protobuf: at byte {} of "
                             "{}: {}",
                             error_at_ - begin_, end_ - begin_, error_));
  }

 private:
  [[gnu::cold]] bool Fail(const char* at, std::string what) {
    error_at_ = at;
    error_ = std::move(what);
    return false;
  }

  bool ReadVarint(Cursor& in, std::uint64_t& value) {
    if (in.at != in.end && static_cast<unsigned char>(*in.at) < 0x80) {
      value = static_cast<unsigned char>(*in.at++);
      return true;
    }
    return ReadLongVarint(in, value);
  }

  bool ReadLongVarint(Cursor& in, std::uint64_t& value) {
    const char* const start = in.at;
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (in.at == in.end) return Fail(start, "a varint runs over the end of its message");
      const auto byte = static_cast<unsigned char>(*in.at++);
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return Fail(start, "a varint is longer than 64 bits");
  }

  bool SkipVarint(Cursor& in) {
    std::uint64_t value;
    return ReadVarint(in, value);
  }

  bool SkipBytes(Cursor& in, std::uint64_t size, const char* field) {
    if (size > static_cast<std::uint64_t>(in.end - in.at)) {
      return Fail(field, fmt::format("a field of {} bytes has only {} left in its message", size,
                                     in.end - in.at));
    }
    in.at += size;
    return true;
  }

  /// Reads a length and steps over as many bytes, which become `content`.
  bool ReadContent(Cursor& in, Cursor& content, const char* field) {
    std::uint64_t size;
    if (!ReadVarint(in, size) || !SkipBytes(in, size, field)) return false;
    content = {in.at - size, in.at};
    return true;
  }

  bool ReadFixed64(Cursor& in, std::uint64_t& value, const char* field) {
    if (!SkipBytes(in, 8, field)) return false;
    const auto* bytes = reinterpret_cast<const unsigned char*>(in.at - 8);
    value = 0;
    for (int i = 7; i >= 0; --i) value = value << 8 | bytes[i];
    return true;
  }

  /// Walks one message. `depth` is that of the attribute value it belongs to; `span` is what to
  /// fill while the message is a Span.
  bool Walk(Cursor in, Message message, int depth, SpanFacts* span) {
    const MessageRules& rules = kRules[static_cast<std::size_t>(message)];
    Cursor content;
    while (in.at != in.end) {
      const char* const field = in.at;
      std::uint64_t tag;
      if (!ReadVarint(in, tag)) return false;
      const std::uint64_t number = tag >> 3;
      const auto wire = static_cast<Wire>(tag & 7);
      const FieldRule rule = number < kKnownFields ? rules.fields[number] : kNone;
      if (rule.action == Action::kUnknown) {
        if (!SkipUnknown(in, number, wire, field, rules)) return false;
        continue;
      }
      if (wire != WireOf(rule.action)) {
        return Fail(field,
                    fmt::format("field {} of {} has wire type {} instead of {}", number, rules.name,
                                static_cast<int>(wire), static_cast<int>(WireOf(rule.action))));
      }
      bool good = true;
      switch (rule.action) {
        case Action::kMessage:
          good = ReadContent(in, content, field) && Enter(content, rule, depth, field);
          break;
        case Action::kBytes:
          good = ReadContent(in, content, field);
          break;
        case Action::kVarint:
          good = SkipVarint(in);
          break;
        case Action::kFixed64:
          good = SkipBytes(in, 8, field);
          break;
        case Action::kFixed32:
          good = SkipBytes(in, 4, field);
          break;
        case Action::kTraceId:
          good = ReadContent(in, content, field);
          if (good) span->trace_id = {content.at, content.end};
          break;
        case Action::kSpanId:
          good = ReadContent(in, content, field);
          if (good) span->span_id = {content.at, content.end};
          break;
        case Action::kStart:
          good = ReadFixed64(in, span->start, field);
          break;
        case Action::kEnd:
          good = ReadFixed64(in, span->end, field);
          break;
        case Action::kUnknown:
          break;
      }
      if (!good) return false;
    }
    return true;
  }

  bool Enter(Cursor content, FieldRule rule, int depth, const char* field) {
    if (rule.repeated && ++elements_ > limits_.elements_max) {
      return Fail(field, fmt::format("more than {} resources, scopes, spans, attributes, events "
                                     "and links in one request; send smaller batches",
                                     limits_.elements_max));
    }
    if (rule.message == Message::kKeyValue && IsPlainAttribute(content)) {
      return depth < limits_.value_depth_max || Walk(content, rule.message, depth, nullptr);
    }
    if (rule.message == Message::kSpan) {
      SpanFacts span;
      if (!Walk(content, rule.message, 0, &span)) return false;
      Count(span);
      return true;
    }
    if (rule.message == Message::kAnyValue && ++depth > limits_.value_depth_max) {
      return Fail(field, fmt::format("an attribute value is nested deeper than {} levels",
                                     limits_.value_depth_max));
    }
    return Walk(content, rule.message, depth, nullptr);
  }

  bool SkipUnknown(Cursor& in, std::uint64_t number, Wire wire, const char* field,
                   const MessageRules& rules) {
    if (number == 0 || (number >= 19000 && number < 20000) || number >= 1u << 29) {
      return Fail(field, fmt::format("{} has a field number {}, which protobuf does not allow",
                                     rules.name, number));
    }
    Cursor content;
    switch (wire) {
      case kVarint:
        return SkipVarint(in);
      case kFixed64:
        return SkipBytes(in, 8, field);
      case kLength:
        return ReadContent(in, content, field);
      case kFixed32:
        return SkipBytes(in, 4, field);
    }
    return Fail(field, fmt::format("field {} of {} has wire type {}, which OTLP does not use",
                                   number, rules.name, static_cast<int>(wire)));
  }

  void Count(const SpanFacts& span) {
    if (!span.HasTraceId()) {
      refusals_.Add(RefusalReason::kInvalidTraceId, fmt::format("{} bytes", span.trace_id.size()));
      return;
    }
    if (!span.HasSpanId()) {
      refusals_.Add(RefusalReason::kInvalidSpanId,
                    span.span_id.size() == 8 ? std::string("only zeros")
                                             : fmt::format("{} bytes", span.span_id.size()));
      return;
    }
    if (batch_.span_count++ == 0) batch_.start_unix_ns_min = span.start;
    batch_.start_unix_ns_min = std::min(batch_.start_unix_ns_min, span.start);
    batch_.start_unix_ns_max = std::max(batch_.start_unix_ns_max, span.start);
    batch_.end_unix_ns_max = std::max(batch_.end_unix_ns_max, span.end);
    traces_.Add(span);
  }

  const char* const begin_;
  const char* const end_;
  const WalkLimits limits_;
  Refusals& refusals_;
  Batch& batch_;
  TraceTable traces_;
  std::uint64_t elements_ = 0;
  const char* error_at_ = nullptr;
  std::string error_;
};

/// Reads messages that the Walker has checked, so every read stays inside.
struct CheckedField {
  std::uint64_t tag = 0;
  std::string_view whole;    // Tag, length and value.
  std::string_view content;  // The value, where it is length-delimited.
};

std::uint64_t CheckedVarint(const char*& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

CheckedField TakeField(std::string_view& in) {
  CheckedField field;
  const char* at = in.data();
  field.tag = CheckedVarint(at);
  switch (static_cast<Wire>(field.tag & 7)) {
    case kVarint:
      CheckedVarint(at);
      break;
    case kFixed64:
      at += 8;
      break;
    case kFixed32:
      at += 4;
      break;
    case kLength: {
      const auto size = static_cast<std::size_t>(CheckedVarint(at));
      field.content = {at, size};
      at += size;
    }
  }
  field.whole = {in.data(), at};
  in.remove_prefix(field.whole.size());
  return field;
}

bool IsAcceptable(std::string_view span) {
  SpanFacts facts;
  while (!span.empty()) {
    const CheckedField field = TakeField(span);
    if (field.tag == (1 << 3 | kLength)) facts.trace_id = field.content;
    if (field.tag == (2 << 3 | kLength)) facts.span_id = field.content;
  }
  return facts.HasTraceId() && facts.HasSpanId();
}

/// Copies a message of type `message`, which is one on the way from the request to its spans,
/// without the refused ones. Groups stay, even without spans.
std::string WithoutRefused(std::string_view in, Message message) {
  ByteWriter out;
  while (!in.empty()) {
    const CheckedField field = TakeField(in);
    const std::uint64_t number = field.tag >> 3;
    const FieldRule rule =
        number < kKnownFields ? kRules[static_cast<std::size_t>(message)].fields[number] : kNone;
    const bool on_the_way =
        rule.action == Action::kMessage &&
        (rule.message == Message::kResourceSpans || rule.message == Message::kScopeSpans ||
         rule.message == Message::kSpan);
    if (!on_the_way) {
      out.Raw(field.whole);
    } else if (rule.message != Message::kSpan) {
      out.Varint(field.tag);
      out.Text(WithoutRefused(field.content, rule.message));
    } else if (IsAcceptable(field.content)) {
      out.Raw(field.whole);
    }
  }
  return out.Take();
}

}  // namespace

Result<WalkResult> Walk(std::shared_ptr<const std::string> body, const WalkLimits& limits) {
  WalkResult result;
  Walker walker(*body, limits, result);
  if (!walker.WalkRequest()) return walker.error();
  if (result.refusals.total() > 0) {
    body = std::make_shared<const std::string>(WithoutRefused(*body, Message::kTracesData));
  }
  result.batch.bytes = std::move(body);
  return result;
}

}  // namespace vivace::otlp
