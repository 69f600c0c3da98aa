#include "otlp/decode.h"

#include <bit>
#include <optional>
#include <string>
#include <utility>

#include <fmt/core.h>
#include <protozero/pbf_reader.hpp>

#include "otlp/limits.h"

// Written over protozero, apart from the walk, so that each checks the other. protozero throws on
// broken bytes; Guard turns that into an Error. Messages given twice are merged and of scalars the
// last one counts, as protobuf demands.

namespace vivace::otlp {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

constexpr std::uint32_t Bytes(std::uint32_t field) {
  return protozero::tag_and_type(field, pbf_wire_type::length_delimited);
}
constexpr std::uint32_t Varint(std::uint32_t field) {
  return protozero::tag_and_type(field, pbf_wire_type::varint);
}
constexpr std::uint32_t Fixed64(std::uint32_t field) {
  return protozero::tag_and_type(field, pbf_wire_type::fixed64);
}
constexpr std::uint32_t Fixed32(std::uint32_t field) {
  return protozero::tag_and_type(field, pbf_wire_type::fixed32);
}

std::string_view View(pbf_reader& in) {
  const protozero::data_view view = in.get_view();
  return {view.data(), view.size()};
}

class Decoder {
 public:
  explicit Decoder(std::optional<TraceId> only) : only_(only) {}

  Status Decode(ByteView bytes, TraceData& out) {
    try {
      const std::string_view text = AsText(bytes);
      pbf_reader in(text.data(), text.size());
      return DecodeData(in, out);
    } catch (const protozero::exception& exception) {
      return Error(
          ErrorCode::kInvalidArgument,
          fmt::format("OTLP protobuf of {} bytes is broken: {}", bytes.size(), exception.what()));
    }
  }

