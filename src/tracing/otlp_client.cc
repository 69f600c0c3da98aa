// OTLP/HTTP: a POST of protobuf. OTLP/gRPC: the same message with a five-byte prefix over HTTP/2
// with prior knowledge; libcurl hands trailers to the header callback like headers.
#include "tracing/otlp_client.h"

#include <algorithm>
#include <charconv>
#include <map>

#include <curl/curl.h>
#include <fmt/core.h>

#include "base/bytes.h"

namespace vivace::tracing {
namespace {

// An answer to an export is a few bytes; a server that sends more is not believed.
constexpr std::size_t kAnswerBytesMax = 64 * 1024;
constexpr std::size_t kHeadersMax = 100;

struct Answer {
  std::string body;
  std::map<std::string, std::string> headers;  // Names in lower case; trailers too.
  bool too_large = false;
};

std::size_t TakeBody(char* data, std::size_t size, std::size_t count, void* user) {
  auto& answer = *static_cast<Answer*>(user);
  const std::size_t bytes = size * count;
  if (answer.body.size() + bytes > kAnswerBytesMax) {
    answer.too_large = true;
    return 0;
  }
  answer.body.append(data, bytes);
  return bytes;
}

std::size_t TakeHeader(char* data, std::size_t size, std::size_t count, void* user) {
  auto& answer = *static_cast<Answer*>(user);
  const std::string_view line(data, size * count);
  const std::size_t colon = line.find(':', 1);
  if (colon != std::string_view::npos && answer.headers.size() < kHeadersMax) {
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == '\r' || value.back() == '\n')) value.remove_suffix(1);
    answer.headers[name] = std::string(value);
  }
  return size * count;
}

/// Reads rejected_spans (1) and error_message (2) of partial_success (1) from an
/// ExportTraceServiceResponse; anything unreadable counts as full success.
void ReadPartialSuccess(std::string_view body, ExportOutcome& outcome) {
  ByteReader in(AsBytes(body));
  const auto key = in.ReadU8();
  if (!key.ok() || *key != 0x0a) return;
  const auto partial = in.ReadText();
  if (!partial.ok()) return;
  ByteReader fields(AsBytes(*partial));
  while (!fields.AtEnd()) {
    const auto field = fields.ReadVarint();
    if (!field.ok()) return;
    if (*field == 0x08) {
      const auto rejected = fields.ReadVarint();
      if (!rejected.ok()) return;
      outcome.rejected_spans = *rejected;
    } else if (*field == 0x12) {
      const auto message = fields.ReadText();
      if (!message.ok()) return;
      outcome.message = std::string(*message);
    } else {
      return;
    }
  }
}

