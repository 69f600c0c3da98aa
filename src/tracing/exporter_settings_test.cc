#include "tracing/exporter_settings.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vivace::tracing {
namespace {

Environment Of(std::map<std::string, std::string, std::less<>> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

TEST(ExporterSettingsTest, GoesToTheLocalServerWhenNothingIsSet) {
  const auto settings = ReadExporterSettings(Of({}));
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->protocol, OtlpProtocol::kHttp);
  EXPECT_EQ(settings->endpoint, "http://127.0.0.1:4318/v1/traces");
  EXPECT_EQ(settings->sample_rate, 1.0);
}

TEST(ExporterSettingsTest, TakesTheVariablesInOrder) {
  const std::map<std::string, std::string, std::less<>> all = {
      {"TEMPO_URL", "http://a:4318"},
      {"TEMPO_INTERNAL_HTTP_INGEST", "http://b:4318"},
      {"TEMPO_INTERNAL_GRPC_INGEST", "http://c:4317"}};
  EXPECT_EQ(ReadExporterSettings(Of(all))->endpoint, "http://a:4318/v1/traces");
  auto without_first = all;
  without_first.erase("TEMPO_URL");
  EXPECT_EQ(ReadExporterSettings(Of(without_first))->endpoint, "http://b:4318/v1/traces");
  without_first["TEMPO_INTERNAL_HTTP_INGEST"] = "";
  const auto grpc = ReadExporterSettings(Of(without_first));
  EXPECT_EQ(grpc->endpoint, "http://c:4317");
  EXPECT_EQ(grpc->protocol, OtlpProtocol::kGrpc);
}

TEST(ExporterSettingsTest, ChoosesTheTransportFromPortSchemeOrVariable) {
  struct Case {
    std::string url, protocol_variable, endpoint;
    OtlpProtocol protocol;
  };
  for (const Case& c :
       {Case{"http://h:4317", "", "http://h:4317", OtlpProtocol::kGrpc},
        Case{"grpc://h:9000/", "", "http://h:9000", OtlpProtocol::kGrpc},
        Case{"h:4318", "", "http://h:4318/v1/traces", OtlpProtocol::kHttp},
        Case{"http://h:1234", "grpc", "http://h:1234", OtlpProtocol::kGrpc},
        Case{"http://h:4317", "http/protobuf", "http://h:4317/v1/traces", OtlpProtocol::kHttp},
        Case{"https://h/otlp/", "", "https://h/otlp/v1/traces", OtlpProtocol::kHttp},
        Case{"http://h:1/v1/traces", "", "http://h:1/v1/traces", OtlpProtocol::kHttp}}) {
    const auto settings = ReadExporterSettings(
        Of({{"TEMPO_URL", c.url}, {"OTEL_EXPORTER_OTLP_PROTOCOL", c.protocol_variable}}));
    ASSERT_TRUE(settings.ok()) << c.url << settings.error().ToString();
    EXPECT_EQ(settings->endpoint, c.endpoint) << c.url;
    EXPECT_EQ(settings->protocol, c.protocol) << c.url;
  }
}

TEST(ExporterSettingsTest, NamesTheVariableThatIsWrong) {
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"TEMPO_URL", "ftp://h"},
                                          {"TEMPO_INTERNAL_HTTP_INGEST", "http://"},
                                          {"TRACES_SAMPLE_RATE", "1.5"}}) {
    const auto settings = ReadExporterSettings(Of({{name, value}}));
    ASSERT_FALSE(settings.ok()) << name;
    EXPECT_EQ(settings.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(settings.error().message(), testing::HasSubstr(name));
    EXPECT_THAT(settings.error().message(), testing::HasSubstr(value));
  }
}

}  // namespace
}  // namespace vivace::tracing
