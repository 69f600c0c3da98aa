#include "otlp/json_decode.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <simdjson.h>

#include "otlp/limits.h"

// simdjson's on-demand interface reads the text once, front to back. It looks closely only at
// what is asked for, so unknown fields are walked too: what is accepted is JSON throughout.
// Numbers are taken as text, because integers may be written as 1e9 and -0 is a double of its own.

namespace vivace::otlp {
namespace {

namespace ondemand = simdjson::ondemand;
using ondemand::json_type;

/// A decimal number, the way JSON writes them.
struct Decimal {
  bool negative = false;
  std::string digits;  // Without leading and trailing zeros; empty for zero.
  int exponent = 0;    // Of ten, over the digits taken as a whole number.
};

// Exponents beyond this are out of every range; the bound keeps the arithmetic in an int.
constexpr int kExponentMax = 100'000;

std::optional<Decimal> ParseDecimal(std::string_view text) {
  Decimal number;
  std::size_t at = 0;
  const auto digit = [&] { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
  if (at < text.size() && text[at] == '-') {
    number.negative = true;
    ++at;
  }
  if (!digit()) return std::nullopt;
  if (text[at] == '0') {
    ++at;
    if (digit()) return std::nullopt;
  }
  for (; digit(); ++at) number.digits.push_back(text[at]);
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digit()) return std::nullopt;
    for (; digit(); ++at) {
      number.digits.push_back(text[at]);
      --number.exponent;
    }
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    const bool negative = at < text.size() && text[at] == '-';
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (!digit()) return std::nullopt;
    int exponent = 0;
    for (; digit(); ++at) exponent = std::min(kExponentMax, exponent * 10 + (text[at] - '0'));
    number.exponent += negative ? -exponent : exponent;
  }
  if (at != text.size()) return std::nullopt;
  while (!number.digits.empty() && number.digits.back() == '0') {
    number.digits.pop_back();
    ++number.exponent;
  }
  number.digits.erase(0, std::min(number.digits.find_first_not_of('0'), number.digits.size()));
  return number;
}

/// The magnitude as an integer, or nullopt when it is not whole or over 64 bits.
std::optional<std::uint64_t> WholeMagnitude(const Decimal& number) {
  if (number.digits.empty()) return 0;
  if (number.exponent < 0 || number.exponent > 20) return std::nullopt;
  std::uint64_t value = 0;
  const auto append = [&](std::uint64_t digit) {
    if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) return false;
    value = value * 10 + digit;
    return true;
  };
  for (const char c : number.digits) {
    if (!append(static_cast<std::uint64_t>(c - '0'))) return std::nullopt;
  }
  for (int i = 0; i < number.exponent; ++i) {
    if (!append(0)) return std::nullopt;
  }
  return value;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Bytes of hex text; nullopt if it is no hex or has an odd length.
std::optional<std::string> ParseHex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = HexValue(text[i]);
    const int low = HexValue(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  return bytes;
}

int Base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

/// Bytes of base64 text of either alphabet, with or without padding; nullopt if it is none.
std::optional<std::string> ParseBase64(std::string_view text) {
  std::size_t padding = 0;
  while (!text.empty() && text.back() == '=') {
    text.remove_suffix(1);
    ++padding;
  }
  const std::size_t tail = text.size() % 4;
  if (tail == 1 || (padding > 0 && (tail + padding) != 4)) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : text) {
    const int value = Base64Value(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xffffff;
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      bytes.push_back(static_cast<char>(bits >> bit_count & 0xff));
    }
  }
  return bytes;
}

struct EnumName {
  std::string_view name;
  std::int32_t number;
};
constexpr EnumName kKindNames[] = {{"SPAN_KIND_UNSPECIFIED", 0}, {"SPAN_KIND_INTERNAL", 1},
                                   {"SPAN_KIND_SERVER", 2},      {"SPAN_KIND_CLIENT", 3},
                                   {"SPAN_KIND_PRODUCER", 4},    {"SPAN_KIND_CONSUMER", 5}};
constexpr EnumName kStatusNames[] = {
    {"STATUS_CODE_UNSET", 0}, {"STATUS_CODE_OK", 1}, {"STATUS_CODE_ERROR", 2}};

