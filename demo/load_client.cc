#include "demo/load_client.h"

#include <atomic>
#include <thread>
#include <vector>

#include <curl/curl.h>

#include "base/check.h"

namespace vivace::demo {
namespace {

constexpr long kRequestTimeoutMs = 30'000;

std::size_t Discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

int SendOne(CURL* curl, const std::string& url, const std::string& traceparent) {
  curl_slist* headers = curl_slist_append(nullptr, ("traceparent: " + traceparent).c_str());
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Discard);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, kRequestTimeoutMs);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  long status = 0;
  if (curl_easy_perform(curl) == CURLE_OK) {
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  }
  curl_slist_free_all(headers);
  return static_cast<int>(status);
}

}  // namespace

void SendLoad(const std::string& address, std::size_t count, int connections,
              const BeginRequest& begin, const EndRequest& end) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    CURL* curl = curl_easy_init();
    CHECK(curl != nullptr);
    for (std::size_t i = next++; i < count; i = next++) {
      const LoadRequest request = begin(i);
      end(i, SendOne(curl, "http://" + address + request.path, request.traceparent));
    }
    curl_easy_cleanup(curl);
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < connections; ++i) threads.emplace_back(work);
}

}  // namespace vivace::demo
