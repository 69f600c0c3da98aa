#include "net/exchange.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "net/target.h"

namespace vivace::net {
namespace {

// Below this a gzip body saves less than a packet.
constexpr std::size_t kCompressBytesMin = 1024;

// Seconds: inside the 10 s that clients give a batch, with room for two retries.
constexpr std::string_view kRetryAfter = "2";

// How long a browser may remember a preflight, seconds.
constexpr std::string_view kPreflightMaxAge = "7200";

bool IsCompressible(std::string_view type) {
  type = type.substr(0, type.find(';'));
  return type.starts_with("text/") || type == "application/json" ||
         type == "application/javascript" || type == "application/xml" ||
         type == "application/x-ndjson" || type == "image/svg+xml" || type.ends_with("+json");
}

// True if the Accept-Encoding value lists gzip (or *) without q=0 (RFC 9110 section 12.5.3).
bool AcceptsGzip(std::string_view accept) {
  bool wildcard = false;
  while (!accept.empty()) {
    const std::size_t comma = accept.find(',');
    std::string_view item = accept.substr(0, comma);
    accept = comma == std::string_view::npos ? std::string_view() : accept.substr(comma + 1);
    const std::size_t semicolon = item.find(';');
    std::string parameters;
    if (semicolon != std::string_view::npos) {
      for (const char c : item.substr(semicolon + 1)) {
        if (c != ' ' && c != '\t') parameters.push_back(c);
      }
      item = item.substr(0, semicolon);
    }
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    const bool refused = (parameters.starts_with("q=0") || parameters.starts_with("Q=0")) &&
                         parameters.find_first_of("123456789") == std::string::npos;
    if (EqualsNoCase(item, "gzip") || EqualsNoCase(item, "x-gzip")) return !refused;
    if (item == "*") wildcard = !refused;
  }
  return wildcard;
}

// RFC 9110 section 5.6.7, "Sun, 06 Nov 1994 08:49:37 GMT".
std::string HttpDate(std::int64_t unix_ns) {
  constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                     "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = unix_ns / 1'000'000'000;
  thread_local std::time_t cached_for = -1;
  thread_local std::string cached;
  if (seconds != cached_for) {
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    cached = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                         kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                         kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                         parts.tm_hour, parts.tm_min, parts.tm_sec);
    cached_for = seconds;
  }
  return cached;
}

bool IsTokenList(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~, ").find(c) != std::string_view::npos;
  });
}

// The responder's other end for one request.
class HttpExchange final : public HttpResponder::Sink {
 public:
  HttpExchange(std::shared_ptr<const ListenerContext> listener, RequestTraits traits,
               std::weak_ptr<SessionPort> port, std::int32_t stream,
               std::shared_ptr<CallState> state, RunningCalls running)
      : listener_(std::move(listener)),
        traits_(std::move(traits)),
        port_(std::move(port)),
        stream_(stream),
        state_(std::move(state)),
        running_(std::move(running)) {
    running_->fetch_add(1, std::memory_order_relaxed);
    listener_->metrics->requests_in_flight.Add(1);
  }

  ~HttpExchange() override {
    if (!answered_.load()) {
      if (!ClientGone()) {
        LogError("handler dropped a request without an answer",
                 {{"listener", listener_->name},
                  {"route", listener_->router.route_names()[traits_.route]}});
      }
      Send(HttpResponse::Text(500, "internal error: the request was dropped"));
    }
    running_->fetch_sub(1, std::memory_order_relaxed);
    listener_->metrics->requests_in_flight.Add(-1);
  }

  void Send(HttpResponse response) override {
    if (answered_.exchange(true)) return;
    FinishResponse(*listener_, traits_, response);
    if (const auto port = port_.lock()) {
      port->Post([stream = stream_, answer = std::move(response)](Session& session) mutable {
        session.Answer(stream, std::move(answer));
      });
    }
  }