 private:
  static Error WrongWireType(const pbf_reader& in, std::string_view message) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("OTLP protobuf is broken: field {} of {} has wire type {}", in.tag(),
                             message, static_cast<int>(in.wire_type())));
  }

  /// Passes over the current field unless its number is one of `known`, whose types came before.
  static Status SkipUnknown(pbf_reader& in, std::string_view message, std::uint32_t first_known,
                            std::uint32_t last_known) {
    if (in.tag() >= first_known && in.tag() <= last_known) return WrongWireType(in, message);
    in.skip();
    return {};
  }

  Status CountElement() {
    if (++elements_ <= kElementsMax) return {};
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("OTLP protobuf holds more than {} elements", kElementsMax));
  }

  Status DecodeData(pbf_reader& in, TraceData& out) {
    while (in.next()) {
      if (in.tag_and_type() == Bytes(1)) {
        RETURN_IF_ERROR(CountElement());
        pbf_reader inner = in.get_message();
        ResourceSpans group;
        RETURN_IF_ERROR(DecodeResourceSpans(inner, group));
        if (!only_ || !group.scope_spans.empty()) out.resource_spans.push_back(std::move(group));
      } else {
        RETURN_IF_ERROR(SkipUnknown(in, "TracesData", 1, 1));
      }
    }
    return {};
  }

  Status DecodeResourceSpans(pbf_reader& in, ResourceSpans& out) {
    while (in.next()) {
      switch (in.tag_and_type()) {
        case Bytes(1): {
          pbf_reader inner = in.get_message();
          RETURN_IF_ERROR(DecodeResource(inner, out.resource));
          break;
        }
        case Bytes(2): {
          RETURN_IF_ERROR(CountElement());
          pbf_reader inner = in.get_message();
          ScopeSpans group;
          RETURN_IF_ERROR(DecodeScopeSpans(inner, group));
          if (!only_ || !group.spans.empty()) out.scope_spans.push_back(std::move(group));
          break;
        }
        case Bytes(3):
          out.schema_url = View(in);
          break;
        default:
          RETURN_IF_ERROR(SkipUnknown(in, "ResourceSpans", 1, 3));
      }
    }
    return {};
  }

  Status DecodeResource(pbf_reader& in, Resource& out) {
    while (in.next()) {
      switch (in.tag_and_type()) {
        case Bytes(1):
          RETURN_IF_ERROR(DecodeAttribute(in, out.attributes, 1));
          break;
        case Varint(2):
          out.dropped_attributes_count = in.get_uint32();
          break;
        default:
          RETURN_IF_ERROR(SkipUnknown(in, "Resource", 1, 2));
      }
    }
    return {};
  }

  Status DecodeScopeSpans(pbf_reader& in, ScopeSpans& out) {
    while (in.next()) {
      switch (in.tag_and_type()) {
        case Bytes(1): {
          pbf_reader inner = in.get_message();
          RETURN_IF_ERROR(DecodeScope(inner, out.scope));
          break;
        }
        case Bytes(2): {
          RETURN_IF_ERROR(CountElement());
          pbf_reader inner = in.get_message();
          if (only_ && !Wanted(inner)) break;
          RETURN_IF_ERROR(DecodeSpan(inner, out.spans.emplace_back()));
          break;
        }
        case Bytes(3):
          out.schema_url = View(in);
          break;
        default:
          RETURN_IF_ERROR(SkipUnknown(in, "ScopeSpans", 1, 3));
      }
    }
    return {};
  }

  /// True when the span's trace id is the one looked for. Takes a copy of the reader.
  bool Wanted(pbf_reader span) const {
    std::string_view id;
    while (span.next()) {
      if (span.tag_and_type() == Bytes(1)) {
        id = View(span);
      } else {
        span.skip();
      }
    }
    return id == only_->AsText();
  }

  Status DecodeScope(pbf_reader& in, Scope& out) {
    while (in.next()) {
      switch (in.tag_and_type()) {
        case Bytes(1):
          out.name = View(in);
          break;
        case Bytes(2):
          out.version = View(in);
          break;
        case Bytes(3):
          RETURN_IF_ERROR(DecodeAttribute(in, out.attributes, 1));
          break;
        case Varint(4):
          out.dropped_attributes_count = in.get_uint32();
          break;
        default:
          RETURN_IF_ERROR(SkipUnknown(in, "InstrumentationScope", 1, 4));
      }
    }
    return {};
  }

  Status DecodeSpan(pbf_reader& in, Span& out) {
    std::string_view trace_id;
    std::string_view span_id;
    while (in.next()) {
      switch (in.tag_and_type()) {
        case Bytes(1):
          trace_id = View(in);
          break;
        case Bytes(2):
          span_id = View(in);
          break;
        case Bytes(3):
          out.trace_state = View(in);
          break;
        case Bytes(4):
          out.parent_span_id = View(in);
          break;
        case Bytes(5):
          out.name = View(in);
          break;
        case Varint(6):
          out.kind = static_cast<SpanKind>(in.get_int32());
          break;
        case Fixed64(7):
          out.start_unix_ns = in.get_fixed64();
          break;
        case Fixed64(8):
          out.end_unix_ns = in.get_fixed64();
          break;
        case Bytes(9):
          RETURN_IF_ERROR(DecodeAttribute(in, out.attributes, 1));
          break;
        case Varint(10):
          out.dropped_attributes_count = in.get_uint32();
          break;
        case Bytes(11): {
          RETURN_IF_ERROR(CountElement());
          pbf_reader inner = in.get_message();
          RETURN_IF_ERROR(DecodeEvent(inner, out.events.emplace_back()));
          break;
        }
        case Varint(12):
          out.dropped_events_count = in.get_uint32();
          break;
        case Bytes(13): {
          RETURN_IF_ERROR(CountElement());
          pbf_reader inner = in.get_message();
          RETURN_IF_ERROR(DecodeLink(inner, out.links.emplace_back()));
          break;
        }
        case Varint(14):
          out.dropped_links_count = in.get_uint32();
          break;
        case Bytes(15): {
          pbf_reader inner = in.get_message();
          RETURN_IF_ERROR(DecodeStatus(inner, out));
          break;
        }
        case Fixed32(16):
          out.flags = in.get_fixed32();
          break;
        default:
          RETURN_IF_ERROR(SkipUnknown(in, "Span", 1, 16));
      }
    }
    const std::optional<TraceId> whole_trace_id = TraceId::FromBytes(trace_id);
    const std::optional<SpanId> whole_span_id = SpanId::FromBytes(span_id);
    if (!whole_trace_id || !whole_span_id || whole_span_id->IsZero()) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("OTLP protobuf holds a span with a trace id of {} and a span id of "
                               "{} bytes (or all zero)",
                               trace_id.size(), span_id.size()));
    }
    out.trace_id = *whole_trace_id;
    out.span_id = *whole_span_id;
    return {};
  }

  Status DecodeEvent(pbf_reader& in, SpanEvent& out) {
    while (in.next()) {
      switch (in.tag_and_type()) {
        case Fixed64(1):
          out.time_unix_ns = in.get_fixed64();
          break;
        case Bytes(2):
          out.name = View(in);
          break;
        case Bytes(3):
          RETURN_IF_ERROR(DecodeAttribute(in, out.attributes, 1));
          break;
        case Varint(4):
          out.dropped_attributes_count = in.get_uint32();
          break;
        default:
          RETURN_IF_ERROR(SkipUnknown(in, "Event", 1, 4));
      }
    }
    return {};
  }

  Status DecodeLink(pbf_reader& in, SpanLink& out) {
    while (in.next()) {
      switch (in.tag_and_type()) {
        case Bytes(1):
          out.trace_id = View(in);
          break;
        case Bytes(2):
          out.span_id = View(in);
          break;
        case Bytes(3):
          out.trace_state = View(in);
          break;
        case Bytes(4):
          RETURN_IF_ERROR(DecodeAttribute(in, out.attributes, 1));
          break;
        case Varint(5):
          out.dropped_attributes_count = in.get_uint32();
          break;
        case Fixed32(6):
          out.flags = in.get_fixed32();
          break;
        default:
          RETURN_IF_ERROR(SkipUnknown(in, "Link", 1, 6));
      }
    }
    return {};
  }

  static Status DecodeStatus(pbf_reader& in, Span& out) {
    while (in.next()) {
      switch (in.tag_and_type()) {
        case Bytes(2):
          out.status_message = View(in);
          break;
        case Varint(3):
          out.status_code = static_cast<StatusCode>(in.get_int32());
          break;
        default:
          RETURN_IF_ERROR(SkipUnknown(in, "Status", 2, 3));
      }
    }
    return {};
  }

  /// The KeyValue that is the current field of `outer`; its value lies `depth` levels deep.
  Status DecodeAttribute(pbf_reader& outer, std::vector<Attribute>& list, int depth) {
    RETURN_IF_ERROR(CountElement());
    pbf_reader in = outer.get_message();
    Attribute& out = list.emplace_back();
    while (in.next()) {
      switch (in.tag_and_type()) {
        case Bytes(1):
          out.key = View(in);
          break;
        case Bytes(2): {
          pbf_reader inner = in.get_message();
          RETURN_IF_ERROR(DecodeValue(inner, out.value, depth));
          break;
        }
        default:
          RETURN_IF_ERROR(SkipUnknown(in, "KeyValue", 1, 2));
      }
    }
    return {};
  }

  Status DecodeValue(pbf_reader& in, AttributeValue& out, int depth) {
    if (depth > kValueDepthMax) {
      return Error(
          ErrorCode::kInvalidArgument,
          fmt::format("OTLP protobuf holds an attribute value nested deeper than {} levels",
                      kValueDepthMax));
    }
    while (in.next()) {
      switch (in.tag_and_type()) {
        case Bytes(1):
          out.value = std::string(View(in));
          break;
        case Varint(2):
          out.value = in.get_bool();
          break;
        case Varint(3):
          out.value = in.get_int64();
          break;
        case Fixed64(4):
          out.value = std::bit_cast<double>(in.get_fixed64());
          break;
        case Bytes(5): {
          if (out.AsArray() == nullptr) out.value = ArrayValue{};
          pbf_reader inner = in.get_message();
          RETURN_IF_ERROR(DecodeArray(inner, std::get<ArrayValue>(out.value), depth + 1));
          break;
        }
        case Bytes(6): {
          if (out.AsMap() == nullptr) out.value = MapValue{};
          pbf_reader inner = in.get_message();
          RETURN_IF_ERROR(DecodeMap(inner, std::get<MapValue>(out.value), depth + 1));
          break;
        }
        case Bytes(7):
          out.value = BytesValue{std::string(View(in))};
          break;
        default:
          RETURN_IF_ERROR(SkipUnknown(in, "AnyValue", 1, 7));
      }
    }
    return {};
  }

  Status DecodeArray(pbf_reader& in, ArrayValue& out, int depth) {
    while (in.next()) {
      if (in.tag_and_type() == Bytes(1)) {
        RETURN_IF_ERROR(CountElement());
        pbf_reader inner = in.get_message();
        RETURN_IF_ERROR(DecodeValue(inner, out.values.emplace_back(), depth));
      } else {
        RETURN_IF_ERROR(SkipUnknown(in, "ArrayValue", 1, 1));
      }
    }
    return {};
  }

  Status DecodeMap(pbf_reader& in, MapValue& out, int depth) {
    while (in.next()) {
      if (in.tag_and_type() == Bytes(1)) {
        RETURN_IF_ERROR(DecodeAttribute(in, out.entries, depth));
      } else {
        RETURN_IF_ERROR(SkipUnknown(in, "KeyValueList", 1, 1));
      }
    }
    return {};
  }

  const std::optional<TraceId> only_;
  std::uint64_t elements_ = 0;
};

}  // namespace

Result<TraceData> Decode(ByteView traces_data) {
  TraceData data;
  RETURN_IF_ERROR(Decoder(std::nullopt).Decode(traces_data, data));
  return data;
}

Result<TraceData> DecodeTrace(ByteView traces_data, const TraceId& trace_id) {
  TraceData data;
  RETURN_IF_ERROR(Decoder(trace_id).Decode(traces_data, data));
  return data;
}

}  // namespace vivace::otlp
