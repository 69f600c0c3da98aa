#include "net/http1_session.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>

#include "net/chunked.h"
#include "net/exchange.h"
#include "net/target.h"

namespace vivace::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using BeastText = boost::beast::string_view;

// Bytes of pipelined requests held while one is being answered; then reading pauses.
constexpr std::size_t kPipelineBytesMax = 64 * 1024;

// Answers to pipelined requests that may wait to be sent; then no further one is begun.
constexpr std::size_t kOutputBytesMax = 256 * 1024;

// What is left of a refused body is read and dropped up to this, so that the connection can go
// on; a longer one ends the connection.
constexpr std::uint64_t kDiscardBytesMax = 64 * 1024;

// Bodies up to this are sent in one piece with their header.
constexpr std::size_t kJoinBytesMax = 16 * 1024;

// Header lines of one request; each costs an allocation or two.
constexpr std::size_t kHeaderFieldsMax = 200;

std::string_view View(BeastText text) { return {text.data(), text.size()}; }

std::string_view ReasonPhrase(int status) {
  const auto known = http::int_to_status(static_cast<unsigned>(status));
  return known == http::status::unknown ? std::string_view("Status")
                                        : View(http::obsolete_reason(known));
}

// Gets a request's head from Beast. Bodies are ours: Beast's chunk parser wants its input whole
// and stops the process on some that is cut (boost 1.81, parse_chunk_header).
class Parser final : public http::basic_parser<true> {
 public:
  explicit Parser(std::uint32_t header_bytes_max) {
    body_limit(boost::none);
    header_limit(header_bytes_max);
  }

  std::string method;
  std::string target;
  Headers headers;
  int version = 11;
  bool too_many_fields = false;

 private:
  void on_request_impl(http::verb, BeastText method_text, BeastText target_text, int http_version,
                       error_code& ec) override {
    method = View(method_text);
    target = View(target_text);
    version = http_version;
    ec = {};
  }
  void on_field_impl(http::field, BeastText name, BeastText value, error_code& ec) override {
    ec = {};
    if (headers.fields().size() >= kHeaderFieldsMax) {
      too_many_fields = true;
      return;
    }
    headers.Add(std::string(View(name)), std::string(View(value)));
  }
  void on_header_impl(error_code& ec) override { ec = {}; }
  void on_finish_impl(error_code& ec) override { ec = {}; }

  // Not reached: the head alone is given to it.
  void on_response_impl(int, BeastText, int, error_code& ec) override { ec = {}; }
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code& ec) override {
    ec = {};
  }
  std::size_t on_body_impl(BeastText body, error_code& ec) override {
    ec = {};
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, BeastText, error_code& ec) override { ec = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, BeastText body, error_code& ec) override {
    ec = {};
    return body.size();
  }
};

class Http1Session final : public Session {
 public:
  Http1Session(std::shared_ptr<const ListenerContext> listener, std::weak_ptr<SessionPort> port,
               Peer peer)
      : listener_(std::move(listener)),
        port_(std::move(port)),
        peer_(std::move(peer)),
        running_(std::make_shared<std::atomic<std::uint32_t>>(0)),
        since_(listener_->clock.Steady()) {}

  void Receive(std::string_view bytes) override {
    if (held_.empty()) {
      const std::size_t taken = Consume(bytes);
      if (state_ != State::kClosed) held_.assign(bytes.substr(taken));
    } else {
      held_.append(bytes);
      held_.erase(0, Consume(held_));
    }
    if (state_ == State::kClosed) held_.clear();
    if (input_ended_) CloseIfInputUsedUp();
  }

  void ReceiveEnd() override {
    input_ended_ = true;
    // A peer that sends no more counts as gone; one that only closed its half still gets its
    // answer.
    if (call_) call_->gone = true;
    CloseIfInputUsedUp();
  }

  void Produce(OutputQueue& out, std::size_t bytes_max) override {
    while (!output_.empty() && out.size() < bytes_max) {
      output_bytes_ -= output_.front().size();
      out.Push(std::move(output_.front()));
      output_.pop_front();
    }
  }

  bool WantsInput() const override {
    if (input_ended_ || state_ == State::kClosed) return false;
    const bool busy = state_ == State::kWaiting || output_bytes_ > kOutputBytesMax;
    return !busy || held_.size() < kPipelineBytesMax;
  }

  bool Finished() const override { return state_ == State::kClosed; }

  void Drain() override {
    draining_ = true;
    if (state_ == State::kHead && held_.empty()) state_ = State::kClosed;
  }