  bool ClientGone() const override { return state_->gone.load(std::memory_order_relaxed); }

 private:
  const std::shared_ptr<const ListenerContext> listener_;
  const RequestTraits traits_;
  const std::weak_ptr<SessionPort> port_;
  const std::int32_t stream_;
  const std::shared_ptr<CallState> state_;
  const RunningCalls running_;
  std::atomic<bool> answered_{false};
};

}  // namespace

void FinishResponse(const ListenerContext& listener, const RequestTraits& traits,
                    HttpResponse& response) {
  HttpResponse done;
  done.status = response.status;
  done.body = std::move(response.body);
  for (const auto& [name, value] : response.headers.fields()) {
    // Framing is the listener's; a line break in a value would be a second header.
    if (EqualsNoCase(name, "Content-Length") || EqualsNoCase(name, "Transfer-Encoding") ||
        EqualsNoCase(name, "Connection")) {
      continue;
    }
    std::string clean = value;
    std::replace_if(
        clean.begin(), clean.end(),
        [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; },
        ' ');
    done.headers.Add(name, std::move(clean));
  }
  const bool bodiless = done.status == 204 || done.status == 304 || done.status < 200;
  if (bodiless) done.body.clear();
  if (done.body.size() >= kCompressBytesMin && !done.headers.Has("Content-Encoding") &&
      IsCompressible(done.headers.Get("Content-Type"))) {
    if (!done.headers.Has("Vary")) done.headers.Add("Vary", "Accept-Encoding");
    if (traits.accepts_gzip) {
      if (auto compressed = GzipCompress(done.body)) {
        done.body = *std::move(compressed);
        done.headers.Add("Content-Encoding", "gzip");
      }
    }
  }
  if (traits.cross_origin) {
    done.headers.Add("Access-Control-Allow-Origin", "*");
    done.headers.Add("Access-Control-Expose-Headers", "Retry-After");
  }
  done.headers.Add("X-Content-Type-Options", "nosniff");
  done.headers.Add("Date", HttpDate(listener.clock.UnixNanos()));
  done.headers.Add("Server", "vivace");
  if (!bodiless) done.headers.Add("Content-Length", std::to_string(done.body.size()));
  listener.metrics->ObserveHttp(traits.route, traits.method, done.status,
                                listener.clock.Steady() - traits.started);
  response = std::move(done);
}

HttpIntake::HttpIntake(std::shared_ptr<const ListenerContext> listener, HttpRequest head)
    : listener_(std::move(listener)), request_(std::move(head)) {
  traits_.method = request_.method;
  traits_.accepts_gzip = AcceptsGzip(request_.headers.Get("Accept-Encoding"));
  traits_.cross_origin = listener_->router.cors().enabled && request_.headers.Has("Origin");
  traits_.started = listener_->clock.Steady();
}