std::optional<std::chrono::milliseconds> RetryAfter(const Answer& answer) {
  const auto found = answer.headers.find("retry-after");
  if (found == answer.headers.end()) return std::nullopt;
  int seconds = 0;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

class CurlOtlpClient final : public OtlpClient {
 public:
  CurlOtlpClient(OtlpProtocol protocol, std::string endpoint, std::chrono::milliseconds timeout)
      : protocol_(protocol), endpoint_(std::move(endpoint)), curl_(curl_easy_init()) {
    CHECK(curl_ != nullptr);
    if (protocol_ == OtlpProtocol::kGrpc) {
      url_ = endpoint_ + "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
      AddHeader("Content-Type: application/grpc");
      AddHeader("TE: trailers");
      if (endpoint_.starts_with("https://")) {
        Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
      } else {
        Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE));
        // The packaged libcurl 7.88 fails with a framing error when it uses a connection again
        // that began with prior knowledge, against any server; a batch pays for a new one.
        Set(CURLOPT_FORBID_REUSE, 1L);
      }
    } else {
      url_ = endpoint_;
      AddHeader("Content-Type: application/x-protobuf");
    }
    AddHeader("Expect:");  // No round trip before the body.
    Set(CURLOPT_URL, url_.c_str());
    Set(CURLOPT_POST, 1L);
    Set(CURLOPT_HTTPHEADER, headers_);
    Set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_TCP_NODELAY, 1L);
    Set(CURLOPT_PROXY, "");  // Traces of a machine do not leave it through a proxy variable.
    Set(CURLOPT_WRITEFUNCTION, &TakeBody);
    Set(CURLOPT_HEADERFUNCTION, &TakeHeader);
  }
  ~CurlOtlpClient() override {
    curl_slist_free_all(headers_);
    curl_easy_cleanup(curl_);
  }
  CurlOtlpClient(const CurlOtlpClient&) = delete;
  CurlOtlpClient& operator=(const CurlOtlpClient&) = delete;

  ExportOutcome Send(const std::string& request) override {
    Answer answer;
    Set(CURLOPT_WRITEDATA, &answer);
    Set(CURLOPT_HEADERDATA, &answer);
    std::string framed;
    const std::string* body = &request;
    if (protocol_ == OtlpProtocol::kGrpc) {
      framed.reserve(request.size() + 5);
      framed.push_back(0);  // Not compressed.
      for (int shift = 24; shift >= 0; shift -= 8) {
        framed.push_back(static_cast<char>(static_cast<unsigned char>(request.size() >> shift)));
      }
      framed += request;
      body = &framed;
    }
    Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
    Set(CURLOPT_POSTFIELDS, body->data());

    const CURLcode code = curl_easy_perform(curl_);
    ExportOutcome outcome;
    if (code != CURLE_OK) {
      outcome.kind =
          answer.too_large ? ExportOutcome::Kind::kRefused : ExportOutcome::Kind::kRetryable;
      outcome.message = answer.too_large
                            ? fmt::format(
                                  "POST {}: the answer is over {} bytes, which no OTLP "
                                  "server sends",
                                  url_, kAnswerBytesMax)
                            : fmt::format("POST {}: {}", url_, curl_easy_strerror(code));
      return outcome;
    }
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    outcome.retry_after = RetryAfter(answer);
    if (protocol_ == OtlpProtocol::kHttp || status != 200) {
      ReadHttp(status, answer, outcome);
    } else {
      ReadGrpc(answer, outcome);
    }
    return outcome;
  }

 private:
  template <typename T>
  void Set(CURLoption option, T value) {
    const CURLcode code = curl_easy_setopt(curl_, option, value);
    CHECK(code == CURLE_OK);
  }
  void AddHeader(const char* line) { headers_ = curl_slist_append(headers_, line); }

  void ReadHttp(long status, const Answer& answer, ExportOutcome& outcome) const {
    if (status == 200) {
      ReadPartialSuccess(answer.body, outcome);
      return;
    }
    const bool retryable = status == 429 || status == 502 || status == 503 || status == 504;
    outcome.kind = retryable ? ExportOutcome::Kind::kRetryable : ExportOutcome::Kind::kRefused;
    outcome.message = fmt::format("POST {}: status {}", url_, status);
  }

  void ReadGrpc(const Answer& answer, ExportOutcome& outcome) const {
    const auto status = answer.headers.find("grpc-status");
    const std::string code = status == answer.headers.end() ? "missing" : status->second;
    if (code == "0") {
      if (answer.body.size() > 5)
        ReadPartialSuccess(std::string_view(answer.body).substr(5), outcome);
      return;
    }
    // Retryable codes of the OTLP specification: cancelled, deadline, aborted, out of range,
    // unavailable, data loss; resource exhausted when the server says when.
    const bool retryable = code == "1" || code == "4" || code == "10" || code == "11" ||
                           code == "14" || code == "15" ||
                           (code == "8" && answer.headers.count("google.rpc.retryinfo-bin") != 0);
    outcome.kind = retryable ? ExportOutcome::Kind::kRetryable : ExportOutcome::Kind::kRefused;
    const auto message = answer.headers.find("grpc-message");
    outcome.message = fmt::format("{}: grpc-status {} {}", url_, code,
                                  message == answer.headers.end() ? "" : message->second);
  }

  const OtlpProtocol protocol_;
  const std::string endpoint_;
  std::string url_;
  CURL* const curl_;
  curl_slist* headers_ = nullptr;
};

}  // namespace

std::unique_ptr<OtlpClient> MakeOtlpClient(OtlpProtocol protocol, std::string endpoint,
                                           std::chrono::milliseconds timeout) {
  return std::make_unique<CurlOtlpClient>(protocol, std::move(endpoint), timeout);
}

}  // namespace vivace::tracing