/// The ids of a span as they came; the model has room for good ones only.
struct SpanIds {
  std::string trace_id;
  std::string span_id;
  bool trace_id_is_hex = true;
  bool span_id_is_hex = true;
  bool references_are_hex = true;
};

std::string DescribeId(const std::string& bytes, bool is_hex) {
  return is_hex ? fmt::format("{} bytes", bytes.size()) : "a text that is not hex";
}

/// Reads one document. Functions return false once it is broken; error() then says where. Each
/// function that reads a value consumes all of it.
class Reader {
 public:
  Reader(std::string& text, std::uint64_t& elements) : text_(text), elements_(elements) {}

  bool ReadDocument(JsonDecoded& out) {
    text_.reserve(text_.size() + simdjson::SIMDJSON_PADDING);
    const simdjson::padded_string_view padded(text_.data(), text_.size(), text_.capacity());
    if (const auto error = parser_.iterate(padded).get(document_)) return FailJson(error);
    is_open_ = true;
    json_type type;
    if (const auto error = document_.type().get(type)) return FailJson(error);
    if (type != json_type::object) return Fail("expected an object with resourceSpans");
    ondemand::object object;
    if (const auto error = document_.get_object().get(object)) return FailJson(error);
    const bool good = ReadFields(object, 1, [&](std::string_view key, ondemand::value& value) {
      if (key != "resourceSpans") return Skip(value, 2);
      out = {};
      return ReadList(value, 2, out.data.resource_spans,
                      [&](ondemand::value& element, ResourceSpans& group) {
                        return ReadResourceSpans(element, group, out.refusals);
                      });
    });
    if (!good) return false;
    const char* after = nullptr;
    if (document_.current_location().get(after) == simdjson::OUT_OF_BOUNDS) return true;
    return Fail("expected the end of the text after the object");
  }