std::optional<HttpResponse> HttpIntake::Begin(std::string_view target,
                                              std::optional<std::uint64_t> content_length) {
  auto parsed = ParseTarget(target);
  if (!parsed.ok()) return Refuse(400, parsed.error().message());
  request_.raw_path = std::move(parsed->raw_path);
  request_.path = std::move(parsed->path);
  auto query = QueryParameters::Parse(parsed->query);

  Router::HttpMatch match = listener_->router.FindHttp(request_.method, request_.raw_path);
  traits_.route = match.route;
  if (match.handler == nullptr) {
    if (request_.method == "OPTIONS" && match.status == 405) {
      if (auto preflight = Preflight()) {
        preflight->headers.Add("Access-Control-Allow-Methods", match.allow);
        FinishResponse(*listener_, traits_, *preflight);
        return preflight;
      }
    }
    HttpResponse response =
        match.status == 405 ? listener_->router.MakeError(
                                  405,
                                  fmt::format("method {} is not allowed for {}; allowed: {}",
                                              request_.method, request_.path, match.allow),
                                  request_)
                            : listener_->router.MakeError(
                                  404, fmt::format("no such path: {}", request_.path), request_);
    if (match.status == 405) response.headers.Add("Allow", match.allow);
    FinishResponse(*listener_, traits_, response);
    return response;
  }
  if (!query.ok()) return Refuse(400, query.error().message());
  request_.query = *std::move(query);
  request_.path_parameters = std::move(match.path_parameters);
  handler_ = match.handler;

  std::string coding(request_.headers.Get("Content-Encoding"));
  if (std::count_if(
          request_.headers.fields().begin(), request_.headers.fields().end(),
          [](const auto& field) { return EqualsNoCase(field.first, "Content-Encoding"); }) > 1) {
    coding = "several";
  }
  const auto encoding = EncodingOf(coding);
  if (!encoding) {
    HttpResponse response = listener_->router.MakeError(
        415,
        fmt::format("Content-Encoding \"{}\" is not taken; send one of {} or none", coding,
                    kEncodingsAccepted),
        request_);
    response.headers.Add("Accept-Encoding", std::string(kEncodingsAccepted));
    FinishResponse(*listener_, traits_, response);
    return response;
  }
  if (content_length && *content_length > listener_->limits.body_bytes_max) {
    return Refuse(413, fmt::format("body of {} bytes is larger than {} bytes", *content_length,
                                   listener_->limits.body_bytes_max));
  }
  body_.emplace(*encoding, listener_->limits.body_bytes_max, listener_->accountant);
  if (content_length) body_->Expect(*content_length);
  return std::nullopt;
}

std::optional<HttpResponse> HttpIntake::Preflight() {
  const std::string_view asked_headers = request_.headers.Get("Access-Control-Request-Headers");
  if (!traits_.cross_origin || !request_.headers.Has("Access-Control-Request-Method") ||
      !IsTokenList(asked_headers)) {
    return std::nullopt;
  }
  HttpResponse response;
  response.status = 204;
  if (!asked_headers.empty()) {
    response.headers.Add("Access-Control-Allow-Headers", std::string(asked_headers));
  }
  response.headers.Add("Access-Control-Max-Age", std::string(kPreflightMaxAge));
  response.headers.Add("Vary", "Origin, Access-Control-Request-Headers");
  return response;
}

std::optional<HttpResponse> HttpIntake::Append(std::string_view bytes) {
  const Status status = body_->Append(bytes);
  if (!status.ok()) return RefuseFor(status.error());
  return std::nullopt;
}

std::optional<HttpResponse> HttpIntake::End() {
  const Status status = body_->End();
  if (!status.ok()) return RefuseFor(status.error());
  request_.body = body_->TakeBody();
  request_.body_bytes = body_->TakeReservation();
  body_.reset();
  return std::nullopt;
}

HttpResponse HttpIntake::RefuseFor(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kResourceExhausted:
      return Refuse(413, error.message());
    case ErrorCode::kUnavailable:
      return Refuse(503, "the server holds too many bytes now, try again: " + error.message());
    default:
      return Refuse(400, error.message());
  }
}

HttpResponse HttpIntake::Refuse(int status, std::string message) {
  body_.reset();  // What was held is given back at once.
  HttpResponse response = listener_->router.MakeError(status, std::move(message), request_);
  if (status == 503 && !response.headers.Has("Retry-After")) {
    response.headers.Add("Retry-After", std::string(kRetryAfter));
  }
  FinishResponse(*listener_, traits_, response);
  return response;
}

void HttpIntake::Dispatch(std::weak_ptr<SessionPort> port, std::int32_t stream,
                          std::shared_ptr<CallState> state, RunningCalls running) {
  auto exchange = std::make_shared<HttpExchange>(listener_, traits_, std::move(port), stream,
                                                 std::move(state), std::move(running));
  (*handler_)(std::move(request_), HttpResponder(std::move(exchange)));
}

}  // namespace vivace::net