  void Tick(Nanoseconds now, bool sending) override {
    switch (state_) {
      case State::kHead:
        if (!held_.empty()) {
          if (now - since_ > listener_->limits.header_timeout) {
            listener_->metrics->connections_timed_out.Add();
            Fail(408, "the request header did not arrive in time");
          }
        } else if (sending) {
          since_ = now;  // Idle begins when the last answer is out.
        } else if (now - since_ > listener_->limits.idle_timeout) {
          listener_->metrics->connections_timed_out.Add();
          state_ = State::kClosed;
        }
        break;
      case State::kBody:
      case State::kDiscard:
        if (now - since_ > listener_->limits.body_timeout) {
          listener_->metrics->connections_timed_out.Add();
          if (state_ == State::kDiscard) {
            state_ = State::kClosed;
          } else {
            keep_alive_ = false;
            WriteAnswer(intake_->Refuse(408, "the request body did not arrive in time"));
            state_ = State::kClosed;
          }
        }
        break;
      case State::kWaiting:
      case State::kClosed:
        break;
    }
  }

  void Abort() override {
    if (call_) call_->gone = true;
    intake_.reset();  // The connection may linger; what it held is given back at once.
    state_ = State::kClosed;
  }

  void Answer(std::int32_t stream, HttpResponse response) override {
    if (state_ != State::kWaiting || stream != request_number_) return;
    WriteAnswer(std::move(response));
    NextRequest();
    // Called from a handler within Receive, its loop goes on; else the connection calls
    // Receive({}).
  }
  void GrpcMessage(std::int32_t, std::string) override {}
  void GrpcEnd(std::int32_t, GrpcStatus) override {}

 private:
  enum class State {
    kHead,     // Between requests or within a header.
    kBody,     // Receiving a body.
    kDiscard,  // The answer is given; dropping the rest of the body.
    kWaiting,  // A handler has the request.
    kClosed,   // Nothing more is read; output is sent, then the connection ends.
  };

  // Takes what it can from the front of `bytes` and returns how much.
  std::size_t Consume(std::string_view bytes) {
    std::size_t taken = 0;
    while (true) {
      const std::string_view rest = bytes.substr(taken);
      std::size_t step = 0;
      const State before = state_;
      switch (state_) {
        case State::kHead:
          // A peer that sends requests and takes no answers waits for itself.
          if (output_bytes_ > kOutputBytesMax) return taken;
          step = ConsumeHead(rest);
          break;
        case State::kBody:
        case State::kDiscard:
          step = ConsumeBody(rest);
          break;
        case State::kWaiting:
        case State::kClosed:
          return taken;
      }
      taken += step;
      if (step == 0 && state_ == before) return taken;
    }
  }

  std::size_t ConsumeHead(std::string_view bytes) {
    parser_.reset();  // Of the request before.
    // A line break before a request is let pass (RFC 9112 section 2.2).
    if (line_begin_ == 0 && scanned_ == 0) {
      std::size_t blank = 0;
      while (bytes.substr(blank, 2) == "\r\n") blank += 2;
      if (blank > 0) return blank;
      if (bytes.empty()) return 0;
      if (!header_started_) {
        header_started_ = true;
        since_ = listener_->clock.Steady();
      }
    }
    // Whole lines, each ended by CR LF; no folded ones: what another server would read
    // differently is refused (request smuggling).
    while (true) {
      const void* found = scanned_ < bytes.size()
                              ? std::memchr(bytes.data() + scanned_, '\n', bytes.size() - scanned_)
                              : nullptr;
      if (found == nullptr) break;
      const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
      scanned_ = at + 1;
      if (at == 0 || bytes[at - 1] != '\r') {
        return FailAll(bytes, 400, "a header line ends without carriage return");
      }
      if (at + 1 > listener_->limits.header_bytes_max) break;
      if (at - 1 == line_begin_) {
        ParseHead(bytes.substr(0, at + 1));
        line_begin_ = 0;
        scanned_ = 0;
        header_started_ = false;
        return at + 1;
      }
      if (line_begin_ > 0 && (bytes[line_begin_] == ' ' || bytes[line_begin_] == '\t')) {
        return FailAll(bytes, 400, "a header line begins with a blank (folding is not taken)");
      }
      line_begin_ = at + 1;
    }
    if (bytes.size() > listener_->limits.header_bytes_max) {
      return FailAll(bytes, 431,
                     fmt::format("the request header is larger than {} bytes",
                                 listener_->limits.header_bytes_max));
    }
    scanned_ = bytes.size();
    return 0;
  }

  void ParseHead(std::string_view head) {
    // Beast counts the limit a little differently; ours was checked already.
    parser_.emplace(listener_->limits.header_bytes_max + 1024);
    error_code ec;
    std::size_t used = 0;
    while (!parser_->is_header_done()) {
      const std::size_t step =
          parser_->put(boost::asio::buffer(head.data() + used, head.size() - used), ec);
      used += step;
      if (ec || step == 0) break;
    }
    if (ec || !parser_->is_header_done() || used != head.size()) {
      if (ec == http::error::bad_version) {
        return Fail(505, "only HTTP/1.1, HTTP/1.0 and HTTP/2 are spoken here");
      }
      return Fail(400, "malformed request header: " + (ec ? ec.message() : "it ends too early"));
    }
    if (parser_->too_many_fields) {
      return Fail(431, fmt::format("more than {} header fields", kHeaderFieldsMax));
    }
    BeginRequest();
  }

