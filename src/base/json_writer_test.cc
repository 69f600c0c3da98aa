#include "base/json_writer.h"

#include <cmath>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace vivace {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

TEST(JsonWriterTest, NestsObjectsAndArraysWithCommasWhereTheyBelong) {
  JsonWriter json;
  json.BeginObject();
  json.Key("a").Number(1);
  json.Key("b").BeginArray().Number(2u).String("x").BeginObject().EndObject().EndArray();
  json.Key("c").Null();
  json.Key("d").Bool(false);
  json.EndObject();
  EXPECT_EQ(json.Take(), R"({"a":1,"b":[2,"x",{}],"c":null,"d":false})");
}

TEST(JsonWriterTest, WritesSixtyFourBitIntegersAsTextOnRequest) {
  JsonWriter json;
  json.BeginArray();
  json.NumberText(std::numeric_limits<std::int64_t>::min());
  json.NumberText(std::numeric_limits<std::uint64_t>::max());
  json.EndArray();
  EXPECT_EQ(json.Take(), R"(["-9223372036854775808","18446744073709551615"])");
}

TEST(JsonWriterTest, WritesDoublesSoThatTheyReadBackAndNonFiniteOnesAsText) {
  JsonWriter json;
  json.BeginArray();
  json.Number(0.1).Number(1.0).Number(-2.5e300).Number(std::nan("")).Number(-INFINITY);
  json.EndArray();
  EXPECT_EQ(json.Take(), R"([0.1,1,-2.5e+300,"NaN","-Infinity"])");
}

TEST(JsonWriterTest, EscapesQuotesBackslashesAndControlCharacters) {
  EXPECT_EQ(Quoted("a\"b\\c\n\t\r\x01"), R"("a\"b\\c\n\t\r\u0001")");
}

TEST(JsonWriterTest, KeepsValidUtf8AndReplacesEachBadByte) {
  EXPECT_EQ(Quoted("gr\xc3\xbc\xc3\x9f \xf0\x9f\x8e\xb5"),
            "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x8e\xb5\"");
  EXPECT_EQ(Quoted("a\xff"), "\"a\xef\xbf\xbd\"");
  EXPECT_EQ(Quoted("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"") << "a surrogate";
  EXPECT_EQ(Quoted("\xc3"), "\"\xef\xbf\xbd\"") << "cut short";
  EXPECT_EQ(Quoted("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"") << "over-long slash";
}

}  // namespace
}  // namespace vivace
