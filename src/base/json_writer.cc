#include "base/json_writer.h"

#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "base/check.h"

namespace vivace {
namespace {

// Length of the UTF-8 sequence at the front of `text`, 0 if its first byte starts none
// (Unicode 15, table 3-7).
std::size_t Utf8SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continuation = [&](std::size_t i, unsigned low, unsigned high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return continuation(1, 0x80, 0xbf) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : 0xbf;
    return continuation(1, low, high) && continuation(2, 0x80, 0xbf) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
    return continuation(1, low, high) && continuation(2, 0x80, 0xbf) && continuation(3, 0x80, 0xbf)
               ? 4
               : 0;
  }
  return 0;
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t plain_from = 0;  // Start of the run that is copied as it is.
  std::size_t at = 0;
  const auto flush = [&] { out.append(text.substr(plain_from, at - plain_from)); };
  while (at < text.size()) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\') {
      ++at;
      continue;
    }
    if (byte >= 0x80) {
      if (const std::size_t length = Utf8SequenceLength(text.substr(at)); length > 0) {
        at += length;
        continue;
      }
    }
    flush();
    switch (c) {
      case '"':
        out.append("\\\"");
        break;
      case '\\':
        out.append("\\\\");
        break;
      case '\n':
        out.append("\\n");
        break;
      case '\r':
        out.append("\\r");
        break;
      case '\t':
        out.append("\\t");
        break;
      default:
        if (byte < 0x20) {
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
        } else {
          out.append("\xef\xbf\xbd");
        }
    }
    plain_from = ++at;
  }
  flush();
  out.push_back('"');
}

void JsonWriter::BeforeValue() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (levels_.empty()) {
    CHECK(out_.empty());
    return;
  }
  CHECK(levels_.back().open == '[');
  if (!levels_.back().empty) out_.push_back(',');
  levels_.back().empty = false;
}

void JsonWriter::Begin(char bracket) {
  BeforeValue();
  out_.push_back(bracket);
  levels_.push_back(Level{.open = bracket});
}

void JsonWriter::End(char open, char bracket) {
  CHECK(!levels_.empty());
  CHECK(levels_.back().open == open);
  CHECK(!after_key_);
  levels_.pop_back();
  out_.push_back(bracket);
}

JsonWriter& JsonWriter::BeginObject() {
  Begin('{');
  return *this;
}
JsonWriter& JsonWriter::EndObject() {
  End('{', '}');
  return *this;
}
JsonWriter& JsonWriter::BeginArray() {
  Begin('[');
  return *this;
}
JsonWriter& JsonWriter::EndArray() {
  End('[', ']');
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  CHECK(!levels_.empty());
  CHECK(levels_.back().open == '{');
  CHECK(!after_key_);
  if (!levels_.back().empty) out_.push_back(',');
  levels_.back().empty = false;
  AppendJsonString(out_, key);
  out_.push_back(':');
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view text) {
  BeforeValue();
  AppendJsonString(out_, text);
  return *this;
}
JsonWriter& JsonWriter::Bool(bool value) { return Raw(value ? "true" : "false"); }
JsonWriter& JsonWriter::Null() { return Raw("null"); }
JsonWriter& JsonWriter::Number(double value) {
  if (std::isnan(value)) return String("NaN");
  if (std::isinf(value)) return String(value > 0 ? "Infinity" : "-Infinity");
  BeforeValue();
  fmt::format_to(std::back_inserter(out_), "{}", value);
  return *this;
}
JsonWriter& JsonWriter::WriteInt(std::int64_t value) {
  BeforeValue();
  fmt::format_to(std::back_inserter(out_), "{}", value);
  return *this;
}
JsonWriter& JsonWriter::WriteUint(std::uint64_t value) {
  BeforeValue();
  fmt::format_to(std::back_inserter(out_), "{}", value);
  return *this;
}
JsonWriter& JsonWriter::NumberText(std::int64_t value) {
  BeforeValue();
  fmt::format_to(std::back_inserter(out_), "\"{}\"", value);
  return *this;
}
JsonWriter& JsonWriter::NumberText(std::uint64_t value) {
  BeforeValue();
  fmt::format_to(std::back_inserter(out_), "\"{}\"", value);
  return *this;
}
JsonWriter& JsonWriter::Raw(std::string_view json) {
  BeforeValue();
  out_.append(json);
  return *this;
}

std::string JsonWriter::Take() {
  CHECK(levels_.empty());
  return std::move(out_);
}

}  // namespace vivace