  void BeginRequest() {
    request_number_ =
        request_number_ == std::numeric_limits<std::int32_t>::max() ? 1 : request_number_ + 1;
    const Headers& headers = parser_->headers;
    const bool http10 = parser_->version < 11;
    keep_alive_ = parser_->keep_alive() && !draining_;
    answer_keep_alive_header_ = http10;
    head_request_ = parser_->method == "HEAD";
    expects_continue_ = false;

    if (headers.Has("Transfer-Encoding")) {
      if (http10) return Fail(400, "Transfer-Encoding in an HTTP/1.0 request");
      if (!parser_->chunked() || !EqualsNoCase(headers.Get("Transfer-Encoding"), "chunked")) {
        return Fail(501, "Transfer-Encoding other than chunked is not taken");
      }
    }
    std::size_t lengths = 0;
    std::size_t hosts = 0;
    for (const auto& [name, value] : headers.fields()) {
      if (EqualsNoCase(name, "Content-Length")) {
        ++lengths;
        if (value.find(',') != std::string::npos) ++lengths;
      }
      if (EqualsNoCase(name, "Host")) ++hosts;
    }
    if (lengths > 1) return Fail(400, "more than one Content-Length");
    if (hosts > 1 || (hosts == 0 && !http10)) return Fail(400, "expected exactly one Host header");

    std::optional<std::uint64_t> content_length;
    if (lengths == 1) content_length = parser_->content_length().value_or(0);
    body_left_ = content_length.value_or(0);
    chunks_.reset();
    if (parser_->chunked()) chunks_.emplace(listener_->limits.header_bytes_max);
    const bool has_body = !BodyDone();

    HttpRequest request;
    request.method = parser_->method;
    request.headers = std::move(parser_->headers);
    request.peer = peer_.address;
    request.peer_is_loopback = peer_.is_loopback;
    const std::string expect(request.headers.Get("Expect"));
    intake_ = std::make_unique<HttpIntake>(listener_, std::move(request));
    if (!expect.empty() && !http10) {
      if (!EqualsNoCase(expect, "100-continue")) {
        return Early(intake_->Refuse(417, "the only expectation taken is 100-continue"), has_body);
      }
      expects_continue_ = has_body;
    }
    if (parser_->target == "*" && parser_->method == "OPTIONS") {
      HttpResponse response;
      response.status = 204;
      FinishResponse(*listener_, intake_->traits(), response);
      return Early(std::move(response), has_body);
    }
    if (auto refused = intake_->Begin(parser_->target, content_length)) {
      return Early(*std::move(refused), has_body);
    }
    if (!has_body) return DispatchRequest();
    if (expects_continue_) Output("HTTP/1.1 100 Continue\r\n\r\n");
    state_ = State::kBody;
    since_ = listener_->clock.Steady();
  }

  // Answers before the whole body is here.
  void Early(HttpResponse response, bool body_outstanding) {
    discarded_ = 0;
    if (body_outstanding && (expects_continue_ || body_left_ > kDiscardBytesMax)) {
      // Whether the client sends its body after all is not known, or it is too long to wait for.
      keep_alive_ = false;
    }
    WriteAnswer(std::move(response));
    if (!body_outstanding || !keep_alive_) return NextRequest();
    state_ = State::kDiscard;
    since_ = listener_->clock.Steady();
  }

  bool BodyDone() const { return chunks_ ? chunks_->done() : body_left_ == 0; }

  // Takes the next run of the body's bytes off the front of `bytes`.
  Result<std::string_view> TakeBody(std::string_view& bytes) {
    if (chunks_) return chunks_->Take(bytes);
    const std::string_view run = bytes.substr(0, std::min<std::uint64_t>(body_left_, bytes.size()));
    bytes.remove_prefix(run.size());
    body_left_ -= run.size();
    return run;
  }

  std::size_t ConsumeBody(std::string_view bytes) {
    std::string_view rest = bytes;
    while (!BodyDone() && !rest.empty()) {
      const auto run = TakeBody(rest);
      if (!run.ok()) {
        keep_alive_ = false;
        if (state_ == State::kBody) WriteAnswer(intake_->Refuse(400, run.error().message()));
        listener_->metrics->protocol_errors.Add();
        state_ = State::kClosed;
        return bytes.size();
      }
      if (state_ == State::kDiscard) {
        discarded_ += run->size();
        if (discarded_ > kDiscardBytesMax) state_ = State::kClosed;
      } else if (!run->empty()) {
        if (auto refused = intake_->Append(*run)) Early(*std::move(refused), !BodyDone());
      }
      if (state_ != State::kBody && state_ != State::kDiscard) return bytes.size() - rest.size();
    }
    if (!BodyDone()) return bytes.size() - rest.size();
    if (state_ == State::kDiscard) {
      NextRequest();
    } else if (auto refused = intake_->End()) {
      WriteAnswer(*std::move(refused));
      NextRequest();
    } else {
      DispatchRequest();
    }
    return bytes.size() - rest.size();
  }

