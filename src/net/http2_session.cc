#include "net/http2_session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "net/exchange.h"
#include "net/grpc_exchange.h"

namespace vivace::net {
namespace {

// Answers to PING and SETTINGS that may wait to be sent; more is a flood (CVE-2019-9512, 9515).
constexpr std::size_t kOutboundAcksMax = 256;

// Frames that ask for work and bring nothing (empty DATA, PRIORITY, SETTINGS, unknown ones) in
// kFloodWindow. A client has reason for a few (CVE-2019-9513, 9518).
constexpr std::uint32_t kIdleFramesMax = 2'000;

// PINGs in kFloodWindow: gRPC clients send one a round trip while they measure bandwidth.
constexpr std::uint32_t kPingsMax = 20'000;

constexpr std::chrono::seconds kFloodWindow{10};
constexpr std::chrono::minutes kResetWindow{1};

// Header fields of one request; each costs an allocation or two.
constexpr std::size_t kHeaderFieldsMax = 200;

// Counts events within fixed windows of time.
class RateCounter {
 public:
  RateCounter(Nanoseconds window, std::uint32_t events_max)
      : window_(window), events_max_(events_max) {}
  /// Counts one; false if that was one too many.
  bool Count(Nanoseconds now) {
    if (now - since_ >= window_) {
      since_ = now;
      events_ = 0;
    }
    return ++events_ <= events_max_;
  }

 private:
  const Nanoseconds window_;
  const std::uint32_t events_max_;
  Nanoseconds since_{0};
  std::uint32_t events_ = 0;
};

using Fields = std::vector<std::pair<std::string, std::string>>;

nghttp2_nv MakeField(std::string_view name, std::string_view value) {
  nghttp2_nv field{};
  field.name = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
  field.namelen = name.size();
  field.value = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
  field.valuelen = value.size();
  return field;
}

std::vector<nghttp2_nv> MakeFields(const Fields& fields) {
  std::vector<nghttp2_nv> out;
  out.reserve(fields.size());
  for (const auto& [name, value] : fields) out.push_back(MakeField(name, value));
  return out;
}

std::string LowerCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

class Http2Session final : public Session {
 public:
  Http2Session(std::shared_ptr<const ListenerContext> listener, std::weak_ptr<SessionPort> port,
               Peer peer)
      : listener_(std::move(listener)),
        port_(std::move(port)),
        peer_(std::move(peer)),
        running_(std::make_shared<std::atomic<std::uint32_t>>(0)),
        resets_(kResetWindow, listener_->limits.resets_per_minute_max),
        idle_frames_(kFloodWindow, kIdleFramesMax),
        pings_(kFloodWindow, kPingsMax),
        idle_since_(listener_->clock.Steady()) {
    nghttp2_session_callbacks* callbacks = nullptr;
    CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &OnBeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &OnHeader);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &OnFrame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, &OnInvalidFrame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &OnData);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, &OnFrameSent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &OnStreamClose);
    nghttp2_option* options = nullptr;
    CHECK(nghttp2_option_new(&options) == 0);
    nghttp2_option_set_max_outbound_ack(options, kOutboundAcksMax);
    nghttp2_option_set_no_closed_streams(options, 1);
    CHECK(nghttp2_session_server_new2(&session_, callbacks, this, options) == 0);
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(callbacks);

