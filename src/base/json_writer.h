#pragma once
// Writes JSON text (RFC 8259) front to back. Always valid UTF-8, whatever bytes come in.
//
//   JsonWriter json;
//   json.BeginObject();
//   json.Key("traceID").String(id);
//   json.Key("durationMs").Number(12u);
//   json.EndObject();
//   return json.Take();

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vivace {

/// Appends `text` with quotes and escapes; bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string& out, std::string_view text);

/// Builds one JSON value. Commas are its work; balance of Begin and End is checked. Not
/// thread-safe.
class JsonWriter {
 public:
  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  /// The name of the next value; only inside an object.
  JsonWriter& Key(std::string_view key);

  JsonWriter& String(std::string_view text);
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  /// Shortest text that reads back as the same number. NaN and infinities, which JSON cannot
  /// carry, become the texts "NaN", "Infinity", "-Infinity" (as proto3 JSON writes them).
  JsonWriter& Number(double value);
  template <std::signed_integral T>
  JsonWriter& Number(T value) {
    return WriteInt(static_cast<std::int64_t>(value));
  }
  template <std::unsigned_integral T>
  JsonWriter& Number(T value) {
    return WriteUint(static_cast<std::uint64_t>(value));
  }
  /// A 64-bit integer as text, as proto3 JSON writes it.
  JsonWriter& NumberText(std::int64_t value);
  JsonWriter& NumberText(std::uint64_t value);
  /// `json` is a whole JSON value already.
  JsonWriter& Raw(std::string_view json);

  std::size_t size() const { return out_.size(); }
  /// The text; everything begun has been ended.
  std::string Take();

 private:
  JsonWriter& WriteInt(std::int64_t value);
  JsonWriter& WriteUint(std::uint64_t value);
  void BeforeValue();
  void Begin(char bracket);
  void End(char open, char bracket);

  struct Level {
    char open;
    bool empty = true;
  };
  std::string out_;
  std::vector<Level> levels_;
  bool after_key_ = false;
};

}  // namespace vivace