  void DispatchRequest() {
    state_ = State::kWaiting;
    call_ = std::make_shared<CallState>();
    // The handler may answer at once, which begins the next request.
    const auto intake = std::move(intake_);
    intake->Dispatch(port_, request_number_, call_, running_);
  }

  void NextRequest() {
    call_.reset();
    intake_.reset();
    if (!keep_alive_ || draining_) {
      state_ = State::kClosed;
      return;
    }
    state_ = State::kHead;
    since_ = listener_->clock.Steady();
  }

  // Input has ended: what is left of it cannot become a request.
  void CloseIfInputUsedUp() {
    if (state_ == State::kWaiting) return;
    if (state_ == State::kHead && output_bytes_ > kOutputBytesMax) return;  // More may follow.
    if (state_ == State::kBody) listener_->metrics->protocol_errors.Add();
    intake_.reset();
    state_ = State::kClosed;
  }

  void WriteAnswer(HttpResponse response) {
    std::string head =
        fmt::format("HTTP/1.1 {} {}\r\n", response.status, ReasonPhrase(response.status));
    head.reserve(head.size() + 512 +
                 (response.body.size() <= kJoinBytesMax ? response.body.size() : 0));
    for (const auto& [name, value] : response.headers.fields()) {
      head.append(name).append(": ").append(value).append("\r\n");
    }
    if (!keep_alive_ || draining_) {
      head.append("Connection: close\r\n");
    } else if (answer_keep_alive_header_) {
      head.append("Connection: keep-alive\r\n");
    }
    head.append("\r\n");
    if (head_request_) response.body.clear();
    if (response.body.size() <= kJoinBytesMax) {
      head.append(response.body);
      Output(std::move(head));
    } else {
      Output(std::move(head));
      Output(std::move(response.body));
    }
  }

  void Output(std::string bytes) {
    output_bytes_ += bytes.size();
    output_.push_back(std::move(bytes));
  }

  // Answers bytes that are not a request, and ends the connection.
  void Fail(int status, std::string message) {
    listener_->metrics->protocol_errors.Add();
    keep_alive_ = false;
    head_request_ = false;
    HttpRequest head;  // As far as it is known.
    if (parser_ && parser_->is_header_done()) {
      head.method = parser_->method;
      head.headers = parser_->headers;
      if (auto target = ParseTarget(parser_->target); target.ok()) head.path = target->path;
    }
    HttpResponse response = listener_->router.MakeError(status, std::move(message), head);
    RequestTraits traits;
    traits.started = listener_->clock.Steady();
    FinishResponse(*listener_, traits, response);
    WriteAnswer(std::move(response));
    state_ = State::kClosed;
  }

  std::size_t FailAll(std::string_view bytes, int status, std::string message) {
    Fail(status, std::move(message));
    return bytes.size();
  }

  const std::shared_ptr<const ListenerContext> listener_;
  const std::weak_ptr<SessionPort> port_;
  const Peer peer_;
  const RunningCalls running_;

  State state_ = State::kHead;
  Nanoseconds since_;           // When the present state began.
  std::string held_;            // Received, not yet consumed.
  std::size_t scanned_ = 0;     // Of the header in work: bytes looked at for line ends,
  std::size_t line_begin_ = 0;  // and where the present line begins.
  bool header_started_ = false;
  bool input_ended_ = false;
  bool draining_ = false;
  std::deque<std::string> output_;
  std::size_t output_bytes_ = 0;

  // The request in work.
  std::int32_t request_number_ = 0;
  std::optional<Parser> parser_;
  std::unique_ptr<HttpIntake> intake_;
  std::uint64_t body_left_ = 0;         // Of a body with Content-Length.
  std::optional<ChunkDecoder> chunks_;  // Of one without.
  std::shared_ptr<CallState> call_;
  std::uint64_t discarded_ = 0;
  bool keep_alive_ = true;
  bool answer_keep_alive_header_ = false;
  bool head_request_ = false;
  bool expects_continue_ = false;
};

}  // namespace

std::unique_ptr<Session> MakeHttp1Session(std::shared_ptr<const ListenerContext> listener,
                                          std::weak_ptr<SessionPort> port, Peer peer) {
  return std::make_unique<Http1Session>(std::move(listener), std::move(port), std::move(peer));
}

}  // namespace vivace::net