  Error error() const {
    std::string where = error_at_ ? fmt::format("at byte {}", *error_at_) : std::string();
    if (!path_.empty()) {
      where += fmt::format("{}in {}", where.empty() ? "" : ", ",
                           path_.front() == '.' ? path_.substr(1) : path_);
    }
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the body is not an OTLP trace request in JSON: {}{}{}", where,
                             where.empty() ? "" : ": ", error_));
  }

 private:
  bool Fail(std::string what) {
    const char* at = nullptr;
    if (is_open_ && !document_.current_location().get(at) && at >= text_.data() &&
        at <= text_.data() + text_.size()) {
      error_at_ = static_cast<std::size_t>(at - text_.data());
    }
    error_ = std::move(what);
    return false;
  }
  bool FailJson(simdjson::error_code code) { return Fail(simdjson::error_message(code)); }
  /// Fails for a value of the wrong type.
  bool Expected(std::string_view what) { return Fail(fmt::format("expected {}", what)); }

  /// Calls `read(key, value)` for each field of an object that lies `depth` levels deep.
  template <typename ReadField>
  bool ReadFields(ondemand::object& object, int depth, ReadField read) {
    if (depth > kJsonDepthMax) {
      return Fail(fmt::format("nested deeper than {} levels", kJsonDepthMax));
    }
    for (auto entry : object) {
      ondemand::field field;
      if (const auto error = std::move(entry).get(field)) return FailJson(error);
      std::string_view key;
      if (const auto error = field.unescaped_key().get(key)) return FailJson(error);
      ondemand::value value = field.value();
      if (read(key, value)) continue;
      // Known names are short; a stranger's is not repeated at length.
      path_.insert(0, fmt::format(".{}", key.substr(0, 40)));
      return false;
    }
    return true;
  }

  template <typename ReadElement>
  bool ReadElements(ondemand::array& array, int depth, ReadElement read) {
    if (depth > kJsonDepthMax) {
      return Fail(fmt::format("nested deeper than {} levels", kJsonDepthMax));
    }
    std::size_t index = 0;
    for (auto entry : array) {
      ondemand::value element;
      if (const auto error = std::move(entry).get(element)) return FailJson(error);
      if (!read(element)) {
        path_.insert(0, fmt::format("[{}]", index));
        return false;
      }
      ++index;
    }
    return true;
  }

  /// Reads a message; null is an empty one. `depth` is the object's.
  template <typename ReadField>
  bool ReadMessage(ondemand::value& value, int depth, ReadField read) {
    json_type type;
    if (const auto error = value.type().get(type)) return FailJson(error);
    if (type == json_type::null) return ReadNull(value);
    if (type != json_type::object) return Expected("an object");
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return FailJson(error);
    return ReadFields(object, depth, read);
  }

  /// Reads a list of messages in place of what `list` held; null is an empty list.
  template <typename T, typename ReadElement>
  bool ReadList(ondemand::value& value, int depth, std::vector<T>& list, ReadElement read) {
    list.clear();
    json_type type;
    if (const auto error = value.type().get(type)) return FailJson(error);
    if (type == json_type::null) return ReadNull(value);
    if (type != json_type::array) return Expected("an array");
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return FailJson(error);
    return ReadElements(array, depth, [&](ondemand::value& element) {
      if (++elements_ > kElementsMax) {
        return Fail(
            fmt::format("more than {} resources, scopes, spans, attributes, events and "
                        "links in one request; send smaller batches",
                        kElementsMax));
      }
      return read(element, list.emplace_back());
    });
  }

  bool ReadNull(ondemand::value& value) {
    bool is_null = false;
    if (const auto error = value.is_null().get(is_null)) return FailJson(error);
    return is_null || Expected("null");
  }

  /// Walks over a value that nobody wants.
  bool Skip(ondemand::value& value, int depth) {
    json_type type;
    if (const auto error = value.type().get(type)) return FailJson(error);
    switch (type) {
      case json_type::object: {
        ondemand::object object;
        if (const auto error = value.get_object().get(object)) return FailJson(error);
        return ReadFields(object, depth, [&](std::string_view, ondemand::value& inner) {
          return Skip(inner, depth + 1);
        });
      }
      case json_type::array: {
        ondemand::array array;
        if (const auto error = value.get_array().get(array)) return FailJson(error);
        return ReadElements(array, depth,
                            [&](ondemand::value& inner) { return Skip(inner, depth + 1); });
      }
      case json_type::string: {
        std::string_view text;
        if (const auto error = value.get_string().get(text)) return FailJson(error);
        return true;
      }
      case json_type::number: {
        Decimal number;
        return ReadNumber(value, number);
      }
      case json_type::boolean: {
        bool flag;
        if (const auto error = value.get_bool().get(flag)) return FailJson(error);
        return true;
      }
      case json_type::null:
        return ReadNull(value);
    }
    return Fail("not a JSON value");
  }

  // --- Scalars. All take null for the default.

  /// The value as text when it is a string, nullopt when it is null.
  bool ReadString(ondemand::value& value, std::optional<std::string_view>& out,
                  std::string_view expected) {
    json_type type;
    if (const auto error = value.type().get(type)) return FailJson(error);
    out.reset();
    if (type == json_type::null) return ReadNull(value);
    if (type != json_type::string) return Expected(expected);
    std::string_view text;
    if (const auto error = value.get_string().get(text)) return FailJson(error);
    out = text;
    return true;
  }

  bool ReadText(ondemand::value& value, std::string& out) {
    std::optional<std::string_view> text;
    if (!ReadString(value, text, "a text")) return false;
    out = text.value_or("");
    return true;
  }

  bool ReadHex(ondemand::value& value, std::string& out, bool& is_hex) {
    std::optional<std::string_view> text;
    if (!ReadString(value, text, "an id in hex")) return false;
    std::optional<std::string> bytes = ParseHex(text.value_or(""));
    is_hex = bytes.has_value();
    out = std::move(bytes).value_or("");
    return true;
  }

  /// The text of a number that is written as such or as a string; nullopt for null.
  bool ReadNumberText(ondemand::value& value, std::optional<std::string_view>& out) {
    json_type type;
    if (const auto error = value.type().get(type)) return FailJson(error);
    if (type != json_type::number) return ReadString(value, out, "a number");
    std::string_view token = value.raw_json_token();
    const std::size_t last = token.find_last_not_of(" \t\r\n");
    token = token.substr(0, last == std::string_view::npos ? 0 : last + 1);
    out = token;  // Looked at, not consumed: the iteration around it passes over it.
    return true;
  }

  bool ReadNumber(ondemand::value& value, Decimal& out) {
    std::optional<std::string_view> text;
    if (!ReadNumberText(value, text)) return false;
    std::optional<Decimal> number = text ? ParseDecimal(*text) : Decimal{};
    if (!number) return Fail(fmt::format("not a number: {}", text->substr(0, 40)));
    out = std::move(*number);
    return true;
  }

  bool ReadUnsigned(ondemand::value& value, std::uint64_t max, std::uint64_t& out) {
    Decimal number;
    if (!ReadNumber(value, number)) return false;
    const std::optional<std::uint64_t> magnitude = WholeMagnitude(number);
    if (!magnitude || *magnitude > max || (number.negative && *magnitude > 0)) {
      return Expected(fmt::format("a whole number from 0 to {}", max));
    }
    out = *magnitude;
    return true;
  }

  bool ReadUint64(ondemand::value& value, std::uint64_t& out) {
    return ReadUnsigned(value, std::numeric_limits<std::uint64_t>::max(), out);
  }

  bool ReadUint32(ondemand::value& value, std::uint32_t& out) {
    std::uint64_t wide = 0;
    if (!ReadUnsigned(value, std::numeric_limits<std::uint32_t>::max(), wide)) return false;
    out = static_cast<std::uint32_t>(wide);
    return true;
  }

  bool ReadInt64(ondemand::value& value, std::int64_t& out) {
    Decimal number;
    if (!ReadNumber(value, number)) return false;
    constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
    const std::optional<std::uint64_t> magnitude = WholeMagnitude(number);
    if (!magnitude || *magnitude > kMax + (number.negative ? 1 : 0)) {
      return Expected("a whole number of 64 bits with sign");
    }
    out = static_cast<std::int64_t>(number.negative ? 0 - *magnitude : *magnitude);
    return true;
  }

  bool ReadDouble(ondemand::value& value, double& out) {
    std::optional<std::string_view> text;
    if (!ReadNumberText(value, text)) return false;
    out = 0;
    if (!text) return true;
    if (*text == "NaN") {
      out = std::numeric_limits<double>::quiet_NaN();
    } else if (*text == "Infinity") {
      out = std::numeric_limits<double>::infinity();
    } else if (*text == "-Infinity") {
      out = -std::numeric_limits<double>::infinity();
    } else {
      const char* const end = text->data() + text->size();
      if (!ParseDecimal(*text) || std::from_chars(text->data(), end, out).ec != std::errc()) {
        return Fail(fmt::format("not a number that a double holds: {}", text->substr(0, 40)));
      }
    }
    return true;
  }

  bool ReadEnum(ondemand::value& value, std::span<const EnumName> names, std::int32_t& out) {
    json_type type;
    if (const auto error = value.type().get(type)) return FailJson(error);
    if (type == json_type::string) {
      std::optional<std::string_view> text;
      if (!ReadString(value, text, "a name")) return false;
      for (const EnumName& entry : names) {
        if (entry.name == *text) {
          out = entry.number;
          return true;
        }
      }
      return Fail(fmt::format("unknown name {}, expected a number or a name such as {}",
                              text->substr(0, 40), names.back().name));
    }
    std::int64_t wide = 0;
    if (!ReadInt64(value, wide)) return false;
    if (wide < std::numeric_limits<std::int32_t>::min() ||
        wide > std::numeric_limits<std::int32_t>::max()) {
      return Expected("a number of 32 bits");
    }
    out = static_cast<std::int32_t>(wide);
    return true;
  }

  // --- Messages. `depth` is the depth of the value in the document.

  bool ReadResourceSpans(ondemand::value& value, ResourceSpans& out, Refusals& refusals) {
    Refusals of_group;
    const bool good = ReadMessage(value, 3, [&](std::string_view key, ondemand::value& field) {
      if (key == "resource") {
        out.resource = {};
        return ReadMessage(field, 4, [&](std::string_view name, ondemand::value& inner) {
          if (name == "attributes") return ReadAttributes(inner, 5, out.resource.attributes, 1);
          if (name == "droppedAttributesCount") {
            return ReadUint32(inner, out.resource.dropped_attributes_count);
          }
          return Skip(inner, 5);
        });
      }
      if (key == "schemaUrl") return ReadText(field, out.schema_url);
      if (key == "scopeSpans") {
        of_group = {};
        return ReadList(field, 4, out.scope_spans,
                        [&](ondemand::value& element, ScopeSpans& group) {
                          return ReadScopeSpans(element, group, of_group);
                        });
      }
      return Skip(field, 4);
    });
    refusals.Add(of_group);
    return good;
  }

  bool ReadScopeSpans(ondemand::value& value, ScopeSpans& out, Refusals& refusals) {
    Refusals of_group;
    const bool good = ReadMessage(value, 5, [&](std::string_view key, ondemand::value& field) {
      if (key == "scope") {
        out.scope = {};
        return ReadMessage(field, 6, [&](std::string_view name, ondemand::value& inner) {
          if (name == "name") return ReadText(inner, out.scope.name);
          if (name == "version") return ReadText(inner, out.scope.version);
          if (name == "attributes") return ReadAttributes(inner, 7, out.scope.attributes, 1);
          if (name == "droppedAttributesCount") {
            return ReadUint32(inner, out.scope.dropped_attributes_count);
          }
          return Skip(inner, 7);
        });
      }
      if (key == "schemaUrl") return ReadText(field, out.schema_url);
      if (key == "spans") {
        of_group = {};
        std::vector<Span>& spans = out.spans;
        return ReadList(field, 6, spans, [&](ondemand::value& element, Span& span) {
          SpanIds ids;
          if (!ReadSpan(element, span, ids)) return false;
          if (!Accept(ids, span, of_group)) spans.pop_back();
          return true;
        });
      }
      return Skip(field, 6);
    });
    refusals.Add(of_group);
    return good;
  }

  /// Puts the ids into `span`, or counts why they cannot be.
  static bool Accept(const SpanIds& ids, Span& span, Refusals& refusals) {
    const auto trace_id = TraceId::FromBytes(ids.trace_id);
    if (!trace_id) {
      refusals.Add(RefusalReason::kInvalidTraceId, DescribeId(ids.trace_id, ids.trace_id_is_hex));
      return false;
    }
    const auto span_id = SpanId::FromBytes(ids.span_id);
    if (!span_id || span_id->IsZero()) {
      refusals.Add(RefusalReason::kInvalidSpanId,
                   span_id ? "only zeros" : DescribeId(ids.span_id, ids.span_id_is_hex));
      return false;
    }
    if (!ids.references_are_hex) {
      refusals.Add(RefusalReason::kInvalidReference, "a text that is not hex");
      return false;
    }
    span.trace_id = *trace_id;
    span.span_id = *span_id;
    return true;
  }

  bool ReadSpan(ondemand::value& value, Span& out, SpanIds& ids) {
    bool parent_is_hex = true;
    bool links_are_hex = true;
    const bool good = ReadMessage(value, 7, [&](std::string_view key, ondemand::value& field) {
      if (key == "traceId") return ReadHex(field, ids.trace_id, ids.trace_id_is_hex);
      if (key == "spanId") return ReadHex(field, ids.span_id, ids.span_id_is_hex);
      if (key == "parentSpanId") return ReadHex(field, out.parent_span_id, parent_is_hex);
      if (key == "traceState") return ReadText(field, out.trace_state);
      if (key == "flags") return ReadUint32(field, out.flags);
      if (key == "name") return ReadText(field, out.name);
      if (key == "kind") {
        std::int32_t number = 0;
        if (!ReadEnum(field, kKindNames, number)) return false;
        out.kind = static_cast<SpanKind>(number);
        return true;
      }
      if (key == "startTimeUnixNano") return ReadUint64(field, out.start_unix_ns);
      if (key == "endTimeUnixNano") return ReadUint64(field, out.end_unix_ns);
      if (key == "attributes") return ReadAttributes(field, 8, out.attributes, 1);
      if (key == "droppedAttributesCount") return ReadUint32(field, out.dropped_attributes_count);
      if (key == "events") {
        return ReadList(field, 8, out.events, [&](ondemand::value& element, SpanEvent& event) {
          return ReadEvent(element, event);
        });
      }
      if (key == "droppedEventsCount") return ReadUint32(field, out.dropped_events_count);
      if (key == "links") {
        links_are_hex = true;
        return ReadList(field, 8, out.links, [&](ondemand::value& element, SpanLink& link) {
          return ReadLink(element, link, links_are_hex);
        });
      }
      if (key == "droppedLinksCount") return ReadUint32(field, out.dropped_links_count);
      if (key == "status") return ReadStatus(field, out);
      return Skip(field, 8);
    });
    ids.references_are_hex = parent_is_hex && links_are_hex;
    return good;
  }

  bool ReadStatus(ondemand::value& value, Span& out) {
    out.status_code = StatusCode::kUnset;
    out.status_message.clear();
    return ReadMessage(value, 8, [&](std::string_view key, ondemand::value& field) {
      if (key == "message") return ReadText(field, out.status_message);
      if (key == "code") {
        std::int32_t number = 0;
        if (!ReadEnum(field, kStatusNames, number)) return false;
        out.status_code = static_cast<StatusCode>(number);
        return true;
      }
      return Skip(field, 9);
    });
  }

  bool ReadEvent(ondemand::value& value, SpanEvent& out) {
    return ReadMessage(value, 9, [&](std::string_view key, ondemand::value& field) {
      if (key == "timeUnixNano") return ReadUint64(field, out.time_unix_ns);
      if (key == "name") return ReadText(field, out.name);
      if (key == "attributes") return ReadAttributes(field, 10, out.attributes, 1);
      if (key == "droppedAttributesCount") return ReadUint32(field, out.dropped_attributes_count);
      return Skip(field, 10);
    });
  }

  bool ReadLink(ondemand::value& value, SpanLink& out, bool& all_hex) {
    bool trace_id_is_hex = true;
    bool span_id_is_hex = true;
    const bool good = ReadMessage(value, 9, [&](std::string_view key, ondemand::value& field) {
      if (key == "traceId") return ReadHex(field, out.trace_id, trace_id_is_hex);
      if (key == "spanId") return ReadHex(field, out.span_id, span_id_is_hex);
      if (key == "traceState") return ReadText(field, out.trace_state);
      if (key == "attributes") return ReadAttributes(field, 10, out.attributes, 1);
      if (key == "droppedAttributesCount") return ReadUint32(field, out.dropped_attributes_count);
      if (key == "flags") return ReadUint32(field, out.flags);
      return Skip(field, 10);
    });
    all_hex = all_hex && trace_id_is_hex && span_id_is_hex;
    return good;
  }

  /// A list of KeyValue; `value_depth` is that of their values among nested values.
  bool ReadAttributes(ondemand::value& value, int depth, std::vector<Attribute>& out,
                      int value_depth) {
    return ReadList(value, depth, out, [&](ondemand::value& element, Attribute& attribute) {
      return ReadMessage(element, depth + 1, [&](std::string_view key, ondemand::value& field) {
        if (key == "key") return ReadText(field, attribute.key);
        if (key == "value") return ReadValue(field, depth + 2, attribute.value, value_depth);
        return Skip(field, depth + 2);
      });
    });
  }

  bool ReadValue(ondemand::value& value, int depth, AttributeValue& out, int value_depth) {
    if (value_depth > kValueDepthMax) {
      return Fail(
          fmt::format("an attribute value is nested deeper than {} levels", kValueDepthMax));
    }
    out = {};
    return ReadMessage(value, depth, [&](std::string_view key, ondemand::value& field) {
      return ReadValueField(key, field, depth + 1, out, value_depth);
    });
  }

  /// One member of AnyValue's oneof; null leaves it unset.
  bool ReadValueField(std::string_view key, ondemand::value& field, int depth, AttributeValue& out,
                      int value_depth) {
    static constexpr std::string_view kMembers[] = {"stringValue", "boolValue",  "intValue",
                                                    "doubleValue", "arrayValue", "kvlistValue",
                                                    "bytesValue"};
    const auto member = std::find(std::begin(kMembers), std::end(kMembers), key);
    if (member == std::end(kMembers)) return Skip(field, depth);
    json_type type;
    if (const auto error = field.type().get(type)) return FailJson(error);
    if (type == json_type::null) {
      out = {};
      return ReadNull(field);
    }
    switch (member - std::begin(kMembers)) {
      case 0: {
        std::string text;
        if (!ReadText(field, text)) return false;
        out.value = std::move(text);
        return true;
      }
      case 1: {
        bool flag = false;
        if (type != json_type::boolean) return Expected("true or false");
        if (const auto error = field.get_bool().get(flag)) return FailJson(error);
        out.value = flag;
        return true;
      }
      case 2: {
        std::int64_t number = 0;
        if (!ReadInt64(field, number)) return false;
        out.value = number;
        return true;
      }
      case 3: {
        double number = 0;
        if (!ReadDouble(field, number)) return false;
        out.value = number;
        return true;
      }
      case 4: {
        ArrayValue array;
        const auto read = [&](std::string_view name, ondemand::value& list) {
          if (name != "values") return Skip(list, depth + 1);
          return ReadList(list, depth + 1, array.values,
                          [&](ondemand::value& element, AttributeValue& inner) {
                            return ReadValue(element, depth + 2, inner, value_depth + 1);
                          });
        };
        if (!ReadMessage(field, depth, read)) return false;
        out.value = std::move(array);
        return true;
      }
      case 5: {
        MapValue map;
        const auto read = [&](std::string_view name, ondemand::value& list) {
          if (name != "values") return Skip(list, depth + 1);
          return ReadAttributes(list, depth + 1, map.entries, value_depth + 1);
        };
        if (!ReadMessage(field, depth, read)) return false;
        out.value = std::move(map);
        return true;
      }
      default: {
        std::string text;
        if (!ReadText(field, text)) return false;
        std::optional<std::string> bytes = ParseBase64(text);
        if (!bytes) return Expected("bytes in base64");
        out.value = BytesValue{std::move(*bytes)};
        return true;
      }
    }
  }

  std::string& text_;
  std::uint64_t& elements_;
  ondemand::parser parser_;
  ondemand::document document_;
  bool is_open_ = false;
  std::optional<std::size_t> error_at_;
  std::string error_;
  std::string path_;  // Built from the inside out once there is an error.
};