    const Limits& limits = listener_->limits;
    const std::array<nghttp2_settings_entry, 3> settings = {
        {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams_per_connection_max},
         {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.http2_window_bytes},
         {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.header_bytes_max}}};
    CHECK(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) ==
          0);
    CHECK(nghttp2_session_set_local_window_size(
              session_, NGHTTP2_FLAG_NONE, 0,
              static_cast<std::int32_t>(limits.http2_window_bytes)) == 0);
  }

  ~Http2Session() override { nghttp2_session_del(session_); }

  void Receive(std::string_view bytes) override {
    if (dead_ || bytes.empty()) return;
    const ssize_t taken = nghttp2_session_mem_recv(
        session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (taken < 0) {
      LogDebug("HTTP/2 connection ended",
               {{"peer", peer_.address}, {"error", nghttp2_strerror(static_cast<int>(taken))}});
      End(taken == NGHTTP2_ERR_FLOODED ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR);
    } else if (flooded_) {
      End(NGHTTP2_ENHANCE_YOUR_CALM);
    }
  }

  void ReceiveEnd() override { Abort(); }

  void Produce(OutputQueue& out, std::size_t bytes_max) override {
    while (out.size() < bytes_max) {
      // Small frames are gathered, so that one system call sends them.
      std::string gathered;
      while (out.size() + gathered.size() < bytes_max) {
        const std::uint8_t* data = nullptr;
        const ssize_t size = nghttp2_session_mem_send(session_, &data);
        if (size < 0) {
          dead_ = true;
          CancelAll();
        }
        if (size <= 0) break;
        gathered.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
      }
      if (gathered.empty()) break;
      out.Push(std::move(gathered));
    }
    // Resets that we sent because the peer broke the rules count as its resets.
    if (flooded_ && !dead_) {
      End(NGHTTP2_ENHANCE_YOUR_CALM);
      Produce(out, bytes_max);
    }
  }

  bool WantsInput() const override { return !dead_; }

  bool Finished() const override {
    return dead_ ||
           (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0);
  }

  void Drain() override {
    if (draining_ || dead_) return;
    draining_ = true;
    drain_since_ = listener_->clock.Steady();
    // Announces the end without naming a last stream, so that requests under way are still
    // taken; the GOAWAY that counts follows (RFC 9113 section 6.8).
    nghttp2_submit_shutdown_notice(session_);
  }

  void Tick(Nanoseconds now, bool sending) override {
    if (dead_) return;
    const Limits& limits = listener_->limits;
    if (draining_ && !goaway_sent_ && now - drain_since_ >= kTickInterval) {
      goaway_sent_ = true;
      nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                            nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                            nullptr, 0);
    }
    if (streams_.empty()) {
      if (goaway_sent_ || (!sending && now - idle_since_ > limits.idle_timeout)) {
        if (!goaway_sent_) listener_->metrics->connections_timed_out.Add();
        End(NGHTTP2_NO_ERROR);
      } else if (sending) {
        idle_since_ = now;
      }
      return;
    }
    std::vector<std::int32_t> ids;
    for (const auto& [id, stream] : streams_) ids.push_back(id);
    for (const std::int32_t id : ids) {
      const auto found = streams_.find(id);
      if (found != streams_.end()) TickStream(*found->second, now);
      if (dead_) return;
    }
  }

  void Abort() override {
    CancelAll();
    dead_ = true;
  }

  void Answer(std::int32_t id, HttpResponse response) override {
    Stream* stream = Find(id);
    if (stream == nullptr || stream->answered || dead_) return;
    stream->answered = true;
    Fields fields;
    fields.emplace_back(":status", std::to_string(response.status));
    for (const auto& [name, value] : response.headers.fields()) {
      fields.emplace_back(LowerCase(name), value);
    }
    const bool has_body = stream->method != "HEAD" && !response.body.empty();
    if (has_body) {
      stream->output.push_back(std::move(response.body));
      stream->output_ended = true;
    }
    SubmitHead(*stream, fields, has_body);
  }

  void GrpcMessage(std::int32_t id, std::string frame) override {
    Stream* stream = Find(id);
    if (stream == nullptr || stream->output_ended || dead_) return;
    if (stream->output.empty()) stream->output_progress = listener_->clock.Steady();
    stream->output.push_back(std::move(frame));
    if (!stream->answered) {
      stream->answered = true;
      SubmitHead(*stream, GrpcHead(), true);
    } else {
      Resume(*stream);
    }
  }

  void GrpcEnd(std::int32_t id, GrpcStatus status) override {
    Stream* stream = Find(id);
    if (stream == nullptr || stream->output_ended || dead_) return;
    stream->output_ended = true;
    if (!stream->answered) {  // Trailers only.
      stream->answered = true;
      Fields fields = GrpcHead();
      for (auto& trailer : GrpcTrailers(status)) fields.push_back(std::move(trailer));
      SubmitHead(*stream, fields, false);
    } else {
      stream->trailers = GrpcTrailers(status);
      Resume(*stream);
    }
  }

 private:
  struct Stream {
    std::int32_t id = 0;
    Nanoseconds since{0};  // Of the header, then of the body.
    bool head_done = false;
    bool input_done = false;
    bool refused = false;  // Answered before its input ended: the rest is dropped.

    std::string method;
    std::string path;
    std::string authority;
    Headers headers;
    std::size_t header_bytes = 0;
    bool head_too_large = false;

    std::unique_ptr<HttpIntake> http;
    std::unique_ptr<GrpcIntake> grpc;
    bool is_grpc = false;
    std::shared_ptr<CallState> call;
    std::optional<Nanoseconds> deadline;

    bool answered = false;
    std::deque<std::string> output;
    std::size_t output_offset = 0;  // Into the first piece.
    bool output_ended = false;
    bool deferred = false;
    Fields trailers;
    Nanoseconds output_progress{0};
  };

  static Fields GrpcHead() {
    return {{":status", "200"},
            {"content-type", "application/grpc"},
            {"grpc-accept-encoding", std::string(kGrpcEncodingsAccepted)}};
  }

  Stream* Find(std::int32_t id) {
    const auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : found->second.get();
  }

  // --- Sending ---

  void SubmitHead(Stream& stream, const Fields& fields, bool has_body) {
    const std::vector<nghttp2_nv> nva = MakeFields(fields);
    nghttp2_data_provider provider{};
    provider.source.ptr = &stream;
    provider.read_callback = &ReadOutput;
    stream.output_progress = listener_->clock.Steady();
    const int result = nghttp2_submit_response(session_, stream.id, nva.data(), nva.size(),
                                               has_body ? &provider : nullptr);
    if (result != 0) ResetStream(stream.id, NGHTTP2_INTERNAL_ERROR);
  }

  void Resume(Stream& stream) {
    if (!stream.deferred) return;
    stream.deferred = false;
    stream.output_progress = listener_->clock.Steady();
    IgnoreResult(nghttp2_session_resume_data(session_, stream.id));
  }

  static ssize_t ReadOutput(nghttp2_session* session, std::int32_t id, std::uint8_t* buffer,
                            std::size_t size, std::uint32_t* flags, nghttp2_data_source* /*source*/,
                            void* user) {
    auto& self = *static_cast<Http2Session*>(user);
    Stream* stream = self.Find(id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    std::size_t copied = 0;
    while (copied < size && !stream->output.empty()) {
      const std::string& piece = stream->output.front();
      const std::size_t take = std::min(size - copied, piece.size() - stream->output_offset);
      std::memcpy(buffer + copied, piece.data() + stream->output_offset, take);
      copied += take;
      stream->output_offset += take;
      if (stream->output_offset == piece.size()) {
        stream->output.pop_front();
        stream->output_offset = 0;
      }
    }
    if (copied > 0) {
      stream->output_progress = self.listener_->clock.Steady();
      if (stream->is_grpc && stream->call) stream->call->buffered_bytes.fetch_sub(copied);
    }
    if (stream->output.empty()) {
      if (stream->output_ended) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (!stream->trailers.empty()) {
          *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
          const std::vector<nghttp2_nv> nva = MakeFields(stream->trailers);
          IgnoreResult(nghttp2_submit_trailer(session, id, nva.data(), nva.size()));
        }
      } else if (copied == 0) {
        stream->deferred = true;
        return NGHTTP2_ERR_DEFERRED;
      }
    }
    return static_cast<ssize_t>(copied);
  }

  void ResetStream(std::int32_t id, std::uint32_t code) {
    IgnoreResult(nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, code));
  }

  // Out of memory is the only failure left where this is used; the next receive or send meets it,
  // too, and ends the connection.
  static void IgnoreResult(int /*result*/) {}

  // Ends the connection: GOAWAY, then close.
  void End(std::uint32_t code) {
    if (dead_) return;
    if (code != NGHTTP2_NO_ERROR) listener_->metrics->protocol_errors.Add();
    IgnoreResult(nghttp2_session_terminate_session(session_, code));
    CancelAll();
    dead_ = true;
  }

  void CancelAll() {
    for (const auto& [id, stream] : streams_) {
      if (stream->call) stream->call->gone = true;
      // The connection may linger; what was held for it is given back at once.
      stream->refused = true;
      stream->http.reset();
      stream->grpc.reset();
      stream->output.clear();
      stream->output_offset = 0;
    }
  }

  // --- Timeouts ---

  void TickStream(Stream& stream, Nanoseconds now) {
    const Limits& limits = listener_->limits;
    if (!stream.head_done) {
      if (now - stream.since > limits.header_timeout) {
        listener_->metrics->connections_timed_out.Add();
        End(NGHTTP2_ENHANCE_YOUR_CALM);
      }
      return;
    }
    if (stream.deadline && now >= *stream.deadline && !stream.output_ended) {
      if (stream.call) stream.call->gone = true;
      GrpcStatus status{GrpcCode::kDeadlineExceeded, "the call's deadline has passed",
                        std::nullopt};
      if (stream.grpc) status = stream.grpc->Refuse(std::move(status));
      stream.refused = !stream.input_done;
      DropOutput(stream);
      GrpcEnd(stream.id, std::move(status));
      return;
    }
    if (!stream.input_done && !stream.refused && now - stream.since > limits.body_timeout) {
      listener_->metrics->connections_timed_out.Add();
      if (stream.grpc) {
        RefuseGrpc(stream,
                   stream.grpc->Refuse({GrpcCode::kDeadlineExceeded,
                                        "the message did not arrive in time", std::nullopt}));
      } else if (stream.http) {
        RefuseHttp(stream, stream.http->Refuse(408, "the request body did not arrive in time"));
      }
      return;
    }
    // The peer's window has been shut for too long while we had something to send.
    if (stream.answered && !stream.deferred &&
        !(stream.output.empty() && stream.trailers.empty()) &&
        now - stream.output_progress > limits.write_timeout) {
      listener_->metrics->connections_timed_out.Add();
      if (stream.call) stream.call->gone = true;
      ResetStream(stream.id, NGHTTP2_CANCEL);
    }
  }

  // Messages that have not been sent are no use after the deadline.
  static void DropOutput(Stream& stream) {
    if (stream.output.empty()) return;
    // What is left of a piece that has begun goes on, so that the frame stays whole.
    while (stream.output.size() > (stream.output_offset > 0 ? 1U : 0U)) stream.output.pop_back();
  }

  // --- Receiving ---

  void RefuseHttp(Stream& stream, HttpResponse response) {
    stream.refused = true;
    stream.http.reset();
    Answer(stream.id, std::move(response));
  }

  void RefuseGrpc(Stream& stream, GrpcStatus status) {
    stream.refused = true;
    stream.grpc.reset();
    GrpcEnd(stream.id, std::move(status));
  }

  void BeginStream(Stream& stream, bool ended) {
    stream.head_done = true;
    stream.input_done = ended;
    stream.since = listener_->clock.Steady();
    if (!stream.authority.empty() && !stream.headers.Has("host")) {
      stream.headers.Add("host", stream.authority);
    }
    if (running_->load(std::memory_order_relaxed) >= listener_->limits.streams_per_connection_max) {
      // Streams that were reset may have handlers that still run: they count (CVE-2023-44487).
      return ResetStream(stream.id, NGHTTP2_REFUSED_STREAM);
    }
    stream.is_grpc =
        stream.method == "POST" && IsGrpcContentType(stream.headers.Get("content-type"));
    if (stream.is_grpc && !stream.head_too_large) {
      stream.grpc =
          std::make_unique<GrpcIntake>(listener_, stream.path, std::move(stream.headers), peer_);
      if (auto refused = stream.grpc->Begin()) return RefuseGrpc(stream, *std::move(refused));
      stream.deadline = stream.grpc->deadline();
    } else {
      std::optional<std::uint64_t> content_length;
      const std::string_view length = stream.headers.Get("content-length");
      std::uint64_t value = 0;
      if (!length.empty() &&
          std::from_chars(length.data(), length.data() + length.size(), value).ec == std::errc()) {
        content_length = value;
      }
      const bool expects_continue = EqualsNoCase(stream.headers.Get("expect"), "100-continue");
      HttpRequest request;
      request.method = stream.method;
      request.headers = std::move(stream.headers);
      request.peer = peer_.address;
      request.peer_is_loopback = peer_.is_loopback;
      request.over_http2 = true;
      stream.http = std::make_unique<HttpIntake>(listener_, std::move(request));
      if (stream.head_too_large) {
        return RefuseHttp(
            stream, stream.http->Refuse(
                        431, "the request header is larger than " +
                                 std::to_string(listener_->limits.header_bytes_max) + " bytes"));
      }
      if (auto refused = stream.http->Begin(stream.path, content_length)) {
        return RefuseHttp(stream, *std::move(refused));
      }
      if (expects_continue && !ended) {
        const nghttp2_nv field = MakeField(":status", "100");
        IgnoreResult(nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id, nullptr, &field,
                                            1, nullptr));
      }
    }
    if (ended) EndStream(stream);
  }

  void EndStream(Stream& stream) {
    stream.input_done = true;
    if (stream.refused) return;
    const auto call = std::make_shared<CallState>();
    if (stream.grpc) {
      if (auto refused = stream.grpc->End()) return RefuseGrpc(stream, *std::move(refused));
      stream.call = call;
      const auto intake = std::move(stream.grpc);
      intake->Dispatch(port_, stream.id, call, running_);
    } else if (stream.http) {
      if (auto refused = stream.http->End()) return RefuseHttp(stream, *std::move(refused));
      stream.call = call;
      const auto intake = std::move(stream.http);
      intake->Dispatch(port_, stream.id, call, running_);
    }
  }

  void CountReset() {
    if (!resets_.Count(listener_->clock.Steady())) flooded_ = true;
  }

  static int OnBeginHeaders(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
    auto& self = *static_cast<Http2Session*>(user);
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    auto stream = std::make_unique<Stream>();
    stream->id = frame->hd.stream_id;
    stream->since = self.listener_->clock.Steady();
    self.streams_[frame->hd.stream_id] = std::move(stream);
    return 0;
  }

  static int OnHeader(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                      const std::uint8_t* name_data, std::size_t name_size,
                      const std::uint8_t* value_data, std::size_t value_size,
                      std::uint8_t /*flags*/, void* user) {
    auto& self = *static_cast<Http2Session*>(user);
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    Stream* stream = self.Find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    // As RFC 9113 section 6.5.2 counts them.
    stream->header_bytes += name_size + value_size + 32;
    if (stream->header_bytes > self.listener_->limits.header_bytes_max ||
        stream->headers.fields().size() >= kHeaderFieldsMax) {
      stream->head_too_large = true;
    }
    if (stream->head_too_large) return 0;
    std::string name(reinterpret_cast<const char*>(name_data), name_size);
    std::string value(reinterpret_cast<const char*>(value_data), value_size);
    if (name == ":method") {
      stream->method = std::move(value);
    } else if (name == ":path") {
      stream->path = std::move(value);
    } else if (name == ":authority") {
      stream->authority = std::move(value);
    } else if (!name.starts_with(':')) {
      stream->headers.Add(std::move(name), std::move(value));
    }
    return 0;
  }

  static int OnFrame(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
    auto& self = *static_cast<Http2Session*>(user);
    const Nanoseconds now = self.listener_->clock.Steady();
    const bool ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS: {
        Stream* stream = self.Find(frame->hd.stream_id);
        if (stream == nullptr) break;
        if (!stream->head_done) {
          self.BeginStream(*stream, ended);
        } else if (ended && !stream->input_done) {
          self.EndStream(*stream);  // The request's trailers, which carry nothing for us.
        }
        break;
      }
      case NGHTTP2_DATA: {
        if (frame->hd.length == 0 && !ended && !self.idle_frames_.Count(now)) self.flooded_ = true;
        Stream* stream = self.Find(frame->hd.stream_id);
        if (ended && stream != nullptr && !stream->input_done) self.EndStream(*stream);
        break;
      }
      case NGHTTP2_RST_STREAM:
        self.CountReset();
        break;
      case NGHTTP2_PING:
        if (!self.pings_.Count(now)) self.flooded_ = true;
        break;
      case NGHTTP2_SETTINGS:
      case NGHTTP2_PRIORITY:
        if (!self.idle_frames_.Count(now)) self.flooded_ = true;
        break;
      default:
        break;
    }
    return 0;
  }

  static int OnInvalidFrame(nghttp2_session* /*session*/, const nghttp2_frame* /*frame*/,
                            int /*error*/, void* user) {
    auto& self = *static_cast<Http2Session*>(user);
    if (!self.idle_frames_.Count(self.listener_->clock.Steady())) self.flooded_ = true;
    return 0;
  }

  static int OnData(nghttp2_session* /*session*/, std::uint8_t /*flags*/, std::int32_t id,
                    const std::uint8_t* data, std::size_t size, void* user) {
    auto& self = *static_cast<Http2Session*>(user);
    Stream* stream = self.Find(id);
    if (stream == nullptr || stream->refused) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (stream->grpc) {
      if (auto refused = stream->grpc->Append(bytes)) {
        self.RefuseGrpc(*stream, *std::move(refused));
      }
    } else if (stream->http) {
      if (auto refused = stream->http->Append(bytes)) {
        self.RefuseHttp(*stream, *std::move(refused));
      }
    }
    return 0;
  }

  static int OnFrameSent(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
    auto& self = *static_cast<Http2Session*>(user);
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
      // A peer that makes us reset streams floods just as one that resets them (CVE-2025-8671).
      if (frame->rst_stream.error_code != NGHTTP2_NO_ERROR) self.CountReset();
      return 0;
    }
    if ((frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      // The answer is out before the request is in: ask the client to stop sending.
      const Stream* stream = self.Find(frame->hd.stream_id);
      if (stream != nullptr && !stream->input_done) self.ResetStream(stream->id, NGHTTP2_NO_ERROR);
    }
    return 0;
  }

  static int OnStreamClose(nghttp2_session* /*session*/, std::int32_t id, std::uint32_t /*code*/,
                           void* user) {
    auto& self = *static_cast<Http2Session*>(user);
    const auto found = self.streams_.find(id);
    if (found == self.streams_.end()) return 0;
    if (found->second->call) found->second->call->gone = true;
    self.streams_.erase(found);
    if (self.streams_.empty()) self.idle_since_ = self.listener_->clock.Steady();
    return 0;
  }

  const std::shared_ptr<const ListenerContext> listener_;
  const std::weak_ptr<SessionPort> port_;
  const Peer peer_;
  const RunningCalls running_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<std::int32_t, std::unique_ptr<Stream>> streams_;
  RateCounter resets_;
  RateCounter idle_frames_;
  RateCounter pings_;
  bool flooded_ = false;
  bool dead_ = false;  // GOAWAY is queued: what is left is to send it.
  bool draining_ = false;
  bool goaway_sent_ = false;
  Nanoseconds drain_since_{0};
  Nanoseconds idle_since_;
};

}  // namespace

std::unique_ptr<Session> MakeHttp2Session(std::shared_ptr<const ListenerContext> listener,
                                          std::weak_ptr<SessionPort> port, Peer peer) {
  return std::make_unique<Http2Session>(std::move(listener), std::move(port), std::move(peer));
}

}  // namespace vivace::net
