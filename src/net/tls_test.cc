#include "net/tls.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <curl/curl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "net/server_fixture.h"

namespace vivace::net {
namespace {

using ::testing::HasSubstr;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// Writes a new self-signed certificate for 127.0.0.1 and its key.
void WriteCertificate(const std::string& certificate_path, const std::string& key_path) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("vivace test"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  for (const auto& [id, value] : {std::pair{NID_subject_alt_name, "IP:127.0.0.1"},
                                  std::pair{NID_basic_constraints, "CA:TRUE"}}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value);
    ASSERT_NE(extension, nullptr);
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  ASSERT_GT(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
  const std::unique_ptr<std::FILE, FileCloser> out(std::fopen(certificate_path.c_str(), "w"));
  ASSERT_NE(out, nullptr);
  ASSERT_EQ(PEM_write_X509(out.get(), certificate.get()), 1);
  const std::unique_ptr<std::FILE, FileCloser> key_out(std::fopen(key_path.c_str(), "w"));
  ASSERT_NE(key_out, nullptr);
  ASSERT_EQ(PEM_write_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr),
            1);
}

struct CurlAnswer {
  CURLcode code = CURLE_OK;
  long status = 0;
  long http_version = 0;
  std::string body;
};

std::size_t TakeBody(char* data, std::size_t size, std::size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

class TlsTest : public ServerFixture {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("vivace-tls-{}", ::getpid());
    std::filesystem::create_directories(folder_);
    certificate_ = folder_ / "certificate.pem";
    key_ = folder_ / "key.pem";
    WriteCertificate(certificate_, key_);
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  void ServeTls(TlsConfig tls) {
    Router router;
    router.Handle("POST", "/echo", "echo", [](HttpRequest request, HttpResponder responder) {
      responder.Send(HttpResponse::Text(
          200, fmt::format("{} {}", request.over_http2 ? "h2" : "h1", request.body)));
    });
    Limits limits;
    limits.header_timeout = std::chrono::milliseconds(300);
    Serve(std::move(router), limits, std::move(tls));
  }

  CurlAnswer Post(long http_version, const std::string& body, const std::string& client_key = "",
                  const std::string& client_certificate = "", long tls_version = 0) {
    CurlAnswer answer;
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                   &curl_easy_cleanup);
    const std::string url = "https://" + address_ + "/echo";
    curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_CAINFO, certificate_.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_HTTP_VERSION, http_version);
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, 5000L);
    curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &TakeBody);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
    if (tls_version != 0) curl_easy_setopt(curl.get(), CURLOPT_SSLVERSION, tls_version);
    if (!client_key.empty()) {
      curl_easy_setopt(curl.get(), CURLOPT_SSLKEY, client_key.c_str());
      curl_easy_setopt(curl.get(), CURLOPT_SSLCERT, client_certificate.c_str());
    }
    answer.code = curl_easy_perform(curl.get());
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    curl_easy_getinfo(curl.get(), CURLINFO_HTTP_VERSION, &answer.http_version);
    return answer;
  }

  std::filesystem::path folder_;
  std::string certificate_;
  std::string key_;
};

TEST_F(TlsTest, AgreesOnHttp2OrHttp1ByAlpn) {
  ServeTls({certificate_, key_, ""});
  const std::string body(200'000, 'b');
  const CurlAnswer two = Post(CURL_HTTP_VERSION_2TLS, body);
  EXPECT_EQ(two.code, CURLE_OK);
  EXPECT_EQ(two.http_version, CURL_HTTP_VERSION_2_0);
  EXPECT_EQ(two.body, "h2 " + body);
  const CurlAnswer one = Post(CURL_HTTP_VERSION_1_1, body);
  EXPECT_EQ(one.http_version, CURL_HTTP_VERSION_1_1);
  EXPECT_EQ(one.body, "h1 " + body);
  EXPECT_EQ(Post(CURL_HTTP_VERSION_2TLS, "x", "", "", CURL_SSLVERSION_MAX_TLSv1_2).body, "h2 x");
}

TEST_F(TlsTest, RefusesOldTlsAndPlainText) {
  ServeTls({certificate_, key_, ""});
  EXPECT_NE(Post(CURL_HTTP_VERSION_1_1, "x", "", "", CURL_SSLVERSION_MAX_TLSv1_1).code, CURLE_OK);
  const std::string answer = Exchange("POST /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer.find("HTTP/1.1"), std::string::npos);
}

TEST_F(TlsTest, DemandsAClientCertificateWhenACaIsSet) {
  ServeTls({certificate_, key_, certificate_});
  EXPECT_NE(Post(CURL_HTTP_VERSION_1_1, "x").status, 200);
  const CurlAnswer known = Post(CURL_HTTP_VERSION_1_1, "x", key_, certificate_);
  EXPECT_EQ(known.code, CURLE_OK);
  EXPECT_EQ(known.body, "h1 x");
  WriteCertificate(folder_ / "other.pem", folder_ / "other-key.pem");
  EXPECT_NE(
      Post(CURL_HTTP_VERSION_1_1, "x", folder_ / "other-key.pem", folder_ / "other.pem").status,
      200);
}

TEST_F(TlsTest, EndsHandshakesThatDoNotComeOn) {
  ServeTls({certificate_, key_, ""});
  TestClient client(address_);
  client.Send("\x16\x03\x01");
  EXPECT_EQ(client.ReadAll(std::chrono::milliseconds(2000)), "");
  EXPECT_TRUE(client.closed());
}

TEST_F(TlsTest, NamesTheFileThatCannotBeUsed) {
  WriteCertificate(folder_ / "other.pem", folder_ / "other-key.pem");
  const std::string text = folder_ / "text.pem";
  std::ofstream(text) << "no certificate";
  struct Case {
    TlsConfig config;
    std::string named;
  };
  for (const Case& c : {Case{{folder_ / "none.pem", key_, ""}, "none.pem"},
                        Case{{certificate_, folder_ / "none.pem", ""}, "none.pem"},
                        Case{{text, key_, ""}, "text.pem"},
                        Case{{certificate_, folder_ / "other-key.pem", ""}, "other-key.pem"},
                        Case{{certificate_, key_, text}, "text.pem"}}) {
    const auto context = TlsContext::Load(c.config);
    ASSERT_FALSE(context.ok());
    EXPECT_EQ(context.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(context.error().message(), HasSubstr(c.named));
  }
}

}  // namespace
}  // namespace vivace::net