Result<JsonDecoded> DecodeDocument(std::string& text, std::uint64_t& elements) {
  JsonDecoded decoded;
  Reader reader(text, elements);
  if (!reader.ReadDocument(decoded)) return reader.error();
  return decoded;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) + 1 - first);
}

/// Takes the next line that is not blank off `rest`, counting lines; "" at the end.
std::string_view NextLine(std::string_view& rest, std::size_t& line_number) {
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = Trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++line_number;
    if (!line.empty()) return line;
  }
  return {};
}

/// True when the first line could be an object of its own and the second begins one: within one
/// JSON value a brace never opens right after another closed.
bool IsOneObjectPerLine(std::string_view text) {
  std::size_t line_number = 0;
  const std::string_view first = NextLine(text, line_number);
  if (first.empty() || first.front() != '{' || first.back() != '}') return false;
  const std::string_view second = NextLine(text, line_number);
  return !second.empty() && second.front() == '{';
}

}  // namespace

Result<JsonDecoded> DecodeJson(std::string text) {
  std::uint64_t elements = 0;
  return DecodeDocument(text, elements);
}

Result<JsonDecoded> DecodeJsonLines(std::string text) {
  if (!IsOneObjectPerLine(text)) return DecodeJson(std::move(text));
  JsonDecoded all;
  std::uint64_t elements = 0;
  std::size_t line_number = 0;
  std::string_view rest = text;
  for (std::string_view line = NextLine(rest, line_number); !line.empty();
       line = NextLine(rest, line_number)) {
    std::string copy(line);
    ASSIGN_OR_RETURN(JsonDecoded decoded,
                     DecodeDocument(copy, elements).Wrap(fmt::format("line {}", line_number)));
    for (ResourceSpans& group : decoded.data.resource_spans) {
      all.data.resource_spans.push_back(std::move(group));
    }
    all.refusals.Add(decoded.refusals);
  }
  return all;
}

}  // namespace vivace::otlp
