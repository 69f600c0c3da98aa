#pragma once
// HTTP requests, responses and handlers, free of any library's types. One vocabulary for
// HTTP/1.1 and HTTP/2.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_accountant.h"
#include "base/clock.h"
#include "base/result.h"

namespace vivace::net {

/// Header fields in the order they came. Names compare without case.
class Headers {
 public:
  void Add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  /// The first value of `name`, "" if absent.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const;
  /// Removes all values of `name`.
  void Remove(std::string_view name);
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// The decoded query string. Percent signs and plus signs are decoded once.
class QueryParameters {
 public:
  /// kInvalidArgument if an escape is malformed, naming it.
  static Result<QueryParameters> Parse(std::string_view query);
  /// The first value of `name`, or null.
  const std::string* Find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

/// Bytes of capacity a request body has beyond its size, for parsers that read past the end
/// (simdjson wants 64).
inline constexpr std::size_t kBodyPadding = 64;

/// Compares ASCII text without case, as HTTP compares names.
bool EqualsNoCase(std::string_view a, std::string_view b);

/// One whole request, its body received and decompressed under the listener's limits.
struct HttpRequest {
  std::string method;    ///< "GET", "POST", ...
  std::string path;      ///< Percent-decoded once, dot segments refused.
  std::string raw_path;  ///< As sent, without the query.
  QueryParameters query;
  Headers headers;
  std::string body;  ///< After Content-Encoding; has kBodyPadding spare capacity.
  std::vector<std::string> path_parameters;  ///< What the route's {} and {*} matched.
  std::string peer;                          ///< Address and port of the client.
  bool peer_is_loopback = false;
  bool over_http2 = false;
  ByteReservation body_bytes;  ///< Accounted bytes of the body, given back with the request.
};

/// The listener adds Content-Length, Date, Server and X-Content-Type-Options, and compresses
/// larger text and JSON bodies for clients that accept gzip unless Content-Encoding is set.
struct HttpResponse {
  int status = 200;
  Headers headers;
  std::string body;

  static HttpResponse Text(int status, std::string body);
  static HttpResponse Json(int status, std::string body);
};

/// Takes the answer to one request, once, from any thread. Dropped without an answer it sends
/// 500. Copyable; all copies mean the same request.
class HttpResponder {
 public:
  /// What a connection implements.
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void Send(HttpResponse response) = 0;
    virtual bool ClientGone() const = 0;
  };
  explicit HttpResponder(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
  void Send(HttpResponse response) const { sink_->Send(std::move(response)); }
  /// True once the client has closed or reset; queries look at it as their cancel flag.
  bool ClientGone() const { return sink_->ClientGone(); }

 private:
  std::shared_ptr<Sink> sink_;
};

/// Called on an I/O thread; must not block. Answers now or later through `responder`.
using HttpHandler = std::function<void(HttpRequest request, HttpResponder responder)>;

/// Percent-decodes; kInvalidArgument for a malformed escape.
Result<std::string> PercentDecode(std::string_view text, bool plus_is_space);

/// HTTP status for an error code, one table for all (docs/http-api.md).
int HttpStatusOf(ErrorCode code);

}  // namespace vivace::net
